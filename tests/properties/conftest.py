"""A firm as rows, and the figures that the public door gives for it."""

from __future__ import annotations

import contextlib
import random
from dataclasses import dataclass, replace
from datetime import date

import pytest
from hypothesis import strategies as st

import treue

BEGIN = date(1994, 1, 1)


@dataclass(frozen=True)
class Order:
    """One row of a file of orders."""

    order: str
    customer: str
    on: date
    cents: int
    country: str

    def line(self):
        return f"{self.order},{self.customer},{self.on.isoformat()},{self.cents / 100:.2f},{self.country}"


@pytest.fixture(scope="session")
def firms():
    """Return a strategy of small firms: two years of orders, some on the same day, some for nothing."""
    bought = st.tuples(
        st.integers(0, 11),
        st.integers(0, 729),
        st.one_of(st.just(0), st.integers(1, 90_000)),
        st.sampled_from(["NO", "DE"]),
    )
    return st.lists(bought, min_size=25, max_size=60).map(
        lambda rows: [
            Order(f"o{place}", f"c{customer}", date.fromordinal(BEGIN.toordinal() + day), cents, country)
            for place, (customer, day, cents, country) in enumerate(rows)
        ]
    )


@pytest.fixture(scope="session")
def histories(tmp_path_factory):
    """Return a function that writes files of orders and reads them; rows named as torn lose their customer."""
    folder = tmp_path_factory.mktemp("orders")

    def read(*files, torn=(), **settings):
        paths = []
        for place, orders in enumerate(files):
            path = folder / f"{place}.csv"
            kept = [replace(one, customer="") if row in torn else one for row, one in enumerate(orders)]
            lines = ["order_id,customer_id,ordered_at,total,country", *[order.line() for order in kept]]
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
            paths.append(path)
        return treue.read(*paths, **settings)

    return read


@pytest.fixture(scope="session")
def told(histories):
    """Return a function that gives the figures of files of orders as plain rows."""

    def tell(*files, asked, **settings):
        found = []
        with histories(*files, **settings) as history:
            for name, by in asked:
                with contextlib.suppress(treue.NotEnoughData):
                    found += [figure.as_dict() for figure in treue.measure(name, history, by)]
        assert found, "nothing was measured, so nothing would be compared"
        return found

    return tell


@pytest.fixture(scope="session")
def a_firm():
    """Return the orders of five customers over 16 months, the same ones every time."""
    return [
        Order(
            f"o{place}", f"c{place * place % 5}", date.fromordinal(BEGIN.toordinal() + place * 17), 1000, "NO"
        )
        for place in range(30)
    ]


@pytest.fixture(scope="session")
def many_orders():
    """Return 500 orders of 60 customers, the same ones every time; days are shared, and some cost nothing."""
    lot = random.Random(28)
    return [
        Order(
            f"o{place}",
            f"c{int(lot.paretovariate(1)) % 60}",
            date.fromordinal(BEGIN.toordinal() + lot.randrange(730)),
            lot.choice([0, 990, 2500, lot.randrange(100, 50_000)]),
            lot.choice(["NO", "DE"]),
        )
        for place in range(500)
    ]

"""Each measure has a page and answers sensibly to histories that are nearly nothing."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from treue import NotEnoughData
from treue.engine.duckdb import DuckDBEngine
from treue.history.history import History
from treue.history.settings import Settings
from treue.history.tables import TABLES
from treue.kernel.estimate import Figure
from treue.kernel.registry import measures
from treue.kernel.status import Status

PAGES = Path(__file__).parents[1] / "docs" / "measures"
HEADINGS = ["What it says", "When it misleads", "Definition", "Interval", "Example"]
NAMES = list(measures())
AS_OF = date(2026, 6, 30)
# Each division takes its time; so only some histories are divided.
DIVIDED = {
    "two customers, one gone": ("month", "quarter", "year", "country"),
    "contracts that all ended": ("month", "quarter", "year"),
    "one of two orders sent back": ("month", "country"),
    "one contract that runs": ("month",),
}


# --- its page ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_measure_has_a_page_that_says_when_it_misleads(name):
    page = PAGES / f"{name}.md"
    assert page.is_file(), f"docs/measures/{name}.md is missing"
    text = page.read_text(encoding="utf-8")
    headings = [line.strip("# ").lower() for line in text.splitlines() if line.startswith("#")]
    missing = [one for one in HEADINGS if not any(one.lower() in heading for heading in headings)]
    assert not missing, f"docs/measures/{name}.md lacks {missing}"
    assert f"`{name}`" in text, f"docs/measures/{name}.md does not show the name that commands and JSON use"


def test_no_page_describes_a_measure_that_is_gone():
    pages = {page.stem for page in PAGES.glob("*.md")} - {"index", "README"}
    assert pages - set(NAMES) == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_measure_says_what_it_is_called_and_counted_in(name):
    measure = measures()[name]
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert measure.label
    assert measure.unit in {"share", "money", "days", "count", "per_month", "ratio"}
    assert measure.version
    assert set(measure.needs) <= set(TABLES)
    assert measure.compute.__doc__


# --- histories that are nearly nothing --------------------------------------------------------


def at(days, hours=12):
    return datetime(2026, 1, 5, tzinfo=UTC).replace(tzinfo=None) + timedelta(days=days, hours=hours)


def text(values):
    return pa.array(values, pa.string())


def orders(*bought):
    """Make purchases of ``(customer, day, amount)``."""
    return pa.table(
        {
            "order_id": text([f"o{number}" for number, _ in enumerate(bought)]),
            "customer_id": text([customer for customer, _, _ in bought]),
            "ordered_at": pa.array([at(day) for _, day, _ in bought], pa.timestamp("us")),
            "net_amount": pa.array([amount for _, _, amount in bought], pa.int64()),
            "currency": text(["EUR"] * len(bought)),
            "country": text(["NO" if customer < "m" else "DE" for customer, _, _ in bought]),
        }
    )


def contracts(*signed):
    """Make contracts of ``(customer, first day, last day or None, cents a month)``."""
    return pa.table(
        {
            "contract_id": text([f"c{number}" for number, _ in enumerate(signed)]),
            "customer_id": text([customer for customer, _, _, _ in signed]),
            "started_on": pa.array([at(start).date() for _, start, _, _ in signed], pa.date32()),
            "ended_on": pa.array(
                [None if end is None else at(end).date() for _, _, end, _ in signed], pa.date32()
            ),
            "monthly_amount": pa.array([amount for _, _, _, amount in signed], pa.int64()),
            "currency": text(["EUR"] * len(signed)),
        }
    )


def sent_back(*orders_back):
    """Make returns of ``(order, day, amount)``."""
    return pa.table(
        {
            "return_id": text([f"r{order}" for order, _, _ in orders_back]),
            "order_id": text([order for order, _, _ in orders_back]),
            "returned_at": pa.array([at(day) for _, day, _ in orders_back], pa.timestamp("us")),
            "amount": pa.array([amount for _, _, amount in orders_back], pa.int64()),
        }
    )


TINY = {
    "one order of one customer": {"purchases": orders(("a", 0, 1000))},
    "one customer, two orders on one day": {"purchases": orders(("a", 0, 1000), ("a", 0, 500))},
    "one customer who came back": {"purchases": orders(("a", 0, 1000), ("a", 40, 500), ("a", 170, 700))},
    "two customers, one gone": {
        "purchases": orders(("a", 0, 1000), ("z", 1, 300), ("a", 100, 500), ("a", 175, 500))
    },
    "an order of nothing": {"purchases": orders(("a", 0, 0), ("z", 3, 0))},
    "one of two orders sent back": {
        "purchases": orders(("a", 0, 1000), ("z", 5, 2000)),
        "returns": sent_back(("o0", 4, 1000)),
    },
    "everything sent back": {"purchases": orders(("a", 0, 1000)), "returns": sent_back(("o0", 4, 1000))},
    "one contract that runs": {"contracts": contracts(("a", 0, None, 900))},
    "one contract that ended": {"contracts": contracts(("a", 0, 60, 900))},
    "contracts that all ended": {"contracts": contracts(("a", 0, 60, 900), ("z", 10, 90, 1900))},
    "a contract and an order": {
        "purchases": orders(("a", 0, 1000), ("z", 30, 400)),
        "contracts": contracts(("a", 0, None, 900)),
    },
}
EMPTY = {
    "no row of purchases": {"purchases": orders()},
    "no row of contracts": {"contracts": contracts()},
    "no row of either": {"purchases": orders(), "contracts": contracts()},
    "no table": {},
}


def history_of(tables, **settings):
    return History.of(DuckDBEngine(threads=1), tables, Settings(as_of=AS_OF, **settings))


@pytest.fixture(scope="module")
def histories():
    made = {name: history_of(tables) for name, tables in TINY.items()}
    yield made
    for history in made.values():
        history.close()


def divisions(measure, tables):
    """Yield no division and those that both the measure and the history are asked for."""
    yield None
    yield from (
        by for by in DIVIDED.get(tables, ()) if ("segment" if by == "country" else by) in measure.grains
    )


def check(measure, figures, by):
    for figure in figures:
        assert isinstance(figure, Figure)
        assert figure.id == measure.id
        assert figure.definition_version == measure.version
        assert figure.as_of == AS_OF
        assert figure.window
        assert figure.n >= 0
        json.dumps(figure.as_dict(), allow_nan=False)
        if measure.unit == "share" and figure.value is not None:
            assert 0 <= figure.value <= 1
        if figure.denominator == 0:
            assert figure.status is Status.UNDEFINED, (
                f"{measure.id} by {by}: something divided by 0 has no value"
            )
        if figure.value is not None:
            assert figure.ci_low is None or figure.ci_low <= figure.value + 1e-9
            assert figure.ci_high is None or figure.value <= figure.ci_high + 1e-9
        if figure.ci_low is not None or figure.ci_high is not None:
            assert figure.ci_method, f"{measure.id} by {by}: an interval without a method"


def answer(measure, history, by=None):
    """Return the figures, or the sentence in which the measure says what it lacks."""
    try:
        return measure.compute(history, by=by), None
    except NotEnoughData as refusal:
        return [], str(refusal)


@pytest.mark.parametrize("tables", TINY)
@pytest.mark.parametrize("name", NAMES)
def test_a_measure_answers_to_a_tiny_history(name, tables, histories):
    measure, history = measures()[name], histories[tables]
    for by in divisions(measure, tables):
        figures, refusal = answer(measure, history, by)
        check(measure, figures, by)
        assert refusal is None or len(refusal) > 20
        assert figures or refusal or by, f"{name} gives neither a figure nor a reason"


@pytest.mark.parametrize("tables", EMPTY)
@pytest.mark.parametrize("name", NAMES)
def test_a_measure_of_nothing_has_no_value_or_says_why(name, tables):
    measure = measures()[name]
    with history_of(EMPTY[tables]) as history:
        figures, refusal = answer(measure, history)
        check(measure, figures, None)
        assert refusal is None or len(refusal) > 20
        assert figures or refusal
        assert all(figure.value in {None, 0} for figure in figures)


@pytest.mark.parametrize("name", NAMES)
def test_a_measure_does_not_mind_what_customers_are_called(name, histories):
    measure = measures()[name]
    tables = TINY["two customers, one gone"]
    names = [{"a": "Ødegård; 17", "z": "0"}[one] for one in tables["purchases"]["customer_id"].to_pylist()]
    renamed = tables["purchases"].set_column(1, "customer_id", text(names))
    before, refusal = answer(measure, histories["two customers, one gone"])
    with history_of({"purchases": renamed}) as other:
        after, other_refusal = answer(measure, other)
    assert [figure.as_dict() for figure in after] == [figure.as_dict() for figure in before]
    assert other_refusal == refusal

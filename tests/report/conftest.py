"""A small firm of three years, written by hand, and its report."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from treue.engine.duckdb import DuckDBEngine
from treue.history.history import History
from treue.history.settings import Settings
from treue.report.contents import build_report

FIRST = datetime(2023, 1, 1)
EVIL = "<script>alert(1)</script>"


def orders(customers, days, seed=7, gap_days=35):
    """Return purchases of customers who come at steady pace, buy at random and drop out."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(customers):
        name = EVIL if number == 0 else f"K{number:05d}"
        start = int(rng.integers(0, days)) if number else 0
        stop = start + rng.exponential(400) if number else days - 60
        day = float(start)
        pace = gap_days * rng.gamma(4, 0.25) if number else 14.0
        while day < min(stop, days):
            amount = 90_000 if number == 0 else int(rng.gamma(3, 1000)) + 100
            rows.append((name, FIRST + timedelta(days=int(day)), amount))
            day += 14.0 if number == 0 else 1 + rng.exponential(pace)
    return pa.table(
        {
            "order_id": [str(place) for place in range(len(rows))],
            "customer_id": [row[0] for row in rows],
            "ordered_at": [row[1] for row in rows],
            "net_amount": [row[2] for row in rows],
        }
    )


@pytest.fixture(scope="session")
def make_orders():
    return orders


def report_of(tables, **settings):
    with History.of(DuckDBEngine(), tables, Settings(**settings)) as history:
        return build_report(history)


@pytest.fixture(scope="session")
def report():
    bought = orders(600, 1096)
    people = sorted(set(bought["customer_id"].to_pylist()))
    segments = [("shop", "fair", "post", None)[place % 4] for place in range(len(people))]
    customers = pa.table({"customer_id": people, "segment": segments})
    tables = {"purchases": bought, "customers": customers}
    return report_of(tables, as_of=date(2025, 12, 31), window_days=120)


@pytest.fixture(scope="session")
def tiny_report():
    """Three customers of six weeks: hardly anything can be told."""
    return report_of({"purchases": orders(3, 42, gap_days=10)}, currency="NOK")


@pytest.fixture(scope="session")
def contract_report():
    """A firm with contracts and no purchases."""
    ended = [date(2025, 3 + place % 9, 1) if place % 4 == 0 else None for place in range(200)]
    contracts = pa.table(
        {
            "contract_id": [str(place) for place in range(200)],
            "customer_id": [f"C{place}" for place in range(200)],
            "started_on": [date(2023, 1 + place % 12, 15) for place in range(200)],
            "ended_on": ended,
            "monthly_amount": [1000 + place for place in range(200)],
        }
    )
    return report_of({"contracts": contracts}, as_of=date(2025, 12, 31))

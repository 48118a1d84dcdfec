"""In which part of a figure each customer is, where customers are judged by contracts."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pyarrow as pa
import pytest

from treue.app.measuring.parts import parts_of
from treue.engine.duckdb import DuckDBEngine
from treue.history.headline import headline_counts
from treue.history.history import History
from treue.history.recurring_revenue import revenue_movements
from treue.history.settings import Settings

FAR = date(2024, 1, 1)
CONTRACTS = [
    ("same", FAR, None, 1000),
    ("more", FAR, date(2026, 1, 31), 1000),
    ("more", date(2026, 2, 1), None, 1500),
    ("less", FAR, date(2026, 1, 31), 1000),
    ("less", date(2026, 2, 1), None, 500),
    ("ended", FAR, date(2026, 4, 30), 1000),
    ("new", date(2026, 5, 1), None, 1000),
    ("won and lost", date(2026, 4, 5), date(2026, 5, 5), 1000),
    ("returned", FAR, date(2024, 12, 31), 1000),
    ("returned", date(2026, 5, 1), None, 1000),
]


@pytest.fixture(scope="module")
def history():
    names = ("customer_id", "started_on", "ended_on", "monthly_amount")
    table = {name: [row[place] for row in CONTRACTS] for place, name in enumerate(names)}
    table["contract_id"] = [str(number) for number in range(len(CONTRACTS))]
    with History.of(
        DuckDBEngine(), {"contracts": pa.table(table)}, Settings(as_of=date(2026, 6, 30))
    ) as made:
        yield made


@pytest.fixture(scope="module")
def told(history):
    found = {}
    for frame, columns in parts_of(history):
        for row in history.engine.arrow(frame).to_pylist():
            one = found.setdefault(row["customer_id"], {})
            one.update({name: row[name] for name in columns})
    return found


def test_contracts_say_who_pays_more_or_less(told):
    paying = {name: one.get("paying") for name, one in told.items()}
    assert paying.pop("won and lost") is None
    assert paying == {name: name for name in ("same", "more", "less", "ended", "new", "returned")}


def test_the_movement_of_revenue_counts_the_same_customers(history, told):
    counts = revenue_movements(history)[0].counts
    paying = Counter(one.get("paying") for one in told.values())
    kinds = {"more": "expansion", "less": "contraction", "ended": "churn", "new": "new"}
    assert {kind: paying[name] for name, kind in kinds.items()} == {
        kind: counts[kind] for kind in kinds.values()
    }
    assert paying["returned"] == counts["reactivation"] == 1
    assert sum(paying[name] for name in ("same", "more", "less", "ended")) == counts["start"] == 4


def test_the_period_counts_the_same_customers(history, told):
    period = headline_counts(history)[0]
    part = Counter(one.get("part") for one in told.values())
    assert part["kept"] == period.retained == 3
    assert part["lost"] == period.at_start - period.retained == 1
    assert part["won_lost"] == period.early_lost == 1
    assert part["won"] + part["won_lost"] == period.acquired
    assert part["back"] == period.reactivated == 1
    assert sum(part[name] for name in part if name) == period.at_risk


def test_a_wrong_period_would_be_noticed(history, told):
    earlier = headline_counts(history.with_settings(as_of=date(2026, 3, 31)))[0]
    assert Counter(one.get("part") for one in told.values())["kept"] != earlier.retained

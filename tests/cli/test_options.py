from __future__ import annotations

from datetime import date, datetime

import pyarrow as pa
import pytest

from treue.cli.options import check_activity, check_days
from treue.engine.duckdb import DuckDBEngine
from treue.history.history import History
from treue.history.settings import Settings
from treue.kernel.errors import WrongArgument


def a_history(table, rows, **settings):
    return History.of(DuckDBEngine(), {table: pa.table(rows)}, Settings(**settings))


def two_orders(**settings):
    rows = {
        "order_id": ["1", "2"],
        "customer_id": ["a", "a"],
        "ordered_at": [datetime(2026, 1, 5), datetime(2026, 3, 1)],
        "net_amount": [1000, 2000],
    }
    return a_history("purchases", rows, **settings)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"as_of": date(2026, 1, 4)},
            "as-of=2026-01-04 is before the first day in the data; give 2026-01-05",
        ),
        ({"as_of": date(2026, 6, 2)}, "as-of=2026-06-02 has not come yet"),
        (
            {"observed_from": date(2026, 3, 2)},
            "observed-from=2026-03-02 is after the last day in the data; give 2026-03-01",
        ),
    ],
)
def test_days_that_leave_nothing_to_look_at_are_refused(settings, words):
    with two_orders(**settings) as history, pytest.raises(WrongArgument, match=words):
        check_days(history, today=date(2026, 6, 1))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"as_of": date(2026, 1, 5)},
        {"as_of": date(2026, 6, 1)},
        {"observed_from": date(2026, 3, 1)},
        {"observed_from": date(2025, 1, 1)},
        {"observed_from": date(2026, 4, 1), "as_of": date(2026, 5, 1)},
    ],
)
def test_days_that_can_be_looked_at_are_taken(settings):
    with two_orders(**settings) as history:
        check_days(history, today=date(2026, 6, 1))


def test_no_day_is_wrong_where_nothing_happened():
    with a_history("customers", {"customer_id": ["a"]}, as_of=date(2026, 1, 1)) as history:
        check_days(history, today=date(2026, 6, 1))


def test_contracts_cannot_decide_where_there_are_none():
    with two_orders(activity="contract") as history, pytest.raises(WrongArgument, match="needs contracts"):
        check_activity(history)


@pytest.mark.parametrize("activity", ["window", "rhythm"])
def test_buying_cannot_decide_where_nothing_was_bought(activity):
    rows = {"contract_id": ["1"], "customer_id": ["a"], "started_on": [date(2026, 1, 1)]}
    with (
        a_history("contracts", rows, activity=activity) as history,
        pytest.raises(WrongArgument, match=f"activity='{activity}' needs purchases"),
    ):
        check_activity(history)


@pytest.mark.parametrize("activity", [None, "window", "rhythm"])
def test_any_other_definition_is_taken(activity):
    with two_orders(activity=activity) as history:
        check_activity(history)

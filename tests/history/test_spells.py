"""When customers count as active: by a window, by their own rhythm, by contract."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from treue.history.spells import OPEN_END_DAY, rhythm_reach
from treue.kernel.units import day_number

START = date(2025, 1, 1)


def after(*days):
    return [("a", START + timedelta(days=day)) for day in days]


def found(history):
    zero = day_number(START)
    rows = history.engine.arrow(history.spells).to_pylist()
    rows.sort(key=lambda row: (row["customer_id"], row["start_day"]))

    def since(day):
        return day if day in {None, OPEN_END_DAY} else day - zero

    return [
        (row["customer_id"], since(row["start_day"]), since(row["end_day"]), since(row["previous_end_day"]))
        for row in rows
    ]


@pytest.mark.parametrize(
    ("days", "spells"),
    [
        ((0,), [("a", 0, 30, None)]),
        ((0, 0), [("a", 0, 30, None)]),
        ((0, 30), [("a", 0, 60, None)]),  # silent for exactly the window: still there
        ((0, 31), [("a", 0, 30, None), ("a", 31, 61, 30)]),
        ((0, 20, 40, 90, 95, 200), [("a", 0, 70, None), ("a", 90, 125, 70), ("a", 200, 230, 125)]),
    ],
)
def test_a_window_spell_lasts_from_the_first_purchase_to_the_last_and_the_window(
    days, spells, engine, of_purchases
):
    history = of_purchases(after(*days), engine=engine, window_days=30, as_of=START + timedelta(days=300))
    assert found(history) == spells


def test_a_fully_returned_order_keeps_nobody(of_purchases):
    history = of_purchases([("a", START, 500), ("a", START + timedelta(days=20), 0)], window_days=30)
    assert found(history) == [("a", 0, 30, None)]


def test_what_is_after_the_last_day_observed_is_not_there(of_purchases):
    history = of_purchases(after(0, 20, 40), window_days=30, as_of=START + timedelta(days=39))
    assert found(history) == [("a", 0, 50, None)]


def test_a_rhythm_spell_allows_each_customer_their_own_silence(engine, of_purchases):
    weekly = after(0, 7, 14, 21, 60)
    yearly = [("b", START + timedelta(days=day)) for day in (0, 300)]
    history = of_purchases(
        weekly + yearly, engine=engine, activity="rhythm", as_of=START + timedelta(days=400)
    )
    rows = history.engine.arrow(rhythm_reach(history.engine, history.active_days)).to_pylist()
    reach = {
        row["customer_id"]: (row["gaps_count"], row["median_gap_days"], row["reach_days"]) for row in rows
    }
    # Median of 7, 7, 7, 39 is 7; b has too few gaps, so the median of all five gaps stands in.
    assert reach == {"a": (4, 7.0, 31), "b": (1, 7.0, 31)}
    assert found(history) == [
        ("a", 0, 52, None),
        ("a", 60, 91, 52),
        ("b", 0, 31, None),
        ("b", 300, 331, 31),
    ]


def test_without_any_gap_a_rhythm_is_one_day(of_purchases):
    assert found(of_purchases(after(0), activity="rhythm")) == [("a", 0, 1, None)]


@pytest.mark.parametrize(
    ("contracts", "spells"),
    [
        ([(0, None)], [("a", 0, OPEN_END_DAY, None)]),
        ([(0, 40)], [("a", 0, 40, None)]),
        ([(0, 40), (41, 80)], [("a", 0, 80, None)]),
        ([(0, 40), (42, 80)], [("a", 0, 40, None), ("a", 42, 80, 40)]),
        ([(0, 100), (10, 20), (50, None)], [("a", 0, OPEN_END_DAY, None)]),
        ([(0, 100), (10, 20), (60, 70), (103, 110)], [("a", 0, 100, None), ("a", 103, 110, 100)]),
        ([(0, 500)], [("a", 0, OPEN_END_DAY, None)]),  # the end is not observed yet
        ([(0, 40), (301, None)], [("a", 0, 40, None)]),  # signed, not begun
    ],
)
def test_a_contract_spell_joins_contracts_that_follow_one_another(contracts, spells, engine, of_contracts):
    rows = [
        ("a", START + timedelta(days=low), None if high is None else START + timedelta(days=high))
        for low, high in contracts
    ]
    assert found(of_contracts(rows, engine=engine, as_of=START + timedelta(days=300))) == spells


def test_what_ended_before_records_began_is_left_out(of_contracts):
    rows = [("a", START, START + timedelta(days=10)), ("b", START, START + timedelta(days=50))]
    history = of_contracts(rows, observed_from=START + timedelta(days=50), as_of=START + timedelta(days=99))
    assert found(history) == [("b", 0, 50, None)]


def test_merged_records_are_one_customer(duckdb_engine, told):
    from datetime import datetime

    import pyarrow as pa

    from treue.history.history import History
    from treue.history.settings import Settings

    merges = pa.table({"from_id": ["b"], "into_id": ["a"], "merged_at": [datetime(2025, 2, 1)]})
    rows = [("a", START), ("b", START + timedelta(days=25)), ("a", START + timedelta(days=50))]
    tables = {"purchases": told.purchases(rows), "merges": merges}
    history = History.of(duckdb_engine, tables, Settings(window_days=30))
    assert found(history) == [("a", 0, 80, None)]

"""A history knows its first and last day, its activity, its segments, and computes each thing once."""

from __future__ import annotations

from datetime import date, datetime

import pyarrow as pa
import pytest

from treue import NotEnoughData, WrongArgument
from treue.history.history import History
from treue.history.segments import with_segment
from treue.history.settings import Settings


def orders(*rows):
    customers, instants, channels = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        {
            "order_id": pa.array([str(k) for k in range(len(rows))], pa.string()),
            "customer_id": pa.array(customers, pa.string()),
            "ordered_at": pa.array(instants, pa.timestamp("us")),
            "net_amount": pa.array([1000] * len(rows), pa.int64()),
            "channel": pa.array(channels, pa.string()),
        }
    )


NEW_YEAR = datetime(2025, 12, 31, 23, 30)


def test_the_last_day_is_that_of_the_data_in_the_firms_zone(duckdb_engine):
    tables = {"purchases": orders(("a", datetime(2025, 6, 1), "web"), ("a", NEW_YEAR, "web"))}
    assert History.of(duckdb_engine, tables).as_of == date(2025, 12, 31)
    oslo = History.of(duckdb_engine, tables, Settings(timezone="Europe/Oslo"))
    assert (oslo.first_day, oslo.as_of) == (date(2025, 6, 1), date(2026, 1, 1))
    assert oslo.observed_days == 215


def test_given_days_win(duckdb_engine):
    settings = Settings(as_of=date(2025, 7, 1), observed_from=date(2025, 5, 1))
    history = History.of(duckdb_engine, {"purchases": orders(("a", datetime(2025, 6, 1), "web"))}, settings)
    assert (history.first_day, history.as_of) == (date(2025, 5, 1), date(2025, 7, 1))


def test_an_ended_contract_shows_that_its_end_was_observed(of_contracts):
    history = of_contracts([("a", date(2025, 1, 5), date(2025, 8, 9)), ("b", date(2025, 2, 5), None)])
    assert history.as_of == date(2025, 8, 9)


def test_an_end_that_lies_ahead_is_not_the_last_day_observed(of_contracts):
    given = of_contracts(
        [
            ("a", date(2025, 1, 5), date(2025, 8, 9)),
            ("b", date(2025, 2, 5), date(2026, 2, 4)),
            ("c", date(2025, 12, 1), None),
        ]
    )
    history = History(given.engine, given.tables, today=date(2025, 10, 1))
    assert (history.first_day, history.as_of) == (date(2025, 1, 5), date(2025, 8, 9))
    assert history.with_settings(timezone="Europe/Oslo").as_of == date(2025, 8, 9)


@pytest.mark.parametrize("tables", [{}, {"purchases": orders()}])
def test_nothing_at_all_is_refused(tables, duckdb_engine):
    with pytest.raises(NotEnoughData, match="the history is empty"):
        _ = History.of(duckdb_engine, tables).as_of


def test_an_unknown_table_is_refused(duckdb_engine):
    with pytest.raises(WrongArgument, match="table='orders' is not a table of a history"):
        History(duckdb_engine, {"orders": "somewhere"})


def test_a_table_that_is_not_there_is_named(duckdb_engine):
    history = History.of(duckdb_engine, {"purchases": orders(("a", NEW_YEAR, "web"))})
    with pytest.raises(NotEnoughData, match="table='visits' is not in this history; it has purchases"):
        history.frame("visits")


def test_contracts_alone_make_a_contractual_firm(of_contracts, of_purchases, duckdb_engine, told):
    assert of_contracts([("a", date(2025, 1, 1), None)]).activity == "contract"
    assert of_purchases([("a", date(2025, 1, 1))]).activity == "window"
    both = {
        "purchases": told.purchases([("a", date(2025, 1, 1))]),
        "contracts": told.contracts([("a", date(2025, 1, 1), None)]),
    }
    assert History.of(duckdb_engine, both).activity == "window"
    assert History.of(duckdb_engine, both, Settings(activity="contract")).activity == "contract"


def test_of_two_first_orders_on_one_day_the_order_of_rows_does_not_decide(engine):
    rows = {
        "order_id": ["1", "2", "3"],
        "customer_id": ["a", "a", "a"],
        "ordered_at": [datetime(2026, 1, 1), datetime(2026, 1, 1), datetime(2026, 2, 1)],
        "net_amount": [1000, 1000, 1000],
        "channel": ["web", "phone", "app"],
    }
    for places in ([0, 1, 2], [1, 0, 2], [2, 1, 0]):
        history = History.of(engine, {"purchases": pa.table(rows).take(places)})
        (row,) = engine.arrow(history.segments("channel")).to_pylist()
        assert row["segment"] == "phone"


def test_a_segment_of_contracts_is_that_of_the_first(engine):
    contracts = pa.table(
        {
            "contract_id": ["1", "2", "3"],
            "customer_id": ["a", "a", "b"],
            "started_on": [date(2025, 3, 1), date(2025, 1, 1), date(2025, 2, 1)],
            "ended_on": [None, date(2025, 2, 1), date(2025, 6, 1)],
            "end_reason": [None, "moved", "price"],
            "plan": ["large", "small", "large"],
        }
    )
    history = History.of(engine, {"contracts": contracts})
    found = engine.arrow(history.segments("plan")).to_pylist()
    assert {row["segment_customer_id"]: row["segment"] for row in found} == {"a": "small", "b": "large"}
    assert "end_reason" not in history.segment_columns


def test_a_segment_of_orders_is_that_of_the_first(engine):
    rows = [("a", datetime(2025, 3, 1), "shop"), ("a", datetime(2025, 1, 1), "web"), ("b", NEW_YEAR, None)]
    history = History.of(engine, {"purchases": orders(*rows)}, Settings(window_days=30))
    found = engine.arrow(history.segments("channel")).to_pylist()
    assert {row["segment_customer_id"]: row["segment"] for row in found} == {"a": "web", "b": None}
    named = engine.arrow(with_segment(history, history.customer_summary, "channel")).to_pylist()
    assert {row["customer_id"]: row["segment"] for row in named} == {"a": "web", "b": "unknown"}


def test_a_first_order_without_a_value_gives_none_whatever_comes_later(engine):
    rows = [("a", datetime(2025, 1, 1), None), ("a", datetime(2025, 3, 1), "web")]
    history = History.of(engine, {"purchases": orders(*rows)}, Settings(window_days=30))
    (row,) = engine.arrow(history.segments("channel")).to_pylist()
    assert row == {"segment_customer_id": "a", "segment": None}


def test_a_column_of_customers_wins_over_one_of_orders(duckdb_engine):
    customers = pa.table({"customer_id": ["a"], "channel": ["phone"]})
    tables = {"purchases": orders(("a", NEW_YEAR, "web")), "customers": customers}
    history = History.of(duckdb_engine, tables)
    (row,) = duckdb_engine.arrow(history.segments("channel")).to_pylist()
    assert row["segment"] == "phone"


def test_other_settings_start_from_the_tables(of_purchases):
    history = of_purchases([("a", date(2025, 1, 1)), ("a", date(2025, 3, 1))], window_days=30)
    rows = [
        len(each.engine.arrow(each.spells))
        for each in (history, history.with_settings(window_days=90), history)
    ]
    assert rows == [2, 1, 2]


def test_the_raw_events_are_read_once(of_purchases):
    history = of_purchases([("a", date(2025, 1, 1)), ("a", date(2025, 3, 1))], window_days=30)
    assert len(history.engine.arrow(history.customer_days)) == 2
    assert history.as_of == date(2025, 3, 1)
    history.engine.drop(history.tables["purchases"])
    for derived in (history.active_days, history.spells):
        assert len(history.engine.arrow(derived)) == 2
    assert len(history.engine.arrow(history.customer_summary)) == 1


def test_spells_are_the_same_with_and_without_days_of_buying_at_hand(of_purchases):
    rows = [
        ("a", date(2025, 1, 1)),
        ("a", date(2025, 1, 1)),
        ("a", date(2025, 3, 1)),
        ("b", date(2025, 2, 1)),
    ]
    lean, rich = (of_purchases(rows, window_days=30) for _ in range(2))
    assert len(rich.engine.arrow(rich.active_days)) == 3
    found = [
        sorted(tuple(row.values()) for row in history.engine.arrow(history.spells).to_pylist())
        for history in (lean, rich)
    ]
    assert found[0] == found[1]
    assert len(found[0]) == 3

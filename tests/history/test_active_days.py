"""Orders become days of buying: returns booked to their order, days in the firm's time zone."""

from __future__ import annotations

from datetime import date, datetime

import pyarrow as pa

from treue.history.history import History
from treue.history.settings import Settings
from treue.kernel.units import day_number

ORDERS = [
    # order, customer, UTC instant, minor units, margin
    ("1", "a", datetime(2026, 3, 28, 22, 30), 1000, 400),
    ("2", "a", datetime(2026, 3, 28, 23, 30), 2000, None),  # 29 March 00:30 in Oslo
    ("3", "a", datetime(2026, 4, 10, 12, 0), 3000, 900),
    ("4", "b", datetime(2026, 4, 1, 22, 30), 500, 100),  # 2 April 00:30 in Oslo: summer time
    ("5", "b", datetime(2026, 4, 1, 23, 0), 700, None),
]
RETURNS = [("1", "3", datetime(2026, 4, 20), 1000), ("2", "4", datetime(2026, 4, 15), 500)]


def history_of(engine, as_of=date(2026, 4, 30)):
    orders = dict(
        zip(
            ("order_id", "customer_id", "ordered_at", "net_amount", "margin_amount"),
            zip(*ORDERS, strict=True),
            strict=True,
        )
    )
    returns = dict(
        zip(("return_id", "order_id", "returned_at", "amount"), zip(*RETURNS, strict=True), strict=True)
    )
    tables = {"purchases": pa.table(orders), "returns": pa.table(returns)}
    return History.of(engine, tables, Settings(timezone="Europe/Oslo", as_of=as_of))


def rows(history, frame, *names):
    table = history.engine.arrow(frame).to_pylist()
    return sorted([tuple(row[name] for name in names) for row in table], key=str)


def day(month, number):
    return day_number(date(2026, month, number))


def test_a_return_is_taken_off_its_order_and_a_day_is_local(engine):
    history = history_of(engine)
    found = rows(
        history, history.customer_days, "customer_id", "day", "orders_count", "net_amount", "margin_amount"
    )
    assert found == sorted(
        [
            ("a", day(3, 28), 1, 1000, 400),
            ("a", day(3, 29), 1, 2000, None),
            ("a", day(4, 10), 1, 2000, 600),  # a third sent back: a third of the margin too
            ("b", day(4, 2), 1, 700, 0),
        ],
        key=str,
    )


def test_a_return_after_the_last_day_observed_is_not_known_yet(duckdb_engine):
    history = history_of(duckdb_engine, as_of=date(2026, 4, 14))
    found = rows(history, history.customer_days, "customer_id", "day", "orders_count", "net_amount")
    assert ("a", day(4, 10), 1, 3000) in found
    assert ("b", day(4, 2), 2, 1200) in found


def test_each_day_knows_the_ones_beside_it(engine):
    history = history_of(engine)
    found = rows(history, history.active_days, "customer_id", "first_day", "previous_day", "day", "next_day")
    assert found == sorted(
        [
            ("a", day(3, 28), None, day(3, 28), day(3, 29)),
            ("a", day(3, 28), day(3, 28), day(3, 29), day(4, 10)),
            ("a", day(3, 28), day(3, 29), day(4, 10), None),
            ("b", day(4, 2), None, day(4, 2), None),
        ],
        key=str,
    )


def test_the_summary_holds_what_is_kept(engine):
    history = history_of(engine)
    names = (
        "customer_id",
        "first_day",
        "last_day",
        "days_count",
        "orders_count",
        "net_amount",
        "margin_amount",
    )
    assert rows(history, history.customer_summary, *names) == [
        ("a", day(3, 28), day(4, 10), 3, 3, 5000, 1000),
        ("b", day(4, 2), day(4, 2), 1, 1, 700, 0),
    ]


def test_a_customer_whose_only_order_came_back_never_bought(duckdb_engine):
    orders = pa.table(
        {
            "order_id": ["1", "2"],
            "customer_id": ["a", "b"],
            "ordered_at": [datetime(2026, 1, 1), datetime(2026, 1, 2)],
            "net_amount": [1000, 1000],
        }
    )
    returns = pa.table(
        {"return_id": ["r"], "order_id": ["1"], "returned_at": [datetime(2026, 1, 5)], "amount": [1000]}
    )
    history = History.of(duckdb_engine, {"purchases": orders, "returns": returns})
    assert [row[0] for row in rows(history, history.customer_summary, "customer_id")] == ["b"]


def test_no_more_goes_back_of_an_order_than_it_brought(engine):
    bought = [("1", "a", 1000, 400), ("2", "a", 3000, 900), ("3", "a", 0, None), ("4", "b", -200, None)]
    back = [("1", 400), ("1", 1000), ("2", 2000), ("3", 50), ("4", 300)]
    orders = pa.table(
        {
            "order_id": [order for order, *_ in bought],
            "customer_id": [customer for _, customer, *_ in bought],
            "ordered_at": [datetime(2026, 1, 1)] * 4,
            "net_amount": [amount for *_, amount, _ in bought],
            "margin_amount": pa.array([margin for *_, margin in bought], pa.int64()),
        }
    )
    returns = pa.table(
        {
            "return_id": [str(place) for place in range(5)],
            "order_id": [order for order, _ in back],
            "returned_at": [datetime(2026, 1, 5)] * 5,
            "amount": [amount for _, amount in back],
        }
    )
    history = History.of(engine, {"purchases": orders, "returns": returns})
    names = ("order_id", "net_amount", "margin_amount", "returned_amount", "kept", "free")
    assert rows(history, history.net_orders(), *names) == [
        ("1", 0, 0, 1000, 0, 0),
        ("2", 1000, 300, 2000, 1, 0),
        ("3", 0, None, 0, 0, 0),
        ("4", -200, None, 0, 0, 0),
    ]
    assert rows(history, history.customer_summary, "customer_id", "orders_count", "net_amount") == [
        ("a", 1, 1000)
    ]

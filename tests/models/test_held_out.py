"""A history divided by time: what was known at the split, and what came after it."""

from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest

from treue.history.history import History
from treue.kernel.errors import WrongArgument
from treue.kernel.units import day_number
from treue.models.held_out import held_out, last_third
from treue.models.summary import summarise

ROWS = [
    ("a", date(2024, 1, 1)),
    ("a", date(2024, 1, 11)),
    ("a", date(2024, 3, 1)),
    ("a", date(2024, 3, 5)),
    ("b", date(2024, 1, 5)),
    ("c", date(2024, 1, 5)),
    ("late", date(2024, 2, 15)),
    ("late", date(2024, 3, 1)),
]
SPLIT = day_number(date(2024, 1, 31))


def test_customers_won_by_the_split_are_told_with_what_came_after(of_purchases, engine):
    held = held_out(of_purchases(ROWS, engine=engine), SPLIT)
    assert held.known.x.tolist() == [0, 1]
    assert held.known.t_x.tolist() == [0, 10]
    assert held.known.T.tolist() == [26, 30]
    assert held.known.weight.tolist() == [2, 1]
    assert (held.case.tolist(), held.purchases.tolist(), held.weight.tolist()) == ([0, 1], [0, 2], [2, 1])
    assert (held.customers, held.actual, held.returned, held.days) == (3, 2, 1, 34)
    bought = {int(day): int(held.daily[day]) for day in np.flatnonzero(held.daily)}
    assert bought == {10: 1, 60: 1, 64: 1}
    assert held.acquired[[0, 4]].tolist() == [1, 2]
    assert held.acquired.sum() == held.customers
    assert held.daily.size == 65


def test_what_was_known_is_what_a_fit_to_the_split_sees(of_purchases, told):
    history = of_purchases(told.random(3, customers=200))
    split = last_third(history)
    held = held_out(history, split, unit="week")
    known = summarise(history, "week", until_day=split)
    for name in ("x", "t_x", "T", "weight"):
        assert getattr(held.known, name) == pytest.approx(getattr(known, name))
    assert held.daily[-held.days :].sum() == held.actual
    assert held.daily[: -held.days].sum() == held.known.weight @ held.known.x
    assert np.bincount(held.case, held.weight) == pytest.approx(held.known.weight)


def test_a_return_after_the_split_was_not_known_at_it(duckdb_engine, told):
    returns = pa.table(
        {
            "return_id": ["r1"],
            "order_id": ["o1"],
            "customer_id": ["a"],
            "returned_at": [datetime(2024, 2, 2, 12)],
            "amount": [1000],
        }
    )
    history = History.of(duckdb_engine, {"purchases": told.purchases(ROWS), "returns": returns})
    assert held_out(history, SPLIT).known.x.tolist() == [0, 1]


def test_orders_that_cost_nothing_count_on_demand(of_purchases):
    rows = [("a", date(2024, 1, 1)), ("a", date(2024, 3, 1), 0), ("d", date(2024, 1, 1), 0), *ROWS[4:]]
    kept, every = (held_out(of_purchases(rows), SPLIT, orders=kind) for kind in ("kept", "all"))
    assert (kept.customers, kept.actual) == (3, 0)
    assert (every.customers, every.actual) == (4, 1)


def test_the_last_third_is_held_out(of_purchases):
    history = of_purchases([("a", date(2024, 1, 1)), ("a", date(2024, 3, 30))])
    assert history.observed_days == 90
    assert history.as_of_day - last_third(history) == 30


@pytest.mark.parametrize("split", [date(2023, 12, 31), date(2024, 3, 5), date(2025, 1, 1)])
def test_a_split_with_nothing_on_one_side_is_refused(of_purchases, split):
    with pytest.raises(WrongArgument, match=r"split=.* give a day from 2024-01-01 to 2024-03-04") as refused:
        held_out(of_purchases(ROWS), day_number(split))
    assert "\n" not in str(refused.value)


def test_a_history_of_one_day_cannot_be_split(of_purchases):
    history = of_purchases([("a", date(2024, 1, 1)), ("b", date(2024, 1, 1))])
    with pytest.raises(WrongArgument, match="everything happened on 2024-01-01"):
        held_out(history, last_third(history))


def test_a_unit_that_is_none_is_refused(of_purchases):
    with pytest.raises(WrongArgument, match="unit='fortnight'"):
        held_out(of_purchases(ROWS), SPLIT, unit="fortnight")

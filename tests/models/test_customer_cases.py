"""Each customer's repeat buying: which orders count, up to which day, and what they were worth."""

from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest

import treue
from treue.history.history import History
from treue.history.settings import Settings
from treue.kernel.errors import WrongArgument
from treue.kernel.units import day_number
from treue.models.customer_cases import customer_cases
from treue.models.gamma_gamma import GammaGamma
from treue.models.summary import summarise


def january(*rows):
    """Make purchases of ``(customer, day of January, amount)``."""
    return pa.table(
        {
            "order_id": [str(place) for place in range(len(rows))],
            "customer_id": [customer for customer, _, _ in rows],
            "ordered_at": [datetime(2026, 1, day, 10) for _, day, _ in rows],
            "net_amount": [amount for _, _, amount in rows],
        }
    )


@pytest.fixture
def history(engine):
    """Tell of Ada, who has a free order, Bo, whose second order comes back on the 20th, and Cy, who only got one free."""
    bought = january(
        ("ada", 1, 500), ("ada", 1, 700), ("ada", 8, 0), ("ada", 15, 900), ("ada", 15, 101), ("ada", 29, 2000),
        ("bo", 8, 100), ("bo", 12, 300), ("cy", 10, 0),
    )  # fmt: skip
    back = pa.table({"order_id": ["7"], "returned_at": [datetime(2026, 1, 20, 9)], "amount": [300]})
    return History.of(engine, {"purchases": bought, "returns": back}, Settings(as_of=date(2026, 1, 31)))


@pytest.mark.parametrize(
    ("orders", "until", "rows"),
    [
        ("kept", None, [("ada", 2, 28, 30, 15.005), ("bo", 0, 0, 23, None)]),
        ("all", None, [("ada", 3, 28, 30, 15.005), ("bo", 0, 0, 23, None), ("cy", 0, 0, 21, None)]),
        # On the 16th nobody knew that Bo's order would come back.
        ("kept", 16, [("ada", 1, 14, 15, 10.01), ("bo", 1, 4, 8, 3.0)]),
        ("all", 16, [("ada", 2, 14, 15, 10.01), ("bo", 1, 4, 8, 3.0), ("cy", 0, 0, 6, None)]),
    ],
)
def test_what_counts_until_when(history, orders, until, rows):
    until_day = None if until is None else day_number(date(2026, 1, until))
    cases = customer_cases(history, until_day, orders=orders)
    values = [None if np.isnan(value) else value for value in cases.repeat_value.tolist()]
    found = zip(cases.customer_id.to_pylist(), cases.x, cases.t_x, cases.T, values, strict=True)
    assert list(found) == [(who, x, t_x, age, value) for who, x, t_x, age, value in rows]
    assert cases.repeat_value_count.tolist() == [
        2 - (until == 16) if who == "ada" else value is not None for who, *_, value in rows
    ]
    assert len(cases) == len(rows)


@pytest.mark.parametrize("orders", ["kept", "all"])
@pytest.mark.parametrize("until_day", [None, day_number(date(2024, 12, 1))])
def test_distinct_rows_are_those_of_the_customers(engine, told, orders, until_day):
    history = History.of(engine, {"purchases": told.purchases(told.random(3))})
    # Before any column is fetched, and after: two ways through the engine.
    before = customer_cases(history, until_day, "week", orders).summary()
    cases = customer_cases(history, until_day, "week", orders)
    rows = np.column_stack([cases.x, cases.t_x, cases.T])
    assert cases.customer_id.to_pylist() == sorted(cases.customer_id.to_pylist())
    for summary in (before, cases.summary()):
        repeated = np.repeat(
            np.column_stack([summary.x, summary.t_x, summary.T]), summary.weight.astype(int), axis=0
        )
        assert sorted(map(tuple, repeated)) == sorted(map(tuple, rows))


def test_no_day_of_buying_after_the_end_is_known(engine, told):
    rows = told.random(5)
    end = date(2024, 11, 1)
    whole = History.of(engine, {"purchases": told.purchases(rows)})
    cut = History.of(
        engine, {"purchases": told.purchases([row for row in rows if row[1] <= end])}, Settings(as_of=end)
    )
    seen, known = customer_cases(whole, day_number(end)), customer_cases(cut)
    assert seen.customer_id == known.customer_id
    for column in ("x", "t_x", "T", "repeat_value", "repeat_value_count"):
        np.testing.assert_array_equal(getattr(seen, column), getattr(known, column))


def test_money_of_a_currency_without_minor_units(duckdb_engine):
    bought = january(("a", 1, 500), ("a", 9, 700))
    history = History.of(duckdb_engine, {"purchases": bought}, Settings(currency="JPY"))
    assert customer_cases(history).repeat_value.tolist() == [700]


def test_first_day_that_cost_nothing_takes_nothing_from_the_others(duckdb_engine):
    history = History.of(duckdb_engine, {"purchases": january(("a", 1, 0), ("a", 9, 700), ("a", 11, 0))})
    cases = customer_cases(history, orders="all")
    assert (cases.x.tolist(), cases.repeat_value_count.tolist(), cases.repeat_value.tolist()) == (
        [2],
        [1],
        [7],
    )


def test_history_of_orders_that_came_to_nothing_has_no_customers(duckdb_engine):
    history = History.of(duckdb_engine, {"purchases": january(("a", 1, 0))})
    cases = customer_cases(history)
    assert len(cases) == cases.x.size == len(cases.customer_id) == cases.summary().n == 0
    assert cases.repeat_value.size == 0


def test_papers_customers_are_counted_with_their_free_orders(shared_data):
    with treue.read(shared_data / "cdnow_sample_orders.csv", as_of=date(1997, 9, 30)) as history:
        kept, every = (customer_cases(history, unit="week", orders=orders) for orders in ("kept", "all"))
        assert (len(kept), len(every)) == (2349, 2357)
        assert summarise(history, "week", orders="all").n == 2357
        valued = every.repeat_value > 0
        assert valued.sum() == 946
        model = GammaGamma.fit(every.x[valued], every.repeat_value[valued])
    assert (round(model.p, 2), round(model.q, 2), round(model.v, 2)) == (6.25, 3.74, 15.44)


@pytest.mark.parametrize(
    ("wrong", "named"), [({"unit": "fortnight"}, "unit="), ({"orders": "paid"}, "orders=")]
)
def test_unknown_choice_is_refused(duckdb_engine, wrong, named):
    history = History.of(duckdb_engine, {"purchases": january(("a", 1, 500))})
    with pytest.raises(WrongArgument, match=named):
        customer_cases(history, **wrong).summary()

"""What models other than those of buying at any time are fitted to: opportunities, values, renewals."""

from datetime import date, timedelta

import pytest

from treue.engine.columns import numbers
from treue.history.history import History
from treue.history.opportunities import opportunity_cases
from treue.history.order_values import value_cases
from treue.history.renewals import renewals
from treue.history.settings import Settings
from treue.kernel.errors import NotEnoughData, WrongArgument


def rows_of(table, *names):
    return sorted(zip(*(numbers(table[name]).tolist() for name in names), strict=True))


BOUGHT = [
    ("ada", date(2025, 1, 30)), ("ada", date(2025, 2, 1)), ("ada", date(2025, 2, 20)), ("ada", date(2025, 4, 30)),
    ("bo", date(2025, 3, 3)),
    ("cy", date(2025, 5, 2)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "as_of", "cases"),
    [
        # May is not over: what Cy bought and Ada's chance in it count for nothing yet.
        ("month", date(2025, 5, 30), [(0, 0, 1, 1), (2, 3, 3, 1)]),
        ("month", date(2025, 5, 31), [(0, 0, 0, 1), (0, 0, 2, 1), (2, 3, 4, 1)]),
        ("year", date(2025, 12, 31), [(0, 0, 0, 3)]),
        # Weeks run from Monday: 30 January is in the week of the 27th, 1 February too.
        ("week", date(2025, 5, 4), [(0, 0, 0, 1), (0, 0, 8, 1), (2, 13, 13, 1)]),
        ("day", date(2025, 5, 2), [(0, 0, 0, 1), (0, 0, 60, 1), (3, 90, 92, 1)]),
    ],
)
def test_calendar_periods_are_opportunities(engine, told, unit, as_of, cases):
    history = History.of(engine, {"purchases": told.purchases(BOUGHT)}, Settings(as_of=as_of))
    assert rows_of(opportunity_cases(history, unit), "x", "t_x", "age", "weight") == cases


def test_unknown_period_is_refused(of_purchases):
    with pytest.raises(WrongArgument, match="unit="):
        opportunity_cases(of_purchases(BOUGHT), "quarter")


def test_values_are_of_later_days_only(engine, told):
    day = date(2025, 1, 1)
    rows = [("a", day, 900), ("a", day + timedelta(3), 100), ("a", day + timedelta(9), 0), ("b", day, 100)]
    rows += [("c", day, 500), ("c", day + timedelta(1), 100)]
    history = History.of(engine, {"purchases": told.purchases(rows)})
    assert rows_of(value_cases(history, orders="all"), "days", "amount", "weight") == [(1, 100, 2)]


CONTRACTS = [
    ("monthly", date(2025, 1, 31), date(2025, 2, 28)),  # the last day of February is a whole month after
    ("inclusive", date(2025, 1, 15), date(2025, 2, 14)),  # the last day covered, not the first uncovered
    ("two", date(2025, 1, 15), date(2025, 3, 15)),
    ("within", date(2025, 1, 15), date(2025, 3, 20)),  # left within the third month
    ("same day", date(2025, 1, 15), date(2025, 1, 15)),
    ("open", date(2025, 1, 15), None),
    ("later", date(2025, 4, 20), date(2025, 9, 1)),  # ends after anybody looked
    ("renewed", date(2025, 1, 10), date(2025, 2, 10)), ("renewed", date(2025, 2, 10), None),
    ("back", date(2025, 1, 1), date(2025, 2, 1)), ("back", date(2025, 4, 1), None),
]  # fmt: skip


def test_stays_are_counted_in_periods_of_the_calendar(engine, told):
    history = History.of(engine, {"contracts": told.contracts(CONTRACTS)}, Settings(as_of=date(2025, 5, 14)))
    found = renewals(history, "month")
    assert found.lost.tolist() == [4, 1, 1, 0]
    assert found.open.tolist() == [1, 0, 0, 1, 1]
    assert (found.n, found.n_distinct) == (9, 6)


def test_stays_by_other_periods(of_contracts):
    history = of_contracts(CONTRACTS, as_of=date(2025, 5, 14))
    assert renewals(history, "year").lost.tolist() == [6]
    assert renewals(history, "week").lost[[0, 3, 4]].tolist() == [1, 1, 2]
    assert renewals(history, "day").lost.sum() == 6


def test_contract_of_the_last_of_a_month_is_renewed_on_the_last_day_of_shorter_ones(of_contracts):
    rows = [("a", date(2025, 1, 31), None)]
    assert renewals(of_contracts(rows, as_of=date(2025, 4, 30))).open.tolist() == [0, 0, 0, 1]
    assert renewals(of_contracts(rows, as_of=date(2025, 4, 29))).open.tolist() == [0, 0, 1]


def test_who_started_before_losses_were_seen_is_left_out(of_contracts):
    history = of_contracts(CONTRACTS, as_of=date(2025, 5, 14), observed_from=date(2025, 1, 12))
    assert renewals(history).n == 7


def test_history_of_orders_has_no_renewals(of_purchases):
    with pytest.raises(NotEnoughData, match="contracts"):
        renewals(of_purchases(BOUGHT))

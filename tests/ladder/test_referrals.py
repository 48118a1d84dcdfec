"""Whether invitations land: who counts, and for how long they have."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from treue import NotEnoughData, WrongArgument
from treue.history.history import History
from treue.history.settings import Settings
from treue.kernel.status import Status
from treue.ladder.referrals import referral_conversion, referral_rate

START = datetime(2024, 1, 1, 12)


@pytest.fixture
def invited(canonical):
    def make(engine, invitations, purchases=(("z", 0),), as_of=date(2024, 12, 31), window=400):
        referrals = [
            {
                "referral_id": f"{i}",
                "referrer_id": by,
                "referred_id": whom,
                "invited_at": START + timedelta(days=day),
                "converted_at": None if won is None else START + timedelta(days=won),
            }
            for i, (by, whom, day, won) in enumerate(invitations)
        ]
        orders = [
            {
                "order_id": f"{i}",
                "customer_id": who,
                "ordered_at": START + timedelta(days=day),
                "net_amount": 5,
            }
            for i, (who, day) in enumerate(purchases)
        ]
        tables = {"purchases": canonical("purchases", orders), "referrals": canonical("referrals", referrals)}
        return History.of(engine, tables, Settings(as_of=as_of, window_days=window))

    return make


def test_the_worked_example(engine, invited):
    history = invited(engine, [("a", f"p{i}", 5, 40 if i < 18 else None) for i in range(120)])
    figure = referral_conversion(history)[0]
    assert (figure.numerator, figure.denominator, figure.value) == (18, 120, 0.15)
    assert (round(figure.ci_low, 3), round(figure.ci_high, 3)) == (0.097, 0.225)
    assert figure.status is Status.OK


def test_who_counts_and_for_how_long(duckdb_engine, invited):
    history = invited(
        duckdb_engine,
        [
            ("a", "in time", 10, 100),
            ("a", "too late", 10, 101),
            ("a", "never", 10, None),
            ("a", "a", 10, 20),
            ("a", "customer", 10, 20),
            ("a", "buyer", 10, None),
            ("b", "in time", 50, 100),
            ("a", None, 10, 30),
            ("a", None, 10, None),
            ("a", "still open", 300, 310),
        ],
        [("customer", 5), ("buyer", 30)],
    )
    figure = referral_conversion(history)[0]
    # in time, too late, never, buyer and the two unnamed; the self-referral, the customer, the open one do not
    assert (figure.numerator, figure.denominator) == (3, 6)


def test_a_series_marks_the_months_whose_time_is_not_over(duckdb_engine, invited):
    history = invited(
        duckdb_engine, [("a", f"p{i}", i * 3, None) for i in range(60)], as_of=date(2024, 5, 20)
    )
    found = referral_conversion(history, by="month")
    assert [figure.period for figure in found] == ["2024-01", "2024-02"]
    assert [figure.status for figure in found] == [Status.INSUFFICIENT, Status.PROVISIONAL]
    assert sum(figure.denominator for figure in found) == referral_conversion(history)[0].denominator


def test_nobodys_time_is_over(duckdb_engine, invited):
    figure = referral_conversion(invited(duckdb_engine, [("a", "p", 5, 6)], as_of=date(2024, 2, 1)))[0]
    assert (figure.value, figure.status) == (None, Status.UNDEFINED)


def test_the_rate_counts_active_customers_who_brought_somebody(duckdb_engine, invited):
    history = invited(
        duckdb_engine,
        [
            ("a", "p", 5, 300),
            ("a", "q", 5, 310),
            ("gone", "r", 5, 20),
            ("stranger", "s", 5, 300),
            ("b", "t", 9, None),
        ],
        [("a", 250), ("b", 260), ("c", 270), ("gone", 0)],
        window=120,
    )
    figure = referral_rate(history)[0]
    assert (figure.numerator, figure.denominator) == (1, 3)
    assert figure.window == "2024-01-02/2025-01-01"
    series = referral_rate(history, by="quarter")
    assert [figure.numerator for figure in series] == [1, 0, 0, 1]
    assert [figure.denominator for figure in series] == [1, 0, 3, 3]


def test_an_invitation_that_won_somebody_counts_for_twelve_months(duckdb_engine, invited):
    orders = [("a", 0), ("a", 300), ("a", 400)]
    history = invited(duckdb_engine, [("a", "p", 5, 10)], orders, as_of=date(2025, 1, 9))
    assert referral_rate(history)[0].numerator == 1
    later = invited(duckdb_engine, [("a", "p", 5, 10)], orders, as_of=date(2025, 1, 10))
    assert referral_rate(later)[0].numerator == 0


@pytest.mark.parametrize("measure", [referral_conversion, referral_rate])
def test_refusals(measure, duckdb_engine, invited, simple_history):
    with pytest.raises(NotEnoughData, match="needs referrals"):
        measure(simple_history({"a": [0]}))
    with pytest.raises(WrongArgument, match="by='country'"):
        measure(invited(duckdb_engine, [("a", "p", 5, 6)]), by="country")

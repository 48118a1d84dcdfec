"""Buying again on a day, from a day on, and in a span of days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from treue import WrongArgument
from treue.kernel.status import Status
from treue.measures.age_retention import bracket_retention, n_day_retention, unbounded_retention

START = date(2025, 1, 1)
PRINTED = {"A": (1, 7, 30), "B": (3, 8), "C": (7,), "D": (), "E": (31,)}


def five(of_purchases, engine=None, **settings):
    rows = [(name, START + timedelta(days=day)) for name, days in PRINTED.items() for day in (0, *days)]
    settings.setdefault("as_of", START + timedelta(days=40))
    return of_purchases(rows, engine=engine, window_days=20, **settings)


def shares(figures):
    return [(figure.numerator, figure.denominator) for figure in figures]


def test_the_printed_example(engine, of_purchases):
    history = five(of_purchases, engine)
    assert shares(n_day_retention(history, days=[7])) == [(2, 5)]
    assert shares(unbounded_retention(history, days=[7])) == [(4, 5)]
    assert shares(bracket_retention(history, brackets=[(1, 7), (8, 30)])) == [(3, 5), (2, 5)]


def test_who_may_still_return_is_provisional(of_purchases):
    (early,) = unbounded_retention(five(of_purchases), days=[7])
    (late,) = unbounded_retention(five(of_purchases, as_of=START + timedelta(days=97)), days=[7])
    assert (early.status, late.status) == (Status.PROVISIONAL, Status.INSUFFICIENT)
    assert early.window == "day 7 or later"


def test_only_those_count_whose_day_has_passed(of_purchases):
    rows = [(f"a{k}", START) for k in range(30)] + [(f"a{k}", START + timedelta(days=10)) for k in range(6)]
    rows += [(f"b{k}", START + timedelta(days=35)) for k in range(50)]
    rows += [(f"b{k}", START + timedelta(days=36)) for k in range(50)]
    history = of_purchases(rows, window_days=20, as_of=START + timedelta(days=44))
    (ten,) = n_day_retention(history, days=[10])
    # b has been watched for nine days: it is neither among those who bought on day 10 nor among all
    assert (ten.numerator, ten.denominator, ten.status) == (6, 30, Status.OK)
    (span,) = bracket_retention(history, brackets=[(1, 10)])
    assert (span.numerator, span.denominator) == (6, 30)
    (one,) = n_day_retention(history, days=[1])
    assert (one.numerator, one.denominator) == (50, 80)


def test_a_cohort_is_provisional_until_all_have_passed_the_day(of_purchases):
    rows = [(f"a{k}", START + timedelta(days=k)) for k in range(20)]
    history = of_purchases(rows, window_days=20, as_of=START + timedelta(days=20))
    (five_days,) = n_day_retention(history, by="month", days=[5])
    assert (five_days.segment, five_days.denominator, five_days.status) == ("2025-01", 16, Status.PROVISIONAL)
    (one_day,) = n_day_retention(history, by="month", days=[1])
    assert (one_day.denominator, one_day.status) == (20, Status.INSUFFICIENT)


def test_a_day_that_nobody_has_reached_has_no_value(of_purchases):
    for figure in (
        *n_day_retention(five(of_purchases), days=[60]),
        *unbounded_retention(five(of_purchases), days=[60]),
        *bracket_retention(five(of_purchases), brackets=[(31, 60)]),
    ):
        assert (figure.value, figure.denominator, figure.n, figure.status) == (
            None,
            None,
            5,
            Status.PROVISIONAL,
        )


def test_segments_come_the_largest_first(of_purchases):
    rows = [(name, START + timedelta(days=day)) for name, days in PRINTED.items() for day in (0, *days)]
    channel = {"A": "web", "B": "web", "C": "shop", "D": None, "E": "shop"}
    history = of_purchases(rows, channel, window_days=20, as_of=START + timedelta(days=40))
    found = bracket_retention(history, by="channel", brackets=[(1, 30)])
    assert [(figure.segment, figure.numerator, figure.denominator) for figure in found] == [
        ("shop", 1, 2),
        ("web", 2, 2),
        ("unknown", 0, 1),
    ]


def test_customers_won_before_the_records_began_are_left_out(of_purchases):
    history = five(of_purchases, observed_from=START + timedelta(days=1))
    assert n_day_retention(history, days=[7])[0].status is Status.UNDEFINED


@pytest.mark.parametrize("bracket", [(0, 7), (8, 7), (-1, 3)])
def test_a_span_that_is_none_is_refused(bracket, of_purchases):
    with pytest.raises(WrongArgument, match="no span of days"):
        bracket_retention(five(of_purchases), brackets=[bracket])

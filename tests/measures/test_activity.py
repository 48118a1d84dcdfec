"""Who is a customer now, and how often the silent come back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from treue import NotEnoughData, WrongArgument
from treue.kernel.status import Status
from treue.measures.activity import active_customers, resurrection_share

START = date(2025, 1, 1)


def test_the_active_are_those_within_the_window(of_purchases):
    rows = [("a", START), ("b", START + timedelta(days=29)), ("c", START + timedelta(days=30))]
    history = of_purchases(rows, window_days=60, as_of=START + timedelta(days=59))
    # The first customer is active for 60 days after the purchase, not for 61.
    assert active_customers(history)[0].value == 3
    assert active_customers(history.with_settings(as_of=START + timedelta(days=60)))[0].value == 2


def test_they_can_be_counted_at_every_month_and_by_segment(of_purchases):
    rows = [("a", START), ("b", START + timedelta(days=35)), ("c", START + timedelta(days=40))]
    channel = {"a": "web", "b": "web", "c": "shop"}
    history = of_purchases(rows, channel, window_days=50, as_of=START + timedelta(days=58))
    assert [(f.period, f.value) for f in active_customers(history, by="month")] == [
        ("2025-01", 1),
        ("2025-02", 2),
    ]
    assert {f.segment: f.value for f in active_customers(history, by="channel")} == {"web": 1, "shop": 1}
    with pytest.raises(WrongArgument, match="rolling"):
        active_customers(history, by="rolling")


def test_the_share_that_comes_back_is_printed_with_the_window(of_purchases):
    rows = [(f"k{k}", START) for k in range(40)]
    rows += [(f"k{k}", START + timedelta(days=200)) for k in range(10)]
    (figure,) = resurrection_share(of_purchases(rows, window_days=90, as_of=date(2025, 12, 31)))
    assert (figure.numerator, figure.denominator, figure.value) == (10, 40, 0.25)
    assert (round(figure.ci_low, 3), round(figure.ci_high, 3)) == (0.142, 0.402)
    assert (figure.window, figure.status) == ("90 days of silence", Status.OK)


def test_a_contract_has_no_window(of_contracts):
    with pytest.raises(NotEnoughData, match="end of a contract is known"):
        resurrection_share(of_contracts([("a", START, None)]))


def test_one_window_cannot_be_divided(of_purchases):
    with pytest.raises(WrongArgument, match="by='month'"):
        resurrection_share(of_purchases([("a", START)], window_days=20), by="month")

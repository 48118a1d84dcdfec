"""Ten times the prices give ten times the money, and the same customers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings

from treue.kernel.registry import find_measure

# A firm takes a second to measure, and shrinking one would take minutes.
QUICK = [Phase.explicit, Phase.reuse, Phase.generate]

TIMES = 10
ASKED = [
    ("average_order_value", None),
    ("average_order_value", "quarter"),
    ("historic_clv", None),
    ("retention_rate", "quarter"),
    ("purchase_frequency", "quarter"),
    ("repeat_purchase_rate", None),
    ("rfm", None),
]
# What a money figure is counted in: only the divided sum and the value itself are money.
MONEY = {"value", "numerator", "ci_low", "ci_high"}


def test_ten_times_the_prices_give_ten_times_the_money_and_nothing_else(told, firms):
    @settings(max_examples=3, phases=QUICK)
    @given(orders=firms)
    def hold(orders):
        dearer = [replace(order, cents=order.cents * TIMES) for order in orders]
        seen = set()
        for one, other in zip(told(orders, asked=ASKED), told(dearer, asked=ASKED), strict=True):
            money = find_measure(one["id"]).unit == "money"
            seen.add(money)
            for key, value in one.items():
                if isinstance(value, float):
                    # discounted worth is added up in whole ten-thousandths of a cent
                    times = TIMES if money and key in MONEY else 1
                    assert other[key] == pytest.approx(value * times, rel=1e-6), (key, one, other)
                else:
                    assert other[key] == value, (key, one, other)
        assert seen == {True, False}

    hold()

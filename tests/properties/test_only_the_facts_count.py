"""What does not belong to the facts changes nothing: order of rows, number of files, names, the century."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from treue.kernel.registry import measures

# A firm takes a second to measure, and shrinking one would take minutes.
QUICK = [Phase.explicit, Phase.reuse, Phase.generate]

# The quick ones of each kind; the slow test asks for all.
ASKED = [
    ("retention_rate", "quarter"),
    ("churn_incidence", "quarter"),
    ("retention_rate", "country"),
    ("cohort_retention", "quarter"),
    ("survival", None),
    ("resurrection_share", None),
    ("average_order_value", "quarter"),
    ("purchase_frequency", None),
    ("repeat_purchase_rate", None),
    ("rfm", None),
]
# The calendar, leap years and days of the week included, comes back after 28 years (between 1901 and 2099).
LATER = 28


def in_any_order(orders, lot):
    mixed = list(orders)
    lot.shuffle(mixed)
    return [mixed]


def in_two_files(orders, lot):
    place = lot.randint(1, len(orders) - 1)
    return [orders[:place], orders[place:]]


def under_other_names(orders, lot):
    names = sorted({order.customer for order in orders})
    others = [f"Kunde-{place}ø" for place in range(len(names))]
    lot.shuffle(others)
    new = dict(zip(names, others, strict=True))
    return [[replace(order, customer=new[order.customer]) for order in orders]]


def years_later(orders, lot):
    return [[replace(order, on=order.on.replace(year=order.on.year + LATER)) for order in orders]]


def years_back(figures):
    """Take the years off again from every date and period in the figures."""
    text = json.dumps(figures)
    return json.loads(re.sub(r'(?<=["/ ])20[0-9]{2}(?=["-])', lambda year: str(int(year[0]) - LATER), text))


CHANGES = [in_any_order, in_two_files, under_other_names, years_later]


def same(before, after):
    """Compare figures: counts, words and dates exactly, numbers to the last digits of a sum."""
    assert [list(one) for one in before] == [list(one) for one in after]
    for one, other in zip(before, after, strict=True):
        for key, value in one.items():
            if isinstance(value, float):
                assert other[key] == pytest.approx(value, rel=1e-9, abs=1e-12), (one["id"], key, one, other)
            else:
                assert other[key] == value, (one["id"], key, one, other)


def compare(told, orders, lot, asked):
    before = told(orders, asked=asked)
    for change in CHANGES:
        after = told(*change(orders, lot), asked=asked)
        same(before, years_back(after) if change is years_later else after)
    return len(before)


def test_what_is_no_fact_changes_no_figure(told, firms):
    @settings(max_examples=2, phases=QUICK)
    @given(orders=firms, lot=st.randoms(use_true_random=False))
    def hold(orders, lot):
        assert compare(told, orders, lot, ASKED) > 0

    hold()


@pytest.mark.slow
def test_what_is_no_fact_changes_no_measure_at_all(told, many_orders):
    asked = [
        (name, by)
        for name, one in measures().items()
        for by in (None, "year", "country")
        if by is None or ("segment" if by == "country" else by) in one.grains
    ]
    assert compare(told, many_orders, random.Random(1), asked) > 0


def test_the_comparison_sees_a_day(told, a_firm):
    """A firm whose last order is a day later is another firm."""
    moved = [*a_firm[:-1], replace(a_firm[-1], on=a_firm[-1].on + timedelta(days=1))]
    with pytest.raises(AssertionError, match="as_of"):
        same(told(a_firm, asked=ASKED), told(moved, asked=ASKED))

from __future__ import annotations

import numpy as np
import pytest

from treue.kernel.many_groups import benjamini_hochberg, shrunken_shares


def test_p_values_of_the_textbook_are_adjusted_as_printed():
    found = benjamini_hochberg([0.300, 0.001, 0.039, 0.012, 0.014])
    assert [round(value, 4) for value in found] == [0.3, 0.005, 0.0488, 0.0233, 0.0233]


def test_p_values_are_what_scipy_adjusts():
    from scipy import stats

    p = np.random.default_rng(4).uniform(size=25) ** 3
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p))


@pytest.mark.parametrize(("given", "adjusted"), [([], []), ([0.2], [0.2]), ([1.0, 1.0], [1.0, 1.0])])
def test_one_test_or_none_is_left_as_it_is(given, adjusted):
    assert benjamini_hochberg(given) == adjusted


def test_groups_that_differ_by_chance_alone_all_get_the_share_of_all():
    assert shrunken_shares([50, 50, 49], [100, 100, 98]) == pytest.approx([0.5] * 3)


def test_a_small_group_is_drawn_further_than_a_large_one():
    small, large, other = shrunken_shares([10, 950, 600], [10, 1000, 1000])
    assert small < 1.0 - 0.01
    assert abs(large - 0.95) < 0.005
    assert abs(other - 0.6) < 0.005


@pytest.mark.parametrize(
    ("events", "totals", "shares"),
    [
        ([], [], []),
        ([0], [0], [None]),
        ([0, 0], [5, 5], [0.0, 0.0]),
        ([5, 5], [5, 5], [1.0, 1.0]),
        ([10, 0], [10, 10], [1.0, 0.0]),
        ([3], [4], [0.75]),
        ([0, 3], [0, 4], [0.75, 0.75]),
    ],
)
def test_nobody_everybody_and_one_group_are_no_trouble(events, totals, shares):
    assert shrunken_shares(events, totals) == shares


def test_the_spread_between_groups_is_recovered():
    """With the true spread known, the drawn shares are nearer to the truth than the raw ones."""
    rng = np.random.default_rng(11)
    truth = rng.beta(16, 4, 400)
    n = rng.integers(5, 60, 400)
    x = rng.binomial(n, truth)
    drawn = np.array(shrunken_shares(x, n))
    assert np.mean((drawn - truth) ** 2) < 0.75 * np.mean((x / n - truth) ** 2)

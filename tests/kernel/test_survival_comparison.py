"""Survival with late entries, the log-rank test and restricted means, against other programs and papers."""

from __future__ import annotations

import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test
from statsmodels.duration.hazard_regression import PHReg

from treue.kernel.product_limit import product_limit, risk_set
from treue.kernel.survival_comparison import Durations, curves_cross, durations, log_rank, restricted_mean


def counted(days, ended, entries):
    n = len(days)
    return Durations(
        days=np.asarray(days),
        ended=np.asarray(ended) == 1,
        counts=np.ones(n, dtype=np.int64),
        entries=np.asarray(entries) if entries is not None else np.full(n, -1),
    )


def test_the_printed_example_with_late_entries():
    curve = product_limit([3, 5, 4, 6, 6], [1, 0, 1, 0, 1], [1] * 5, [0, 0, 2, 2, 3])
    assert curve.days.tolist() == [3, 4, 6]
    assert curve.surviving == pytest.approx([0.75, 0.5625, 0.28125])


def test_the_printed_example_with_ties():
    curve = product_limit([1, 2, 2, 3, 4, 5, 5, 6, 6, 6], [1, 0, 1, 1, 0, 1, 0, 0, 0, 0], [1] * 10)
    assert curve.surviving.round(4).tolist() == [0.9, 0.8, 0.6857, 0.5486]
    low, high = curve.limits()
    assert (round(low[3], 3), round(high[3], 3)) == (0.187, 0.806)


@pytest.mark.parametrize("late", [False, True])
def test_curve_and_limits_equal_those_of_lifelines(late, rng):
    days = rng.integers(1, 60, 300)
    ended = rng.integers(0, 2, 300)
    entries = np.minimum(rng.integers(-1, 30, 300), days - 1) if late else np.full(300, -1)
    curve = product_limit(days, ended, np.ones(300), entries)
    # lifelines takes entry 0 as "from the start"; shift all times by one so that -1 becomes 0
    other = KaplanMeierFitter().fit(days + 1, ended, entry=entries + 1)
    assert curve.surviving == pytest.approx(other.survival_function_at_times(curve.days + 1).to_numpy())
    limits = other.confidence_interval_.loc[curve.days + 1]
    low, high = curve.limits()
    assert low == pytest.approx(limits.iloc[:, 0].to_numpy(), abs=1e-9)
    assert high == pytest.approx(limits.iloc[:, 1].to_numpy(), abs=1e-9)


def test_who_leaves_before_they_enter_is_refused():
    with pytest.raises(ValueError, match=r"entries\[1\]=5 is not before days\[1\]=5"):
        risk_set([3, 5], [1, 1], [0, 5])


def test_the_risk_set_holds_who_entered_and_has_not_left():
    assert risk_set([3, 5, 4], [1, 1, 2], [-1, 3, 2]).tolist() == [1, 1, 1, 3, 3, 1]
    assert risk_set([], []).tolist() == [0]


def test_log_rank_equals_lifelines_for_three_groups(rng):
    days, ended, group = rng.integers(1, 40, 240), rng.integers(0, 2, 240), rng.integers(0, 3, 240)
    ours = log_rank([counted(days[group == g], ended[group == g], None) for g in range(3)])
    theirs = multivariate_logrank_test(days, group, ended)
    assert (ours.statistic, ours.degrees) == (pytest.approx(theirs.test_statistic), 2)
    assert ours.p_value == pytest.approx(theirs.p_value)


def test_log_rank_with_late_entries_is_the_score_test_of_cox(rng):
    days = rng.permutation(np.arange(10, 210))  # no ties, so Breslow's score test is the log-rank test
    ended, group = rng.integers(0, 2, 200), rng.integers(0, 2, 200)
    entries = np.minimum(rng.integers(0, 60, 200), days - 1)
    ours = log_rank([counted(days[group == g], ended[group == g], entries[group == g]) for g in (0, 1)])
    # statsmodels counts who enters at an event as at risk in it; half a day later they are not.
    model = PHReg(days, group.astype(float)[:, None], status=ended, entry=entries + 0.5, ties="breslow")
    zero = np.zeros(1)
    theirs = model.score(zero)[0] ** 2 / -model.hessian(zero)[0, 0]
    assert ours.statistic == pytest.approx(theirs, rel=1e-6)


def test_the_published_test_of_maintained_chemotherapy():
    """Leukaemia (Miller 1981; R's survival::aml): chi-square 3.4, p = 0.065; restricted means 52.6 and 22.7."""
    kept = durations([9, 13, 18, 23, 31, 34, 48], [13, 28, 45, 161])
    none = durations([5, 5, 8, 8, 12, 23, 27, 30, 33, 43, 45], [16])
    test = log_rank([kept, none])
    assert (round(test.statistic, 1), round(test.p_value, 4)) == (3.4, 0.0653)
    assert [round(number, 2) for number in restricted_mean(kept.curve(), 161)] == [52.65, 19.83]
    assert [round(number, 2) for number in restricted_mean(none.curve(), 161)] == [22.71, 4.18]
    assert (kept.curve().median(), none.curve().median()) == (31, 23)


@pytest.mark.parametrize(
    "groups",
    [
        [],
        [durations([1, 2], [3])],
        [durations([], [4, 5]), durations([], [6])],
        [durations([5], []), durations([], [2])],
    ],
)
def test_what_cannot_be_compared_has_no_p_value(groups):
    assert log_rank(groups).p_value is None


def test_equal_groups_are_rejected_as_often_as_they_should_be(rng):
    rejected = 0
    for _ in range(400):
        lives = rng.geometric(0.05, 80)
        seen = np.minimum(lives, 40)
        ended = (lives <= 40).astype(int)
        rejected += (
            log_rank([counted(seen[:40], ended[:40], None), counted(seen[40:], ended[40:], None)]).p_value
            < 0.05
        )
    assert 0.025 < rejected / 400 < 0.08


def test_curves_that_stay_apart_do_not_cross():
    short, long = durations([1] * 40 + [5] * 40, [9] * 20).curve(), durations([5] * 20, [9] * 80).curve()
    assert not curves_cross(short, long, 9)
    assert not curves_cross(short, short, 9)


def test_a_limit_inside_the_curve_cuts_the_mean():
    curve = durations([1, 2], [3, 3]).curve()
    assert restricted_mean(curve, 1)[0] == 1.0
    assert restricted_mean(curve, 2)[0] == 1.75

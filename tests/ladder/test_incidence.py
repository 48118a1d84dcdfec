"""Cumulative incidence with two ends: the worked example, another way to compute it, and known truth."""

from __future__ import annotations

import numpy as np
import pytest

from treue.ladder.incidence import (
    aalen_johansen,
    loglog_limits,
    mean_day_of_arrival,
    resampled,
    share_by,
    tabulate,
)

# days, and what ended them: 1 advocate, 2 exit, 0 not ended
DAYS = [2, 3, 3, 4, 5, 6, 6, 7, 8, 8]
CAUSES = [1, 1, 2, 0, 2, 1, 0, 2, 0, 0]


def at(found, day, part):
    return float(getattr(found, part)[np.searchsorted(found.times, day, side="right") - 1])


def test_the_worked_example_with_ties():
    found = aalen_johansen(*tabulate(DAYS, CAUSES))
    assert round(at(found, 6, "arrived"), 4) == 0.3167
    assert round(at(found, 7, "left"), 4) == 0.3722
    assert round(at(found, 7, "remaining"), 4) == 0.3111
    np.testing.assert_allclose(found.arrived + found.left + found.remaining, 1)


def test_its_interval_is_that_of_the_formula_on_the_log_log_scale():
    times, ended = tabulate(DAYS, CAUSES)
    low, high = loglog_limits(aalen_johansen(times, ended), ended, 6)
    assert (round(low, 3), round(high, 3)) == (0.062, 0.622)


def test_treating_exits_as_censored_would_overstate():
    only_arrivals = aalen_johansen(*tabulate(DAYS, [cause % 2 for cause in CAUSES]))
    assert at(only_arrivals, 6, "arrived") == pytest.approx(0.36)


def test_the_order_of_rows_and_their_grouping_change_nothing():
    rng = np.random.default_rng(1)
    order = rng.permutation(len(DAYS))
    once = aalen_johansen(*tabulate(np.array(DAYS)[order], np.array(CAUSES)[order]))
    thrice = aalen_johansen(*tabulate(DAYS, CAUSES, [3] * 10))
    plain = aalen_johansen(*tabulate(DAYS, CAUSES))
    for part in ("arrived", "left", "remaining"):
        np.testing.assert_allclose(getattr(once, part), getattr(plain, part))
        np.testing.assert_allclose(getattr(thrice, part), getattr(plain, part))


def test_without_censoring_it_is_the_plain_share():
    found = aalen_johansen(*tabulate([1, 2, 2, 5], [1, 2, 1, 1]))
    assert share_by(found, 2) == pytest.approx(0.5)
    assert share_by(found, 0) == 0
    assert mean_day_of_arrival(found, 5) == pytest.approx((1 + 2 + 5) / 3)
    assert mean_day_of_arrival(found, 2) == pytest.approx(1.5)
    assert np.isnan(mean_day_of_arrival(found, 0))


def test_agrees_with_lifelines_where_no_times_are_tied():
    lifelines = pytest.importorskip("lifelines")
    rng = np.random.default_rng(7)
    days = rng.permutation(200) + 1.0
    causes = rng.choice([0, 1, 2], size=200)
    fitter = lifelines.AalenJohansenFitter(calculate_variance=False)
    fitter.fit(days, causes, event_of_interest=1)
    ours = aalen_johansen(*tabulate(days, causes))
    theirs = fitter.cumulative_density_.iloc[1:, 0]
    np.testing.assert_allclose(ours.arrived, theirs.to_numpy(), atol=1e-12)


def test_agrees_with_kaplan_meier_where_there_is_one_end():
    lifelines = pytest.importorskip("lifelines")
    rng = np.random.default_rng(8)
    days, seen = rng.integers(1, 30, size=300), rng.choice([0, 1], size=300)
    fitter = lifelines.KaplanMeierFitter().fit(days, seen)
    ours = aalen_johansen(*tabulate(days, seen))
    np.testing.assert_allclose(ours.remaining, fitter.survival_function_.iloc[1:, 0].to_numpy(), atol=1e-12)


def test_bootstrap_and_formula_agree_on_many_people_and_hold_the_truth():
    rng = np.random.default_rng(9)
    size, horizon = 5000, 200
    arrives, leaves, open_until = (rng.exponential(mean, size) for mean in (300, 150, 400))
    ends = np.minimum(np.minimum(arrives, leaves), open_until)
    causes = np.select([ends == arrives, ends == leaves], [1, 2], 0)
    times, ended = tabulate(np.ceil(ends / 2) * 2, causes)
    found = aalen_johansen(times, ended)
    low, high = loglog_limits(found, ended, horizon)
    draws, width = resampled(times, ended, rng)
    assert width >= 1
    middle = np.quantile(share_by(draws, horizon), [0.025, 0.975])
    assert middle == pytest.approx([low, high], abs=0.003)
    rate = 1 / 300 + 1 / 150
    truth = (1 / 300) / rate * (1 - np.exp(-rate * horizon))
    assert low < truth < high


def test_nobody_arrives_or_everybody_does():
    times, ended = tabulate([1, 2], [2, 2])
    assert loglog_limits(aalen_johansen(times, ended), ended, 2) is None
    times, ended = tabulate([1, 2], [1, 1])
    found = aalen_johansen(times, ended)
    assert share_by(found, 2) == 1
    assert loglog_limits(found, ended, 2) is None
    assert loglog_limits(found, ended, 1) is not None


def test_too_many_days_are_taken_together_for_the_draws():
    days = np.arange(1, 1401)
    times, ended = tabulate(days, np.where(days % 2, 1, 2))
    draws, width = resampled(times, ended, np.random.default_rng(1))
    assert width == 8
    assert draws.arrived.shape == (2000, 175)
    assert draws.arrived[:, -1].mean() == pytest.approx(0.5, abs=0.01)

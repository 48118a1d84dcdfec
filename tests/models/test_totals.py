"""Forecast totals against customers whose future is known, and how often the intervals hold."""

import numpy as np
import pytest

from treue.kernel.errors import WrongArgument
from treue.models.bg_nbd import BgNbd
from treue.models.catalogue import MODELS, REPEAT_MODELS
from treue.models.summary import Summary
from treue.models.totals import _drawn_limits, _linear_limits, expected_total

PLANTED = BgNbd(0.8, 6.0, 0.9, 2.5, unit="week")
AGE, AHEAD = 30.0, 20.0


def observed(lives, model, n, seed):
    seen = lives(model, n, AGE, AHEAD, seed)
    return Summary.of(seen.x, seen.t_x, np.full(n, AGE), unit="week"), seen.later.sum()


@pytest.mark.slow
def test_prediction_interval_holds_and_is_wider_than_that_of_the_mean_alone(lives):
    """95 % intervals of 100 firms: fewer than 88 or more than 99 hits would be chance once in a thousand."""
    average = lives(PLANTED, 200_000, AGE, AHEAD, 1).later.mean()
    n, hits, expected_hits = 600, 0, 0
    for seed in range(100):
        summary, later = observed(lives, PLANTED, n, seed)
        total = expected_total(BgNbd.fit(summary), summary, AHEAD, np.random.default_rng(seed), draws=150)
        hits += total.prediction_low <= later <= total.prediction_high
        expected_hits += total.ci_low <= n * average <= total.ci_high
        assert total.ci_low < total.value < total.ci_high
        assert total.prediction_low < total.value < total.prediction_high
    assert 88 <= hits <= 99
    assert 88 <= expected_hits <= 99


def test_intervals_of_large_firms_are_those_that_resampling_gives(lives):
    summary, _ = observed(lives, PLANTED, 6000, 7)
    model = BgNbd.fit(summary)
    expected = model.expected_purchases_of_customer(summary.x, summary.t_x, summary.T, AHEAD)
    ways = [
        way(model, summary, AHEAD, expected, np.random.default_rng(3), 2000)
        for way in (_linear_limits, _drawn_limits)
    ]
    for linear, drawn in zip(*ways, strict=True):
        assert np.diff(linear) == pytest.approx(np.diff(drawn), rel=0.08)
        assert np.mean(linear) == pytest.approx(np.mean(drawn), abs=0.08 * np.diff(drawn)[0])


@pytest.mark.parametrize("name", REPEAT_MODELS)
def test_every_model_forecasts_a_total(name, lives, donors):
    if name == "bg-bb":
        summary, ahead = donors, 5
    else:
        (summary, _), ahead = observed(lives, MODELS[name](0.8, 6.0, 0.9, 2.5, unit="week"), 2000, 3), AHEAD
    model = MODELS[name].fit(summary)
    total = expected_total(model, summary, ahead, np.random.default_rng(1), draws=60)
    assert total.prediction_low < total.value < total.prediction_high
    assert total.value == summary.weight @ model.expected_purchases_of_customer(
        summary.x, summary.t_x, summary.T, ahead
    )


@pytest.mark.parametrize("name", REPEAT_MODELS)
def test_scores_add_up_to_the_gradient_away_from_the_optimum(name, donors, cdnow_sample):
    model = MODELS[name](0.6, 5.0, 0.8, 2.5, unit="week")
    summary = donors if name == "bg-bb" else cdnow_sample
    _, gradient, _ = model.derivatives(np.array(list(model.parameters.values())), summary)
    assert np.allclose(model.scores(summary) @ summary.weight, gradient, rtol=1e-8)


def test_one_step_refit_is_near_the_whole_refit(lives):
    summary, _ = observed(lives, PLANTED, 5000, 5)
    model = BgNbd.fit(summary)
    drawn = np.random.default_rng(2).multinomial(summary.n, summary.weight / summary.n).astype(float)
    point = np.array(list(model.parameters.values()))
    step = model.optimum.covariance @ ((model.scores(summary) * point[:, None]) @ drawn)
    kept = drawn > 0
    again = BgNbd.fit(Summary.of(summary.x[kept], summary.t_x[kept], summary.T[kept], drawn[kept], "week"))
    whole = np.log(again.optimum.parameters / point)
    spread = np.sqrt(np.diag(model.optimum.covariance))
    assert np.abs((step - whole) / spread).max() < 0.3


def test_nothing_comes_in_no_time(lives):
    summary, _ = observed(lives, PLANTED, 500, 1)
    total = expected_total(BgNbd.fit(summary), summary, 0, np.random.default_rng(1), draws=20)
    assert (total.value, total.ci_low, total.ci_high, total.prediction_high) == (0, 0, 0, 0)


def test_model_without_a_fit_and_another_unit_are_refused(lives):
    summary, _ = observed(lives, PLANTED, 500, 1)
    with pytest.raises(WrongArgument, match="was not fitted"):
        expected_total(PLANTED, summary, 5, np.random.default_rng(1))
    days = Summary(summary.x, summary.t_x, summary.T, summary.weight, "day")
    with pytest.raises(WrongArgument, match="unit='day' of the summary must be that of the model, 'week'"):
        expected_total(BgNbd.fit(summary), days, 5, np.random.default_rng(1))

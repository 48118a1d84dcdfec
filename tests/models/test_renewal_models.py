"""The two models of contract renewal: published fit, planted truth, refusals."""

import numpy as np
import pytest

from treue.kernel.errors import NotEnoughData, WrongTable
from treue.models.beta_discrete_weibull import BetaDiscreteWeibull
from treue.models.beta_discrete_weibull import _derivatives as weibull_derivatives
from treue.models.shifted_beta_geometric import ShiftedBetaGeometric
from treue.models.shifted_beta_geometric import _derivatives as geometric_derivatives

PAPER = [1000, 631, 468, 382, 326, 289, 262, 241]
MODELS = [ShiftedBetaGeometric, BetaDiscreteWeibull]


def test_fit_gives_the_published_parameters():
    model = ShiftedBetaGeometric.fit(PAPER)
    assert (round(model.alpha, 3), round(model.beta, 3)) == (0.704, 1.182)
    assert round(float(model.survival(8)), 3) == 0.220


def test_renewal_rate_rises_by_sorting_alone():
    rates = ShiftedBetaGeometric.fit(PAPER).retention_rate([1, 2, 5, 10])
    assert (np.diff(rates) > 0).all()
    assert rates[0] == pytest.approx(0.631, abs=0.01)


def test_weibull_with_constant_hazard_is_the_shifted_beta_geometric():
    periods = np.arange(12)
    here, there = BetaDiscreteWeibull(0.7, 1.2, 1.0), ShiftedBetaGeometric(0.7, 1.2)
    assert np.allclose(here.survival(periods), there.survival(periods))
    assert np.allclose(here.retention_rate(periods[1:]), there.retention_rate(periods[1:]))


def test_weibull_recovers_planted_parameters():
    rng = np.random.default_rng(20260101)
    planted = BetaDiscreteWeibull(0.8, 2.0, 1.4)
    n, periods = 20_000, 9
    share = planted.survival(np.arange(periods))
    counts = rng.multinomial(n, np.append(-np.diff(share), share[-1]))
    survivors = n - np.concatenate([[0], np.cumsum(counts[:-1])])
    model = BetaDiscreteWeibull.fit(survivors)
    distance = (model.optimum.parameters - [0.8, 2.0, 1.4]) / model.optimum.standard_errors
    assert np.abs(distance).max() < 3


@pytest.mark.parametrize(
    ("derivatives", "point"),
    [(weibull_derivatives, [0.7, 1.2, 1.3]), (geometric_derivatives, [0.7, 1.2])],
    ids=["weibull", "geometric"],
)
def test_gradient_and_hessian_are_the_slopes_of_the_likelihood(derivatives, point):
    lost, still = np.array([100.0, 60, 40]), np.array([7.0, 20, 0, 300])
    _, gradient, hessian = derivatives(np.array(point), lost, still)
    for place in range(len(point)):
        step = np.zeros(len(point))
        step[place] = 1e-6
        above, slope_above, _ = derivatives(np.array(point) + step, lost, still)
        below, slope_below, _ = derivatives(np.array(point) - step, lost, still)
        assert gradient[place] == pytest.approx((above - below) / 2e-6, abs=1e-5)
        assert np.allclose(hessian[place], (slope_above - slope_below) / 2e-6, atol=1e-5)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("survivors", [[], [100], [100, 90], [100, 100, 100], [100, 0, 0]])
def test_too_little_to_learn_from_is_refused(model, survivors):
    with pytest.raises(NotEnoughData):
        model.fit(survivors)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("survivors", [[100, 90, 95], [100, 90, -1], [100, float("nan"), 80]])
def test_impossible_count_is_named(model, survivors):
    with pytest.raises(WrongTable, match="period="):
        model.fit(survivors)


@pytest.mark.parametrize("model", MODELS)
def test_customers_watched_for_unequal_times_bias_nothing(model, rng):
    truth = ShiftedBetaGeometric(0.7, 1.2)
    ends = rng.geometric(rng.beta(truth.alpha, truth.beta, 200_000))
    watched = rng.integers(0, 9, ends.size)
    lost = np.bincount(ends[ends <= watched], minlength=9)[1:]
    still = np.bincount(watched[ends > watched], minlength=9)
    found = model.fit_stays(lost, still)
    errors = found.standard_errors
    assert abs(found.alpha - truth.alpha) < 3 * errors["alpha"]
    assert abs(found.beta - truth.beta) < 3 * errors["beta"]
    # Taking all who are still there for customers of full age would be wrong by far.
    naive = model.fit(ends.size - np.concatenate([[0], np.cumsum(lost)]))
    assert abs(naive.survival(4) - truth.survival(4)) > 10 * abs(found.survival(4) - truth.survival(4))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("lost", "still", "error"),
    [
        ([3, 2], [1, 2], WrongTable),
        ([3, -2], [1, 2, 3], WrongTable),
        ([3, 2], [1, np.nan, 3], WrongTable),
        ([3], [1, 2], NotEnoughData),
        ([0, 0], [1, 2, 3], NotEnoughData),
        ([3, 0], [1, 0, 0], NotEnoughData),
    ],
)
def test_stays_that_tell_nothing_are_refused(model, lost, still, error):
    with pytest.raises(error):
        model.fit_stays(lost, still)

"""The two models of contract renewal: published fit, planted truth, refusals."""

import numpy as np
import pytest
from scipy import special

from treue.kernel.errors import NotEnoughData, WrongArgument, WrongTable
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


@pytest.mark.parametrize(
    ("alpha", "beta", "published"),
    [(3.80, 15.20, [3.31, 3.45, 3.59, 3.72, 3.84]), (1 / 15, 4 / 15, [7.68, 9.46, 9.86, 10.06, 10.19])],
)
def test_residual_lifetime_is_the_published_one(alpha, beta, published):
    """Fader & Hardie (2010), table 3: customers in period 1 to 5, discounted by a tenth; printed .067 and .267."""
    found = ShiftedBetaGeometric(alpha, beta).expected_residual_lifetime(np.arange(5), 0.1)
    assert found.tolist() == pytest.approx(published, abs=0.0051)


def test_residual_lifetime_agrees_with_the_papers_closed_form():
    """Equation 6: (beta + n) / (alpha + beta + n) 2F1(1, beta + n + 1; alpha + beta + n + 1; 1 / (1 + d))."""
    model, n = ShiftedBetaGeometric(0.704, 1.182), np.arange(20)
    for rate in (0.5, 0.1, 0.01):
        series = special.hyp2f1(1, model.beta + n + 1, model.alpha + model.beta + n + 1, 1 / (1 + rate))
        closed = (model.beta + n) / (model.alpha + model.beta + n) * series
        assert np.allclose(model.expected_residual_lifetime(n, rate), closed, rtol=1e-9)
    here = BetaDiscreteWeibull(0.704, 1.182, 1.0).expected_residual_lifetime(n, 0.1)
    assert np.allclose(here, model.expected_residual_lifetime(n, 0.1), rtol=1e-12)


def test_equal_customers_are_worth_the_textbook_multiple():
    """Retention .9, discount .12: r / (1 + d - r) = 4.09 (Gupta & Lehmann) counts the next margin a year away."""
    model = ShiftedBetaGeometric(1e7, 9e7)
    assert float(model.expected_residual_lifetime(0, 0.12)) / 1.12 == pytest.approx(4.09, abs=0.005)


@pytest.mark.parametrize("rate", [0, -0.1, np.nan])
def test_lifetime_needs_a_discount_rate(rate):
    with pytest.raises(WrongArgument, match="discount_rate"):
        ShiftedBetaGeometric(0.7, 1.2).expected_residual_lifetime(0, rate)


@pytest.mark.parametrize(
    "planted", [ShiftedBetaGeometric(0.8, 2.0), BetaDiscreteWeibull(0.8, 2.0, 1.4)], ids=lambda m: m.MODEL
)
def test_drawn_cohort_follows_the_curve(planted):
    n = 400_000
    seen = planted.simulate(n, 8, np.random.default_rng(20260101)) / n
    share = planted.survival(np.arange(9))
    assert (np.abs(seen - share) <= 4 * np.sqrt(share * (1 - share) / n)).all()


def test_drawn_cohort_follows_customers_who_decide_one_by_one():
    rng = np.random.default_rng(20260101)
    n = 200_000
    leave, here, counts = rng.beta(0.8, 2.0, n), np.ones(n, dtype=bool), [n]
    for _ in range(6):
        here &= rng.random(n) >= leave
        counts.append(here.sum())
    drawn = ShiftedBetaGeometric(0.8, 2.0).simulate(n, 6, rng)
    share = np.array(counts) / n
    assert (np.abs(drawn / n - share) <= 4 * np.sqrt(2 * share * (1 - share) / n)).all()


@pytest.mark.parametrize(
    "planted", [ShiftedBetaGeometric(0.8, 2.0), BetaDiscreteWeibull(0.8, 2.0, 1.4)], ids=lambda m: m.MODEL
)
def test_projection_covers_the_curve(planted):
    """Of 300 cohorts, 95 % intervals of the share after 12 periods, known to period 7, cover it 91 to 98 %."""
    rng = np.random.default_rng(20260101)
    truth, hits = planted.survival(12), 0
    for _ in range(300):
        curve = type(planted).fit(planted.simulate(3000, 7, rng)).project(12)
        hits += curve.ci_low[12] <= truth <= curve.ci_high[12]
        assert (curve.share[0], curve.ci_low[0], curve.ci_high[0]) == (1, 1, 1)
    assert 0.91 <= hits / 300 <= 0.98


def test_projection_of_a_model_that_was_not_fitted_has_no_interval():
    curve = ShiftedBetaGeometric(0.8, 2.0).project(3)
    assert curve.share.tolist() == ShiftedBetaGeometric(0.8, 2.0).survival(range(4)).tolist()
    assert np.isnan(curve.ci_low).all()


def test_second_cohort_of_the_paper():
    """Fader & Hardie (2007), table 1 and p. 81: high-end customers, fitted to the first seven renewals."""
    high_end = [1000, 869, 743, 653, 593, 551, 517, 491]
    model = ShiftedBetaGeometric.fit(high_end)
    assert (round(model.alpha, 3), round(model.beta, 3)) == (0.668, 3.806)
    assert round(model.log_likelihood, 1) == -1611.2
    assert round(ShiftedBetaGeometric.fit(PAPER).log_likelihood, 1) == -1680.3
    # With four renewals only, the changing chance is what foresees the twelfth: 394 of 1,000 were left.
    short = BetaDiscreteWeibull.fit(high_end[:5])
    assert round(float(short.survival(12)), 2) == 0.39
    assert round(float(ShiftedBetaGeometric.fit(high_end[:5]).survival(12)), 2) == 0.31


@pytest.mark.parametrize("period", [-1, np.nan, np.inf])
def test_impossible_period_is_refused(period):
    with pytest.raises(WrongArgument, match="period="):
        ShiftedBetaGeometric(0.8, 2.0).survival(period)

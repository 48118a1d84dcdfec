"""BG/BB against the paper's donors and against simulation."""

import numpy as np
import pytest

from treue.kernel.errors import NotEnoughData, WrongTable
from treue.models.bg_bb import BgBb, _derivatives
from treue.models.summary import Summary

# x, t_x and donors of Fader, Hardie & Shang (2010), table 1: six yearly opportunities.
DONORS = [
    (6, 6, 1203), (5, 6, 728), (4, 6, 512), (3, 6, 357), (2, 6, 234), (1, 6, 129), (5, 5, 335), (4, 5, 284),
    (3, 5, 225), (2, 5, 173), (1, 5, 119), (4, 4, 240), (3, 4, 181), (2, 4, 155), (1, 4, 78), (3, 3, 322),
    (2, 3, 255), (1, 3, 129), (2, 2, 613), (1, 2, 277), (1, 1, 1091), (0, 0, 3464),
]  # fmt: skip
MODEL = BgBb(1.5, 1.0, 0.8, 4.0)


@pytest.fixture(scope="module")
def donors() -> Summary:
    x, t_x, count = np.array(DONORS, dtype=float).T
    return Summary.of(x, t_x, np.full(len(x), 6.0), count)


def test_fit_gives_the_published_parameters(donors):
    model = BgBb.fit(donors)
    assert donors.n == 11_104
    assert (round(model.alpha, 3), round(model.beta, 3)) == (1.204, 0.750)
    assert (round(model.gamma, 3), round(model.delta, 3)) == (0.657, 2.783)
    assert round(model.optimum.log_likelihood, 1) == -33225.6


def test_forecasts_and_fit_agree_with_simulation():
    rng = np.random.default_rng(20260101)
    n, opportunities = 200_000, 8
    buy, leave = rng.beta(MODEL.alpha, MODEL.beta, n), rng.beta(MODEL.gamma, MODEL.delta, n)
    x, t_x, here = np.zeros(n), np.zeros(n), np.ones(n, dtype=bool)
    for time in range(1, opportunities + 1):
        here &= rng.random(n) >= leave
        bought = here & (rng.random(n) < buy)
        x[bought] += 1
        t_x[bought] = time
    here &= rng.random(n) >= leave
    for count in (0, 1, 4):
        same = x == count
        forecast = MODEL.probability_alive(x[same], t_x[same], opportunities)
        error = here[same].std() / np.sqrt(same.sum())
        assert abs(forecast.mean() - here[same].mean()) < 3.5 * error
    found = BgBb.fit(Summary.of(x[:40_000], t_x[:40_000], np.full(40_000, float(opportunities))))
    distance = (found.optimum.parameters - [1.5, 1.0, 0.8, 4.0]) / found.optimum.standard_errors
    assert np.abs(distance).max() < 3


def test_gradient_and_hessian_are_the_slopes_of_the_likelihood(donors):
    point = np.array([1.0, 0.8, 0.7, 2.0])
    _, gradient, hessian = _derivatives(point, donors)
    for place in range(4):
        step = np.zeros(4)
        step[place] = 1e-6
        above, slope_above, _ = _derivatives(point + step, donors)
        below, slope_below, _ = _derivatives(point - step, donors)
        assert gradient[place] == pytest.approx((above - below) / 2e-6, abs=1e-3)
        assert np.allclose(hessian[place], (slope_above - slope_below) / 2e-6, atol=1e-3)


def test_more_purchases_than_opportunities_are_refused():
    with pytest.raises(WrongTable, match="row=1: t_x and T count opportunities"):
        BgBb.fit(Summary.of([3], [2], [6]))


def test_nobody_who_came_back_is_too_little():
    with pytest.raises(NotEnoughData, match="nobody bought again"):
        BgBb.fit(Summary.of([0], [0], [6]))

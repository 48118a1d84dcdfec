"""BG/BB against the paper's donors; its forecasts stand in test_repeat_model.py."""

import numpy as np
import pytest

from treue.kernel.errors import NotEnoughData, WrongTable
from treue.models.bg_bb import BgBb
from treue.models.summary import Summary

MODEL = BgBb(1.5, 1.0, 0.8, 4.0)


def test_fit_gives_the_published_parameters(donors):
    model = BgBb.fit(donors)
    assert donors.n == 11_104
    assert (round(model.alpha, 3), round(model.beta, 3)) == (1.204, 0.750)
    assert (round(model.gamma, 3), round(model.delta, 3)) == (0.657, 2.783)
    assert round(model.optimum.log_likelihood, 1) == -33225.6


def test_fit_recovers_planted_parameters(lives):
    seen = lives(MODEL, 40_000, 8, 0, 20260101)
    found = BgBb.fit(Summary.of(seen.x, seen.t_x, np.full(40_000, 8.0)))
    distance = (found.optimum.parameters - list(MODEL.parameters.values())) / found.optimum.standard_errors
    assert np.abs(distance).max() < 3


def test_gradient_and_hessian_are_the_slopes_of_the_likelihood(donors):
    point = np.array([1.0, 0.8, 0.7, 2.0])
    _, gradient, hessian = BgBb.derivatives(point, donors)
    for place in range(4):
        step = np.zeros(4)
        step[place] = 1e-6
        above, slope_above, _ = BgBb.derivatives(point + step, donors)
        below, slope_below, _ = BgBb.derivatives(point - step, donors)
        assert gradient[place] == pytest.approx((above - below) / 2e-6, abs=1e-3)
        assert np.allclose(hessian[place], (slope_above - slope_below) / 2e-6, atol=1e-3)


def test_more_purchases_than_opportunities_are_refused():
    with pytest.raises(WrongTable, match="row=1: t_x and T count opportunities"):
        BgBb.fit(Summary.of([3], [2], [6]))


def test_nobody_who_came_back_is_too_little():
    with pytest.raises(NotEnoughData, match="one alone, or nobody bought again"):
        BgBb.fit(Summary.of([0], [0], [6]))

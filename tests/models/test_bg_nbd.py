"""BG/NBD against its paper, its derivatives against differences, its forecasts against simulation."""

import numpy as np
import pytest

from treue.kernel.errors import DidNotConverge, NotEnoughData
from treue.models.beta_geometric import derivatives
from treue.models.bg_nbd import BgNbd
from treue.models.summary import Summary

PAPER = BgNbd(0.243, 4.414, 0.793, 2.426, unit="week")


def test_fit_gives_the_published_parameters(cdnow_sample):
    model = BgNbd.fit(cdnow_sample)
    assert cdnow_sample.n == 2357
    assert (round(model.r, 3), round(model.alpha, 3)) == (0.243, 4.414)
    assert (round(model.a, 3), round(model.b, 3)) == (0.793, 2.426)
    assert round(model.optimum.log_likelihood, 1) == -9582.4


def test_fit_does_not_depend_on_the_start(cdnow_sample):
    here = BgNbd.fit(cdnow_sample)
    there = BgNbd.fit(cdnow_sample, start=BgNbd(5.0, 0.1, 0.05, 30.0))
    assert np.allclose(here.optimum.parameters, there.optimum.parameters, rtol=1e-6)


def test_unit_of_time_changes_only_alpha(cdnow_sample):
    weeks = BgNbd.fit(cdnow_sample)
    days = BgNbd.fit(
        Summary(cdnow_sample.x, cdnow_sample.t_x * 7, cdnow_sample.T * 7, cdnow_sample.weight, "day")
    )
    assert days.alpha == pytest.approx(7 * weeks.alpha, rel=1e-6)
    assert (days.r, days.a, days.b) == pytest.approx((weeks.r, weeks.a, weeks.b), rel=1e-6)


@pytest.mark.parametrize("chances", [0, 1], ids=["bg-nbd", "mbg-nbd"])
def test_gradient_and_hessian_are_the_slopes_of_the_likelihood(chances):
    summary = Summary.of([0, 0, 1, 2, 9], [0, 0, 3.0, 30.43, 36], [10, 38.86, 12, 38.86, 38], [7, 3, 2, 4, 1])
    point = np.array([0.3, 4.0, 0.8, 2.0])
    _, gradient, hessian = derivatives(point, summary, chances)
    for place in range(4):
        step = np.zeros(4)
        step[place] = 1e-6
        above, slope_above, _ = derivatives(point + step, summary, chances)
        below, slope_below, _ = derivatives(point - step, summary, chances)
        assert gradient[place] == pytest.approx((above - below) / 2e-6, abs=1e-5)
        assert np.allclose(hessian[place], (slope_above - slope_below) / 2e-6, atol=1e-5)


def test_probability_alive_of_the_published_example():
    assert round(float(PAPER.probability_alive(2, 30.43, 38.86)), 3) == 0.727


def test_probability_alive_is_unknown_without_a_repeat_purchase():
    assert np.isnan(PAPER.probability_alive(0, 0, 38.86))


def test_probability_alive_stands_many_purchases():
    alive = PAPER.probability_alive([10_000, 10_000], [38.86, 10.0], [38.86, 38.86])
    assert alive[0] > 0.999
    assert 0 <= alive[1] < 1e-9


def test_fit_recovers_planted_parameters(lives):
    planted = BgNbd(0.6, 5.0, 0.8, 2.5)
    seen = lives(planted, 40_000, 60, 0, 20260101)
    found = BgNbd.fit(Summary.of(seen.x, seen.t_x, np.full(40_000, 60.0)))
    distance = (found.optimum.parameters - [0.6, 5.0, 0.8, 2.5]) / found.optimum.standard_errors
    assert np.abs(distance).max() < 3


@pytest.mark.parametrize(
    "summary",
    [Summary.of([], [], []), Summary.of([0, 0], [0, 0], [5, 9]), Summary.of([0], [0], [0])],
    ids=["nobody", "nobody came back", "no time passed"],
)
def test_fit_refuses_data_without_a_return(summary):
    with pytest.raises(NotEnoughData, match="nobody came back"):
        BgNbd.fit(summary)


def test_fit_says_when_data_do_not_identify_the_model():
    with pytest.raises(DidNotConverge, match="bg-nbd"):
        BgNbd.fit(Summary.of([3, 3, 3], [9, 9, 9], [10, 10, 10]))

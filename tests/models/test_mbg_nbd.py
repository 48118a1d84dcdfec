"""MBG/NBD against simulation: it must be right for one-time buyers, where BG/NBD cannot."""

import numpy as np
import pytest

from treue.models.bg_nbd import BgNbd
from treue.models.mbg_nbd import MbgNbd
from treue.models.summary import Summary

MODEL = MbgNbd(0.8, 6.0, 0.9, 2.5, unit="week")
AGE, AHEAD = 30.0, 20.0


@pytest.fixture(scope="module")
def truth():
    """Return x, t_x, whether still here at AGE, and purchases in the time AHEAD."""
    rng = np.random.default_rng(20260101)
    n = 300_000
    rate, leave = rng.gamma(MODEL.r, 1 / MODEL.alpha, n), rng.beta(MODEL.a, MODEL.b, n)
    x, t_x, later, clock = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    here = rng.random(n) >= leave
    alive = here.copy()
    while here.any():
        clock = clock + rng.exponential(1 / rate)
        here &= clock <= AGE + AHEAD
        early = here & (clock <= AGE)
        x[early] += 1
        t_x[early] = clock[early]
        later[here & (clock > AGE)] += 1
        here &= rng.random(n) >= leave
        alive[early & ~here] = False
    return x, t_x, alive, later


@pytest.mark.parametrize("repeat_count", [0, 1, 3])
def test_forecasts_agree_with_simulation(truth, repeat_count):
    x, t_x, alive, later = truth
    same = x == repeat_count
    for forecast, seen in (
        (MODEL.probability_alive(x[same], t_x[same], AGE), alive[same]),
        (MODEL.probability_of_purchase(x[same], t_x[same], AGE, AHEAD), later[same] > 0),
        (MODEL.expected_purchases_of_customer(x[same], t_x[same], AGE, AHEAD), later[same]),
    ):
        error = seen.std() / np.sqrt(same.sum())
        assert abs(forecast.mean() - seen.mean()) < 3.5 * error


def test_fit_recovers_planted_parameters(truth):
    x, t_x, _, _ = truth
    found = MbgNbd.fit(Summary.of(x[:40_000], t_x[:40_000], np.full(40_000, AGE)))
    distance = (found.optimum.parameters - [0.8, 6.0, 0.9, 2.5]) / found.optimum.standard_errors
    assert np.abs(distance).max() < 3


def test_chance_of_silence_of_a_one_time_buyer_under_the_papers_parameters():
    """With r = .243, alpha = 4.414 and T = 38 weeks, 39 weeks without an order have probability .8535."""
    silent = 1 - BgNbd(0.243, 4.414, 0.793, 2.426).probability_of_purchase(0, 0, 38, 39)
    assert round(float(silent), 4) == 0.8535

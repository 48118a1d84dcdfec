"""Planted parameters are found again, without bias, and as surely as the standard errors say.

Bias is judged on 200 sets of data. Of so few, the share of intervals that cover is itself known only to three
points on either side, so coverage is counted on 1,000.
"""

import numpy as np
import pytest

from treue.models.beta_discrete_weibull import BetaDiscreteWeibull
from treue.models.bg_bb import BgBb
from treue.models.bg_nbd import BgNbd
from treue.models.gamma_gamma import GammaGamma
from treue.models.mbg_nbd import MbgNbd
from treue.models.pareto_nbd import ParetoNbd
from treue.models.shifted_beta_geometric import ShiftedBetaGeometric
from treue.models.summary import Summary

FOR_BIAS, FOR_COVERAGE = 200, 1000


def customers(model, n, rng):
    """Draw customers by the model's own draws, which test_repeat_model.py checks against independent ones."""
    ages = rng.integers(5, 13, n) if isinstance(model, BgBb) else rng.uniform(20, 60, n)
    return (Summary.of(*model.simulate(ages, rng), unit="week"),)


def orders(model, n, rng):
    x = rng.integers(1, 12, n)
    return x, model.simulate(x, rng)


def cohort(model, n, rng):
    return (model.simulate(n, 10, rng),)


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize(
    ("model", "draw", "n"),
    [
        (BgNbd(0.8, 6.0, 0.9, 2.5, unit="week"), customers, 6000),
        (MbgNbd(0.8, 6.0, 0.9, 2.5, unit="week"), customers, 6000),
        (ParetoNbd(0.9, 6.0, 0.8, 9.0, unit="week"), customers, 6000),
        (BgBb(1.5, 1.0, 0.8, 4.0, unit="week"), customers, 20_000),
        (GammaGamma(6.0, 4.0, 15.0), orders, 6000),
        (ShiftedBetaGeometric(0.8, 2.0), cohort, 20_000),
        (BetaDiscreteWeibull(0.8, 2.0, 1.4), cohort, 100_000),
    ],
    ids=lambda value: getattr(value, "MODEL", None),
)
def test_planted_parameters_are_recovered(model, draw, n):
    truth = np.log(list(model.parameters.values()))
    distance, error = [], []
    for seed in range(FOR_COVERAGE):
        found = type(model).fit(*draw(model, n, np.random.default_rng([20260101, seed])))
        distance.append(np.log(found.optimum.parameters) - truth)
        error.append(np.sqrt(np.diag(found.optimum.covariance)))
    distance, error = np.array(distance), np.array(error)
    first = distance[:FOR_BIAS]
    bias = first.mean(axis=0) / (first.std(axis=0, ddof=1) / np.sqrt(FOR_BIAS))
    covered = (np.abs(distance) <= 1.959964 * error).mean(axis=0)
    print(model.MODEL, "bias in standard errors", bias.round(2), "covered", covered.round(3))  # noqa: T201
    assert np.abs(bias).max() < 2
    assert covered.min() >= 0.92
    assert covered.max() <= 0.98

"""The maximiser on likelihoods whose maximum is known."""

import numpy as np
import pytest

from treue.kernel.errors import DidNotConverge
from treue.models.newton import maximise


def poisson(parameters):
    """Twelve events in four units of exposure: the maximum is at a rate of 3."""
    (rate,) = parameters
    return 12 * np.log(rate) - 4 * rate, np.array([12 / rate - 4]), np.array([[-12 / rate**2]])


@pytest.mark.parametrize("start", [1e-6, 0.5, 3.0, 1e4])
def test_maximum_is_found_from_anywhere(start):
    best = maximise(poisson, [start], 4, "poisson", middle=[1.0])
    assert best.parameters[0] == pytest.approx(3)
    assert best.standard_errors[0] == pytest.approx(np.sqrt(12) / 4)
    assert best.correlation[0, 0] == pytest.approx(1)


def test_a_likelihood_that_bends_alike_saves_a_step():
    def like(parameters):
        (rate,) = parameters
        return 11 * np.log(rate) - 4 * rate, np.array([11 / rate - 4]), np.array([[-11 / rate**2]])

    plain = maximise(poisson, [2.75], 4, "poisson", middle=[1.0])
    found = maximise(poisson, [2.75], 4, "poisson", middle=[1.0], like=like)
    assert found.parameters[0] == pytest.approx(3, rel=1e-9)
    assert found.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-12)
    assert found.steps < plain.steps


def test_a_likelihood_that_leads_astray_moves_nothing():
    def like(parameters):
        (rate,) = parameters
        return (
            12 * np.log(rate) - 4e6 * rate**3,
            np.array([12 / rate - 12e6 * rate**2]),
            np.array([[-24e6 * rate]]),
        )

    found = maximise(poisson, [1.0], 4, "poisson", middle=[1.0], like=like)
    assert found.parameters[0] == pytest.approx(3, rel=1e-9)


def test_run_away_parameter_is_refused():
    with pytest.raises(DidNotConverge, match="'endless' did not settle"):
        maximise(lambda p: (float(np.log(p[0])), 1 / p, np.diag(-1 / p**2)), np.array([1.0]), 1, "endless")


def test_flat_direction_is_refused():
    def flat(parameters):
        product = parameters[0] * parameters[1]
        value = -((product - 2) ** 2)
        inner = -2 * (product - 2)
        gradient = inner * np.array([parameters[1], parameters[0]])
        hessian = np.array(
            [
                [-2 * parameters[1] ** 2, inner - 2 * product],
                [inner - 2 * product, -2 * parameters[0] ** 2],
            ]
        )
        return float(value), gradient, hessian

    with pytest.raises(DidNotConverge, match="flat in one direction"):
        maximise(flat, np.array([1.0, 1.0]), 1, "flat")

"""Pareto/NBD against its published fit, against simulation, and where hypergeometric functions overflow."""

import itertools

import numpy as np
import pytest
from scipy import integrate

from treue.kernel.errors import NotEnoughData
from treue.models.pareto_nbd import ParetoNbd, _alike, _derivatives, _log_integral, _under_integral
from treue.models.summary import Summary

MODEL = ParetoNbd(0.9, 6.0, 0.8, 9.0, unit="week")
AGE = 30.0


def test_fit_gives_the_published_parameters(cdnow_sample):
    model = ParetoNbd.fit(cdnow_sample)
    assert (round(model.r, 3), round(model.alpha, 3)) == (0.553, 10.578)
    assert (round(model.s, 3), round(model.beta, 3)) == (0.606, 11.669)
    assert round(model.optimum.log_likelihood, 1) == -9595.0


def test_fit_recovers_planted_parameters(lives):
    seen = lives(MODEL, 40_000, AGE, 0, 20260101)
    found = ParetoNbd.fit(Summary.of(seen.x, seen.t_x, np.full(40_000, AGE)))
    distance = (found.optimum.parameters - list(MODEL.parameters.values())) / found.optimum.standard_errors
    assert np.abs(distance).max() < 3


@pytest.mark.parametrize(
    ("x", "t_x", "T", "model"),
    [
        (0, 0.0, 30.0, ParetoNbd(0.5, 9.0, 0.6, 11.0)),
        (50, 20.0, 38.0, ParetoNbd(0.5, 9.0, 0.6, 0.01)),
        (2, 5.0, 38.0, ParetoNbd(20.0, 500.0, 0.6, 11.0)),
        (3000, 20.0, 38.0, ParetoNbd(0.5, 0.001, 0.6, 100.0)),
        (4, 30.0, 31.0, ParetoNbd(0.5, 9.0, 0.6, 11.0)),
        (4, 20.0, 38.0, ParetoNbd(0.5, 9.0, 0.6, 11.0)),
        (20, 20.0, 38.0, ParetoNbd(0.5, 9.0, 0.6, 11.0)),
    ],
)
def test_integral_agrees_with_adaptive_quadrature(x, t_x, T, model):
    def integrand(y):
        buying = (model.r + x) * (np.log(model.alpha + y) - np.log(model.alpha + t_x))
        staying = (model.s + 1) * (np.log(model.beta + y) - np.log(model.beta + t_x))
        return np.exp(-buying - staying)

    scale = 1 / ((model.r + x) / (model.alpha + t_x) + (model.s + 1) / (model.beta + t_x))
    steps = [t_x, *(t_x + scale * k for k in (1, 5, 20, 50, 200, 1000) if t_x + scale * k < T), T]
    exact = sum(integrate.quad(integrand, low, high, epsabs=0)[0] for low, high in itertools.pairwise(steps))
    head = (model.r + x) * np.log(model.alpha + t_x) + (model.s + 1) * np.log(model.beta + t_x)
    found = _log_integral(model, *(np.array([float(v)]) for v in (x, t_x, T)))[0]
    assert found + head == pytest.approx(np.log(exact), abs=1e-9)


def test_few_points_are_taken_only_where_they_are_enough():
    rng = np.random.default_rng(20260101)
    n = 20_000
    x = rng.integers(0, 60, n).astype(float)
    T = rng.uniform(0, 700, n)
    t_x = np.where(x > 0, T * rng.uniform(0, 1, n), 0)
    for parameters in ([0.5, 76.0, 0.7, 170.0], [0.3, 20.0, 0.9, 2.0], [3.0, 0.1, 0.2, 300.0]):
        point = np.array(parameters)
        most = np.concatenate(
            [
                _under_integral(point, x[some], t_x[some], T[some], 32).log_integral
                for some in np.array_split(np.arange(n), 10)
            ]
        )
        assert len({points for _, points in _alike(point, x, t_x, T)}) > 1
        assert np.abs(_log_integral(ParetoNbd(*parameters), x, t_x, T) - most).max() < 2e-10


def test_gradient_and_hessian_are_the_slopes_of_the_likelihood():
    summary = Summary.of([0, 0, 1, 2, 9], [0, 0, 3.0, 30.43, 36], [10, 38.86, 12, 38.86, 38], [7, 3, 2, 4, 1])
    point = np.array([0.5, 9.0, 0.8, 8.0])
    _, gradient, hessian = _derivatives(point, summary)
    for place in range(4):
        step = np.zeros(4)
        step[place] = 1e-6
        above, slope_above, _ = _derivatives(point + step, summary)
        below, slope_below, _ = _derivatives(point - step, summary)
        assert gradient[place] == pytest.approx((above - below) / 2e-6, abs=1e-5)
        assert np.allclose(hessian[place], (slope_above - slope_below) / 2e-6, atol=1e-5)


def test_customer_who_bought_just_now_is_active():
    assert MODEL.probability_alive([3], [10.0], [10.0]) == 1.0


def test_fit_refuses_data_without_a_return():
    with pytest.raises(NotEnoughData, match="nobody came back"):
        ParetoNbd.fit(Summary.of([0, 0], [0, 0], [5, 9]))

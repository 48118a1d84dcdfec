"""Rows told by their two sides have the likelihood, gradient and Hessian of rows reckoned one by one."""

import numpy as np
import pytest

from treue.models import beta_geometric_sides
from treue.models.beta_geometric import derivatives
from treue.models.beta_geometric_sides import Sides
from treue.models.bg_nbd import BgNbd
from treue.models.mbg_nbd import MbgNbd
from treue.models.summary import Summary

RNG = np.random.default_rng(20260101)
PLANTED = np.array([0.6, 9.0, 0.8, 2.5])


def customers(n: int, days: int, model=BgNbd) -> Summary:
    """Customers won on any of so many days, in whole days."""
    x, t_x, T = model(*PLANTED).simulate(RNG.integers(1, days, n), RNG)
    x = np.minimum(x, np.floor(t_x) + 1)
    return Summary.of(x, np.floor(t_x), T)


DAYS = customers(60_000, 60)


@pytest.mark.parametrize("model", [BgNbd, MbgNbd])
@pytest.mark.parametrize("point", [PLANTED, [0.1, 0.01, 20.0, 0.02], [30.0, 500.0, 0.05, 40.0]], ids=str)
@pytest.mark.parametrize("chunk", [65_536, 1000, 1])
def test_sides_give_what_rows_give(model, point, chunk, monkeypatch):
    monkeypatch.setattr(beta_geometric_sides, "CHUNK_ROWS", chunk)
    assert Sides.of(DAYS, model.CHANCES_AT_FIRST) is not None
    found = model.likelihood(DAYS)(np.array(point))
    for mine, plain in zip(found, derivatives(np.array(point), DAYS, model.CHANCES_AT_FIRST), strict=True):
        assert np.allclose(mine, plain, rtol=1e-9, atol=1e-9 * np.abs(plain).max())


def test_sides_stand_many_purchases():
    x, last, age = (side.ravel() for side in np.meshgrid(np.arange(190.0, 200), *2 * [np.arange(1.0, 151)]))
    possible = last <= age
    many = Summary.of(x[possible], last[possible], age[possible])
    point = np.array([0.5, 0.01, 0.8, 2.5])
    with np.errstate(over="ignore"):
        assert np.isinf(np.float64(150 / 1) ** 190), "the power of one side alone is a number"
    assert Sides.of(many, 0) is not None
    for mine, plain in zip(BgNbd.likelihood(many)(point), derivatives(point, many, 0), strict=True):
        assert np.isfinite(mine).all()
        assert np.allclose(mine, plain, rtol=1e-9)


def test_other_times_and_few_rows_are_reckoned_one_by_one():
    weeks = Summary(DAYS.x, DAYS.t_x / 7, DAYS.T / 7, DAYS.weight, "week")
    assert Sides.of(weeks, 0) is None
    assert Sides.of(Summary.of([0, 1, 2], [0, 3, 9], [9, 9, 9]), 0) is None
    assert Sides.of(Summary.of([], [], []), 0) is None


def test_days_and_weeks_are_fitted_alike():
    weeks = Summary(DAYS.x, DAYS.t_x / 7, DAYS.T / 7, DAYS.weight, "week")
    here, there = BgNbd.fit(DAYS), BgNbd.fit(weeks)
    assert np.allclose(here.optimum.parameters / [1, 7, 1, 1], there.optimum.parameters, rtol=1e-8)
    assert np.allclose(here.optimum.covariance, there.optimum.covariance, rtol=1e-4)

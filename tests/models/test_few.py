"""A large summary is fitted from the fit of a few of its customers, to the same result."""

import numpy as np
import pytest

from treue.models.bg_nbd import BgNbd
from treue.models.few import FEW_CUSTOMERS, MANY_ROWS, fit_of_few
from treue.models.pareto_nbd import ParetoNbd
from treue.models.summary import Summary


@pytest.fixture(scope="module")
def many() -> Summary:
    planted = BgNbd(0.6, 5.0, 0.8, 2.5)
    x, t_x = planted.simulate(np.full(80_000, 60.0), np.random.default_rng(20260101))[:2]
    return Summary.of(x, t_x, np.full(80_000, 60.0))


@pytest.mark.parametrize("model", [BgNbd, ParetoNbd])
def test_few_customers_lead_to_the_same_fit(many, model):
    assert len(many.x) > MANY_ROWS
    few = fit_of_few(model.fit, many).model
    found = model.fit(many)
    plain = model.fit(many, start=model(1.0, 8.0, 1.0, 9.0))
    assert np.allclose(found.optimum.parameters, plain.optimum.parameters, rtol=1e-8)
    assert found.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-12)
    assert found.optimum.steps < plain.optimum.steps
    assert not np.allclose(found.optimum.parameters, few.optimum.parameters, rtol=1e-4)


def test_small_summary_is_fitted_as_it_is():
    asked = []
    assert fit_of_few(asked.append, Summary.of([0, 1], [0, 2], [5, 5])) is None
    assert asked == []


def test_thinned_summary_keeps_one_customer_of_so_many(many):
    every = 80_000 // FEW_CUSTOMERS
    thin = many.thinned(every)
    assert thin.n == 80_000 // every
    assert abs(thin.weight @ thin.x / thin.n - many.weight @ many.x / many.n) < 0.01


def test_few_who_never_came_back_give_no_start():
    n = 2 * MANY_ROWS
    age = np.linspace(1, 100, n)
    x = np.zeros(n)
    x[-1] = 1
    assert fit_of_few(BgNbd.fit, Summary.of(x, x, age)) is None

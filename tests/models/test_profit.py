"""Profit of writing to those who leave: worked numbers, brute force, another program's number, edges."""

import numpy as np
import pytest
from scipy import stats

from treue.kernel.errors import WrongArgument
from treue.models.profit import Costs, empc, mpc, profit_of_customers

CHURNED = [1, 1, 0, 1, 0, 0, 1, 0, 0, 0]
SCORE = [0.9, 0.8, 0.7, 0.6, 0.55, 0.4, 0.35, 0.2, 0.15, 0.1]
OWN = Costs(value=200, offer=10, contact=1)


def test_worked_example():
    """EMPC 19.109 is also what empulse gives."""
    best = mpc(CHURNED, SCORE, OWN)
    assert (best.value, best.share) == (pytest.approx(19.10), 0.7)
    assert empc(CHURNED, SCORE, OWN).value == pytest.approx(19.109, abs=5e-4)


@pytest.mark.parametrize("seed", range(4))
def test_equals_brute_force_over_every_cut(seed):
    rng = np.random.default_rng(seed)
    score = rng.integers(0, 20, 200) / 20
    churned, weight = rng.random(200) < score, rng.integers(1, 4, 200)
    costs = Costs(value=30, offer=10, contact=1)
    accepted = (np.arange(20_000) + 0.5) / 20_000
    best = np.zeros_like(accepted)
    for cut in np.unique(score):
        gone, stay = weight[(score >= cut) & churned].sum(), weight[(score >= cut) & ~churned].sum()
        profit = gone * (accepted * 20 - 1) - stay * 11
        best = np.maximum(best, profit / weight.sum())
    expected = float((best * stats.beta(6, 14).pdf(accepted)).mean())
    found = empc(churned, score, costs, weight=weight)
    assert found.value == pytest.approx(expected, rel=1e-6)
    each = profit_of_customers(churned, score, costs, weight=weight)
    assert weight @ each / weight.sum() == pytest.approx(found.value)


def test_ties_are_written_to_together():
    assert mpc([1, 0], [0.5, 0.5], OWN, acceptance=0.3).share == 1


@pytest.mark.parametrize("churned", [[0, 0, 0], [1, 1, 1]])
def test_one_class(churned):
    best = empc(churned, [0.1, 0.2, 0.3], OWN)
    assert best.value == pytest.approx(0.0 if not any(churned) else 0.3 * 190 - 1, abs=0.01)


def test_what_does_not_pay_is_not_done():
    dear = Costs(value=200, offer=10, contact=500)
    assert (mpc(CHURNED, SCORE, dear).value, empc(CHURNED, SCORE, dear).share) == (0, 0)


def test_scale_of_money_scales_profit():
    cents = Costs(value=20_000, offer=1000, contact=100)
    assert empc(CHURNED, SCORE, cents).value == pytest.approx(100 * empc(CHURNED, SCORE, OWN).value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": 10, "offer": 10, "contact": 1},
        {"value": 10, "offer": 1, "contact": -1},
        {"value": float("nan"), "offer": 1, "contact": 1},
    ],
)
def test_impossible_costs_are_refused(wrong):
    with pytest.raises(WrongArgument):
        Costs(**wrong)

"""The band of what should happen, and the path to it."""

from dataclasses import replace

import numpy as np
import pytest

from treue.models.bg_nbd import BgNbd
from treue.models.forecast import forecast
from treue.models.held_out import HeldOut
from treue.models.mbg_nbd import MbgNbd
from treue.models.pareto_nbd import ParetoNbd
from treue.models.summary import Summary
from treue.models.tracking import cohort_path, expected_path

TRUTHS = [
    BgNbd(0.6, 30.0, 0.8, 2.4),
    MbgNbd(0.8, 45.0, 0.9, 2.6),
    ParetoNbd(0.9, 40.0, 0.8, 120.0),
]


def drawn(truth, rng, customers=1500, days=500, ahead=150):
    """Return customers who follow a model to a split and after it."""
    ages = rng.integers(days // 2, days, customers).astype(float)
    cases = truth.simulate(ages, rng)
    known = Summary.of(cases.x, np.round(cases.t_x, 2), cases.T)
    rows = np.repeat(np.arange(known.x.size), known.weight.astype(int))
    bought = truth.simulate_ahead(known.x[rows], known.t_x[rows], known.T[rows], ahead, rng)
    acquired = np.bincount((days - ages).astype(int), minlength=days)
    daily = np.zeros(days + ahead)
    return HeldOut(known, rows, bought, np.ones(rows.size), 0, days - 1, days + ahead - 1, daily, acquired)


def rehearsed(truth, rng):
    """Return the held-out customers, what a fitted model said of them, and its path."""
    held = drawn(truth, rng)
    model = type(truth).fit(held.known)
    said = forecast(model, held)
    return held, model, said, expected_path(model, held, float(held.weight @ said.expected), rng)


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda one: one.MODEL)
def test_path_is_what_the_model_says_day_by_day(truth, rng):
    held, model, _, path = rehearsed(truth, rng)
    known = held.known
    for day in (1, 3, 20, 77, 150):
        expected = known.weight @ model.expected_purchases_of_customer(known.x, known.t_x, known.T, day)
        assert path.cumulative[day] == pytest.approx(expected, rel=0.002)
    assert (np.diff(path.cumulative) > 0).all()


def test_customers_in_general_are_expected_from_the_day_they_were_won(rng):
    held = drawn(TRUTHS[1], rng)
    won = np.zeros_like(held.acquired)
    won[[0, 10]] = 3, 2
    path = cohort_path(TRUTHS[1], replace(held, acquired=won), 31)
    each = TRUTHS[1].expected_purchases
    assert path[[0, 1]].tolist() == [0, 0]
    assert path[31] == pytest.approx(3 * each(30.0) + 2 * each(20.0))


def test_thinned_customers_give_the_same_path_and_spread(rng, monkeypatch):
    held, model, said, path = rehearsed(TRUTHS[1], rng)
    total = float(held.weight @ said.expected)
    monkeypatch.setattr("treue.models.tracking.THINNED", 400)
    few = expected_path(model, held, total, rng)
    assert few.cumulative[-1] == pytest.approx(path.cumulative[-1])
    assert few.cumulative[75] == pytest.approx(path.cumulative[75], rel=0.01)
    assert few.spread.dispersion == pytest.approx(path.spread.dispersion, rel=0.15)
    assert few.spread.parameters == pytest.approx(path.spread.parameters, rel=0.15)


def test_probabilities_of_outcomes_are_those_of_the_model(rng):
    held, model, said, _ = rehearsed(TRUTHS[0], rng)
    known = held.known
    most = int(held.purchases.max())
    counts = model.purchase_counts_of_customer(known.x, known.t_x, known.T, held.horizon, most)[held.case]
    column = held.purchases.astype(int)
    rows = np.arange(column.size)
    assert said.exactly == pytest.approx(counts[rows, column], abs=1e-12)
    assert said.below == pytest.approx(
        np.cumsum(counts, axis=1)[rows, column] - counts[rows, column], abs=1e-12
    )
    assert said.returns == pytest.approx(1 - counts[:, 0])
    low, high = model.prediction_interval(known.x, known.t_x, known.T, held.horizon)
    inside = (held.purchases >= low[held.case]) & (held.purchases <= high[held.case])
    assert said.within == pytest.approx(inside.astype(float))


@pytest.mark.slow
@pytest.mark.parametrize("truth", TRUTHS, ids=lambda one: one.MODEL)
def test_band_holds_the_total_and_intervals_hold_customers_as_often_as_they_say(truth):
    """60 firms: the band of the total holds it in about 95 %, and so do the customers' intervals."""
    inside, covered, shown = [], [], []
    for seed in range(60):
        held, _, said, path = rehearsed(truth, np.random.default_rng(seed))
        low, high = path.spread.band(np.array([path.spread.total]))
        inside.append(low[0] <= held.actual <= high[0])
        covered.append(said.covered.mean())
        shown.append(said.within.mean())
    assert np.mean(inside) >= 0.88
    assert np.mean(covered) == pytest.approx(0.95, abs=0.005)
    assert 0.95 < np.mean(shown) < 0.99

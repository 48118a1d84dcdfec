"""The additive hazard: it finds what was planted, its parts add up, and it does not know names or orders."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy import special

from treue.models.churn_calibration import (
    Calibration,
    calibrate,
    level_shift,
    log_odds_of_loss,
    seasonal_variance,
    without_season,
)
from treue.models.churn_cases import Cases
from treue.models.churn_hazard import fit_hazard, levels
from treue.models.churn_reasons import risk_of, told_reasons

STEPS = 3
NAMES = ("faults_year", "silence_ratio", "last_score", "visits_quarter")
PLAIN = Calibration(0.0, 1.0)


def drawn(rng, count, *, faults=1.5, moment=0):
    """Return customers whose contract ends in a step with log-odds -3 + faults * own faults - 0.2 * score."""
    features = np.column_stack(
        [
            rng.poisson(0.5, count),
            rng.gamma(1.0, 2.0, count),
            np.where(rng.random(count) < 0.5, rng.integers(0, 11, count), np.nan),
            rng.poisson(2.0, count),
        ]
    ).astype(float)
    odds = -3 + faults * features[:, 0] - 0.2 * np.nan_to_num(features[:, 2], nan=5.0)
    hazard = special.expit(odds)
    ends = rng.geometric(hazard) - 1
    step = np.minimum(ends, STEPS).astype(np.int64)
    zero = np.zeros(count, dtype=np.int64)
    ids = pa.array([f"k{k}" for k in range(count)])
    return Cases(ids, zero + moment, NAMES, features, zero, zero, zero + 1, step)


@pytest.fixture(scope="module")
def customers():
    rng = np.random.default_rng(4)
    return drawn(rng, 4000), drawn(rng, 4000, moment=1), drawn(rng, 12_000, moment=2)


@pytest.fixture(scope="module")
def hazard(customers):
    return fit_hazard(customers[0], customers[1], STEPS, seed=1)


def test_it_finds_the_planted_effect(hazard):
    features = np.array([[0, 1, 5, 2], [1, 1, 5, 2], [2, 1, 5, 2], [0, 1, 10, 2], [0, 1, 0, 2]], dtype=float)
    none, one, two, pleased, angry = hazard.parts(features).sum(axis=1)
    assert one - none == pytest.approx(1.5, abs=0.3)
    assert two - one == pytest.approx(1.5, abs=0.4)
    assert angry - pleased == pytest.approx(2.0, abs=0.7)


def test_what_was_not_planted_is_not_found(hazard, customers):
    spread = hazard.parts(customers[2].features).std(axis=0)
    assert spread[1] < 0.15
    assert spread[3] < 0.15
    assert spread[0] > 0.7


def test_parts_are_centred_on_the_average_customer(hazard, customers):
    assert np.abs(hazard.parts(customers[0].features).mean(axis=0)).max() < 1e-12


@pytest.mark.parametrize("event_is_loss", [True, False])
@pytest.mark.parametrize("line", [PLAIN, Calibration(0.3, 0.8)])
def test_contributions_add_up_to_the_log_odds(hazard, customers, event_is_loss, line):
    risk = risk_of(hazard, line, customers[2].features, event_is_loss=event_is_loss)
    assert np.abs(risk.base + risk.contributions.sum(axis=1) - risk.log_odds).max() < 1e-9
    # and they are those of the probability itself
    still = np.exp(hazard.log_still(hazard.parts(customers[2].features).sum(axis=1)))[:, -1]
    plain = special.logit(1 - still if event_is_loss else still)
    assert special.expit(line(plain)) == pytest.approx(risk.probability, abs=1e-9)


def test_contributions_of_somebody_average_are_nothing(hazard):
    """Around the average customer the curve is nearly a straight line; dividing by nothing must not show."""
    tables = tuple(np.zeros_like(table) for table in hazard.tables)
    flat = type(hazard)(hazard.names, hazard.cuts, tables, hazard.steps, hazard.trees)
    risk = risk_of(flat, PLAIN, np.full((2, 4), np.nan), event_is_loss=True)
    assert np.isfinite(risk.log_odds).all()
    assert (risk.contributions == 0).all()
    assert risk.log_odds == pytest.approx(risk.base)


def test_the_tables_are_the_trees(monkeypatch, customers):
    """Every customer's score from the tables is what the trees themselves say of the customer."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    kept = []
    fit = HistGradientBoostingClassifier.fit

    def remember(self, *rows, **later):
        kept.append((fit(self, *rows, **later), rows[0]))
        return self

    # not Treue but scikit-learn is listened to
    monkeypatch.setattr(HistGradientBoostingClassifier, "fit", remember)
    found = fit_hazard(customers[0], customers[1], STEPS, seed=1)
    ((trees, rows),) = kept
    coded = rows[:, :-1]
    parts = np.column_stack(
        [
            table[np.where(np.isnan(column), table.size - 1, column).astype(int)]
            for table, column in zip(found.tables, coded.T, strict=True)
        ]
    )
    mine = parts.sum(axis=1) + found.steps[rows[:, -1].astype(int)]
    assert np.abs(mine - trees.decision_function(rows)).max() < 1e-9


def test_order_and_names_of_customers_do_not_matter(hazard, customers):
    mixed = np.random.default_rng(9).permutation(customers[0].count)
    again = fit_hazard(customers[0].take(mixed), customers[1], STEPS, seed=1)
    assert all((one == other).all() for one, other in zip(hazard.tables, again.tables, strict=True))
    assert (hazard.steps == again.steps).all()


def test_the_curve_falls_to_the_calibrated_probability(hazard, customers):
    for event_is_loss in (True, False):
        risk = risk_of(hazard, Calibration(0.4, 0.9), customers[2].features, event_is_loss=event_is_loss)
        curve = risk.curve(event_is_loss=event_is_loss)
        assert (np.diff(curve, axis=1) <= 0).all()
        end = 1 - curve[:, -1] if event_is_loss else curve[:, -1]
        assert end == pytest.approx(risk.probability, abs=1e-9)


def test_foretold_losses_come(hazard, customers):
    """The slope of what happened on what was foretold is 1, and as many are lost as were expected."""
    learned, later, new = customers
    line = calibrate(risk_of(hazard, PLAIN, later.features, event_is_loss=True).log_odds, later.step < STEPS)
    risk = risk_of(hazard, line, new.features, event_is_loss=True)
    lost = new.step < STEPS
    slope = calibrate(risk.log_odds, lost).slope
    assert slope == pytest.approx(1.0, abs=0.12)
    assert risk.probability.mean() == pytest.approx(lost.mean(), abs=0.025)
    assert learned.count + later.count == 8000


def test_nothing_known_of_anybody_is_no_reason(customers):
    learned, later, _ = customers
    blind = [
        Cases(c.customer_id, c.moment, c.names, np.where([True, False, True, True], c.features, np.nan),
              c.first_day, c.last_day, c.days_count, c.step)
        for c in (learned, later)
    ]  # fmt: skip
    found = fit_hazard(blind[0], blind[1], STEPS, seed=1)
    parts = found.parts(np.array([[0.0, 5.0, 3.0, 1.0], [0.0, np.nan, 3.0, 1.0]]))
    assert (parts[:, 1] == 0).all()


def test_levels_divide_at_the_cuts():
    cuts = np.array([1.0, 3.0])
    assert levels(np.array([0.5, 1.0, 2.0, 3.0, 9.0, np.nan]), cuts).tolist() == [0, 0, 1, 1, 2, 3]


def test_log_odds_keep_their_digits_in_both_tails():
    tiny = np.log1p(-1e-14)
    assert log_odds_of_loss(np.array([tiny]), event_is_loss=True)[0] == pytest.approx(np.log(1e-14), rel=1e-3)
    assert log_odds_of_loss(np.array([-50.0]), event_is_loss=False)[0] == pytest.approx(-50.0, abs=1e-9)


def test_the_line_finds_what_was_bent():
    rng = np.random.default_rng(2)
    true = rng.normal(0, 1.5, 20_000)
    lost = rng.random(true.size) < special.expit(true)
    line = calibrate((true - 0.7) / 0.5, lost)
    assert (line.intercept, line.slope) == (pytest.approx(0.7, abs=0.06), pytest.approx(0.5, abs=0.03))


def test_the_line_does_not_run_away_where_the_outcome_is_clear():
    odds = np.array([-2.0, -1.0, 1.0, 2.0])
    line = calibrate(odds, odds > 0)
    assert np.isfinite([line.intercept, line.slope]).all()
    alike = calibrate(np.zeros(10), np.arange(10) < 3)
    assert special.expit(alike(np.zeros(1)))[0] == pytest.approx(0.3, abs=0.05)


def test_a_season_is_not_taken_for_a_lasting_change():
    rng = np.random.default_rng(3)
    odds = rng.normal(0, 1, 3000)

    def group(level):
        return odds, rng.random(odds.size) < special.expit(odds + level)

    calm = [group(0.0) for _ in range(6)]
    seasons = [group(level) for level in (-0.4, 0.5, -0.3, 0.4, -0.5, 0.3)]
    later = group(0.4)
    line = calibrate(*later)
    assert level_shift(*later)[0] == pytest.approx(0.4, abs=0.1)
    assert without_season(line, *later, seasonal_variance(calm)).intercept == pytest.approx(0.4, abs=0.12)
    assert without_season(line, *later, seasonal_variance(seasons)).intercept == pytest.approx(0.0, abs=0.12)
    assert seasonal_variance(calm[:2]) == 0


def test_of_one_subject_one_reason_is_told():
    names = ("silence_ratio", "silence_days", "last_score", "faults_year", "contacts_year")
    values = np.array([2.1, 60.0, np.nan, 2.0, 3.0])
    told = told_reasons(names, values, np.array([0.3, 0.2, 0.9, -0.6, 0.01]))
    # the survey has no answer to speak of, and the contacts hardly matter
    assert [(one.code, one.value, one.direction) for one in told] == [
        ("faults_year", 2.0, "lowers"),
        ("silence_ratio", 2.1, "raises"),
    ]
    assert told[1].contribution == pytest.approx(0.5)
    assert len(told_reasons(names, values, np.array([0.3, 0.2, 0.9, -0.6, 0.01]), most=1)) == 1

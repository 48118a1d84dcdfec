"""Who is about to be lost: foretold where there is something to learn, left to the rival where there is not."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from scipy import special

import treue
from treue.engine.duckdb import DuckDBEngine
from treue.history.history import History
from treue.history.settings import Settings
from treue.kernel.errors import NotEnoughData, WrongArgument
from treue.models.churn_classifier import churn_risk
from treue.models.churn_moments import Horizon, days_needed, plan_moments
from treue.simulate import simulate_firm

BEGIN = datetime(2023, 1, 1)
DAYS = 600


def instants(days):
    micros = np.datetime64(BEGIN, "us") + (np.asarray(days) * 86_400_000_000).astype("timedelta64[us]")
    return pa.array(micros)


def ids(numbers, name="k{:05d}"):
    return pa.array([name.format(number) for number in numbers], pa.string())


def contacts_of(person, opened, own_fault):
    return pa.table(
        {
            "contact_id": ids(range(person.size), "c{}"),
            "customer_id": ids(person),
            "direction": pa.array(["in"] * person.size),
            "opened_at": instants(opened),
            "own_fault": pa.array(own_fault),
        }
    )


def contract_firm(seed, factor, count=2500, names=None):
    """Return contracts that end at 1 in 1,000 a day, `factor` times as often once the firm was at fault."""
    rng = np.random.default_rng(seed)
    start = np.floor(rng.uniform(0, DAYS - 60, count))
    fault = start + rng.exponential(400, count)
    harmless = start + rng.exponential(400, count)
    wait = rng.exponential(1.0, count)
    before = (fault - start) * 0.001
    end = np.where(wait < before, start + wait / 0.001, fault + (wait - before) / (0.001 * factor))
    end = np.ceil(end)
    opened = np.concatenate([fault, harmless])
    person = np.concatenate([np.arange(count)] * 2)
    own = np.repeat([True, False], count)
    seen = (opened < np.minimum(end[person], DAYS)) & (opened >= start[person])
    first = BEGIN.date()
    name = np.arange(count) if names is None else names
    contracts = pa.table(
        {
            "contract_id": ids(range(count), "v{}"),
            "customer_id": ids(name),
            "started_on": pa.array([first + timedelta(days=int(day)) for day in start]),
            "ended_on": pa.array([first + timedelta(days=int(day)) if day < DAYS else None for day in end]),
        }
    )
    contacts = contacts_of(name[person[seen]], opened[seen], own[seen])
    return {"contracts": contracts, "contacts": contacts}


def shop(seed, leave_after_fault, count=2500):
    """Return purchases of customers who leave after one purchase in ten, or after a fault by the firm."""
    rng = np.random.default_rng(seed)
    orders, contacts = [], []
    for who in range(count):
        day, pace = rng.uniform(0, DAYS * 0.7), rng.gamma(1.5, 1 / 45)
        while day < DAYS:
            orders.append((who, day))
            if rng.random() < 0.1:
                break
            if rng.random() < 0.4:
                at_fault = rng.random() < 0.5
                contacts.append((who, day + 1, at_fault))
                if at_fault and rng.random() < leave_after_fault:
                    break
            day += 1 + rng.exponential(1 / max(pace, 1e-3))
    who, day = (np.array(column) for column in zip(*orders, strict=True))
    bought = pa.table(
        {
            "order_id": ids(range(who.size), "o{}"),
            "customer_id": ids(who),
            "ordered_at": instants(day),
            "net_amount": pa.array(np.full(who.size, 2500)),
        }
    )
    person, opened, own = (np.array(column) for column in zip(*contacts, strict=True))
    seen = opened < DAYS
    return {"purchases": bought, "contacts": contacts_of(person[seen], opened[seen], own[seen])}


def judged(tables, horizon, **settings):
    as_of = (BEGIN + timedelta(days=DAYS - 1)).date()
    with History.of(DuckDBEngine(), tables, Settings(as_of=as_of, **settings)) as history:
        return churn_risk(history, horizon)


@pytest.fixture(scope="module")
def with_effect():
    return judged(contract_firm(1, 8.0), 60)


def test_it_beats_the_life_table_where_faults_drive_customers_away(with_effect):
    risk = with_effect
    assert (risk.status, risk.used, risk.event) == ("ok", "classifier", "contract")
    found = risk.comparison
    assert 0 < found.gain_low < found.gain < found.gain_high
    assert found.rival.name == "life-table"
    assert found.classifier.auc > found.rival.auc + 0.1
    assert found.classifier.slope == pytest.approx(1.0, abs=0.25)


def test_the_planted_factor_is_found_again(with_effect):
    """Eight times the hazard are 2.08 log-odds of a step; a few are struck only within the horizon."""
    risk = with_effect
    place = {name: k for k, name in enumerate(risk.features)}
    struck = risk.values[:, place["faults_year"]] > 0
    calm = (risk.values[:, place["contacts_year"]] == 0) & ~struck
    log_odds = special.logit(risk.probability)
    assert log_odds[struck].mean() - log_odds[calm].mean() == pytest.approx(np.log(8), abs=0.5)


def test_the_reason_is_the_planted_one(with_effect):
    risk = with_effect
    fault = risk.features.index("faults_year")
    struck = np.flatnonzero(risk.values[:, fault] > 0)
    first = [risk.reasons(int(row))[0] for row in struck]
    share = np.mean([reason.code.startswith("faults") and reason.direction == "raises" for reason in first])
    assert share > 0.9


def test_reasons_add_up_to_the_probability_told(with_effect):
    risk = with_effect
    told = special.expit(risk.base_log_odds + risk.contributions.sum(axis=1))
    assert np.abs(told - risk.probability).max() < 1e-9
    assert np.isfinite(risk.probability).all()
    assert ((risk.probability > 0) & (risk.probability < 1)).all()
    assert 1 - risk.curve[:, -1] == pytest.approx(risk.probability, abs=1e-9)


def test_the_same_again(with_effect):
    again = judged(contract_firm(1, 8.0), 60)
    assert (again.probability == with_effect.probability).all()
    assert again.comparison == with_effect.comparison


@pytest.mark.slow
def test_names_of_customers_do_not_matter(with_effect):
    names = np.random.default_rng(5).permutation(2500)
    renamed = judged(contract_firm(1, 8.0, names=names), 60)
    told = dict(zip(with_effect.customer_id.to_pylist(), with_effect.probability, strict=True))
    new = {f"k{number:05d}": f"k{old:05d}" for old, number in enumerate(names)}
    old = {new_name: told[old_name] for new_name, old_name in new.items() if old_name in told}
    assert dict(zip(renamed.customer_id.to_pylist(), renamed.probability, strict=True)) == pytest.approx(
        old, abs=1e-9
    )


@pytest.mark.parametrize("seed", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_where_features_are_noise_the_life_table_stays(seed):
    risk = judged(contract_firm(seed, 1.0, count=4000), 60)
    assert (risk.status, risk.used) == ("not_better", "life-table")
    assert risk.comparison.gain_low <= 0
    assert "not better by more than chance" in risk.why
    assert risk.reasons(0) == ()
    assert ((risk.probability > 0) & (risk.probability < 1)).all()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_in_a_shop_where_faults_drive_customers_away_it_beats_the_probability_model(seed):
    risk = judged(shop(seed, 0.9), 60, window_days=150)
    assert (risk.status, risk.used, risk.event) == ("ok", "classifier", "purchase")
    place = risk.features.index("faults_year")
    struck = risk.values[:, place] > 0
    assert risk.probability[struck].mean() > risk.probability[~struck].mean() + 0.2


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_in_a_shop_where_contacts_are_noise_the_probability_model_stays(seed):
    risk = judged(shop(seed, 0.0), 60, window_days=150)
    assert risk.status == "not_better"
    assert risk.used in {"mbg-nbd", "pareto-nbd"}


@pytest.mark.slow
def test_the_example_of_the_page(tmp_path):
    """Visits of the simulated firm tell who is still interested; its contacts mean nothing."""
    simulate_firm(tmp_path, customers=6000, months=36, seed=3)
    with treue.read(tmp_path) as history:
        month, quarter = churn_risk(history, 30), churn_risk(history, 90)
    told = (
        (month, (0.3418, 0.3511), (0.0031, 0.0159)),
        (quarter, (0.4103, 0.4143), (-0.0049, 0.0132)),
    )
    for risk, losses, limits in told:
        found = risk.comparison
        assert (found.classifier.log_loss, found.rival.log_loss) == pytest.approx(losses, abs=6e-4)
        assert (found.gain_low, found.gain_high) == pytest.approx(limits, abs=6e-4)
        assert found.rival.name == "pareto-nbd"
    assert (month.used, quarter.used) == ("classifier", "pareto-nbd")
    assert month.probability.max() == pytest.approx(0.998, abs=0.002)
    codes = {reason.code for row in range(200) for reason in month.reasons(row)}
    assert "sign_ratio" in codes
    assert not codes & {"contacts_month", "contacts_quarter", "faults_year", "complaints_year"}


# --- too little to say ---


@pytest.mark.parametrize("days", [1, 30, 44, 60, 100, 365])
def test_a_short_history_is_too_little(days):
    horizon = Horizon(days)
    assert plan_moments(0, days_needed(horizon) - 2, horizon) is None
    assert plan_moments(0, days_needed(horizon) - 1, horizon) is not None


@pytest.mark.parametrize("horizon", [1, 7, 20, 30, 45, 90, 100, 200, 365])
def test_nothing_is_learned_from_what_came_later(horizon):
    moments = plan_moments(0, 2000, Horizon(horizon))
    assert max(moments.learn) + horizon <= moments.calibrate
    assert max(moments.learn_again) + horizon <= moments.compare
    assert moments.calibrate + horizon <= moments.compare
    assert moments.compare + horizon == moments.now == 2001


def of(told_rows, engine, told, contracts=None, **settings):
    tables = {"purchases": told.purchases(told_rows)} if told_rows else {}
    if contracts:
        tables["contracts"] = told.contracts(contracts)
    return History.of(engine, tables, Settings(**settings))


TINY = {
    "one customer": [("a", date(2024, 1, 1)), ("a", date(2025, 6, 1))],
    "one purchase": [("a", date(2024, 1, 1))],
    "nobody comes back": [(f"k{k}", date(2024, 1, 1) + timedelta(days=k)) for k in range(600)],
    "everybody comes back": [
        (f"k{k}", date(2024, 1, 1) + timedelta(days=k + 20 * turn)) for k in range(20) for turn in range(30)
    ],
    "all gone": [
        *[(f"k{k}", date(2023, 1, 1) + timedelta(days=k)) for k in range(30)], ("z", date(2025, 6, 1)),
    ],
}  # fmt: skip


@pytest.mark.parametrize("case", TINY)
@pytest.mark.parametrize("horizon", [30, None])
def test_little_is_answered_with_a_status(case, horizon, duckdb_engine, told):
    risk = churn_risk(of(TINY[case], duckdb_engine, told), horizon)
    assert risk.status == "insufficient"
    assert risk.why
    assert len(risk.customer_id) == risk.probability.size
    assert np.isfinite(risk.probability).all()
    assert ((risk.probability > 0) & (risk.probability < 1)).all()
    assert (risk.used is None) == (risk.probability.size == 0)


def test_one_contract_is_answered_with_a_status(duckdb_engine, told):
    risk = churn_risk(of([], duckdb_engine, told, [("a", date(2024, 1, 1), None)], as_of=date(2026, 1, 1)))
    assert (risk.status, risk.event, risk.used) == ("insufficient", "contract", "life-table")
    assert 0 < risk.probability[0] < 1


def test_what_cannot_be_asked_is_refused(duckdb_engine, told):
    history = of(TINY["one customer"], duckdb_engine, told)
    with pytest.raises(WrongArgument, match="horizon_days=0"):
        churn_risk(history, 0)
    with pytest.raises(NotEnoughData, match="contracts"):
        churn_risk(history, event="contract")

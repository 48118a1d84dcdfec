"""Which model may be shown: the gate, the rehearsal, and what is said where there is none."""

import json
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

import treue
from treue.history.history import History
from treue.kernel.status import Status
from treue.models.choice import Missing, choose_model, gate
from treue.models.summary import Summary, summarise


def bought(rng, customers, days=500, rate=0.03):
    """Return purchases of a firm whose customers do as MBG/NBD says."""
    rows = []
    for number in range(customers):
        own_rate, own_leave = rng.gamma(1.2, rate / 1.2), rng.beta(1.0, 6.0)
        day, here = rng.uniform(0, days / 3), True
        while here and day < days:
            rows.append((f"c{number}", day))
            here = rng.random() > own_leave
            day += rng.exponential(1 / own_rate)
    return rows


def history_of(engine, rows, **settings):
    table = pa.table(
        {
            "order_id": [str(place) for place in range(len(rows))],
            "customer_id": [row[0] for row in rows],
            "ordered_at": [datetime(2024, 1, 1) + timedelta(days=float(row[1])) for row in rows],
            "net_amount": [1000] * len(rows),
        }
    )
    return History.of(engine, {"purchases": table}, treue.Settings(**settings) if settings else None)


def test_the_best_of_those_that_passed_is_fitted_on_everything(duckdb_engine, rng):
    history = history_of(duckdb_engine, bought(rng, 1500))
    choice = choose_model(history)
    assert choice.status is Status.OK
    assert choice.name == choice.backtest.best.name
    best = max(choice.backtest.passed, key=lambda one: one.value("log_score"))
    assert choice.name == best.name
    whole = type(choice.model).fit(summarise(history))
    assert choice.model.parameters == pytest.approx(whole.parameters, rel=1e-4)
    assert choice.model.parameters != pytest.approx(best.model.parameters, rel=1e-4)
    assert choice.reason in {"best_log_score", "only_one_passed"}
    json.dumps(choice.as_dict(), allow_nan=False)


def test_bg_nbd_never_says_who_is_still_active(duckdb_engine, rng):
    history = history_of(duckdb_engine, bought(rng, 1500))
    choice = choose_model(history, names=("bg-nbd", "mbg-nbd"))
    assert choice.alive_name == "mbg-nbd"
    alone = choose_model(history, names=("bg-nbd",))
    assert alone.name in {"bg-nbd", None}
    assert alone.alive_model is None


def test_asking_again_costs_nothing(duckdb_engine, rng):
    history = history_of(duckdb_engine, bought(rng, 600))
    assert choose_model(history) is choose_model(history)
    assert choose_model(history, unit="week") is not choose_model(history)


def test_too_few_customers_are_told_with_numbers(duckdb_engine, rng):
    choice = choose_model(history_of(duckdb_engine, bought(rng, 300)))
    assert (choice.status, choice.model, choice.backtest) == (Status.INSUFFICIENT, None, None)
    assert [(one.what, one.need) for one in choice.missing] == [("customers", 500)]
    assert choice.missing[0].have == choice.customers == 300


@pytest.mark.parametrize(
    ("x", "weight", "days", "lacking"),
    [
        ([0, 2], [490, 10], 180, []),
        ([0, 2], [489, 10], 180, ["customers"]),
        ([0, 2], [490, 10], 179, ["days"]),
        ([0, 1, 2], [400, 100, 9], 180, ["thrice"]),
        ([0], [1], 1, ["customers", "days", "thrice"]),
    ],
)
def test_gate(x, weight, days, lacking):
    summary = Summary.of(x, np.minimum(x, 1), np.full(len(x), 5), weight)
    assert [one.what for one in gate(summary, days)] == lacking


def test_few_who_came_back_are_told(duckdb_engine, rng):
    rows = bought(rng, 700, days=400, rate=0.02)
    kept = [row for row in rows if row[1] < 266 or int(row[0][1:]) % 10 == 0]
    choice = choose_model(history_of(duckdb_engine, kept))
    assert choice.model is None
    assert choice.backtest.returned < 100
    if choice.status is Status.INSUFFICIENT:
        assert choice.missing == (Missing("returned", choice.backtest.returned, 100),)
    else:
        assert all("total" in tests for tests in choice.failed.values())


def test_failed_tests_are_named_by_model(duckdb_engine, rng):
    rows = [row for row in bought(rng, 1500) if row[1] < 333 or rng.random() < 0.4]
    choice = choose_model(history_of(duckdb_engine, rows))
    assert (choice.status, choice.model, choice.alive_model) == (Status.NOT_IDENTIFIED, None, None)
    assert set(choice.failed) == {"bg-nbd", "mbg-nbd", "pareto-nbd"}
    assert all("total" in tests for tests in choice.failed.values())
    assert choice.missing == ()


def test_contracts_alone_have_no_orders_to_foretell(of_contracts):
    choice = choose_model(of_contracts([("a", date(2024, 1, 1), None)]))
    assert choice.status is Status.INSUFFICIENT
    assert choice.missing == (Missing("customers", 0, 500),)

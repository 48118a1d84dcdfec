"""Expected active customers: shown only through a model that has proved itself."""

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from treue.history.history import History
from treue.kernel.status import Status
from treue.models.alive import active_customers_expected
from treue.models.choice import choose_model
from treue.models.summary import Summary, summarise

DAYS = 500


def bought(rng, customers, rate=0.03, leave=(1.0, 6.0)):
    """Return purchases of customers who do as MBG/NBD says, and how many are still active at the end."""
    rows, still = [], 0
    for number in range(customers):
        own_rate, own_leave = rng.gamma(1.2, rate / 1.2), rng.beta(*leave)
        day, here = rng.uniform(0, DAYS / 3), True
        while here and day < DAYS:
            rows.append((f"c{number}", day))
            here = rng.random() > own_leave
            day += rng.exponential(1 / own_rate)
        still += here
    return rows, still


def history_of(engine, rows):
    start = datetime(2024, 1, 1)
    table = pa.table(
        {
            "order_id": [str(place) for place in range(len(rows))],
            "customer_id": [row[0] for row in rows],
            "ordered_at": [start + timedelta(days=float(row[1])) for row in rows],
            "net_amount": [1000] * len(rows),
        }
    )
    return History.of(engine, {"purchases": table})


def test_count_is_near_the_planted_one(duckdb_engine, rng):
    rows, still = bought(rng, 1500)
    (figure,) = active_customers_expected(history_of(duckdb_engine, rows))
    assert (figure.status, figure.n, figure.definition_version) == (Status.OK, 1500, "2")
    assert figure.value == pytest.approx(still, rel=0.08)
    assert 0 < figure.ci_low < figure.value < figure.ci_high < figure.n


def test_interval_is_as_wide_as_that_of_true_refits(duckdb_engine, rng):
    rows, _ = bought(rng, 1500)
    history = history_of(duckdb_engine, rows)
    (figure,) = active_customers_expected(history)
    summary, model = summarise(history), choose_model(history).alive_model
    counts = []
    for weight in rng.multinomial(summary.n, summary.weight / summary.n, size=60).astype(float):
        there = weight > 0
        again = Summary(summary.x[there], summary.t_x[there], summary.T[there], weight[there])
        refit = type(model).fit(again, start=model)
        counts.append(again.weight @ refit.probability_alive(again.x, again.t_x, again.T))
    assert (figure.ci_high - figure.ci_low) / 3.92 == pytest.approx(np.std(counts), rel=0.35)


def test_few_customers_are_insufficient(duckdb_engine, rng):
    rows, _ = bought(rng, 300)
    (figure,) = active_customers_expected(history_of(duckdb_engine, rows))
    assert (figure.status, figure.value, figure.n) == (Status.INSUFFICIENT, None, 300)


def test_model_that_does_not_foresee_is_not_shown(duckdb_engine, rng):
    """When everybody stops at once after two thirds, no model of steady buying foresees it."""
    rows = [row for row in bought(rng, 1500)[0] if row[1] < 333]
    history = history_of(duckdb_engine, [*rows, ("late", float(DAYS))])
    (figure,) = active_customers_expected(history)
    assert (figure.status, figure.value) == (Status.NOT_IDENTIFIED, None)
    assert all(tests == ("total",) for tests in choose_model(history).failed.values())


def test_the_rehearsal_is_the_one_of_the_back_test(duckdb_engine, rng):
    rows, _ = bought(rng, 600)
    history = history_of(duckdb_engine, rows)
    active_customers_expected(history)
    kept = [key for key in history.kept if key[0] == "choice"]
    assert len(kept) == 1
    choose_model(history)
    assert [key for key in history.kept if key[0] == "choice"] == kept

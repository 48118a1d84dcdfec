"""Expected active customers: shown only where the model has proved itself."""

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from treue.history.history import History
from treue.kernel.estimate import Status
from treue.models.alive import HoldOut, active_customers_expected, hold_out


def bought(rng, customers, days, rate, leave):
    """Return purchases of customers who buy at a rate per day and leave with a probability after each."""
    rows = []
    for number in range(customers):
        own_rate, own_leave = rng.gamma(1.2, rate / 1.2), rng.beta(*leave)
        day, here = rng.uniform(0, days / 3), True
        while here and day < days:
            rows.append((f"c{number}", day))
            here = rng.random() > own_leave
            day += rng.exponential(1 / own_rate)
    start = datetime(2024, 1, 1)
    return pa.table(
        {
            "order_id": [str(place) for place in range(len(rows))],
            "customer_id": [row[0] for row in rows],
            "ordered_at": [start + timedelta(days=float(row[1])) for row in rows],
            "net_amount": [1000] * len(rows),
        }
    )


@pytest.fixture(scope="module")
def purchases():
    return bought(np.random.default_rng(7), 1500, 500, 0.03, (1.0, 6.0))


def test_count_lies_between_repeaters_and_everybody(duckdb_engine, purchases):
    history = History.of(duckdb_engine, {"purchases": purchases})
    (figure,) = active_customers_expected(history)
    assert figure.status is Status.OK
    assert 0 < figure.ci_low < figure.value < figure.ci_high < figure.n


def test_few_customers_are_not_identified(duckdb_engine):
    few = bought(np.random.default_rng(7), 200, 300, 0.03, (1.0, 6.0))
    (figure,) = active_customers_expected(History.of(duckdb_engine, {"purchases": few}))
    assert figure.status is Status.NOT_IDENTIFIED
    assert figure.value is None


def test_model_that_does_not_foresee_is_not_shown(duckdb_engine, purchases):
    """When everybody stops at once after two thirds, no model of steady buying foresees it."""
    days = purchases["ordered_at"].to_pylist()
    stopped = purchases.filter(pa.array([day < datetime(2024, 12, 1) for day in days]))
    last = pa.table(
        {
            "order_id": ["last"],
            "customer_id": ["late"],
            "ordered_at": [datetime(2025, 6, 1)],
            "net_amount": [1000],
        }
    )
    history = History.of(
        duckdb_engine, {"purchases": pa.concat_tables([stopped, last], promote_options="default")}
    )
    assert not hold_out(history).passed
    (figure,) = active_customers_expected(history)
    assert figure.status is Status.NOT_IDENTIFIED


@pytest.mark.parametrize(
    ("expected", "actual", "passed"), [(100, 80, True), (130, 100, False), (0, 0, False)]
)
def test_hold_out_passes_within_a_quarter(expected, actual, passed):
    assert HoldOut("2026-01-01", expected, actual).passed is passed

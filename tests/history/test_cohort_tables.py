"""The cohort triangle is the same from raw orders as from days of buying, on every engine."""

from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from treue.history.cohort_tables import bought_again
from treue.history.history import History
from treue.history.settings import Settings


@pytest.fixture
def purchases(rng):
    days = rng.integers(0, 400, 300)
    return pa.table(
        {
            "order_id": [str(place) for place in range(300)],
            "customer_id": [f"c{number}" for number in rng.integers(0, 60, 300)],
            "ordered_at": [datetime(2024, 1, 15) + timedelta(days=int(day)) for day in days],
            "net_amount": np.where(rng.random(300) < 0.1, 0, 1000),
        }
    )


@pytest.mark.parametrize("grain", ["month", "quarter"])
@pytest.mark.parametrize("observed_from", [None, date(2024, 3, 1)])
def test_raw_orders_and_days_of_buying_give_the_same_triangle(engine, purchases, grain, observed_from):
    settings = Settings(observed_from=observed_from)
    from_orders = History.of(engine, {"purchases": purchases}, settings)
    from_days = History.of(engine, {"purchases": purchases}, settings)
    assert from_days.active_days is not None
    assert from_days.kept_orders is None
    found = [
        sorted(tuple(row.values()) for row in engine.arrow(bought_again(history, grain)).to_pylist())
        for history in (from_orders, from_days)
    ]
    assert found[0] == found[1]
    assert len(found[0]) > 10

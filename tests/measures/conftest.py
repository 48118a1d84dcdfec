"""Small histories, told as rows."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from treue.history.history import History
from treue.history.settings import Settings


def purchases_table(rows, segments=None):
    """Make purchases of ``(customer, date)`` or ``(customer, date, amount)``."""
    rows = [row if len(row) == 3 else (*row, 1000) for row in rows]
    columns = {
        "order_id": pa.array([f"o{k}" for k in range(len(rows))], pa.string()),
        "customer_id": pa.array([customer for customer, _, _ in rows], pa.string()),
        "ordered_at": pa.array(
            [datetime(day.year, day.month, day.day, 12) for _, day, _ in rows], pa.timestamp("us")
        ),
        "net_amount": pa.array([amount for _, _, amount in rows], pa.int64()),
    }
    if segments is not None:
        columns["channel"] = pa.array([segments[customer] for customer, _, _ in rows], pa.string())
    return pa.table(columns)


def contracts_table(rows):
    """Make contracts of ``(customer, first day, last day or None)``."""
    return pa.table(
        {
            "contract_id": pa.array([f"c{k}" for k in range(len(rows))], pa.string()),
            "customer_id": pa.array([customer for customer, _, _ in rows], pa.string()),
            "started_on": pa.array([start for _, start, _ in rows], pa.date32()),
            "ended_on": pa.array([end for _, _, end in rows], pa.date32()),
        }
    )


def random_purchases(seed, customers=60, days=500, first=date(2024, 2, 10)):
    """Make purchases of customers who buy at paces of their own."""
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(customers):
        day = int(rng.integers(0, days // 2))
        pace = float(rng.choice([8.0, 30.0, 90.0]))
        while day < days:
            rows.append((f"k{k}", first + timedelta(days=day)))
            day += 1 + int(rng.exponential(pace)) + (120 if rng.random() < 0.15 else 0)
    return rows


@pytest.fixture
def of_purchases(duckdb_engine):
    def make(rows, segments=None, engine=None, customers=None, **settings):
        tables = {"purchases": purchases_table(rows, segments)}
        if customers is not None:
            tables["customers"] = customers
        return History.of(engine or duckdb_engine, tables, Settings(**settings))

    return make


@pytest.fixture
def of_contracts(duckdb_engine):
    def make(rows, engine=None, customers=None, **settings):
        tables = {"contracts": contracts_table(rows)}
        if customers is not None:
            tables["customers"] = customers
        return History.of(engine or duckdb_engine, tables, Settings(**settings))

    return make


@pytest.fixture
def told():
    """Give the makers of tables to tests, which are no package and cannot import one another."""

    class Told:
        purchases = staticmethod(purchases_table)
        contracts = staticmethod(contracts_table)
        random = staticmethod(random_purchases)

    return Told

"""The second order: per cohort at equal age, and pooled without harm from newcomers."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from lifelines import KaplanMeierFitter

from treue.history.history import History
from treue.history.settings import Settings
from treue.kernel.status import Status
from treue.measures.repeat import (
    completed_ages,
    first_steps,
    pooled_repeat_rate,
    repeat_purchase_rate,
    time_to_second_order,
    waits,
)

START = datetime(2025, 1, 1, 9)


def history_of(engine, rows, **settings):
    """Make a history of ``(customer, day)``; every order is worth something."""
    table = pa.table(
        {
            "order_id": pa.array([f"o{number}" for number in range(len(rows))], pa.string()),
            "customer_id": pa.array([row[0] for row in rows], pa.string()),
            "ordered_at": pa.array([START + timedelta(days=int(row[1])) for row in rows], pa.timestamp("us")),
            "net_amount": pa.array([100] * len(rows), pa.int64()),
        }
    )
    return History.of(engine, {"purchases": table}, Settings(**settings))


def random_rows(rng, customers=300, days=400):
    rows = []
    for number in range(customers):
        first = int(rng.integers(days))
        rows.append((f"c{number}", first))
        wait = int(rng.exponential(150)) + 1
        if rng.random() < 0.6 and first + wait < days:
            rows.append((f"c{number}", first + wait))
    return rows


def test_the_printed_example_gives_its_printed_numbers(duckdb_engine):
    rows = [(f"c{number}", 0) for number in range(500)] + [(f"c{number}", 40) for number in range(230)]
    figure = repeat_purchase_rate(history_of(duckdb_engine, rows, as_of=date(2026, 6, 30)))[0]
    assert (figure.numerator, figure.denominator) == (230, 500)
    assert figure.value == pytest.approx(0.46)
    assert (figure.ci_low, figure.ci_high) == (pytest.approx(0.417, abs=5e-4), pytest.approx(0.504, abs=5e-4))
    assert figure.window == "365 days from the first purchase"
    assert figure.status is Status.OK


def test_a_second_order_on_the_same_day_is_no_return(duckdb_engine):
    history = history_of(duckdb_engine, [("a", 0), ("a", 0), ("b", 0), ("b", 10)], as_of=date(2026, 6, 30))
    assert repeat_purchase_rate(history)[0].value == 0.5


def test_the_last_day_of_an_age_belongs_to_it(duckdb_engine):
    rows = [("in time", 0), ("in time", 30), ("late", 0), ("late", 31)]
    figures = repeat_purchase_rate(history_of(duckdb_engine, rows), by="month")
    assert [(figure.numerator, figure.n) for figure in figures[:2]] == [(1, 2), (0, 0)]


def test_the_headline_takes_the_longest_age_that_enough_have_completed(duckdb_engine):
    rows = [(f"c{number}", 0) for number in range(30)] + [("late", 100)]
    for as_of, age in ((date(2025, 12, 31), 180), (date(2026, 1, 1), 365), (date(2025, 4, 11), 90)):
        figure = repeat_purchase_rate(history_of(duckdb_engine, rows, as_of=as_of))[0]
        assert figure.window.startswith(f"{age} days")
        assert figure.n >= 30


def test_newcomers_do_not_pull_a_cohort_down(duckdb_engine):
    """Those who have not had the time are in neither numerator nor denominator."""
    rows = [("old", 0), ("old", 20), ("young", 25)]
    january = repeat_purchase_rate(history_of(duckdb_engine, rows, as_of=date(2025, 2, 1)), by="month")
    found = {(figure.period, figure.window[:3]): figure for figure in january}
    assert found["2025-01", "30 "].value == 1.0
    assert found["2025-01", "30 "].n == 1
    assert found["2025-01", "30 "].status is Status.PROVISIONAL
    assert found["2025-01", "365"].status is Status.UNDEFINED
    assert len(january) == 6


def test_cohorts_agree_with_pandas(duckdb_engine, rng):
    rows = random_rows(rng)
    frame = pd.DataFrame(rows, columns=["customer", "day"])
    last = frame["day"].max()
    each = frame.sort_values("day").groupby("customer")["day"].agg(["first", list])
    each["wait"] = each["list"].map(lambda days: days[1] - days[0] if len(days) > 1 else np.inf)
    each["period"] = (pd.Timestamp(START) + pd.to_timedelta(each["first"], unit="D")).dt.strftime("%Y-%m")
    for figure in repeat_purchase_rate(history_of(duckdb_engine, rows), by="month"):
        age = int(figure.window.split()[0])
        mine = each[(each["period"] == figure.period) & (each["first"] + age <= last)]
        assert (figure.numerator, figure.n) == ((mine["wait"] <= age).sum(), len(mine))


def test_the_pooled_curve_agrees_with_lifelines(duckdb_engine, rng):
    rows = random_rows(rng)
    history = history_of(duckdb_engine, rows)
    frame = pd.DataFrame(rows, columns=["customer", "day"]).sort_values("day")
    each = frame.groupby("customer")["day"].agg(list)
    last = frame["day"].max()
    wait = each.map(lambda days: (days[1] if len(days) > 1 else last) - days[0])
    fitted = KaplanMeierFitter().fit(wait, each.map(len) > 1)
    curve = time_to_second_order(history)
    assert curve.surviving == pytest.approx(fitted.predict(curve.days).to_numpy())
    figure = pooled_repeat_rate(history, 90)
    assert figure.value == pytest.approx(1 - fitted.predict(90))
    limits = fitted.confidence_interval_.loc[:90].iloc[-1]
    assert (1 - figure.ci_high, 1 - figure.ci_low) == (
        pytest.approx(limits.iloc[0]),
        pytest.approx(limits.iloc[1]),
    )


def test_the_pooled_rate_finds_the_truth_where_the_naive_share_is_low(duckdb_engine):
    rng = np.random.default_rng(3)
    rows = random_rows(rng, customers=4000)
    history = history_of(duckdb_engine, rows)
    truth = 0.6 * (1 - np.exp(-180 / 150))
    figure = pooled_repeat_rate(history, 180)
    assert figure.ci_low <= truth <= figure.ci_high
    naive = len(rows) / 4000 - 1
    assert naive < figure.ci_low


def test_nobody_watched_for_so_long_is_provisional(duckdb_engine):
    figure = pooled_repeat_rate(history_of(duckdb_engine, random_rows(np.random.default_rng(1), 60, 50)), 365)
    assert figure.status is Status.PROVISIONAL


@pytest.mark.parametrize(("rows", "value"), [([("a", 0)], 0.0), ([("a", 0), ("a", 1)], 1.0)])
def test_one_customer_is_insufficient(duckdb_engine, rows, value):
    figure = repeat_purchase_rate(history_of(duckdb_engine, rows, as_of=date(2026, 6, 30)))[0]
    assert (figure.value, figure.status) == (value, Status.INSUFFICIENT)


def test_segments_share_one_age(duckdb_engine):
    rows = [(f"c{number}", 0) for number in range(40)]
    history = history_of(duckdb_engine, rows, as_of=date(2026, 6, 30))
    country = pa.table(
        {"customer_id": [f"c{number}" for number in range(40)], "country": ["NO"] * 35 + ["DE"] * 5}
    )
    tables = {**history.tables, "customers": duckdb_engine.load(country, "customers")}
    figures = repeat_purchase_rate(History(duckdb_engine, tables, history.settings), by="country")
    assert [(figure.segment, figure.n) for figure in figures] == [("DE", 5), ("NO", 35)]
    assert {figure.window for figure in figures} == {"365 days from the first purchase"}


def test_reductions_are_the_same_on_every_engine(engine):
    rows = [("a", 0), ("a", 5), ("b", 3), ("c", 9), ("c", 49), ("c", 60)]
    history = history_of(engine, rows)
    steps = first_steps(engine, history.active_days)
    counted = engine.arrow(waits(engine, steps, history.as_of_day)).to_pylist()
    assert sorted((row["wait_days"], row["ended"], row["customers"]) for row in counted) == [
        (5, 1, 1),
        (40, 1, 1),
        (57, 0, 1),
    ]
    cells = completed_ages(engine, steps.withColumn("cell", engine.F.lit(0)), (30, 55), history.as_of_day)
    assert engine.arrow(cells).to_pylist() == [
        {"cell": 0, "customers": 3, "completed_30": 3, "repeated_30": 1, "completed_55": 2, "repeated_55": 1}
    ]

"""Time between purchases: open gaps count, and the gaps of one customer are not independent."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from lifelines import KaplanMeierFitter

from treue.history.history import History
from treue.history.settings import Settings
from treue.kernel.product_limit import product_limit
from treue.kernel.status import Status
from treue.measures.gaps import (
    _design_effects,
    _median_limits,
    all_gaps,
    gap_counts,
    influence,
    influence_squares,
    time_between_purchases,
)

START = datetime(2025, 1, 1, 9)


def history_of(engine, rows, **settings):
    """Make a history of ``(customer, day)``."""
    table = pa.table(
        {
            "order_id": pa.array([f"o{number}" for number in range(len(rows))], pa.string()),
            "customer_id": pa.array([row[0] for row in rows], pa.string()),
            "ordered_at": pa.array([START + timedelta(days=int(row[1])) for row in rows], pa.timestamp("us")),
            "net_amount": pa.array([100] * len(rows), pa.int64()),
        }
    )
    return History.of(engine, {"purchases": table}, Settings(**settings))


def buyers(rng, customers, days=700, spread=0.7):
    """Draw customers who buy at a pace of their own; the more spread, the more their gaps resemble."""
    rows = []
    for number in range(customers):
        mean, day = 40 * rng.gamma(1 / spread, spread), float(rng.integers(days // 2))
        while day < days:
            rows.append((f"c{number:05d}", int(day)))
            day += 1 + rng.exponential(mean + 1)
    return rows


def test_open_gaps_make_the_median_longer_as_in_lifelines(duckdb_engine, rng):
    rows = sorted(set(buyers(rng, 80, days=150, spread=0.3)))
    history = history_of(duckdb_engine, rows)
    last, lengths, closed = max(day for _, day in rows), [], []
    for (name, day), following in zip(rows, [*rows[1:], (None, 0)], strict=True):
        same = following[0] == name
        lengths.append((following[1] if same else last) - day)
        closed.append(same)
    figure = time_between_purchases(history)[0]
    assert figure.value == KaplanMeierFitter().fit(lengths, closed).median_survival_time_
    assert figure.value > np.median([n for n, c in zip(lengths, closed, strict=True) if c])
    assert (figure.numerator, figure.denominator, figure.n) == (sum(closed), len(rows), 80)
    assert figure.ci_method == "bootstrap_customers"
    assert figure.ci_low <= figure.value <= figure.ci_high
    assert figure.status is Status.OK


def test_customers_who_bought_once_only_lengthen(duckdb_engine):
    regular = [(f"r{number}", day) for number in range(10) for day in (0, 10, 20, 30, 40)]
    without = time_between_purchases(history_of(duckdb_engine, regular))[0]
    once = [(f"o{number}", 5) for number in range(30)]
    assert without.value == 10
    assert time_between_purchases(history_of(duckdb_engine, regular + once))[0].value is not None
    more = time_between_purchases(
        history_of(duckdb_engine, regular + once * 1 + [(f"p{n}", 4) for n in range(30)])
    )[0]
    assert more.value is None
    assert more.status is Status.PROVISIONAL


def test_the_interval_for_many_customers_agrees_with_drawing_customers(duckdb_engine, rng):
    """The two methods meet where both are possible; plain Greenwood would be far too narrow."""
    history = history_of(duckdb_engine, buyers(rng, 1500))
    drawn = time_between_purchases(history)[0]
    gaps = all_gaps(duckdb_engine, history.active_days, history.as_of_day)
    gaps = gaps.withColumn("cell", duckdb_engine.F.lit(0))
    table = duckdb_engine.arrow(gap_counts(duckdb_engine, gaps))
    curve = product_limit(*(table[name].to_numpy() for name in ("gap_days", "closed", "gaps")))
    effect = _design_effects(history, gaps, table, {0: curve})[0]
    low, high, method = _median_limits(curve, effect)
    assert (drawn.ci_method, method) == ("bootstrap_customers", "greenwood_clustered")
    width = drawn.ci_high - drawn.ci_low
    assert low == pytest.approx(drawn.ci_low, abs=0.2 * width + 1)
    assert high == pytest.approx(drawn.ci_high, abs=0.2 * width + 1)
    plain_low, plain_high, _ = _median_limits(curve, 1.0)
    assert plain_high - plain_low < 0.8 * (high - low)


def test_more_than_two_thousand_customers_get_the_clustered_interval(duckdb_engine, rng):
    figure = time_between_purchases(history_of(duckdb_engine, buyers(rng, 2100, days=200)))[0]
    assert figure.ci_method == "greenwood_clustered"
    assert figure.ci_low <= figure.value <= figure.ci_high


def test_influences_of_independent_gaps_add_up_to_the_plain_variance(rng):
    days = rng.integers(1, 50, 500)
    closed = (rng.random(500) < 0.7).astype(int)
    curve = product_limit(days, closed, np.ones(500, dtype=int))
    at = int(np.flatnonzero(curve.surviving <= 0.5)[0])
    each = influence(curve, days, closed, at)
    assert each.sum() == pytest.approx(0, abs=1e-9)
    d, n = curve.events[: at + 1], curve.at_risk[: at + 1].astype(float)
    assert (each**2).sum() == pytest.approx((d * (n - d) / n**3).sum())
    assert (each**2).sum() == pytest.approx(curve.variance_sum[at], rel=0.15)


def test_the_median_of_steady_buyers_is_found(duckdb_engine):
    """Gaps of 1 + Exp(30) days: half are shorter than 1 + 30 ln 2."""
    rng = np.random.default_rng(5)
    rows = []
    for number in range(600):
        day = float(rng.integers(200))
        while day < 500:
            rows.append((f"c{number}", int(day)))
            day += 1 + rng.exponential(30)
    figure = time_between_purchases(history_of(duckdb_engine, rows))[0]
    assert figure.ci_low - 1 <= 1 + 30 * np.log(2) <= figure.ci_high + 1


def test_a_series_follows_the_day_on_which_a_gap_began(duckdb_engine):
    rows = [(f"c{number}", day) for number in range(40) for day in (0, 7, 40, 70)]
    figures = time_between_purchases(history_of(duckdb_engine, rows), by="month")
    assert [(figure.period, figure.value) for figure in figures] == [
        ("2025-01", 7),
        ("2025-02", 30),
        ("2025-03", None),
    ]
    assert figures[2].status is Status.PROVISIONAL


@pytest.mark.parametrize("rows", [[("a", 0)], [("a", 0), ("b", 3)], [("a", 0), ("a", 0)]])
def test_without_a_closed_gap_there_is_no_median(duckdb_engine, rows):
    figure = time_between_purchases(history_of(duckdb_engine, rows, as_of=date(2025, 6, 30)))[0]
    assert (figure.value, figure.ci_low, figure.status) == (None, None, Status.PROVISIONAL)


def test_rows_names_and_segments_leave_figures_as_they_are(duckdb_engine, rng):
    rows = buyers(rng, 60)
    mixed = [(f"x{int(rows[i][0][1:]) * 7919 % 99991}", rows[i][1]) for i in rng.permutation(len(rows))]
    one, two = history_of(duckdb_engine, rows), history_of(duckdb_engine, mixed)
    for by in (None, "quarter"):
        assert [figure.as_dict() for figure in time_between_purchases(one, by=by)] == [
            figure.as_dict() for figure in time_between_purchases(two, by=by)
        ]


def test_reductions_are_the_same_on_every_engine(engine):
    rows = [("a", 0), ("a", 5), ("a", 10), ("b", 3), ("c", 9)]
    history = history_of(engine, rows)
    gaps = all_gaps(engine, history.active_days, history.as_of_day).withColumn("cell", engine.F.lit(0))
    counted = engine.arrow(gap_counts(engine, gaps)).to_pylist()
    assert sorted((row["gap_days"], row["closed"], row["gaps"]) for row in counted) == [
        (0, 0, 1),
        (1, 0, 1),
        (5, 1, 2),
        (7, 0, 1),
    ]
    table = pa.table(
        {
            "influence_cell": pa.array([0, 0], pa.int32()),
            "influence_days": pa.array([5, 7], pa.int32()),
            "influence_closed": pa.array([1, 0], pa.int32()),
            "influence": [0.5, -2.0],
        }
    )
    loaded = engine.frame(engine.load(table, "influences"))
    assert engine.arrow(influence_squares(engine, gaps, loaded))["squares"].to_pylist() == [5.0]
    assert time_between_purchases(history)[0].value == 5
    assert [figure.value for figure in time_between_purchases(history, by="month")] == [5]

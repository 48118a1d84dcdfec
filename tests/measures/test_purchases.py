"""Orders per buyer and money per order: a ratio of sums with customers as the unit."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from treue.history.division import Division, recent_span
from treue.history.history import History
from treue.history.settings import Settings
from treue.kernel.errors import WrongArgument
from treue.kernel.status import Status
from treue.measures.order_quality import order_quality
from treue.measures.purchases import (
    average_order_value,
    frequencies,
    moments,
    orders_per_customer,
    purchase_frequency,
)

START = datetime(2025, 1, 1, 9)
PRINTED = [("a", 3, 150), ("b", 1, 80), ("c", 2, 60), ("d", 5, 300), ("e", 1, 30)]


def orders(rows, **more):
    """Make purchases of ``(customer, day, cents)``."""
    return pa.table(
        {
            "order_id": pa.array([f"o{number}" for number in range(len(rows))], pa.string()),
            "customer_id": pa.array([row[0] for row in rows], pa.string()),
            "ordered_at": pa.array([START + timedelta(days=int(row[1])) for row in rows], pa.timestamp("us")),
            "net_amount": pa.array([int(row[2]) for row in rows], pa.int64()),
            **more,
        }
    )


def printed():
    return [(name, day, 100 * money // count) for name, count, money in PRINTED for day in range(count)]


def random_orders(rng, customers=400, days=500):
    rows = []
    for number in range(customers):
        for day in np.flatnonzero(rng.random(days) < rng.gamma(0.5, 0.02)):
            rows += [(f"c{number:04d}", int(day), int(rng.integers(-200, 9000)))]
    return rows


def history_of(engine, rows, **settings):
    return History.of(engine, {"purchases": orders(rows)}, Settings(**settings))


def plain(figures):
    return [figure.as_dict() for figure in figures]


def test_the_printed_example_gives_its_printed_numbers(duckdb_engine):
    history = history_of(duckdb_engine, printed())
    frequency, value = purchase_frequency(history)[0], average_order_value(history)[0]
    assert frequency.value == pytest.approx(2.4)
    assert (frequency.numerator, frequency.denominator, frequency.n) == (12, 5, 5)
    assert value.value == pytest.approx(51.67, abs=0.005)
    assert (value.numerator, value.denominator, value.n) == (620, 12, 5)
    assert frequency.status is value.status is Status.INSUFFICIENT


def test_the_linearised_interval_of_the_printed_example_has_its_standard_error(duckdb_engine):
    from treue.measures.purchases import _from_moments

    history = history_of(duckdb_engine, printed())
    division = Division(history, None, recent_span(history, 365))
    each = orders_per_customer(duckdb_engine, division.frame(history.customer_days))
    low, high, method = _from_moments(duckdb_engine.arrow(moments(duckdb_engine, each)).to_pylist()[0])
    assert (high - low) / 2 / 1.959963984540054 / 100 == pytest.approx(6.53, abs=0.005)
    assert method == "linearised"


def test_the_interval_covers_the_truth_about_as_often_as_it_says(duckdb_engine):
    """A thousand customers of a known firm, drawn 200 times: 95 % of the intervals hold the truth."""
    from treue.measures.purchases import _from_moments

    rng = np.random.default_rng(7)
    held = 0
    for _ in range(200):
        x = 1 + rng.poisson(rng.gamma(1.0, 2.0, 1000))
        y = x * rng.lognormal(4, 0.5, 1000)
        row = {
            "customers": 1000,
            "orders": x.sum(),
            "amount": y.sum(),
            "amount_squared": (y**2).sum(),
            "orders_squared": (x**2).sum(),
            "product": (x * y).sum(),
        }
        low, high, _ = _from_moments(row)
        held += low <= np.exp(4 + 0.125) <= high
    assert 180 <= held <= 199


@pytest.mark.parametrize("by", ["month", "quarter", "year"])
def test_a_series_agrees_with_pandas(duckdb_engine, rng, by):
    rows = random_orders(rng)
    history = history_of(duckdb_engine, rows)
    frame = pd.DataFrame(rows, columns=["customer", "day", "cents"])
    period = (pd.Timestamp(START) + pd.to_timedelta(frame["day"], unit="D")).dt.to_period(by[0].upper())
    frame["period"] = period.astype(str).str.replace(r"(\d)Q", r"\1-Q", regex=True)
    kept = frame[frame["cents"] > 0]
    for figure, value in zip(
        purchase_frequency(history, by=by), average_order_value(history, by=by), strict=True
    ):
        mine, all_mine = kept[kept["period"] == figure.period], frame[frame["period"] == value.period]
        assert figure.value == pytest.approx(len(mine) / mine["customer"].nunique())
        assert value.value == pytest.approx(all_mine["cents"].sum() / 100 / len(mine))
    assert figure.period == frame["period"].max()


def test_the_running_period_is_provisional_and_an_empty_one_undefined(duckdb_engine):
    history = history_of(duckdb_engine, [("a", 0, 100), ("b", 70, 100)])
    figures = purchase_frequency(history, by="month")
    assert [(figure.period, figure.status) for figure in figures] == [
        ("2025-01", Status.INSUFFICIENT),
        ("2025-02", Status.UNDEFINED),
        ("2025-03", Status.PROVISIONAL),
    ]
    assert [figure.value for figure in average_order_value(history, by="month")] == [1.0, None, 1.0]


def test_only_the_last_year_counts_for_the_figure_as_it_stands(duckdb_engine):
    history = history_of(duckdb_engine, [("a", 0, 100), ("a", 400, 300), ("b", 600, 500)])
    figure = average_order_value(history)[0]
    assert figure.value == 4.0
    assert figure.window == "2025-08-25/2026-08-25"


def test_segments_add_up_and_customers_without_one_are_unknown(duckdb_engine):
    rows = [("a", 0, 100), ("b", 1, 300), ("c", 2, 500)]
    tables = {"purchases": orders(rows, country=pa.array(["NO", None, "DE"], pa.string()))}
    figures = average_order_value(History.of(duckdb_engine, tables), by="country")
    assert [(figure.segment, figure.value) for figure in figures] == [
        ("DE", 5.0),
        ("NO", 1.0),
        ("unknown", 3.0),
    ]


def test_an_unknown_division_names_the_known_ones(duckdb_engine):
    with pytest.raises(WrongArgument, match="by='colour'"):
        purchase_frequency(history_of(duckdb_engine, printed()), by="colour")


def test_orders_of_nothing_are_not_counted_but_their_amounts_stay(duckdb_engine):
    history = history_of(duckdb_engine, [("a", 0, 1000), ("a", 5, -300), ("b", 3, 0)])
    assert purchase_frequency(history)[0].value == 1.0
    assert average_order_value(history)[0].value == 7.0
    quality = order_quality(history)
    assert (quality.orders, quality.kept, quality.zero_or_negative) == (3, 1, 2)
    assert (quality.customers, quality.customers_without_purchase) == (2, 1)


def test_the_order_of_rows_and_the_names_of_customers_change_nothing(duckdb_engine, rng):
    rows = random_orders(rng, customers=150)
    mixed = [(f"x{int(rows[i][0][1:]) * 7919 % 99991}", *rows[i][1:]) for i in rng.permutation(len(rows))]
    first, second = history_of(duckdb_engine, rows), history_of(duckdb_engine, mixed)
    for by in (None, "month"):
        assert plain(purchase_frequency(first, by=by)) == plain(purchase_frequency(second, by=by))
        assert plain(average_order_value(first, by=by)) == plain(average_order_value(second, by=by))


def test_scaling_money_scales_the_order_value_and_nothing_else(duckdb_engine, rng):
    rows = random_orders(rng, customers=100)
    first = history_of(duckdb_engine, rows)
    second = history_of(duckdb_engine, [(name, day, 7 * cents) for name, day, cents in rows])
    one, seven = average_order_value(first)[0], average_order_value(second)[0]
    assert seven.value == pytest.approx(7 * one.value)
    assert seven.ci_low == pytest.approx(7 * one.ci_low)
    assert plain(purchase_frequency(first)) == plain(purchase_frequency(second))


def test_large_amounts_do_not_overflow(duckdb_engine):
    rows = [(f"c{number}", number % 3, 4 * 10**12) for number in range(2500)]
    figure = average_order_value(history_of(duckdb_engine, rows))[0]
    assert figure.ci_low == pytest.approx(figure.value) == pytest.approx(4e10)


def test_reductions_are_the_same_on_every_engine(engine, rng):
    rows = random_orders(rng, customers=40, days=90)
    history = history_of(engine, rows)
    each = orders_per_customer(
        engine, Division(history, "month", recent_span(history, 365)).frame(history.customer_days)
    )
    frame = pd.DataFrame(rows, columns=["customer", "day", "cents"])
    frame["cell"] = (START + pd.to_timedelta(frame["day"], unit="D")).dt.month - 1 + 12 * 2025
    per = frame.assign(kept=frame["cents"] > 0).groupby(["cell", "customer"])[["kept", "cents"]].sum()
    per = per[(per["kept"] > 0) | (per["cents"] != 0)].reset_index()
    got = engine.arrow(moments(engine, each)).to_pandas().sort_values("cell").reset_index(drop=True)
    grouped = per.groupby("cell")
    assert got["customers"].tolist() == grouped.size().tolist()
    assert got["orders"].tolist() == grouped["kept"].sum().tolist()
    assert got["amount"].tolist() == grouped["cents"].sum().tolist()
    assert got["amount_squared"].tolist() == grouped["cents"].apply(lambda c: float((c**2).sum())).tolist()
    counts = engine.arrow(frequencies(engine, each)).to_pandas().sort_values(["cell", "orders"])
    buyers = per[per["kept"] > 0].groupby(["cell", "kept"]).size()
    assert counts["customers"].tolist() == buyers.tolist()


def test_returns_are_counted_by_what_they_did(engine):
    tables = {
        "purchases": orders([("a", 0, 1000), ("a", 3, 2000), ("b", 4, 0), ("c", 6, 500)]),
        "returns": pa.table(
            {
                "return_id": ["r1", "r2", "r3", "r4", "r5"],
                "order_id": pa.array(["o0", "o1", "gone", None, "o2"], pa.string()),
                "returned_at": pa.array([START + timedelta(days=5)] * 5, pa.timestamp("us")),
                "amount": pa.array([1000, 500, 100, 100, 10], pa.int64()),
            }
        ),
        "customers": pa.table({"customer_id": ["a", "b", "z"]}),
    }
    quality = order_quality(History.of(engine, tables, Settings(as_of=date(2025, 2, 1))))
    assert (quality.fully_returned, quality.partly_returned, quality.unlinked_returns) == (1, 1, 2)
    assert (quality.customers, quality.customers_without_purchase) == (4, 2)
    assert (quality.orders, quality.kept) == (4, 2)

"""What customers were worth: discounted to the first purchase, compared at equal age."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats

from treue.history.history import History
from treue.history.settings import Settings
from treue.kernel.status import Status
from treue.measures.value import THOUSAND, customer_values, discounted, historic_clv

START = datetime(2023, 1, 1, 9)


def history_of(engine, rows, margins=None, **settings):
    """Make a history of ``(customer, day, cents)``."""
    table = {
        "order_id": pa.array([f"o{number}" for number in range(len(rows))], pa.string()),
        "customer_id": pa.array([row[0] for row in rows], pa.string()),
        "ordered_at": pa.array([START + timedelta(days=int(row[1])) for row in rows], pa.timestamp("us")),
        "net_amount": pa.array([int(row[2]) for row in rows], pa.int64()),
    }
    if margins is not None:
        table["margin_amount"] = pa.array(margins, pa.int64())
    return History.of(engine, {"purchases": pa.table(table)}, Settings(**settings))


def test_the_printed_example_gives_its_printed_numbers():
    assert discounted([50, 40, 60], [0, 0.5, 1.25], 0.10) == pytest.approx(141.40, abs=0.005)
    assert discounted([50, 40, 60], [0, 0.5, 1.25], 0.0) == 150


def test_the_printed_example_holds_in_days_of_orders(duckdb_engine):
    rows = [("a", 0, 5000), ("a", 183, 4000), ("a", 457, 6000)]
    values = customer_values(history_of(duckdb_engine, rows))
    row = duckdb_engine.arrow(values).to_pylist()[0]
    assert row["value"] / THOUSAND / 100 == pytest.approx(141.40, abs=0.02)
    assert row["value_365"] / THOUSAND / 100 == pytest.approx(50 + 40 * 1.1**-0.501, abs=0.01)
    undiscounted = customer_values(history_of(duckdb_engine, rows, discount_share=0.0))
    assert duckdb_engine.arrow(undiscounted)["value"].to_pylist() == [15000 * THOUSAND]


def test_the_words_say_whether_it_is_margin_or_revenue(duckdb_engine):
    rows = [("a", 0, 5000), ("b", 0, 5000)]
    later = {"as_of": date(2024, 6, 1)}
    revenue = historic_clv(history_of(duckdb_engine, rows, **later))[0]
    share = historic_clv(history_of(duckdb_engine, rows, margin_share=0.4, **later))[0]
    own = historic_clv(history_of(duckdb_engine, rows, [1000, 2000], margin_share=0.9, **later))[0]
    some = historic_clv(history_of(duckdb_engine, rows, [1000, None], **later))[0]
    assert (revenue.value, share.value, own.value, some.value) == (50.0, 20.0, 15.0, 10.0)
    assert [figure.window.partition("; ")[2] for figure in (revenue, share, own, some)] == [
        "net revenue, no margin given",
        "margin at 40 % of net revenue",
        "margin",
        "margin, at 20 % of net revenue where orders carry none",
    ]


def test_cohorts_agree_with_pandas(duckdb_engine, rng):
    rows = [
        (f"c{number}", first + int(wait), int(rng.integers(100, 9000)))
        for number, first in enumerate(rng.integers(0, 400, 200).tolist())
        for wait in [0, *rng.exponential(90, int(rng.integers(0, 5)))]
    ]
    history = history_of(duckdb_engine, rows)
    frame = pd.DataFrame(rows, columns=["customer", "day", "cents"])
    frame["first"] = frame.groupby("customer")["day"].transform("min")
    frame["age"] = frame["day"] - frame["first"]
    frame["worth"] = frame["cents"] * 1.1 ** (-frame["age"] / 365.25) / 100
    frame["period"] = (pd.Timestamp(START) + pd.to_timedelta(frame["first"], unit="D")).dt.to_period("Q")
    for figure in historic_clv(history, by="quarter"):
        age = int(figure.window.split()[0])
        mine = frame[frame["period"].astype(str).str.replace("Q", "-Q") == figure.period]
        done = mine[mine["first"] + age <= frame["day"].max()]
        each = done[done["age"] <= age].groupby("customer")["worth"].sum()
        assert figure.n == len(each)
        assert figure.value == (pytest.approx(each.mean(), abs=1e-4) if len(each) else None)
        if len(each) > 1:
            half = (figure.ci_high - figure.ci_low) / 2
            assert half / each.sem() == pytest.approx(stats.t.ppf(0.975, len(each) - 1), rel=1e-3)


def test_a_cohort_is_provisional_until_all_have_the_age(duckdb_engine):
    rows = [("a", 0, 100), ("b", 20, 900), ("a", 100, 100)]
    found = historic_clv(history_of(duckdb_engine, rows), by="month")
    january = {figure.window.split()[0]: figure for figure in found if figure.period == "2023-01"}
    assert (january["90"].value, january["90"].n, january["90"].status) == (1.0, 1, Status.PROVISIONAL)
    assert january["365"].status is Status.UNDEFINED


def test_what_came_back_is_worth_nothing_and_credit_notes_count(duckdb_engine):
    rows = [("a", 0, 5000), ("a", 10, -1000), ("b", 0, 0)]
    figure = historic_clv(history_of(duckdb_engine, rows, as_of=date(2024, 6, 1)))[0]
    assert figure.value == pytest.approx(50 - 10 * 1.1 ** (-10 / 365.25), abs=1e-4)
    assert figure.n == 1


def test_scaling_money_scales_value_and_limits(duckdb_engine, rng):
    rows = [(f"c{number}", number % 40, int(rng.integers(100, 9000))) for number in range(90)]
    later = {"as_of": date(2024, 6, 1)}
    one = historic_clv(history_of(duckdb_engine, rows, **later))[0]
    ten = historic_clv(history_of(duckdb_engine, [(n, d, 10 * c) for n, d, c in rows[::-1]], **later))[0]
    assert (ten.value, ten.ci_low) == (pytest.approx(10 * one.value), pytest.approx(10 * one.ci_low))
    assert (ten.n, ten.status) == (one.n, one.status)


def test_values_are_the_same_on_every_engine(engine):
    rows = [("a", 0, 5000), ("a", 183, 4000), ("a", 457, 6000), ("b", 30, 777), ("b", 31, -77)]
    got = {
        row["customer_id"]: row for row in engine.arrow(customer_values(history_of(engine, rows))).to_pylist()
    }
    factor = np.array([1, 1.1 ** (-183 / 365.25), 1.1 ** (-457 / 365.25)])
    assert got["a"]["value"] == int(np.round(np.array([5000, 4000, 6000]) * factor * THOUSAND).sum())
    assert got["a"]["value_90"] == 5000 * THOUSAND
    assert got["b"]["value"] == 777000 - round(77000 * 1.1 ** (-1 / 365.25))
    figure = historic_clv(history_of(engine, rows))[0]
    assert (figure.n, figure.window.split()[0]) == (2, "30")

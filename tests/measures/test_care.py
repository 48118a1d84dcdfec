"""The care list: silence against the customer's own rhythm, weighted by worth so far."""

from __future__ import annotations

import statistics
from datetime import date, datetime, timedelta

import pyarrow as pa
import pytest

from treue.history.history import History
from treue.history.settings import Settings
from treue.measures.care import care_list, care_summary, care_table

START = datetime(2025, 1, 1, 9)


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
    return History.of(engine, {"purchases": pa.table(table)}, Settings(**{"window_days": 120, **settings}))


def every(name, gap, until, cents=1000, start=0):
    return [(name, day, cents) for day in range(start, until + 1, gap)]


TODAY = [("today", 300, 1)]


@pytest.mark.slow_on_spark
def test_a_customer_silent_beyond_her_rhythm_is_named_with_the_reason(engine):
    rows = [*every("lea", 35, 210, 4000), *every("steady", 35, 280), *TODAY]
    row = care_list(history_of(engine, rows))[0]
    assert (row.customer_id, row.silent_days, row.usual_gap_days, row.orders_count) == ("lea", 90, 35.0, 7)
    assert row.ratio == pytest.approx(90 / 35)
    assert (row.reason.kind, row.reason.gaps_count, row.reason.shorter_count) == ("beyond_own_rhythm", 6, 6)
    assert (row.first_on, row.last_on) == (date(2025, 1, 1), date(2025, 7, 30))
    assert row.value == row.value_per_year == 28_000
    unusual = (6 + 1 - 2 ** -(90 / 35)) / 7
    assert row.stake == round(28_000 * unusual)
    assert row.recent == tuple((date(2025, 1, 1) + timedelta(days=d), 4000) for d in range(0, 211, 35))
    assert [one.customer_id for one in care_list(history_of(engine, rows))] == ["lea"]


@pytest.mark.slow_on_spark
def test_the_better_customer_comes_first_and_equal_ones_by_name(engine):
    rows = [*TODAY]
    for name, cents in (("small", 100), ("great", 9000), ("b", 500), ("Ä", 500), ("a", 500), ("A", 500)):
        rows += every(name, 30, 210, cents)
    history = history_of(engine, rows)
    assert [row.customer_id for row in care_list(history)] == ["great", "A", "a", "b", "Ä", "small"]
    assert [row.customer_id for row in care_list(history, limit=3)] == ["great", "A", "a"]
    assert care_list(history, limit=0) == []


def test_who_is_not_on_the_list(duckdb_engine):
    rows = [
        *every("within her rhythm", 30, 270),
        ("bought once", 100, 90_000),
        *every("gone for good", 10, 100, 50_000),
        *[("irregular", day, 5000) for day in (0, 2, 4, 6, 100, 102, 104, 200, 202, 240)],
        ("same day", 200, 5000),
        ("same day", 200, 5000),
        *TODAY,
    ]
    assert care_list(history_of(duckdb_engine, rows)) == []
    assert care_summary(history_of(duckdb_engine, rows)).customers == 0


def test_few_gaps_are_measured_against_everybodys(duckdb_engine):
    rows = [*every("steady", 20, 300), ("two", 180, 3000), ("two", 200, 3000), *TODAY]
    row = care_list(history_of(duckdb_engine, rows))[0]
    assert (row.customer_id, row.usual_gap_days, row.silent_days) == ("two", 20.0, 100)
    assert (row.reason.kind, row.reason.gaps_count) == ("beyond_common_rhythm", 1)


def test_a_slow_buyer_is_not_given_up_when_the_window_has_passed(duckdb_engine):
    rows = [*every("slow", 90, 360), ("today", 560, 1)]
    row = care_list(history_of(duckdb_engine, rows))[0]
    assert (row.customer_id, row.silent_days) == ("slow", 200)
    later = [*every("slow", 90, 360), ("today", 760, 1)]
    assert care_list(history_of(duckdb_engine, later)) == []


def test_the_stake_is_margin_where_it_is_known(duckdb_engine):
    rows = [*every("lea", 35, 210, 4000), *TODAY]
    revenue = care_summary(history_of(duckdb_engine, rows))
    share = care_summary(history_of(duckdb_engine, rows, margin_share=0.25))
    own = care_summary(history_of(duckdb_engine, rows, [500] * len(rows)))
    assert (revenue.worth.kind, share.worth.kind, own.worth.kind) == ("revenue", "margin_share", "margin")
    assert (share.stake, own.stake) == (
        pytest.approx(revenue.stake / 4, abs=1),
        pytest.approx(revenue.stake / 8, abs=1),
    )


def test_a_year_is_never_extrapolated_and_more_years_are_averaged(duckdb_engine):
    two_years = [*every("lea", 35, 35 * 20, 1000), ("today", 731, 1), *every("other", 35, 735 - 35, 10)]
    row = care_list(history_of(duckdb_engine, [*every("lea", 35, 210, 1000), *TODAY]))[0]
    assert row.value_per_year == row.value
    later = history_of(duckdb_engine, [*two_years, ("today", 790, 1)])
    row = next(one for one in care_list(later) if one.customer_id == "lea")
    assert row.value_per_year == round(row.value / (790 / 365.25))
    assert row.recent[0][0] > date(2025, 1, 1) + timedelta(days=790 - 731 - 1)


def test_the_table_holds_everybody_and_agrees_with_the_definition(duckdb_engine, rng):
    rows = [*TODAY]
    for number in range(120):
        day, pace = int(rng.integers(0, 100)), int(rng.choice([5, 20, 60]))
        while day < 260:
            rows.append((f"c{number}", day, int(rng.integers(100, 5000))))
            day += 1 + int(rng.exponential(pace))
    history = history_of(duckdb_engine, rows)
    table = care_table(history)
    found = {row["customer_id"]: row for row in duckdb_engine.arrow(table).to_pylist()}
    days = {}
    for name, day, _ in rows:
        days.setdefault(name, set()).add(day)
    gaps = {
        name: [b - a for a, b in zip(sorted(all_)[:-1], sorted(all_)[1:], strict=True)]
        for name, all_ in days.items()
    }
    common = statistics.median([gap for own in gaps.values() for gap in own])
    expected = set()
    for name, own in gaps.items():
        silent = 300 - max(days[name])
        usual = statistics.median(own) if len(own) >= 3 else common
        ratio = silent / usual
        unusual = (sum(gap < silent for gap in own) + 1 - 2**-ratio) / (len(own) + 1)
        if own and ratio >= 1.5 and unusual >= 0.9 and (silent <= 120 or ratio <= 4.3):
            expected.add(name)
            assert found[name]["usual_gap_days"] == usual
    assert set(found) == expected
    assert 10 < len(expected) < 120
    total = care_summary(history)
    assert (total.customers, total.stake) == (len(expected), sum(row["stake"] for row in found.values()))
    ranked = care_list(history, limit=200)
    assert [row.stake for row in ranked] == sorted((row["stake"] for row in found.values()), reverse=True)


def test_the_order_of_rows_changes_nothing(duckdb_engine, rng):
    rows = [*TODAY]
    for number in range(30):
        rows += every(f"c{number}", 10 + number, 220, 100 * (number % 7 + 1))
    mixed = [rows[i] for i in rng.permutation(len(rows))]
    assert care_list(history_of(duckdb_engine, rows)) == care_list(history_of(duckdb_engine, mixed))

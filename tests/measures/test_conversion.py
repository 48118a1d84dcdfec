"""Customers of today and people who only looked: who buys within ninety days."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pytest

from treue.engine.duckdb import DuckDBEngine
from treue.history.history import History
from treue.history.settings import Settings
from treue.kernel.errors import NotEnoughData, WrongArgument
from treue.kernel.status import Status
from treue.kernel.units import day_number
from treue.measures.conversion import (
    existing_versus_new,
    probability_existing_buys,
    probability_new_buys,
    unconverted_people,
)

AS_OF = date(2026, 6, 30)
T = AS_OF - timedelta(days=89)
"""The first of the ninety days in which purchases are watched."""


def at(days):
    from datetime import datetime

    return datetime(T.year, T.month, T.day, 12) + timedelta(days=days)


def history_of(engine, bought, visited=None, **settings):
    """Make a history of ``(customer, days from T)`` and ``(customer, anonymous id, days from T)``."""
    tables = {
        "purchases": pa.table(
            {
                "order_id": pa.array([f"o{number}" for number in range(len(bought))], pa.string()),
                "customer_id": pa.array([row[0] for row in bought], pa.string()),
                "ordered_at": pa.array([at(row[1]) for row in bought], pa.timestamp("us")),
                "net_amount": pa.array([100] * len(bought), pa.int64()),
            }
        )
    }
    if visited is not None:
        tables["visits"] = pa.table(
            {
                "visit_id": pa.array([f"v{number}" for number in range(len(visited))], pa.string()),
                "customer_id": pa.array([row[0] for row in visited], pa.string()),
                "anonymous_id": pa.array([row[1] for row in visited], pa.string()),
                "at": pa.array([at(row[2]) for row in visited], pa.timestamp("us")),
            }
        )
    return History.of(engine, tables, Settings(as_of=AS_OF, window_days=120, **settings))


def test_the_printed_example_gives_its_printed_numbers(duckdb_engine):
    """Of 600 people who had looked, 90 bought: 15 %, 12.4 to 18.1."""
    visited = [(f"p{number}", None, -10) for number in range(600)]
    bought = [("old", -100)] + [(f"p{number}", 5) for number in range(90)]
    figure = probability_new_buys(history_of(duckdb_engine, bought, visited))[0]
    assert (figure.numerator, figure.denominator, figure.value) == (90, 600, 0.15)
    assert (figure.ci_low, figure.ci_high) == (pytest.approx(0.124, abs=5e-4), pytest.approx(0.181, abs=5e-4))
    assert figure.window == "2026-04-02/2026-07-01"
    assert figure.status is Status.OK


def test_only_active_customers_of_the_start_count_as_existing(engine):
    bought = [
        ("active", -100),
        ("active", 0),
        ("silent", -50),
        ("just active", -120),
        ("lapsed", -121),
        ("lapsed", 3),
        ("lost", -300),
        ("new", 0),
        ("new", 50),
    ]
    figure = probability_existing_buys(history_of(engine, bought))[0]
    assert (figure.numerator, figure.denominator) == (1, 3)


def test_people_are_counted_once_and_only_while_they_have_not_bought(engine):
    visited = [
        ("buyer", "x1", -100),
        ("prospect", None, -20),
        ("prospect", None, -5),
        ("converted", "x2", -30),
        (None, "x3", -10),
        (None, "x3", -9),
        (None, "x4", -8),
        ("recognised", "x4", 30),
        ("too late", None, 0),
        ("too long ago", None, -121),
        (None, None, -3),
    ]
    bought = [
        ("buyer", -90),
        ("buyer", 10),
        ("converted", 4),
        ("recognised", 31),
        ("too late", 8),
        ("z", -400),
    ]
    figure = probability_new_buys(history_of(engine, bought, visited))[0]
    # prospect, converted, the anonymous x3, and x4 who turned out to be "recognised"
    assert (figure.numerator, figure.denominator) == (2, 4)


def test_a_recognised_visitor_is_the_person(duckdb_engine):
    visits = pa.table(
        {
            "customer_id": pa.array([None, "a", None], pa.string()),
            "anonymous_id": pa.array(["x", "x", "y"], pa.string()),
            "visit_day": pa.array([1, 9, 2], pa.int32()),
        }
    )
    nobody = duckdb_engine.load(pa.table({"known_id": pa.array([], pa.string())}), "known")
    people = unconverted_people(
        duckdb_engine,
        duckdb_engine.frame(duckdb_engine.load(visits, "visits")),
        duckdb_engine.frame(nobody),
        0,
        5,
    )
    rows = duckdb_engine.arrow(people).to_pylist()
    assert sorted((row["person_id"] or "", row["anonymous_id"] or "") for row in rows) == [
        ("", "y"),
        ("a", ""),
    ]


def test_the_difference_has_an_interval(duckdb_engine):
    visited = [(f"p{number}", None, -10) for number in range(80)]
    bought = [(f"c{number}", -20) for number in range(70)] + [(f"c{number}", 5) for number in range(56)]
    bought += [(f"p{number}", 5) for number in range(48)]
    both = existing_versus_new(history_of(duckdb_engine, [*bought, ("z", -300)], visited))
    assert both.difference == pytest.approx(0.2)
    assert (both.ci_low, both.ci_high) == (pytest.approx(0.0524, abs=1e-4), pytest.approx(0.3339, abs=1e-4))


def test_a_short_history_cannot_tell(duckdb_engine):
    history = history_of(duckdb_engine, [("a", 10), ("b", 20)], [("p", None, 1)])
    figure = probability_existing_buys(history)[0]
    assert (figure.value, figure.n, figure.status) == (None, 0, Status.UNDEFINED)
    both = existing_versus_new(history)
    assert (both.difference, both.ci_low) == (None, None)


def test_without_visits_it_is_said_what_is_missing():
    with DuckDBEngine() as engine, pytest.raises(NotEnoughData, match="table='visits'"):
        probability_new_buys(history_of(engine, [("a", -10)]))


def test_calendar_periods_are_refused(duckdb_engine):
    with pytest.raises(WrongArgument, match="it can be divided by: segment"):
        probability_existing_buys(history_of(duckdb_engine, [("a", -10)]), by="month")


def test_segments_divide_both(duckdb_engine):
    history = history_of(
        duckdb_engine, [("a", -10), ("b", -10), ("a", 3), ("y", -200)], [("p", None, -1), (None, "x", -1)]
    )
    people = pa.table({"customer_id": ["a", "b", "p"], "country": ["NO", "DE", "NO"]})
    tables = {**history.tables, "customers": duckdb_engine.load(people, "customers")}
    divided = History(duckdb_engine, tables, history.settings)
    existing = {figure.segment: figure.value for figure in probability_existing_buys(divided, by="country")}
    assert existing == {"DE": 0.0, "NO": 1.0}
    new = {figure.segment: figure.n for figure in probability_new_buys(divided, by="country")}
    assert new == {"NO": 1, "unknown": 1}


def test_the_first_of_the_ninety_days_is_watched_and_the_last_too(duckdb_engine):
    bought = [("a", -10), ("a", 0), ("b", -10), ("b", 89), ("c", -10), ("d", -10), ("d", -1), ("y", -300)]
    figure = probability_existing_buys(history_of(duckdb_engine, bought))[0]
    assert (figure.numerator, figure.denominator) == (2, 4)
    assert day_number(AS_OF) - day_number(T) == 89

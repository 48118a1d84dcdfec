"""Moves between boundaries are what a recount of everybody at every boundary gives."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import date

import numpy as np
import pytest

from treue.ladder.climb import climb_to
from treue.ladder.moves import complete_periods, distinct_paths, ladder_moves, settled_from
from treue.ladder.passage import passages
from treue.ladder.rungs import POSSIBLE, STATES
from treue.ladder.transition import possible_moves


def recounted(truth, found):
    """Return people per boundary and moves per period, one person at a time."""
    bounds = [period.start for period in found.periods] + [found.periods[-1].end]
    present = np.zeros((len(bounds), 6), dtype=int)
    counts = np.zeros((len(bounds) - 1, 6, 6), dtype=int)
    for who in truth.known:
        states = [truth.rung(who, t) for t in bounds]
        for number, state in enumerate(states):
            if state:
                present[number, STATES.index(state)] += 1
        for number, (start, end) in enumerate(itertools.pairwise(states)):
            if start:
                counts[number, STATES.index(start), STATES.index(end)] += 1
    return present, counts


@pytest.mark.parametrize("grain", ["month", "quarter", "year"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_equal_a_recount_at_every_boundary(seed, grain, duckdb_engine, firm, make_history, recount):
    tables = firm(seed, people=25)
    history = make_history(duckdb_engine, tables)
    found = ladder_moves(history, grain)
    present, counts = recounted(recount(tables, history.as_of), found)
    np.testing.assert_array_equal(found.present, present)
    np.testing.assert_array_equal(found.counts, counts)
    for row, start in enumerate(STATES):
        for column, end in enumerate(STATES):
            assert end in POSSIBLE[start] or not counts[:, row, column].any()


@pytest.mark.parametrize("seed", [4, 5])
def test_paths_of_customers_equal_a_recount(seed, duckdb_engine, firm, make_history, recount):
    tables = firm(seed, people=25)
    history = make_history(duckdb_engine, tables)
    found = ladder_moves(history, "quarter")
    truth = recount(tables, history.as_of)
    bounds = [period.start for period in found.periods[found.warm_up :]] + [found.periods[-1].end]
    cells = [move for move in possible_moves(history) if move[0] != "advocate"]
    told = Counter()
    for who in truth.known:
        states = [truth.rung(who, t) for t in bounds]
        made = Counter(itertools.pairwise(states))
        if row := tuple(made[cell] for cell in cells):
            told[row] += any(row)
    rows, people = distinct_paths(duckdb_engine, found, cells)
    got = dict(zip(map(tuple, rows.tolist()), people.tolist(), strict=True))
    assert got == {row: count for row, count in told.items() if count}
    assert found.warm_up == sum(period.end <= settled_from(history) for period in found.periods)


def test_moves_by_age_add_up_to_the_settled_moves(duckdb_engine, firm, make_history):
    found = ladder_moves(make_history(duckdb_engine, firm(6, people=60)), "month")
    assert found.warm_up > 0
    np.testing.assert_array_equal(found.by_age.sum(axis=0), found.settled.sum(axis=0))


@pytest.mark.slow_on_spark
def test_are_the_same_on_every_engine(engine, firm, make_history, recount):
    tables = firm(78)
    history = make_history(engine, tables)
    found = ladder_moves(history, "quarter")
    _, counts = recounted(recount(tables, history.as_of), found)
    np.testing.assert_array_equal(found.counts, counts)
    rows, people = distinct_paths(engine, found, possible_moves(history))
    np.testing.assert_array_equal(
        people @ rows,
        [
            found.settled.sum(axis=0)[STATES.index(start), STATES.index(end)]
            for start, end in possible_moves(history)
        ],
    )
    distinct, ended = passages(history, "customer", "client")
    assert ended.sum() > 0
    assert (distinct > 0).all()


def test_passages_equal_a_recount_day_by_day(duckdb_engine, firm, make_history, recount):
    tables = firm(9, people=30)
    history = make_history(duckdb_engine, tables)
    truth = recount(tables, history.as_of)
    told = Counter()
    for who, days in truth.known.items():
        # the state on which a day ends is the state just before the next
        states = [(day, truth.rung(who, day + 1)) for day in range(min(days), history.as_of_day + 1)]
        firsts = {}
        for day, state in states:
            firsts.setdefault(state, day)
        entry = firsts.get("customer")
        if entry is None:
            continue
        arrive = min(firsts.get("client", 10**9), firsts.get("advocate", 10**9))
        leave = firsts.get("former", 10**9)
        if min(arrive, leave) <= entry or history.as_of_day == entry:
            continue
        end = min(arrive, leave, history.as_of_day)
        told[end - entry, 1 if arrive == end else 2 if leave == end else 0] += 1
    distinct, ended = passages(history, "customer", "client")
    got = {(int(distinct[row]), int(cause)): int(ended[row, cause]) for row, cause in np.argwhere(ended)}
    assert got == dict(told)


def test_a_period_that_is_not_over_is_left_out():
    labels = [one.label for one in complete_periods(date(2026, 1, 1), date(2026, 6, 29), "quarter")]
    assert labels == ["2026-Q1"]
    assert complete_periods(date(2026, 1, 2), date(2026, 6, 29), "year") == []


def test_a_climb_counts_arrivals_and_exits_on_the_way(simple_history):
    people = {f"p{number}": [number % 60, 100 + number] for number in range(40)}
    people |= {f"q{number}": [number % 60] for number in range(40)}
    climb = climb_to(simple_history(people, window=120, as_of=date(2023, 12, 31)), "client")
    assert climb.people_on("customer") == 80
    arrivals, exits = climb.events_from("customer")
    assert (arrivals, exits) == (climb.table[0, 1], climb.table[0, 2])
    assert climb.table.sum() == climb.moves.settled.sum(axis=0)[STATES.index("customer")].sum()

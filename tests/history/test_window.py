"""The activity window is found in the data, and says how wrong it is."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pytest

from treue.history.window import find_window, silences

START = date(2025, 1, 1)


def table(*rows):
    gaps, open_days, customers = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        {
            "longest_gap_days": pa.array(gaps, pa.int32()),
            "open_days": pa.array(open_days, pa.int32()),
            "customers": pa.array(customers, pa.int64()),
        }
    )


def slow_window(rows, limit):
    """Try every window: the shortest from which on at most one in twenty of the silent came back."""

    def share(days):
        silent = sum(n for gap, waited, n in rows if max(gap, waited) > days)
        return sum(n for gap, _, n in rows if gap > days) / silent if silent else 0.0

    return next(
        (days for days in range(1, limit + 1) if all(share(d) <= 0.05 for d in range(days, limit + 1))), None
    )


@pytest.mark.parametrize(
    "rows",
    [
        [(10, 5, 90), (40, 5, 6), (0, 100, 100)],
        [(30, 0, 5), (60, 10, 5), (0, 170, 400)],
        [(90, 10, 50), (0, 120, 2000)],
        [(20, 30, 10), (25, 200, 40), (120, 10, 1), (0, 190, 60)],
    ],
)
def test_it_is_the_shortest_that_holds_from_then_on(rows):
    found = find_window(table(*rows), history_days=400)
    assert found.days == slow_window(rows, 200)
    assert found.automatic
    assert found.sufficient
    assert (found.resurrection_share or 0) <= 0.05


def test_nobody_who_ever_came_back_is_no_evidence_for_a_window():
    """A shop of one-time buyers: every window would do, so half the history is named and not called found."""
    found = find_window(table((0, 1, 40), (0, 150, 60)), history_days=200)
    assert (found.days, found.returned, found.silent, found.sufficient) == (100, 0, 60, False)


def test_a_history_too_short_says_so():
    found = find_window(table((150, 10, 50), (0, 160, 50)), history_days=200)
    assert (found.days, found.sufficient) == (100, False)
    assert found.resurrection_share == 0.5


def test_a_given_window_is_kept_and_its_error_reported():
    found = find_window(table((50, 10, 30), (0, 60, 70)), history_days=365, given_days=40)
    assert (found.days, found.automatic, found.returned, found.silent) == (40, False, 30, 100)
    assert found.resurrection_share == 0.3


def test_a_given_window_longer_than_the_history_has_nobody_silent():
    found = find_window(table((50, 10, 30)), history_days=60, given_days=400)
    assert (found.silent, found.resurrection_share) == (0, None)


def test_silences_are_counted_per_customer(engine, of_purchases):
    rows = [("a", 0), ("a", 10), ("a", 40), ("b", 0), ("c", 5), ("d", 0), ("d", 30)]
    history = of_purchases(
        [(customer, START + timedelta(days=day)) for customer, day in rows],
        engine=engine,
        as_of=START + timedelta(days=50),
    )
    found = history.engine.arrow(silences(history.engine, history.active_days, history.as_of_day)).to_pylist()
    assert sorted((row["longest_gap_days"], row["open_days"], row["customers"]) for row in found) == [
        (0, 45, 1),
        (0, 50, 1),
        (30, 10, 1),
        (30, 20, 1),
    ]


def test_a_given_window_beyond_half_of_the_history_has_not_been_seen_to_hold():
    silence = table((10, 5, 90), (40, 5, 6), (0, 100, 100))
    assert find_window(silence, 365, 182).sufficient
    assert not find_window(silence, 365, 183).sufficient

"""Who was where at the start and at the end of each period, counted from stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from treue.engine.columns import numbers
from treue.kernel.units import Grain, Period, day_number, next_start, period_start, periods
from treue.ladder.rungs import STATES
from treue.ladder.stays import ladder_stays

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa
    from numpy.typing import NDArray

    from treue.engine.seam import Engine, Frame
    from treue.history.history import History

MONTHS: dict[Grain, int] = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Moves:
    """People at the boundaries of complete periods, and their moves from one boundary to the next.

    Parameters
    ----------
    periods : tuple of Period
        The complete periods, P of them.
    present : numpy.ndarray of int, shape (P + 1, 6)
        People in each of :data:`treue.ladder.rungs.STATES` at each boundary.
    counts : numpy.ndarray of int, shape (P, 6, 6)
        Of those at the start of a period in the first state, how many were in the second at its end.
    by_age : numpy.ndarray of int, shape (2, 6, 6)
        Moves of people who came to a rung in the period before (0), or were there for longer (1), in the
        settled periods.
    warm_up : int
        How many periods come before the settled ones: nobody could have lapsed in them yet, because the
        first purchase was not as old as the activity window. They are in no sum over periods.
    first_boundary : int
        Calendar number of the first boundary, as `start` and `stop` have it.
    visible_table : str or None
        One row per stay that holds at a boundary: ``customer_id``, ``rung``, ``next_rung``, ``start``,
        ``stop`` (first and last boundary); None when no period is complete.
    """

    periods: tuple[Period, ...]
    present: NDArray[np.int64]
    counts: NDArray[np.int64]
    by_age: NDArray[np.int64]
    warm_up: int
    first_boundary: int
    visible_table: str | None

    @property
    def settled(self) -> NDArray[np.int64]:
        """The counts of the settled periods."""
        return self.counts[self.warm_up :]

    @property
    def window(self) -> str:
        """The time the settled periods cover, half-open; words when there is none."""
        if len(self.periods) <= self.warm_up:
            return "no complete period in which anybody could lapse"
        return Period("", self.periods[self.warm_up].start, self.periods[-1].end).window


_MOVES: WeakKeyDictionary[History, dict[Grain, Moves]] = WeakKeyDictionary()


def ladder_moves(history: History, grain: Grain) -> Moves:
    """Return the moves between the boundaries of complete periods, computed once per history.

    A period that is not over is left out: where its people will be is not known yet, and not knowing is
    not an exit.

    Parameters
    ----------
    history : History
        What happened.
    grain : {"month", "quarter", "year"}
        Length of a period.

    Returns
    -------
    Moves
        Counts of people.
    """
    known = _MOVES.setdefault(history, {})
    if grain not in known:
        known[grain] = _count(history, grain)
    return known[grain]


def complete_periods(first: date, last: date, grain: Grain) -> list[Period]:
    """Return the calendar periods that were observed from their first to their last day.

    Parameters
    ----------
    first, last : datetime.date
        First and last day observed, inclusive.
    grain : {"month", "quarter", "year"}
        Length of a period.

    Returns
    -------
    list of Period
        In order; perhaps none.

    Examples
    --------
    >>> from datetime import date
    >>> [p.label for p in complete_periods(date(2026, 1, 2), date(2026, 3, 31), "month")]
    ['2026-02', '2026-03']
    """
    begin = period_start(first, grain)
    begin = begin if begin == first else next_start(begin, grain)
    end = period_start(last + timedelta(days=1), grain)
    return periods(begin, end - timedelta(days=1), grain)


def _first_boundary(history: History, grain: Grain) -> int:
    day = history.first_day
    number = (12 * day.year + day.month - 1) // MONTHS[grain]
    return number if period_start(day, grain) == day else number + 1


def _count(history: History, grain: Grain) -> Moves:
    found = complete_periods(history.first_day, history.as_of, grain)
    size = len(STATES)
    if not found:
        empty = np.zeros((0, size, size), dtype=np.int64)
        return Moves(
            (), np.zeros((1, size), dtype=np.int64), empty, np.zeros((2, size, size), np.int64), 0, 0, None
        )
    engine = history.engine
    first = _first_boundary(history, grain)
    table = engine.persist(_visible(history, grain, first), "ladder_visible")
    frame = engine.frame(table)
    F = engine.F
    grouped = frame.groupBy("rung", "next_rung", "start", "stop").agg(
        F.count("customer_id").cast("bigint").alias("people")
    )
    settled = settled_from(history)
    warm_up = sum(period.end <= settled for period in found)
    kinds = _kinds(engine.arrow(grouped), first)
    present, counts = _by_period(kinds, len(found))
    return Moves(tuple(found), present, counts, _by_age(kinds, warm_up), warm_up, first, table)


def settled_from(history: History) -> int:
    """Return the day until which nobody can have lapsed, whatever customers did.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    int
        Day number: under a fixed activity window the first purchase and the window; else the first day.
    """
    if history.activity != "window":
        return day_number(history.first_day)
    F = history.engine.F
    table = history.engine.arrow(history.spells.agg(F.min("start_day").alias("day")))
    return int(table["day"][0].as_py()) + history.window_days


def _visible(history: History, grain: Grain, first: int) -> Frame:
    """Return the stays that hold at a boundary or more, with the first and the last of these."""
    engine = history.engine
    F = engine.F
    months = F.lit(float(MONTHS[grain]))
    stays = ladder_stays(history).frame
    after = F.floor(history.month_number("from_day") / months).cast("int") + F.lit(1)
    upto = F.floor(history.month_number("to_day") / months).cast("int")
    placed = stays.select(
        "customer_id",
        "rung",
        "from_day",
        F.greatest(after, F.lit(first)).cast("int").alias("start"),
        upto.alias("stop"),
    ).where(F.col("start") <= F.col("stop"))
    story = engine.Window.partitionBy("customer_id").orderBy("from_day")
    return placed.withColumn("next_rung", F.lead("rung").over(story))


class _Kinds(NamedTuple):
    """Kinds of stay: rung, next rung (-1: none), first and last boundary, and how many people had one."""

    rung: NDArray[np.int64]
    following: NDArray[np.int64]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    people: NDArray[np.int64]


def _kinds(grouped: pa.Table, first: int) -> _Kinds:
    place = {state: number for number, state in enumerate(STATES)}
    rung = np.array([place[name] for name in grouped["rung"].to_pylist()], dtype=np.int64)
    following = np.array([place.get(name, -1) for name in grouped["next_rung"].to_pylist()], dtype=np.int64)
    start = numbers(grouped["start"]).astype(np.int64) - first
    stop = numbers(grouped["stop"]).astype(np.int64) - first
    return _Kinds(rung, following, start, stop, numbers(grouped["people"]).astype(np.int64))


def _by_period(kinds: _Kinds, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return people per boundary and state, and their moves per period."""
    rung, following, start, stop, people = kinds
    size = len(STATES)
    present = np.zeros((count + 2, size), dtype=np.int64)
    np.add.at(present, (start, rung), people)
    np.add.at(present, (stop + 1, rung), -people)
    stayed = np.zeros((count + 2, size), dtype=np.int64)
    np.add.at(stayed, (start, rung), people)
    np.add.at(stayed, (stop, rung), -people)

    counts = np.zeros((count, size, size), dtype=np.int64)
    left = following >= 0
    np.add.at(counts, (stop[left], rung[left], following[left]), people[left])
    everyone = np.arange(size)
    counts[:, everyone, everyone] += stayed.cumsum(axis=0)[:count]
    return present.cumsum(axis=0)[: count + 1], counts


def _by_age(kinds: _Kinds, warm_up: int) -> NDArray[np.int64]:
    """Return moves in the settled periods, by whether the rung was reached in the period before."""
    rung, following, start, stop, people = kinds
    size = len(STATES)
    by_age = np.zeros((2, size, size), dtype=np.int64)
    # How often a stay is seen to go on: as new at its first boundary, as old at the later ones.
    settled = np.maximum(stop - np.maximum(start, warm_up), 0)
    as_new = ((stop > start) & (start >= warm_up)).astype(np.int64)
    np.add.at(by_age[0], (rung, rung), people * as_new)
    np.add.at(by_age[1], (rung, rung), people * (settled - as_new))
    left = (following >= 0) & (stop >= warm_up)
    old = (stop > start).astype(np.int64)
    np.add.at(by_age, (old[left], rung[left], following[left]), people[left])
    return by_age


def distinct_paths(
    engine: Engine, moves: Moves, cells: list[tuple[str, str]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how often people made each move in the settled periods, and how many people share each such row of counts.

    Parameters
    ----------
    engine : Engine
        Where the stays are kept.
    moves : Moves
        What :func:`ladder_moves` returns; at least one period must be complete.
    cells : list of (str, str)
        The C moves to count, at least one, each from a state to a state.

    Returns
    -------
    rows : numpy.ndarray of int, shape (k, C)
        The distinct rows of counts in ascending order, without the people who made none of these moves.
    people : numpy.ndarray of int, shape (k,)
        How many people share each.
    """
    F = engine.F
    settled = moves.first_boundary + moves.warm_up
    visible = engine.frame(moves.visible_table or "").where(F.col("stop") >= F.lit(settled))
    begun = F.greatest(F.col("start"), F.lit(settled))
    sums = []
    for number, (start, end) in enumerate(cells):
        here = F.col("rung") == F.lit(start)
        moved = F.when(here & (F.col("next_rung") == F.lit(end)), F.lit(1)).otherwise(F.lit(0))
        if start == end:
            moved = moved + F.when(here, F.col("stop") - begun).otherwise(F.lit(0))
        sums.append(F.sum(moved).cast("int").alias(f"cell_{number}"))
    names = [f"cell_{number}" for number in range(len(cells))]
    each = visible.groupBy("customer_id").agg(*sums)
    table = engine.arrow(each.groupBy(*names).agg(F.count("customer_id").cast("bigint").alias("people")))
    rows = np.column_stack([numbers(table[name]) for name in names]).astype(np.int64)
    people = numbers(table["people"]).astype(np.int64)
    made = rows.any(axis=1)
    rows, people = rows[made], people[made]
    order = np.lexsort(rows.T[::-1])
    return rows[order], people[order]

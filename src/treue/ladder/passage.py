"""How people took the way from one rung to a higher one, day by day, without any model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from treue.engine.columns import numbers
from treue.ladder.chain import percentile_limits
from treue.ladder.climb import arrivals_of
from treue.ladder.incidence import (
    ARRIVED,
    LEFT,
    OPEN,
    Incidence,
    aalen_johansen,
    loglog_limits,
    mean_day_of_arrival,
    resampled,
    share_by,
    tabulate,
)
from treue.ladder.rungs import FORMER, STATES
from treue.ladder.stays import ladder_stays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.engine.seam import Frame
    from treue.history.history import History

WITHIN_DAYS = 365
"""The twelve months of a chance within 12 months."""

LEAST_AT_RISK = 10
"""A curve is not read where fewer people are still followed."""

SETTLED_SHARE = 0.005
"""When no more than this share is still on the way, what comes later changes nothing."""

BY_DRAWS = "aalen_johansen_bootstrap"
BY_FORMULA = "aalen_johansen_log_log"

Limits = tuple[float, float, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One number read off a curve.

    Parameters
    ----------
    value : float or None
        A share (0 to 1) or days; None where nobody arrived and it is days.
    limits : tuple of (float, float, str) or None
        95 % interval and how it was computed.
    day : float
        Days on the rung up to which the curve was read.
    arrived : int
        People seen to arrive by then.
    settled : bool
        Whether more observation can no longer change it.
    """

    value: float | None
    limits: Limits
    day: float
    arrived: int
    settled: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """The way from one rung to another, as people took it.

    Parameters
    ----------
    people : int
        Those who came to the rung and were followed for a day or more.
    within : Reading
        The share that arrived within 12 months.
    ever : Reading
        The share that arrived as long as the curve can be read.
    mean_days : Reading
        Mean days of those who arrived as long as the curve can be read.
    """

    people: int
    within: Reading
    ever: Reading
    mean_days: Reading


_ENTRIES: WeakKeyDictionary[History, str] = WeakKeyDictionary()
_PASSAGES: WeakKeyDictionary[History, dict[tuple[str, str], Passage | None]] = WeakKeyDictionary()


def passage(history: History, start: str, target: str) -> Passage | None:
    """Return how people took the way from one rung to a higher one, computed once per history.

    Parameters
    ----------
    history : History
        What happened.
    start : str
        The rung they come to; those who had been higher, or had lapsed, before are left out.
    target : str
        The rung to be reached; a higher one counts as well.

    Returns
    -------
    Passage or None
        None when nobody came to the rung and was followed for a day.
    """
    known = _PASSAGES.setdefault(history, {})
    if (start, target) not in known:
        distinct, ended = passages(history, start, target)
        known[start, target] = read_passage(distinct, ended, history.settings.seed) if distinct.size else None
    return known[start, target]


def read_passage(distinct: NDArray[np.float64], ended: NDArray[np.float64], seed: int) -> Passage:
    """Read a curve at twelve months, and as far as it can be read.

    Parameters
    ----------
    distinct : numpy.ndarray, shape (k,)
        Days in ascending order, at least one.
    ended : numpy.ndarray, shape (k, 3)
        People whose time ended there: still open, arrived, left.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    Passage
        Three readings with their intervals.
    """
    found = aalen_johansen(distinct, ended)
    day, settled = readable_until(found, ended)
    draws, width = resampled(distinct, ended, np.random.default_rng(seed))

    def share(upto: float, *, final: bool) -> Reading:
        value = float(share_by(found, upto))
        limits: Limits = None
        if width == 1:
            middle = percentile_limits(share_by(draws, upto), value)
            limits = None if middle is None else (*middle, BY_DRAWS)
        else:
            middle = loglog_limits(found, ended, upto)
            limits = None if middle is None else (*middle, BY_FORMULA)
        arrived = int(ended[distinct <= upto, ARRIVED].sum())
        return Reading(value=value, limits=limits, day=upto, arrived=arrived, settled=final)

    enough = settled or day >= WITHIN_DAYS
    return Passage(
        people=int(ended.sum()),
        within=share(float(WITHIN_DAYS) if enough else day, final=enough),
        ever=share(day, final=settled),
        mean_days=_mean(found, ended, (draws, width), day, settled=settled),
    )


def _mean(
    found: Incidence, ended: NDArray[np.float64], drawn: tuple[Incidence, int], day: float, *, settled: bool
) -> Reading:
    arrived = int(ended[found.times <= day, ARRIVED].sum())
    if not arrived:
        return Reading(value=None, limits=None, day=day, arrived=0, settled=settled)
    value = float(mean_day_of_arrival(found, day))
    draws, width = drawn
    means = mean_day_of_arrival(draws, np.ceil(day / width) * width)
    # Where days were taken together only the spread is taken from the draws, not the place.
    middle = percentile_limits(means + (value - float(np.nanmean(means)) if width > 1 else 0.0), value)
    limits = None if middle is None else (*middle, BY_DRAWS)
    return Reading(value=value, limits=limits, day=day, arrived=arrived, settled=settled)


def readable_until(found: Incidence, ended: NDArray[np.float64]) -> tuple[float, bool]:
    """Return the last day on which a curve can be read, and whether it has come to its end there.

    Parameters
    ----------
    found : Incidence
        The curve.
    ended : numpy.ndarray, shape (k, 3)
        The counts it was computed from.

    Returns
    -------
    day : float
        The last time with 10 people still followed; the very last where there were never so many, or
        where all who were followed for longer have arrived or left.
    settled : bool
        Whether at most 0.5 % had neither arrived nor left by then: what comes later changes nothing.
    """
    enough = np.flatnonzero(found.at_risk >= LEAST_AT_RISK)
    place = int(enough[-1]) if enough.size else found.times.size - 1
    if not ended[place + 1 :, OPEN].any():
        place = found.times.size - 1
    return float(found.times[place]), bool(found.remaining[place] <= SETTLED_SHARE)


def first_entries(history: History) -> Frame:
    """Return the day on which each person first came to each rung, and first lapsed.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    Frame
        Columns ``customer_id`` and ``first_<state>`` (day number, null when never) per state.
    """
    engine = history.engine
    F = engine.F
    if history not in _ENTRIES:
        firsts = [
            F.min(F.when(F.col("rung") == F.lit(state), F.col("from_day")))
            .cast("int")
            .alias(f"first_{state}")
            for state in STATES
        ]
        frame = ladder_stays(history).frame.groupBy("customer_id").agg(*firsts)
        _ENTRIES[history] = engine.persist(frame, "first_entries")
    return engine.frame(_ENTRIES[history])


def passages(history: History, start: str, target: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how long people took from their first day on a rung to a higher one, or off the ladder.

    Parameters
    ----------
    history : History
        What happened.
    start : str
        The rung they come to; those who had been higher, or had lapsed, before are left out.
    target : str
        The rung to be reached; a higher one counts as well.

    Returns
    -------
    distinct : numpy.ndarray, shape (k,)
        Days, ascending.
    ended : numpy.ndarray, shape (k, 3)
        People whose time ended there: still open, arrived, left.
    """
    engine = history.engine
    F = engine.F
    never = F.lit(10**8)
    arrive = never
    for state in arrivals_of(target):
        arrive = F.least(arrive, F.coalesce(F.col(f"first_{state}"), never))
    leave = F.coalesce(F.col(f"first_{FORMER}"), never)
    entered = first_entries(history).where(F.col(f"first_{start}").isNotNull())
    each = entered.select(
        F.col(f"first_{start}").alias("entry_day"), arrive.alias("arrive_day"), leave.alias("leave_day")
    ).where((F.col("arrive_day") > F.col("entry_day")) & (F.col("leave_day") > F.col("entry_day")))
    last = F.lit(history.as_of_day)
    end = F.least(F.col("arrive_day"), F.col("leave_day"), last)
    cause = F.when(
        (F.col("arrive_day") <= last) & (F.col("arrive_day") <= F.col("leave_day")), F.lit(ARRIVED)
    )
    cause = cause.when(F.col("leave_day") <= last, F.lit(LEFT)).otherwise(F.lit(OPEN))
    timed = each.select((end - F.col("entry_day")).cast("int").alias("days"), cause.alias("cause"))
    grouped = (
        timed.where(F.col("days") > F.lit(0))
        .groupBy("days", "cause")
        .agg(F.count("cause").cast("bigint").alias("people"))
    )
    table = engine.arrow(grouped)
    return tabulate(*(numbers(table[name]) for name in ("days", "cause", "people")))

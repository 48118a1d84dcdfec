"""What happened to customers in each period: the small table that every retention figure reads.

The spells are reduced inside the engine to counts of customers by the period in which they came and
the period in which they went; the rest is arithmetic on a table of a few hundred rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np

from treue.engine.columns import numbers
from treue.history.division import MONTHS_OF
from treue.history.segments import check_segments
from treue.history.spell_moves import calendar_index, period_index, spell_moves
from treue.kernel.units import Grain, Period, day_number, periods

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from treue.engine.seam import Column
    from treue.history.history import History

Reason = Literal["running", "partly_observed", "by_construction"]
"""Why a period says less than it seems to: it is not over; the firm's records begin inside it; under a
fixed window nobody could have lapsed when it began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodCount:
    """What happened to customers in one period.

    ``at_start + acquired + reactivated - lost == at_end`` always holds; the middle three count events,
    so a customer who leaves and comes back inside the period counts in two of them.

    Parameters
    ----------
    period : Period
        The days it covers; a period that is not over ends after the last day observed.
    segment : str or None
        Value of the column that customers were divided by.
    open_because : str or None
        Why its figures are provisional, see :data:`Reason`; None when they are final.
    at_start, at_end : int
        Customers active just before the first day, and just before the day after the last.
    retained : int
        Customers active at both.
    acquired, reactivated, lost : int
        First spells begun, later spells begun, and spells ended in the period.
    interrupted : int
        Customers among `retained` who left and came back inside the period.
    early_lost : int
        Customers among `acquired` who were gone again at the end.
    at_risk : int
        Customers who were active at some time in the period.
    exposure_days : int
        Days of being active, summed over customers.
    """

    period: Period
    segment: str | None
    open_because: Reason | None
    at_start: int
    at_end: int
    retained: int
    acquired: int
    reactivated: int
    lost: int
    interrupted: int
    early_lost: int
    at_risk: int
    exposure_days: int

    @property
    def provisional(self) -> bool:
        """Whether the figures of this period may still change or hold by construction."""
        return self.open_because is not None

    @property
    def complete(self) -> bool:
        """Whether the whole period was observed."""
        return self.open_because not in {"running", "partly_observed"}


def calendar_periods(history: History, grain: Grain) -> list[Period]:
    """Return the calendar periods that were observed, cut where the observation begins and ends.

    Parameters
    ----------
    history : History
        What happened.
    grain : {"month", "quarter", "year"}
        Length of a period.

    Returns
    -------
    list of Period
        In order. The first starts on the first day of its month (or quarter, year) unless the firm says
        that losses were recorded only from a later day; the last ends after the last day observed.
    """
    found = periods(history.first_day, history.as_of, grain)
    if history.settings.observed_from is not None:
        found[0] = Period(found[0].label, day_number(history.settings.observed_from), found[0].end)
    found[-1] = Period(found[-1].label, found[-1].start, min(found[-1].end, history.as_of_day + 1))
    return found


def period_counts(history: History, grain: Grain, column: str | None = None) -> list[PeriodCount]:
    """Return what happened to customers in every calendar period.

    Parameters
    ----------
    history : History
        What happened.
    grain : {"month", "quarter", "year"}
        Length of a period.
    column : str, optional
        Column that customers are divided by.

    Returns
    -------
    list of PeriodCount
        In order of time, within a period the largest segment first.

    Raises
    ------
    WrongArgument
        When there is no such column, or it has more than 200 values.
    """
    key = ("period_counts", grain, column)
    if key not in history.kept:
        within = calendar_periods(history, grain)
        index = partial(calendar_index, history, within, MONTHS_OF[grain])
        history.kept[key] = _counts(history, within, index, column, unfinished(history, within, grain))
    counts: list[PeriodCount] = history.kept[key]
    return counts


def rolling_counts(history: History, days: int, column: str | None = None) -> list[PeriodCount]:
    """Return what happened in the days up to and including the last day observed.

    Parameters
    ----------
    history : History
        What happened.
    days : int
        Length of the window, 1 or more.
    column : str, optional
        Column that customers are divided by.

    Returns
    -------
    list of PeriodCount
        One, or one per segment; none when the history is shorter than the window.
    """
    end = history.as_of_day + 1
    start = end - days
    if start < day_number(history.first_day):
        return []
    within = [Period(history.as_of.isoformat(), start, end)]

    def index(day: str) -> Column:
        return period_index(history, within, day, history.engine.F.lit(0))

    return _counts(history, within, index, column, [None])


def unfinished(history: History, within: Sequence[Period], grain: Grain) -> list[Reason | None]:
    """Return which calendar periods were observed only in part.

    Parameters
    ----------
    history : History
        What happened.
    within : sequence of Period
        What :func:`calendar_periods` returns.
    grain : {"month", "quarter", "year"}
        Length of a period.

    Returns
    -------
    list of str or None
        ``running`` for a period that is not over, ``partly_observed`` for one in which the observation
        begins, else None.
    """
    whole = periods(history.first_day, history.as_of, grain)
    reasons: list[Reason | None] = [None] * len(within)
    if within[0].start > whole[0].start:
        reasons[0] = "partly_observed"
    if within[-1].end < whole[-1].end:
        reasons[-1] = "running"
    return reasons


def _counts(
    history: History,
    within: Sequence[Period],
    index: Callable[[str], Column],
    column: str | None,
    unfinished: Sequence[Reason | None],
) -> list[PeriodCount]:
    table = history.engine.arrow(spell_moves(history, within[0].start, index, column))
    arrays = {name: numbers(table[name]) for name in table.column_names if name != "segment"}
    reasons = _reasons(history, within, unfinished, arrays["earliest_day"])
    if column is None:
        return _tally(within, None, reasons, arrays)
    labels = np.asarray(table["segment"].to_pylist(), dtype=object)
    segments = sorted(set(labels.tolist()))
    check_segments(column, len(segments))
    each = [
        _tally(within, segment, reasons, {name: values[labels == segment] for name, values in arrays.items()})
        for segment in segments
    ]
    each.sort(key=lambda counts: -sum(count.acquired for count in counts))
    return [counts[k] for k in range(len(within)) for counts in each]


def _reasons(
    history: History,
    within: Sequence[Period],
    unfinished: Sequence[Reason | None],
    earliest: NDArray[np.int64],
) -> list[Reason | None]:
    reasons = list(unfinished)
    if history.activity != "window":
        return reasons
    # Before the first purchase has grown as old as the window, nobody can have lapsed: a period that
    # began before then shows too few losses, or none.
    safe_until = int(earliest.min(initial=history.as_of_day + 1)) + history.window_days
    for k, period in enumerate(within):
        if reasons[k] is None and period.start < safe_until:
            reasons[k] = "by_construction"
    return reasons


def _tally(
    within: Sequence[Period],
    segment: str | None,
    reasons: Sequence[Reason | None],
    rows: dict[str, NDArray[np.int64]],
) -> list[PeriodCount]:
    size = len(within)
    bounds = np.array([*(period.start for period in within), within[-1].end], dtype=np.int64)
    came, went, customers = rows["came"], rows["went"], rows["customers"]
    inside, stays = came >= 0, went > came
    first = rows["is_first"] == 1
    there = (rows["was_there"] == 1) & inside

    def at(
        place: NDArray[np.int64], weight: NDArray[np.int64], where: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """Sum weights by period."""
        summed = np.zeros(size + 1, dtype=np.int64)
        np.add.at(summed, place[where], weight[where])
        return summed

    def through(low: NDArray[np.int64], high: NDArray[np.int64]) -> NDArray[np.int64]:
        """Count customers at every index from low to high."""
        steps = np.zeros(size + 2, dtype=np.int64)
        some = high >= low
        np.add.at(steps, low[some], customers[some])
        np.subtract.at(steps, high[some] + 1, customers[some])
        return np.cumsum(steps)

    active = through(came + 1, np.where(stays, went, came))[: size + 1]
    unbroken = through(came + 1, went - 1)[:size]
    interrupted = at(came, customers, there & stays)
    ended_inside = rows["spells"] - np.where(stays, customers, 0)
    ended_later = stays & (went < size)
    exposure = at(came, rows["until_sum"] - rows["from_sum"], inside)
    # Who stays beyond the period of coming: up to its end, then whole periods, then the rest.
    following = bounds[np.clip(came + 1, 0, size)]
    exposure += at(came, customers * following - rows["last_until_sum"], inside & stays)
    exposure[:size] += unbroken * np.diff(bounds)
    going = bounds[np.clip(went, 0, size)]
    exposure += at(went, rows["last_until_sum"] - customers * going, ended_later)
    acquired = at(came, customers, inside & first)
    started = at(came, rows["spells"], inside)
    lost = at(came, ended_inside, inside) + at(went, customers, ended_later)
    early = at(came, customers, inside & first & ~stays)
    newly = at(came, customers, inside & ~there)
    return [
        PeriodCount(
            period=within[k],
            segment=segment,
            open_because=reasons[k],
            at_start=int(active[k]),
            at_end=int(active[k + 1]),
            retained=int(unbroken[k] + interrupted[k]),
            acquired=int(acquired[k]),
            reactivated=int(started[k] - acquired[k]),
            lost=int(lost[k]),
            interrupted=int(interrupted[k]),
            early_lost=int(early[k]),
            at_risk=int(active[k] + newly[k]),
            exposure_days=int(exposure[k]),
        )
        for k in range(size)
    ]

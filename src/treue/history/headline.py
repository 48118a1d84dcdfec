"""Which periods a firm is judged by: the headline, the series, and what a period is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from treue.history.period_counts import PeriodCount, period_counts, rolling_counts
from treue.kernel.units import GRAINS, Grain, day_number, day_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treue.history.history import History

ROLLING_DAYS = (30, 90, 365)
"""Lengths of the windows that end on the last day observed."""

Compared = Literal["year_before", "previous"]
"""What a period is compared with; only a year before is free of the season."""


def headline_counts(history: History, column: str | None = None) -> list[PeriodCount]:
    """Return the period that the history is judged by now.

    The last complete quarter that began with customers; in a history too short for one the last
    complete month that did; else the last period there is.

    Parameters
    ----------
    history : History
        What happened.
    column : str, optional
        Column that customers are divided by.

    Returns
    -------
    list of PeriodCount
        One, or one per segment.
    """
    grain: Grain = "month"
    chosen = None
    for grain in ("quarter", "month"):
        found = [c for c in period_counts(history, grain) if c.complete and c.at_start]
        if found:
            chosen = found[-1]
            break
    if chosen is None:
        months = period_counts(history, "month")
        chosen = next((c for c in reversed(months) if c.complete), months[-1])
    if column is None:
        return [chosen]
    label = chosen.period.label
    return [c for c in period_counts(history, grain, column) if c.period.label == label]


def counts_by(history: History, by: str | None) -> list[PeriodCount]:
    """Return the counts that a measure's ``by`` asks for.

    Parameters
    ----------
    history : History
        What happened.
    by : str or None
        None for the headline, ``month``, ``quarter``, ``year``, ``rolling``, or a column.

    Returns
    -------
    list of PeriodCount
        What the measure turns into figures, one for each.

    Raises
    ------
    WrongArgument
        When `by` is neither of those, naming the columns there are.
    """
    if by is None:
        return headline_counts(history)
    if by == "rolling":
        return [count for days in ROLLING_DAYS for count in rolling_counts(history, days)]
    for grain in GRAINS:
        if by == grain:
            return period_counts(history, grain)
    return headline_counts(history, by)


def comparable(counts: Sequence[PeriodCount]) -> tuple[PeriodCount, PeriodCount, Compared] | None:
    """Return the last complete period and the one to compare it with.

    Parameters
    ----------
    counts : sequence of PeriodCount
        Every period of one grain, in order.

    Returns
    -------
    tuple or None
        The earlier and the later period, and which the earlier one is: the same period a year before,
        or where that says nothing the period before. None when there are no two periods that began
        with customers, are over, and in which somebody could be lost.
    """
    usable = [
        count
        for count in counts
        if count.complete and count.at_start and count.open_because != "by_construction"
    ]
    if len(usable) < 2:
        return None
    later = usable[-1]
    # The first day of a period is never 29 February, so the day a year before exists.
    day = day_of(later.period.start)
    wanted = day_number(day.replace(year=day.year - 1))
    for earlier in usable[:-1]:
        if earlier.period.start == wanted:
            return earlier, later, "year_before"
    return usable[-2], later, "previous"

"""Who came and went in which period: the one pass over the spells that retention needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.engine.days import month_number
from treue.history.segments import with_segment
from treue.kernel.units import day_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from treue.engine.seam import Column, Frame
    from treue.history.history import History
    from treue.kernel.units import Period

_NEVER = -2
_BEFORE = -1


def period_index(history: History, within: Sequence[Period], day: str, inside: Column) -> Column:
    """Return the column expression of the number of the period that holds a day.

    Parameters
    ----------
    history : History
        Where the column lives.
    within : sequence of Period
        In order, without holes; the last ends after the last day observed.
    day : str
        Name of a column of day numbers.
    inside : Column
        The number for days within the periods.

    Returns
    -------
    Column
        0 for the first period; -1 before it, and the count of periods after the last day observed.
    """
    F = history.engine.F
    return (
        F.when(F.col(day) < F.lit(within[0].start), F.lit(_BEFORE))
        .when(F.col(day) > F.lit(history.as_of_day), F.lit(len(within)))
        .otherwise(inside)
        .cast("int")
    )


def calendar_index(history: History, within: Sequence[Period], months: int, day: str) -> Column:
    """Return the column expression of the number of the calendar period that holds a day.

    Parameters
    ----------
    history : History
        Where the column lives.
    within : sequence of Period
        Calendar periods in order, without holes.
    months : int
        Length of a period: 1, 3 or 12.
    day : str
        Name of a column of day numbers.

    Returns
    -------
    Column
        As :func:`period_index`.
    """
    beginning = day_of(within[0].start)
    first = (beginning.year * 12 + beginning.month - 1) // months
    F = history.engine.F
    number = month_number(history.engine, day)
    if months > 1:
        number = F.floor(number / F.lit(float(months)))
    return period_index(history, within, day, (number - F.lit(first)).cast("int"))


def spell_moves(
    history: History, first_start: int, index: Callable[[str], Column], column: str | None
) -> Frame:
    """Return how many customers came in which period and stayed until which.

    Parameters
    ----------
    history : History
        What happened.
    first_start : int
        Day number of the first day of the first period.
    index : callable
        From the name of a column of day numbers to the number of the period that holds it.
    column : str or None
        Column that customers are divided by.

    Returns
    -------
    Frame
        A row per period of coming, period of the last going, whether the customer was there when the
        period of coming began, whether it is the first spell, and segment; with ``customers``,
        ``spells`` (they may come and go several times in a period), the sums of start days, end days and
        last end days (cut to the days observed), and ``earliest_day``.
    """
    F = history.engine.F
    spells = history.spells
    if column is not None:
        spells = with_segment(history, spells, column)
    divided = ["segment"] if column is not None else []
    low, high = F.lit(first_start), F.lit(history.as_of_day + 1)
    before = F.when(F.col("previous_end_day").isNull(), F.lit(_NEVER)).otherwise(index("previous_end_day"))
    placed = spells.select(
        "customer_id",
        *divided,
        F.col("start_day").alias("raw_start_day"),
        F.greatest(F.col("start_day"), low).alias("from_day"),
        F.least(F.greatest(F.col("end_day"), low), high).alias("until_day"),
        index("start_day").alias("came"),
        index("end_day").alias("went"),
        before.cast("int").alias("before"),
    )
    placed = history.engine.staged(placed, "placed_spells")
    # A customer may come and go several times inside a period: the first coming tells who was there
    # when it began, the last going who is there when it ends.
    each = placed.groupBy("customer_id", "came", *divided).agg(
        F.min("before").alias("before"),
        F.max("went").alias("went"),
        F.count("went").alias("spells"),
        F.sum("from_day").cast("bigint").alias("from_sum"),
        F.sum("until_day").cast("bigint").alias("until_sum"),
        F.max("until_day").alias("last_until_day"),
        F.min("raw_start_day").alias("earliest_day"),
    )
    marked = each.select(
        "came",
        "went",
        *divided,
        F.when(F.col("before") == F.col("came"), F.lit(1)).otherwise(F.lit(0)).alias("was_there"),
        F.when(F.col("before") == F.lit(_NEVER), F.lit(1)).otherwise(F.lit(0)).alias("is_first"),
        "spells",
        "from_sum",
        "until_sum",
        "last_until_day",
        "earliest_day",
    )
    marked = history.engine.staged(marked, "spell_moves")
    return marked.groupBy("came", "went", "was_there", "is_first", *divided).agg(
        F.count("came").cast("bigint").alias("customers"),
        F.sum("spells").cast("bigint").alias("spells"),
        F.sum("from_sum").cast("bigint").alias("from_sum"),
        F.sum("until_sum").cast("bigint").alias("until_sum"),
        F.sum("last_until_day").cast("bigint").alias("last_until_sum"),
        F.min("earliest_day").cast("int").alias("earliest_day"),
    )

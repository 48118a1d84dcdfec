"""Local days inside an engine, from the zone's own change-overs: the same on every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.kernel.units import zone_offsets

if TYPE_CHECKING:
    from datetime import date

    from treue.engine.seam import Column, Engine


def local_day(engine: Engine, instant: str, timezone: str, first: date, last: date) -> Column:
    """Return the day number of a UTC instant in the firm's time zone.

    Parameters
    ----------
    engine : Engine
        Where the column lives.
    instant : str
        Name of a timestamp column in UTC.
    timezone : str
        IANA name.
    first, last : datetime.date
        Days between which the instants lie; change-overs outside are not looked for.

    Returns
    -------
    Column
        Whole days since 1 January 1970, as a 32-bit integer.
    """
    F = engine.F
    if timezone == "UTC":
        day = F.datediff(F.to_date(F.col(instant)), F.to_date(F.lit("1970-01-01")))
        return day.cast("int")
    second = F.unix_timestamp(F.col(instant))
    changes = zone_offsets(timezone, first, last)
    if len(changes) == 1:
        offset = F.lit(changes[0][1])
    else:
        chain = F.when(second >= F.lit(changes[-1][0]), F.lit(changes[-1][1]))
        for start, seconds in reversed(changes[1:-1]):
            chain = chain.when(second >= F.lit(start), F.lit(seconds))
        offset = chain.otherwise(F.lit(changes[0][1]))
    return F.floor((second + offset) / F.lit(86400.0)).cast("int")


def month_number(engine: Engine, day: str) -> Column:
    """Return the month of a day number, counted from January of year 0.

    Parameters
    ----------
    engine : Engine
        Where the column lives.
    day : str
        Name of a column of day numbers.

    Returns
    -------
    Column
        ``12 * year + month - 1``, as a 32-bit integer. Its quarter is the whole part of a third, its
        year the whole part of a twelfth.
    """
    F = engine.F
    # Date plus days, not date_add: on DuckDB that would go through an interval and take four times as long.
    date = F.to_date(F.lit("1970-01-01")) + F.col(day)
    return (F.year(date) * F.lit(12) + F.month(date) - F.lit(1)).cast("int")

"""Buying counted in calendar periods, for firms whose customers may buy once in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.engine.days import month_number
from treue.history.repeat_buying import Orders, bought_days
from treue.kernel.errors import WrongArgument
from treue.kernel.units import day_of

if TYPE_CHECKING:
    import pyarrow as pa

    from treue.engine.seam import Column, Engine
    from treue.history.history import History

PERIODS = ("day", "week", "month", "year")
MONDAY = 3
"""1 January 1970 was a Thursday: three days after a Monday."""


def opportunity_cases(history: History, unit: str = "month", orders: Orders = "kept") -> pa.Table:
    """Return the distinct cases of buying at opportunities and how many customers share each.

    Each calendar period after that of a customer's first purchase is an opportunity, taken when anything
    was bought in it. A period that is not over on the last day observed is none.

    Parameters
    ----------
    history : History
        What happened.
    unit : str
        The period: ``day``, ``week`` (from Monday), ``month`` or ``year``.
    orders : str
        ``kept``, or ``all`` to count orders that cost nothing too.

    Returns
    -------
    pyarrow.Table
        Columns ``x`` (opportunities taken), ``t_x`` (number of the last one taken, 0 without any), ``age``
        (opportunities had), ``weight`` (customers).

    Raises
    ------
    WrongArgument
        When the unit is not one of these.
    """
    if unit not in PERIODS:
        raise WrongArgument(f"unit={unit!r} is not a calendar period; give {', '.join(PERIODS)}")
    engine, F = history.engine, history.engine.F
    last = _number(unit, history.as_of_day + 1) - 1
    days = bought_days(history, None, orders)
    periods = days.select("customer_id", _period(engine, unit).alias("period")).where(
        F.col("period") <= F.lit(last)
    )
    each = periods.groupBy("customer_id").agg(
        F.countDistinct("period").cast("int").alias("periods_count"),
        F.min("period").alias("first_period"),
        F.max("period").alias("last_period"),
    )
    cases = each.select(
        (F.col("periods_count") - F.lit(1)).cast("int").alias("x"),
        (F.col("last_period") - F.col("first_period")).cast("int").alias("t_x"),
        (F.lit(last) - F.col("first_period")).cast("int").alias("age"),
    )
    return engine.arrow(cases.groupBy("x", "t_x", "age").agg(F.count("x").alias("weight")))


def _period(engine: Engine, unit: str) -> Column:
    """Return the column expression of the number of the period in which `day` lies."""
    F = engine.F
    if unit == "day":
        return F.col("day").cast("int")
    if unit == "week":
        return F.floor((F.col("day") + F.lit(MONDAY)) / F.lit(7.0)).cast("int")
    months = month_number(engine, "day")
    return months if unit == "month" else F.floor(months / F.lit(12.0)).cast("int")


def _number(unit: str, day: int) -> int:
    if unit == "day":
        return day
    if unit == "week":
        return (day + MONDAY) // 7
    date = day_of(day)
    return date.year if unit == "year" else 12 * date.year + date.month - 1

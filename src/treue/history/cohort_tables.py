"""Customers by the period they were won in: who bought, or was under contract, in which later one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from treue.history.division import MONTHS_OF
from treue.history.period_counts import calendar_periods
from treue.history.segments import with_segment
from treue.history.spell_moves import calendar_index
from treue.kernel.units import GRAINS, day_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treue.engine.seam import Column, Frame
    from treue.history.history import History
    from treue.kernel.units import Grain

LOOK_AHEAD_DAYS = 90
"""A customer counts as gone from a day on only after so many days without a purchase since then."""

Span = tuple[int, int | None]
"""First and last age in days, both counted; None as the last is for ever."""


def bought_again(history: History, grain: Grain) -> Frame:
    """Return how many customers of each cohort bought in each period.

    Parameters
    ----------
    history : History
        What happened.
    grain : {"month", "quarter", "year"}
        Length of a period.

    Returns
    -------
    Frame
        Columns ``cohort`` and ``period`` (numbers of calendar periods, the first is 0; -1 before what
        was observed) and ``customers``.
    """
    F = history.engine.F
    within = calendar_periods(history, grain)
    index = partial(calendar_index, history, within, MONTHS_OF[grain])
    orders = history.kept_orders
    if orders is not None:
        return _told_apart(history, orders.select("customer_id", index("day").alias("period")))
    days = history.active_days.select(
        index("first_day").alias("cohort"), index("day").alias("period"), "previous_day"
    )
    placed = days.withColumn("before", index("previous_day"))
    # A customer's first purchase of a period stands for the customer: nothing has to be counted twice.
    once = placed.where(F.col("previous_day").isNull() | (F.col("before") < F.col("period")))
    return once.groupBy("cohort", "period").agg(F.count("period").cast("bigint").alias("customers"))


def _told_apart(history: History, bought: Frame) -> Frame:
    """Count each customer once a period, from rows that repeat them."""
    F, engine = history.engine.F, history.engine
    table = engine.persist(bought.groupBy("customer_id", "period").agg(F.lit(1).alias("one")), "periods")
    once = engine.frame(table)
    first = once.groupBy("customer_id").agg(F.min("period").cast("int").alias("cohort"))
    cohorts = first.select(F.col("customer_id").alias("won_id"), "cohort")
    joined = once.join(cohorts, on=F.col("customer_id") == F.col("won_id"), how="inner")
    return joined.groupBy("cohort", "period").agg(F.count("period").cast("bigint").alias("customers"))


def stayed_under_contract(history: History, grain: Grain) -> Frame:
    """Return how many customers of each cohort began a spell in which period and ended it in which.

    Parameters
    ----------
    history : History
        What happened.
    grain : {"month", "quarter", "year"}
        Length of a period.

    Returns
    -------
    Frame
        Columns ``cohort``, ``came``, ``went`` (numbers of calendar periods; the count of periods when
        the spell goes on) and ``customers``. Of several spells begun in a period the last counts.
    """
    F, window = history.engine.F, history.engine.Window
    within = calendar_periods(history, grain)
    index = partial(calendar_index, history, within, MONTHS_OF[grain])
    spells = history.spells.withColumn(
        "won_day", F.min("start_day").over(window.partitionBy("customer_id"))
    ).select(
        "customer_id",
        index("won_day").alias("cohort"),
        index("start_day").alias("came"),
        index("end_day").alias("went"),
    )
    each = spells.groupBy("customer_id", "cohort", "came").agg(F.max("went").alias("went"))
    return each.groupBy("cohort", "came", "went").agg(F.count("went").cast("bigint").alias("customers"))


def active_at_ages(history: History, spans: Sequence[Span], by: str | None) -> tuple[Frame, Frame]:
    """Return how many customers have completed each span of ages, and how many were active in it.

    Parameters
    ----------
    history : History
        What happened.
    spans : sequence of (int, int or None)
        First and last age in days, 1 or more; without a last age, activity at any later time counts.
    by : str or None
        ``month``, ``quarter`` or ``year`` of the first purchase, a column to divide customers by, or None.

    Returns
    -------
    tuple of Frame
        Two tables by ``cell`` (number of the cohort's period, segment, or 0). The first has
        ``customers`` and for the k-th span ``completed_k`` (members watched long enough), ``later_k``
        (of them with a purchase at the first age or later), and ``reached_k``, ``so_far_k`` (the same
        without the look-ahead). The second has ``active_k``: members among the completed with a purchase
        in the span.
    """
    F = history.engine.F
    as_of = F.lit(history.as_of_day)

    def divided(frame: Frame) -> Frame:
        if history.settings.observed_from is not None:
            frame = frame.where(F.col("first_day") >= F.lit(day_number(history.settings.observed_from)))
        if by is None:
            return frame.withColumn("cell", F.lit(0))
        for grain in GRAINS:
            if by == grain:
                within = calendar_periods(history, grain)
                return frame.withColumn(
                    "cell", calendar_index(history, within, MONTHS_OF[grain], "first_day")
                )
        return with_segment(history, frame, by).withColumnRenamed("segment", "cell")

    def count(condition: Column, name: str) -> Column:
        return F.sum(F.when(condition, F.lit(1)).otherwise(F.lit(0))).cast("bigint").alias(name)

    first, age = F.col("first_day"), F.col("day") - F.col("first_day")
    last_age, before = F.col("last_day") - first, F.col("previous_day") - first
    members, active = [], []
    for k, (low, high) in enumerate(spans):
        watched = low + LOOK_AHEAD_DAYS if high is None else high
        completed, reached = first + F.lit(watched) <= as_of, first + F.lit(low) <= as_of
        later = last_age >= F.lit(low)
        members += [
            count(completed, f"completed_{k}"),
            count(completed & later, f"later_{k}"),
            count(reached, f"reached_{k}"),
            count(reached & later, f"so_far_{k}"),
        ]
        # The first purchase of the span stands for the customer.
        opens = (age >= F.lit(low)) & (before < F.lit(low))
        within_span = opens if high is None else opens & (age <= F.lit(high))
        active.append(count(completed & within_span, f"active_{k}"))
    customers = divided(history.customer_summary.select("customer_id", "first_day", "last_day"))
    days = divided(history.active_days.select("customer_id", "first_day", "previous_day", "day"))
    return (
        customers.groupBy("cell").agg(F.count("first_day").cast("bigint").alias("customers"), *members),
        days.where(F.col("previous_day").isNotNull()).groupBy("cell").agg(*active),
    )

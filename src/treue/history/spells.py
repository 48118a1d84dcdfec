"""Spells: the stretches of time in which a customer counts as active.

A spell is ``start_day < t <= end_day`` for the state just before day t begins. So who is won or lost
on the first day of a period belongs to that period, and start + won - lost = end always holds. All
three definitions of activity end in the same table, and everything about retention reads only it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from treue.engine.seam import Column, Engine, Frame

LAPSE_FACTOR = 4.3
"""A silence of 4.3 times the customer's median gap: under Poisson buying one in twenty active
customers is silent for so long (ln 20 / ln 2)."""

MINIMUM_GAPS = 3
"""Fewer gaps than this do not make a rhythm; the median of all customers stands in."""


def window_spells(engine: Engine, active: Frame, window_days: int) -> Frame:
    """Return spells under a fixed window: active for `window_days` after each day of buying.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    active : Frame
        Columns ``customer_id``, ``day``, ``previous_day``, ``last_day`` (of the customer); days that do not start
        a spell may be left out.
    window_days : int
        Days of silence after which a customer has lapsed, 1 or more.

    Returns
    -------
    Frame
        Columns ``customer_id``, ``start_day`` (first purchase), ``end_day`` (last purchase +
        window_days), ``previous_end_day`` (of the spell before, null for the first).
    """
    F, window = engine.F, engine.Window
    reach = F.lit(window_days)
    # Only the days on which a spell starts matter, a small share of all days: the next one tells where it ended.
    starts = active.where(starts_spell(engine, window_days)).select(
        "customer_id", "day", "previous_day", "last_day"
    )
    story = window.partitionBy("customer_id").orderBy("day")
    last = F.coalesce(F.lead("previous_day").over(story), F.col("last_day"))
    return starts.select(
        "customer_id",
        F.col("day").alias("start_day"),
        (last + reach).cast("int").alias("end_day"),
        (F.col("previous_day") + reach).cast("int").alias("previous_end_day"),
    )


def starts_spell(engine: Engine, window_days: int) -> Column:
    """Return whether a day starts a spell under a fixed window.

    Parameters
    ----------
    engine : Engine
        Where the days live; they have ``day`` and ``previous_day``.
    window_days : int
        Days of silence after which a customer has lapsed, 1 or more.

    Returns
    -------
    Column
        A condition.
    """
    F = engine.F
    return F.col("previous_day").isNull() | (F.col("day") - F.col("previous_day") > F.lit(window_days))


def rhythm_reach(engine: Engine, active: Frame) -> Frame:
    """Return how long a silence each customer's own rhythm allows.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    active : Frame
        Columns ``customer_id``, ``day``, ``previous_day``.

    Returns
    -------
    Frame
        Columns ``customer_id``, ``gaps_count``, ``median_gap_days`` (own, or the median of all gaps
        below three gaps; null when nobody has a gap), ``reach_days`` (4.3 medians, rounded up).
    """
    F = engine.F
    gaps = active.select("customer_id", (F.col("day") - F.col("previous_day")).alias("gap_days"))
    every = gaps.groupBy().agg(F.percentile("gap_days", 0.5).cast("double").alias("all_median"))
    own = gaps.groupBy("customer_id").agg(
        F.count("gap_days").cast("int").alias("gaps_count"),
        F.percentile("gap_days", 0.5).cast("double").alias("own_median"),
    )
    median = F.when(F.col("gaps_count") >= F.lit(MINIMUM_GAPS), F.col("own_median")).otherwise(
        F.col("all_median")
    )
    both = own.crossJoin(every).select("customer_id", "gaps_count", median.alias("median_gap_days"))
    reach = F.ceil(F.col("median_gap_days") * F.lit(LAPSE_FACTOR)).cast("int")
    return both.withColumn("reach_days", reach)


def rhythm_spells(engine: Engine, active: Frame) -> Frame:
    """Return spells under the customer's own rhythm: active for `reach_days` after each purchase.

    The rhythm is taken from the whole history, so a past state may use gaps that came later; it
    describes, it does not forecast.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    active : Frame
        Columns ``customer_id``, ``day``, ``previous_day``, ``next_day``.

    Returns
    -------
    Frame
        As :func:`window_spells`.
    """
    F = engine.F
    reach = rhythm_reach(engine, active).select(
        F.col("customer_id").alias("rhythm_customer_id"), F.col("reach_days").alias("reach_days")
    )
    stretches = (
        active.select("customer_id", "day")
        .join(reach, on=F.col("customer_id") == F.col("rhythm_customer_id"), how="inner")
        .select(
            "customer_id",
            F.col("day").alias("start_day"),
            # With one purchase per customer there is no gap at all: only the day itself is certain.
            (F.col("day") + F.coalesce(F.col("reach_days"), F.lit(1))).cast("int").alias("end_day"),
        )
    )
    return joined_stretches(engine, stretches, slack_days=0)


def contract_spells(engine: Engine, contracts: Frame, as_of_day: int, first_day: int | None = None) -> Frame:
    """Return spells from contracts: active from the start to the end of a contract.

    Contracts that follow one another by a day or less are one spell: a renewal is no loss.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    contracts : Frame
        Canonical table (``customer_id``, ``started_on``, ``ended_on``).
    as_of_day : int
        Day number of the last day observed; contracts without end, or with an end after it, run on.
    first_day : int, optional
        Contracts that ended before this day are left out.

    Returns
    -------
    Frame
        As :func:`window_spells`; an open spell ends on 2999-12-31.
    """
    F = engine.F
    epoch = F.to_date(F.lit("1970-01-01"))
    start = F.datediff(F.col("started_on"), epoch).cast("int")
    end = F.coalesce(F.datediff(F.col("ended_on"), epoch).cast("int"), F.lit(OPEN_END_DAY))
    stretches = contracts.select("customer_id", start.alias("start_day"), end.alias("end_day"))
    stretches = stretches.where(
        (F.col("start_day") <= F.lit(as_of_day)) & (F.col("end_day") >= F.col("start_day"))
    )
    if first_day is not None:
        stretches = stretches.where(F.col("end_day") >= F.lit(first_day))
    ended = F.when(F.col("end_day") > F.lit(as_of_day), F.lit(OPEN_END_DAY)).otherwise(F.col("end_day"))
    return joined_stretches(engine, stretches.withColumn("end_day", ended), slack_days=1)


OPEN_END_DAY = 376199
"""Day number of 2999-12-31: the end of a spell that has not ended."""


def joined_stretches(engine: Engine, stretches: Frame, slack_days: int) -> Frame:
    """Return overlapping or touching stretches of a customer joined into spells.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    stretches : Frame
        Columns ``customer_id``, ``start_day``, ``end_day``; they may overlap.
    slack_days : int
        A gap of at most so many days does not divide two spells.

    Returns
    -------
    Frame
        Columns ``customer_id``, ``start_day``, ``end_day``, ``previous_end_day``.
    """
    F, window = engine.F, engine.Window
    story = window.partitionBy("customer_id").orderBy("start_day", "end_day")
    before = story.rowsBetween(window.unboundedPreceding, -1)
    marked = stretches.withColumn("reached", F.max("end_day").over(before))
    is_new = F.col("reached").isNull() | (F.col("start_day") > F.col("reached") + F.lit(slack_days))
    marked = marked.withColumn("is_new", F.when(is_new, F.lit(1)).otherwise(F.lit(0)))
    upto = story.rowsBetween(window.unboundedPreceding, 0)
    numbered = marked.withColumn("spell", F.sum("is_new").over(upto))
    spells = numbered.groupBy("customer_id", "spell").agg(
        F.min("start_day").cast("int").alias("start_day"), F.max("end_day").cast("int").alias("end_day")
    )
    order = window.partitionBy("customer_id").orderBy("start_day")
    return spells.select(
        "customer_id", "start_day", "end_day", F.lag("end_day").over(order).alias("previous_end_day")
    )

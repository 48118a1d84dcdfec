"""The one scan of the raw events: orders become one row per customer and day of buying.

Everything that is said about purchases is computed from what this module leaves, so twenty million
orders are read once, however many figures a report has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.engine.days import local_day

if TYPE_CHECKING:
    from datetime import date

    from treue.engine.seam import Column, Engine, Frame


def net_orders(
    engine: Engine,
    purchases: Frame,
    returns: Frame | None,
    *,
    timezone: str,
    first: date,
    last: date,
    as_of_day: int,
) -> Frame:
    """Return every order up to the last day observed, with what was returned taken off.

    Returns are booked to the original order's date, so an order that came back in full is an order
    that was not kept. No more goes back of an order than it brought: a credit note and the cancellation
    of the same order, or a refund beyond its price, leave nothing of it and take nothing from other orders.

    Parameters
    ----------
    engine : Engine
        Where the frames live.
    purchases, returns : Frame
        Canonical tables; `returns` may be None.
    timezone : str
        IANA name of the zone that divides days.
    first, last : datetime.date
        Days between which the orders lie.
    as_of_day : int
        Day number of the last day observed; later orders and returns are left out.

    Returns
    -------
    Frame
        Columns ``order_id``, ``customer_id``, ``day`` (day number), ``net_amount`` (minor units),
        ``margin_amount`` (minor units or null), ``returned_amount`` (minor units taken off), ``free`` (1 when
        the order cost nothing from the start and nothing was returned, else 0), ``kept`` (1 when net_amount > 0,
        else 0).
    """
    F = engine.F
    day = local_day(engine, "ordered_at", timezone, first, last)
    orders = purchases.select(
        "order_id", "customer_id", day.alias("day"), "net_amount", "margin_amount"
    ).where(F.col("day") <= F.lit(as_of_day))
    if returns is not None:
        back = returns.select(
            F.col("order_id").alias("returned_order_id"),
            local_day(engine, "returned_at", timezone, first, last).alias("returned_day"),
            F.col("amount").alias("amount"),
        ).where(F.col("returned_order_id").isNotNull() & (F.col("returned_day") <= F.lit(as_of_day)))
        back = back.groupBy("returned_order_id").agg(F.sum("amount").cast("bigint").alias("returned_amount"))
        joined = orders.join(back, on=F.col("order_id") == F.col("returned_order_id"), how="left")
        returned = F.coalesce(F.col("returned_amount"), F.lit(0))
        net = left_of(engine, "net_amount", returned)
        # The margin goes back in the same share as the price: a half-returned order earns half.
        share = F.when(F.col("net_amount") > 0, net / F.col("net_amount")).otherwise(F.lit(1.0))
        margin = F.round(F.col("margin_amount") * share).cast("bigint")
        orders = joined.select(
            "order_id",
            "customer_id",
            "day",
            net.cast("bigint").alias("net_amount"),
            margin.alias("margin_amount"),
            (F.col("net_amount") - net).cast("bigint").alias("returned_amount"),
            F.when((F.col("net_amount") == 0) & (returned == 0), F.lit(1)).otherwise(F.lit(0)).alias("free"),
        )
    else:
        free = F.when(F.col("net_amount") == 0, F.lit(1)).otherwise(F.lit(0))
        orders = orders.withColumn("returned_amount", F.lit(0).cast("bigint")).withColumn("free", free)
    kept = F.when(F.col("net_amount") > 0, F.lit(1)).otherwise(F.lit(0))
    return orders.withColumn("kept", kept)


def left_of(engine: Engine, amount: str, returned: Column) -> Column:
    """Return the column expression of what is left of an order; no more goes back than it brought.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    amount : str
        Column of what the order brought, in minor units.
    returned : Column
        What all its returns say, in minor units; 0 where there is none.

    Returns
    -------
    Column
        Minor units, 0 or more where the order brought 0 or more.
    """
    F = engine.F
    return F.greatest(F.col(amount) - returned, F.least(F.col(amount), F.lit(0)))


def customer_days(engine: Engine, orders: Frame, *, with_margin: bool = True) -> Frame:
    """Return one row per customer and day with any order.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    orders : Frame
        What :func:`net_orders` returns.
    with_margin : bool
        False where no order carries a margin: the column stays null and costs nothing.

    Returns
    -------
    Frame
        Columns ``customer_id``, ``day``, ``orders_count`` (kept orders), ``net_amount`` (minor units,
        of all orders), ``margin_amount`` (minor units, null where no order of the day carries one).
    """
    F = engine.F
    is_kept = F.when(F.col("kept") == F.lit(1), F.lit(1))
    return orders.groupBy("customer_id", "day").agg(
        F.count(is_kept).cast("int").alias("orders_count"),
        F.sum("net_amount").cast("bigint").alias("net_amount"),
        (F.sum("margin_amount") if with_margin else F.max(F.lit(None))).cast("bigint").alias("margin_amount"),
    )


def active_days(engine: Engine, days: Frame) -> Frame:
    """Return the days with a kept order, each with its place in the customer's story.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    days : Frame
        What :func:`customer_days` returns.

    Returns
    -------
    Frame
        The columns of `days`, and ``first_day``, ``last_day``, ``previous_day`` and ``next_day`` (day numbers of
        the same customer; null where there is none).
    """
    F = engine.F
    kept = days.where(F.col("orders_count") > F.lit(0))
    story = engine.Window.partitionBy("customer_id").orderBy("day")
    # One step for all four: the database sorts once.
    return kept.select(
        *("customer_id", "day", "orders_count", "net_amount", "margin_amount"),
        F.lag("day").over(story).alias("previous_day"),
        F.lead("day").over(story).alias("next_day"),
        F.min("day").over(story).alias("first_day"),
        F.max("day").over(engine.whole(story)).alias("last_day"),
    )


def customer_summary(engine: Engine, days: Frame) -> Frame:
    """Return one row per customer who ever kept an order: the recency–frequency–value summary.

    Orders that were not kept count neither as orders nor as days; their amounts count.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    days : Frame
        What :func:`customer_days` returns.

    Returns
    -------
    Frame
        Columns ``customer_id``, ``first_day``, ``last_day`` (day numbers), ``days_count`` (days of
        buying), ``orders_count``, ``net_amount``, ``margin_amount`` (minor units).
    """
    F = engine.F
    kept_day = F.when(F.col("orders_count") > F.lit(0), F.col("day"))
    summary = days.groupBy("customer_id").agg(
        F.min(kept_day).alias("first_day"),
        F.max(kept_day).alias("last_day"),
        F.count(kept_day).cast("int").alias("days_count"),
        F.sum("orders_count").cast("int").alias("orders_count"),
        F.sum("net_amount").cast("bigint").alias("net_amount"),
        F.sum("margin_amount").cast("bigint").alias("margin_amount"),
    )
    return summary.where(F.col("orders_count") > F.lit(0))


def summary_of_orders(engine: Engine, orders: Frame, *, with_margin: bool = True) -> Frame:
    """Return the same summary straight from the orders, where nobody needs their days.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    orders : Frame
        What :func:`net_orders` returns.
    with_margin : bool
        False where no order carries a margin: the column stays null and costs nothing.

    Returns
    -------
    Frame
        As :func:`customer_summary`.
    """
    F = engine.F
    is_kept = F.col("kept") == F.lit(1)
    kept_day = F.when(is_kept, F.col("day"))
    margin = F.sum("margin_amount") if with_margin else F.max(F.lit(None))
    summary = orders.groupBy("customer_id").agg(
        F.min(kept_day).alias("first_day"),
        F.max(kept_day).alias("last_day"),
        engine.count_different(kept_day).cast("int").alias("days_count"),
        F.sum("kept").cast("int").alias("orders_count"),
        F.sum("net_amount").cast("bigint").alias("net_amount"),
        margin.cast("bigint").alias("margin_amount"),
    )
    return summary.where(F.col("orders_count") > F.lit(0))

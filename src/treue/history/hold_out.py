"""What was known of customers on a day, and what they did after it: the ground of every back-test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.history.repeat_buying import bought_days

if TYPE_CHECKING:
    import pyarrow as pa

    from treue.engine.seam import Frame
    from treue.history.history import History
    from treue.history.repeat_buying import Orders


def held_out_cases(history: History, split_day: int, orders: Orders = "kept") -> pa.Table:
    """Return the distinct cases known at a split, with what happened after it.

    Parameters
    ----------
    history : History
        What happened.
    split_day : int
        Day number of the last day that is known.
    orders : str
        ``kept``, or ``all`` to count orders that cost nothing too.

    Returns
    -------
    pyarrow.Table
        Columns ``x`` (days of buying after the first, to the split), ``t_x`` (days from the first to the
        last), ``age`` (days from the first to the split), ``y`` (days of buying after the split) and
        ``weight`` (customers), one row per distinct case of the customers won by the split.
    """
    F = history.engine.F
    won = _customers(history, split_day, orders).where(F.col("known_count") > F.lit(0))
    cases = won.select(
        (F.col("known_count") - F.lit(1)).cast("int").alias("x"),
        (F.col("last_day") - F.col("first_day")).cast("int").alias("t_x"),
        (F.lit(split_day) - F.col("first_day")).cast("int").alias("age"),
        F.col("later_count").alias("y"),
    )
    counted = cases.groupBy("x", "t_x", "age", "y").agg(F.count("x").alias("weight"))
    return history.engine.arrow(counted.orderBy("x", "t_x", "age", "y"))


def repeat_days(history: History, split_day: int, orders: Orders = "kept") -> pa.Table:
    """Return how many customers bought on each day, not for the first time.

    Orders that were returned by the last day observed do not count, before the split as after it.

    Parameters
    ----------
    history : History
        What happened.
    split_day : int
        Day number of the last day that is known; customers won later do not count.
    orders : str
        As for :func:`held_out_cases`.

    Returns
    -------
    pyarrow.Table
        Columns ``day`` (day number) and ``customers``.
    """
    F = history.engine.F
    won = _customers(history, split_day, orders).where(F.col("known_count") > F.lit(0))
    won = won.select(F.col("customer_id").alias("won_customer_id"), "first_day")
    days = bought_days(history, None, orders)
    joined = days.join(won, on=F.col("customer_id") == F.col("won_customer_id"), how="inner")
    again = joined.where(F.col("day") > F.col("first_day"))
    return history.engine.arrow(again.groupBy("day").agg(F.count("day").alias("customers")))


def _customers(history: History, split_day: int, orders: Orders) -> Frame:
    """Return one row per customer: what was known at the split, and how many days of buying came later."""
    engine, F = history.engine, history.engine.F
    key = ("held_out", split_day, orders)
    if key not in history.kept:
        days = bought_days(history, None, orders).select("customer_id", "day")
        if orders == "all" or history.has("returns"):
            # What was returned later was not known to be returned.
            known = bought_days(history, split_day, orders).select("customer_id", "day")
            days = known.unionByName(days.where(F.col("day") > F.lit(split_day)))
        early = F.when(F.col("day") <= F.lit(split_day), F.col("day"))
        late = F.when(F.col("day") > F.lit(split_day), F.col("day"))
        customers = days.groupBy("customer_id").agg(
            F.min("day").alias("first_day"),
            F.max(early).alias("last_day"),
            F.count(early).cast("int").alias("known_count"),
            F.count(late).cast("int").alias("later_count"),
        )
        history.kept[key] = engine.persist(customers, "held_out")
    return engine.frame(history.kept[key])

"""Repeat buying of each customer, up to any day: what the models of who comes back are fitted to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    import pyarrow as pa

    from treue.engine.seam import Frame
    from treue.history.history import History

Orders = Literal["kept", "all"]
"""``kept``: orders that came to something; ``all``: also those that cost nothing, as research papers count."""


def repeat_buying(history: History, until_day: int | None = None, orders: Orders = "kept") -> Frame:
    """Return the days of buying of each customer and what the later ones were worth.

    Computed once per day and kind of orders, and kept in the engine.

    Parameters
    ----------
    history : History
        What happened.
    until_day : int, optional
        Day number to stop at, as if no later order or return were known; default: the last day observed.
    orders : str
        ``kept`` counts orders that came to something; ``all`` also counts orders that cost nothing. Orders
        that were returned count in neither.

    Returns
    -------
    Frame
        Columns ``customer_id``, ``first_day``, ``last_day`` (day numbers), ``days_count`` (days of buying),
        ``repeat_amount`` (minor units of all days after the first on which money was taken) and
        ``repeat_valued_days_count`` (how many such days).

    Raises
    ------
    WrongArgument
        When `orders` is neither.
    """
    engine = history.engine
    key = ("repeat_buying", until_day, _checked(orders))
    if key not in history.kept:
        history.kept[key] = engine.persist(
            _by_customer(history, bought_days(history, until_day, orders)), "repeat_buying"
        )
    return engine.frame(history.kept[key])


def repeat_cases(history: History, until_day: int | None = None, orders: Orders = "kept") -> pa.Table:
    """Return the distinct cases of repeat buying and how many customers share each.

    Parameters
    ----------
    history : History
        What happened.
    until_day : int, optional
        As for :func:`repeat_buying`.
    orders : str
        As for :func:`repeat_buying`.

    Returns
    -------
    pyarrow.Table
        Columns ``x`` (days of buying after the first), ``t_x`` (days from the first to the last), ``age``
        (days from the first to the end), ``weight`` (customers).
    """
    F = history.engine.F
    end = history.as_of_day if until_day is None else until_day
    known = ("repeat_buying", until_day, _checked(orders)) in history.kept
    # Where nobody has asked for the values, the summary that reports make anyway says enough.
    plain = until_day is None and orders == "kept" and not known
    customers = history.customer_summary if plain else repeat_buying(history, until_day, orders)
    cases = customers.select(
        (F.col("days_count") - F.lit(1)).cast("int").alias("x"),
        (F.col("last_day") - F.col("first_day")).cast("int").alias("t_x"),
        (F.lit(end) - F.col("first_day")).cast("int").alias("age"),
    )
    return history.engine.arrow(cases.groupBy("x", "t_x", "age").agg(F.count("x").alias("weight")))


def _checked(orders: Orders) -> Orders:
    if orders not in {"kept", "all"}:
        raise WrongArgument(
            f"orders={orders!r} is not known; give 'kept' for orders that came to something, or 'all' to count "
            "orders that cost nothing too"
        )
    return orders


def bought_days(history: History, until_day: int | None = None, orders: Orders = "kept") -> Frame:
    """Return each customer's days of buying.

    Parameters
    ----------
    history : History
        What happened.
    until_day : int, optional
        As for :func:`repeat_buying`.
    orders : str
        As for :func:`repeat_buying`.

    Returns
    -------
    Frame
        Columns ``customer_id``, ``day`` (day number) and ``net_amount`` (minor units).

    Raises
    ------
    WrongArgument
        When `orders` is not known.
    """
    F = history.engine.F
    _checked(orders)
    # A return that came after the day would give away what nobody knew on it.
    if orders == "kept" and (until_day is None or not history.has("returns")):
        days = history.customer_days.where(F.col("orders_count") > F.lit(0))
        if until_day is not None:
            days = days.where(F.col("day") <= F.lit(until_day))
        return days.select("customer_id", "day", "net_amount")
    every = history.net_orders(until_day)
    counted = F.col("kept") if orders == "kept" else F.greatest(F.col("kept"), F.col("free"))
    days = (
        every.withColumn("counted", counted)
        .groupBy("customer_id", "day")
        .agg(F.sum("net_amount").cast("bigint").alias("net_amount"), F.max("counted").alias("counted"))
    )
    return days.where(F.col("counted") == F.lit(1)).select("customer_id", "day", "net_amount")


def _by_customer(history: History, days: Frame) -> Frame:
    engine, F = history.engine, history.engine.F
    valued = F.when(F.col("net_amount") > F.lit(0), F.col("net_amount"))
    customers = days.groupBy("customer_id").agg(
        F.min("day").alias("first_day"),
        F.max("day").alias("last_day"),
        F.count("day").cast("int").alias("days_count"),
        F.sum(valued).cast("bigint").alias("amount"),
        F.count(valued).cast("int").alias("valued_days_count"),
        engine.first_by("net_amount", "day").cast("bigint").alias("first_amount"),
    )
    first_valued = F.when(F.col("first_amount") > F.lit(0), F.lit(1)).otherwise(F.lit(0))
    first = F.when(F.col("first_amount") > F.lit(0), F.col("first_amount")).otherwise(F.lit(0))
    return customers.select(
        "customer_id",
        "first_day",
        "last_day",
        "days_count",
        (F.coalesce(F.col("amount"), F.lit(0)) - first).cast("bigint").alias("repeat_amount"),
        (F.col("valued_days_count") - first_valued).cast("int").alias("repeat_valued_days_count"),
    )

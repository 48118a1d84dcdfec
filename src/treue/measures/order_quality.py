"""What the orders themselves leave open: counts for the part of a report that speaks about its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from treue.kernel.units import day_number

if TYPE_CHECKING:
    from treue.engine.seam import Column, Frame
    from treue.history.history import History


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderQuality:
    """How the orders up to the last day observed count.

    Parameters
    ----------
    orders : int
        All of them.
    kept : int
        Those with a positive net amount: the ones that count as purchases.
    zero_or_negative : int
        The others; their amounts stay in the revenue.
    fully_returned, partly_returned : int
        Orders of which everything, or a part, came back.
    unlinked_returns : int
        Returns that belong to no order of the history.
    customers : int
        Distinct customers of orders or of the customers table.
    customers_without_purchase : int
        Those without a single kept order.
    """

    orders: int
    kept: int
    zero_or_negative: int
    fully_returned: int
    partly_returned: int
    unlinked_returns: int
    customers: int
    customers_without_purchase: int


def order_quality(history: History) -> OrderQuality:
    """Return how many orders count, came back, or belong to nobody.

    Parameters
    ----------
    history : History
        What happened; it needs purchases.

    Returns
    -------
    OrderQuality
        Counts, 0 where there is nothing of a kind.

    Raises
    ------
    NotEnoughData
        When the history has no purchases.
    """
    engine, F = history.engine, history.engine.F
    orders = history.net_orders()
    row = engine.arrow(
        orders.agg(
            F.count("order_id").cast("bigint").alias("orders"),
            F.coalesce(F.sum("kept"), F.lit(0)).cast("bigint").alias("kept"),
        )
    ).to_pylist()[0]
    fully, partly, unlinked = _returned(history, orders) if history.has("returns") else (0, 0, 0)
    everyone = history.customer_days.select("customer_id")
    if history.has("customers"):
        everyone = everyone.unionAll(history.frame("customers").select("customer_id"))
    customers = _count(history, everyone.distinct(), "customer_id")
    buyers = _count(history, history.customer_summary, "customer_id")
    return OrderQuality(
        orders=row["orders"],
        kept=row["kept"],
        zero_or_negative=row["orders"] - row["kept"],
        fully_returned=fully,
        partly_returned=partly,
        unlinked_returns=unlinked,
        customers=customers,
        customers_without_purchase=customers - buyers,
    )


def _count(history: History, frame: Frame, column: str) -> int:
    counted = frame.agg(history.engine.F.count(column).cast("bigint").alias("rows"))
    return int(history.engine.arrow(counted)["rows"][0].as_py())


def _returned(history: History, orders: Frame) -> tuple[int, int, int]:
    """Return the orders that came back whole, in part, and the returns that belong to no order."""
    engine, F = history.engine, history.engine.F
    day: Column = history.day_of_instant("returned_at")
    back = history.frame("returns").select(
        F.col("order_id").alias("returned_order_id"),
        "amount",
        day.alias("returned_day"),
    )
    back = back.where(F.col("returned_day") <= F.lit(day_number(history.as_of)))
    each = back.groupBy("returned_order_id").agg(
        F.sum("amount").cast("bigint").alias("returned_amount"),
        F.count("amount").cast("bigint").alias("returns_count"),
    )
    joined = each.join(orders, on=F.col("returned_order_id") == F.col("order_id"), how="left")
    linked = F.col("order_id").isNotNull() & (F.col("returned_amount") > 0)
    # An order that was worth nothing before the return did not come back; it never counted.
    worth = linked & (F.col("net_amount") + F.col("returned_amount") > 0)
    one, none = F.lit(1), F.lit(0)
    row = engine.arrow(
        joined.agg(
            F.sum(F.when(worth & (F.col("net_amount") <= 0), one).otherwise(none))
            .cast("bigint")
            .alias("fully"),
            F.sum(F.when(worth & (F.col("net_amount") > 0), one).otherwise(none))
            .cast("bigint")
            .alias("partly"),
            F.sum(F.when(F.col("order_id").isNull(), F.col("returns_count")).otherwise(none))
            .cast("bigint")
            .alias("unlinked"),
        )
    ).to_pylist()[0]
    return row["fully"] or 0, row["partly"] or 0, row["unlinked"] or 0

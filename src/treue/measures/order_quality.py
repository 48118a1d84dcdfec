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
    # An order that was worth nothing before the return did not come back; it never counted.
    back = F.col("returned_amount") > F.lit(0)
    one, none = F.lit(1), F.lit(0)

    def total(column: Column) -> Column:
        return F.coalesce(F.sum(column), none).cast("bigint")

    row = engine.arrow(
        orders.agg(
            F.count("order_id").cast("bigint").alias("orders"),
            total(F.col("kept")).alias("kept"),
            total(F.when(back & (F.col("kept") == none), one).otherwise(none)).alias("fully"),
            total(F.when(back & (F.col("kept") == one), one).otherwise(none)).alias("partly"),
        )
    ).to_pylist()[0]
    everyone = history.customer_days.select("customer_id")
    if history.has("customers"):
        everyone = everyone.unionAll(history.frame("customers").select("customer_id"))
    customers = _count(history, everyone.distinct(), "customer_id")
    buyers = _count(history, history.customer_summary, "customer_id")
    return OrderQuality(
        orders=row["orders"],
        kept=row["kept"],
        zero_or_negative=row["orders"] - row["kept"],
        fully_returned=row["fully"],
        partly_returned=row["partly"],
        unlinked_returns=_unlinked(history, orders) if history.has("returns") else 0,
        customers=customers,
        customers_without_purchase=customers - buyers,
    )


def _count(history: History, frame: Frame, column: str) -> int:
    counted = frame.agg(history.engine.F.count(column).cast("bigint").alias("rows"))
    return int(history.engine.arrow(counted)["rows"][0].as_py())


def _unlinked(history: History, orders: Frame) -> int:
    """Return how many returns belong to no order."""
    F = history.engine.F
    day: Column = history.day_of_instant("returned_at")
    back = history.frame("returns").select(
        F.col("order_id").alias("returned_order_id"), "amount", day.alias("returned_day")
    )
    back = back.where(F.col("returned_day") <= F.lit(day_number(history.as_of)))
    joined = back.join(
        orders.select("order_id"), on=F.col("returned_order_id") == F.col("order_id"), how="left"
    )
    return _count(history, joined.where(F.col("order_id").isNull()), "amount")

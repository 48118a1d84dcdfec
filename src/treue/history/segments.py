"""Customers divided by a column of the firm's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from treue.engine.seam import Engine, Frame
    from treue.history.history import History

MOST_SEGMENTS = 200
"""A column with more values than this names customers, it does not divide them."""

NO_SEGMENT = "unknown"
"""The segment of customers whose column is empty."""

NOT_SEGMENTS = {
    "customer_id",
    "order_id",
    "ordered_at",
    "net_amount",
    "margin_amount",
    "discount_amount",
    "contract_id",
    "started_on",
    "ended_on",
    # Known only once the customer has left, so it would divide by the outcome.
    "end_reason",
    "monthly_amount",
}
"""Columns of the canonical tables that divide no customers."""


def with_segment(history: History, frame: Frame, column: str) -> Frame:
    """Return a frame of customers with each one's segment.

    Parameters
    ----------
    history : History
        What happened.
    frame : Frame
        Holds ``customer_id``.
    column : str
        Column that customers are divided by.

    Returns
    -------
    Frame
        The frame with a column ``segment`` (text; ``unknown`` where it is empty).
    """
    F = history.engine.F
    divided = frame.join(
        history.segments(column), on=F.col("customer_id") == F.col("segment_customer_id"), how="left"
    )
    return divided.select(*frame.columns, F.coalesce(F.col("segment"), F.lit(NO_SEGMENT)).alias("segment"))


def check_segments(column: str, count: int) -> None:
    """Refuse a column that has too many values to divide customers by.

    Parameters
    ----------
    column : str
        Its name.
    count : int
        How many different values it has.

    Raises
    ------
    WrongArgument
        When there are more than 200 segments.
    """
    if count > MOST_SEGMENTS:
        raise WrongArgument(
            f"by={column!r} has {count} different values, more than {MOST_SEGMENTS}; "
            "give a column that puts customers into a few groups"
        )


def first_values(engine: Engine, rows: Frame, table: str, column: str) -> Frame:
    """Return each customer's value of a column in their first order or contract.

    Parameters
    ----------
    engine : Engine
        Where the rows live.
    rows : Frame
        The purchases or the contracts.
    table : {"purchases", "contracts"}
        Which of them.
    column : str
        Column that customers are divided by.

    Returns
    -------
    Frame
        Columns ``segment_customer_id``, ``segment`` (text); of several first ones at the same instant the
        least value.
    """
    F = engine.F
    since = "ordered_at" if table == "purchases" else "started_on"
    first = rows.groupBy("customer_id").agg(F.min(since).alias("first_since"))
    first = first.select(F.col("customer_id").alias("segment_customer_id"), "first_since")
    same = (F.col("customer_id") == F.col("segment_customer_id")) & (F.col(since) == F.col("first_since"))
    # Files with days and no times have several first orders; the order of their rows must not decide.
    values = rows.select("customer_id", since, column).join(first, on=same, how="inner")
    return values.groupBy("segment_customer_id").agg(F.min(column).cast("string").alias("segment"))

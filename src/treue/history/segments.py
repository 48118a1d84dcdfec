"""Customers divided by a column of the firm's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from treue.engine.seam import Frame
    from treue.history.history import History

MOST_SEGMENTS = 200
"""A column with more values than this names customers, it does not divide them."""

NO_SEGMENT = "unknown"
"""The segment of customers whose column is empty."""


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

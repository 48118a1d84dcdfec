"""What an order was worth to the firm: its margin where that is known, else its revenue, and which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from treue.engine.seam import Column, Frame
    from treue.history.history import History

Kind = Literal["margin", "margin_share", "revenue"]
"""Worth is the margin of each order, a share of net revenue, or the net revenue itself."""


@dataclass(frozen=True, slots=True)
class Worth:
    """How amounts become worth.

    Parameters
    ----------
    kind : str
        See :data:`Kind`.
    share : float or None
        Margin per net revenue: the firm's own for ``margin_share``; for ``margin`` what stands in for
        days without a margin; None for ``revenue``.
    filled_days : int
        Days of buying without a margin of their own although others have one.
    """

    kind: Kind
    share: float | None
    filled_days: int

    @property
    def words(self) -> str:
        """What the amounts are, in words.

        Examples
        --------
        >>> Worth("revenue", None, 0).words
        'net revenue, no margin given'
        """
        if self.kind == "revenue" or self.share is None:
            return "net revenue, no margin given" if self.kind == "revenue" else "margin"
        percent = f"{100 * self.share:.1f}".removesuffix(".0")
        if self.kind == "margin_share":
            return f"margin at {percent} % of net revenue"
        return (
            f"margin, at {percent} % of net revenue where orders carry none" if self.filled_days else "margin"
        )


def find_worth(history: History) -> Worth:
    """Return how the amounts of a history become worth.

    Parameters
    ----------
    history : History
        The orders' own margins come first, then the firm's `margin_share`, then the revenue as it is.

    Returns
    -------
    Worth
        What :func:`worth_amount` needs.
    """
    F = history.engine.F
    has = F.col("margin_amount").isNotNull()
    row = history.engine.arrow(
        history.customer_days.agg(
            F.count("day").cast("bigint").alias("days"),
            F.count("margin_amount").cast("bigint").alias("with_margin"),
            F.sum("margin_amount").cast("bigint").alias("margin"),
            F.sum(F.when(has, F.col("net_amount"))).cast("bigint").alias("net"),
        )
    ).to_pylist()[0]
    given = history.settings.margin_share
    if row["with_margin"]:
        observed = row["margin"] / row["net"] if row["net"] else 1.0
        return Worth("margin", given if given is not None else observed, row["days"] - row["with_margin"])
    return Worth("revenue", None, 0) if given is None else Worth("margin_share", given, 0)


def worth_amount(history: History, worth: Worth) -> Column:
    """Return the column expression of a customer-day's worth in minor units, not rounded.

    Parameters
    ----------
    history : History
        Whose customer days.
    worth : Worth
        What :func:`find_worth` returns.

    Returns
    -------
    Column
        Over the columns ``net_amount`` and ``margin_amount``.
    """
    F = history.engine.F
    net = F.col("net_amount").cast("double")
    if worth.kind == "revenue" or worth.share is None:
        return net
    if worth.kind == "margin_share":
        return net * F.lit(worth.share)
    return F.coalesce(F.col("margin_amount").cast("double"), net * F.lit(worth.share))


def worth_per_customer(history: History, worth: Worth) -> Frame:
    """Return what each customer has been worth so far.

    Parameters
    ----------
    history : History
        What happened.
    worth : Worth
        What :func:`find_worth` returns.

    Returns
    -------
    Frame
        Columns ``worth_customer_id``, ``worth_amount`` (whole minor units, each day rounded).
    """
    F = history.engine.F
    days = history.customer_days.select(
        F.col("customer_id").alias("worth_customer_id"),
        # Whole numbers per day: the sum does not depend on the order in which days are added.
        F.round(worth_amount(history, worth)).cast("bigint").alias("day_amount"),
    )
    return days.groupBy("worth_customer_id").agg(F.sum("day_amount").cast("bigint").alias("worth_amount"))

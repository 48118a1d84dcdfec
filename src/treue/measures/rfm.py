"""Recency, frequency and value of each customer, scored from 1 to 5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from treue.engine.columns import numbers
from treue.history.division import only_by
from treue.kernel.errors import NotEnoughData
from treue.kernel.estimate import Figure, count_status
from treue.kernel.intervals import goodman
from treue.kernel.registry import measure
from treue.kernel.units import day_number, day_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from treue.engine.seam import Column, Frame
    from treue.history.history import History

CLASSES = 5


@dataclass(frozen=True, slots=True)
class RfmCuts:
    """Where one score ends and the next begins; keep them to compare customers over time.

    Parameters
    ----------
    recency_days, orders_count, net_amount : tuple of (int, int)
        Pairs of a value and the score that holds from it on (for recency: of at most so many days),
        the worst first. Amounts are minor units.
    """

    recency_days: tuple[tuple[int, int], ...]
    orders_count: tuple[tuple[int, int], ...]
    net_amount: tuple[tuple[int, int], ...]


def mid_rank_scores(values: ArrayLike, counts: ArrayLike) -> NDArray[np.int64]:
    """Return the score of each distinct value, 1 to 5; equal customers get equal scores.

    Parameters
    ----------
    values : array_like of int, shape (k,)
        Distinct values, the worst first.
    counts : array_like of int, shape (k,)
        How many customers have each.

    Returns
    -------
    numpy.ndarray of int, shape (k,)
        1 + floor(5 (2r - 1) / (2n)), where r is the average rank over ties; 3 when all are equal.

    Raises
    ------
    ValueError
        When there are not as many counts as values.

    Examples
    --------
    >>> mid_rank_scores([1, 2, 3, 4, 5, 7, 9], [3, 2, 1, 1, 1, 1, 1]).tolist()
    [1, 3, 3, 4, 4, 5, 5]
    """
    same = np.asarray(counts, dtype=np.int64)
    if np.size(values) != same.size:
        raise ValueError(f"values has {np.size(values)} entries and counts {same.size}; give one count each")
    below = np.cumsum(same) - same
    # 2r - 1 = 2 below + same: whole numbers, so nothing is lost to rounding.
    scores: NDArray[np.int64] = 1 + CLASSES * (2 * below + same) // (2 * same.sum())
    return scores


def customer_rfm(history: History) -> Frame:
    """Return recency, frequency and value of every customer who ever kept an order.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    Frame
        Columns ``customer_id``, ``recency_days``, ``orders_count``, ``net_amount`` (minor units, with
        the amounts of orders that were not kept).
    """
    F = history.engine.F
    bought = F.when(F.col("orders_count") > F.lit(0), F.col("day"))
    each = history.customer_days.groupBy("customer_id").agg(
        (F.lit(history.as_of_day) - F.max(bought)).cast("int").alias("recency_days"),
        F.sum("orders_count").cast("bigint").alias("orders_count"),
        F.sum("net_amount").cast("bigint").alias("net_amount"),
    )
    return each.where(F.col("orders_count") > F.lit(0))


def find_cuts(history: History, customers: Frame) -> RfmCuts:
    """Return the values at which the scores change.

    Parameters
    ----------
    history : History
        Whose engine holds the frame.
    customers : Frame
        What :func:`customer_rfm` returns.

    Returns
    -------
    RfmCuts
        Empty where there are no customers.
    """
    return RfmCuts(
        recency_days=_cuts(history, customers, "recency_days", more_is_better=False),
        orders_count=_cuts(history, customers, "orders_count", more_is_better=True),
        net_amount=_cuts(history, customers, "net_amount", more_is_better=True),
    )


def _cuts(
    history: History, customers: Frame, column: str, *, more_is_better: bool
) -> tuple[tuple[int, int], ...]:
    F = history.engine.F
    table = history.engine.arrow(customers.groupBy(column).agg(F.count(column).cast("bigint").alias("same")))
    values, same = numbers(table[column]), numbers(table["same"])
    if not values.size:
        return ()
    order = np.argsort(values if more_is_better else -values)
    values, scores = values[order], mid_rank_scores(values[order], same[order])
    begins = np.flatnonzero(np.diff(scores, prepend=0))
    return tuple((int(values[place]), int(scores[place])) for place in begins)


def rfm_scores(history: History, cuts: RfmCuts | None = None) -> Frame:
    """Return the three scores of every customer who ever kept an order.

    Parameters
    ----------
    history : History
        What happened.
    cuts : RfmCuts, optional
        Cut points of an earlier day, to compare with it. Left out: found in this history.

    Returns
    -------
    Frame
        The columns of :func:`customer_rfm` and ``recency_score``, ``frequency_score``,
        ``value_score`` (1 worst to 5 best) and ``rfm_class`` (three digits, as ``"543"``).
    """
    engine, F = history.engine, history.engine.F
    customers = engine.frame(engine.persist(customer_rfm(history), "rfm"))
    used = cuts or find_cuts(history, customers)
    scored = (
        customers.withColumn(
            "recency_score", _score(history, "recency_days", used.recency_days, at_most=True)
        )
        .withColumn("frequency_score", _score(history, "orders_count", used.orders_count, at_most=False))
        .withColumn("value_score", _score(history, "net_amount", used.net_amount, at_most=False))
    )
    digits = [F.col(name).cast("string") for name in ("recency_score", "frequency_score", "value_score")]
    return scored.withColumn("rfm_class", F.concat(*digits))


def _score(history: History, column: str, cuts: tuple[tuple[int, int], ...], *, at_most: bool) -> Column:
    F = history.engine.F
    # Beyond the worst value seen when the cuts were frozen: still the worst score.
    chain = F.lit(cuts[0][1] if cuts else 0)
    for value, score in cuts[1:]:
        inside = F.col(column) <= F.lit(value) if at_most else F.col(column) >= F.lit(value)
        chain = F.when(inside, F.lit(score)).otherwise(chain)
    return chain.cast("int")


@measure("rfm", label="Recency, frequency and value", unit="share", grains=())
def rfm(history: History, by: str | None = None) -> list[Figure]:
    """Return which share of the customers is in each class of recency, frequency and value.

    Each class is three scores from 1 (worst) to 5 (best): how recently, how often, for how much. Scores
    compare a firm's customers with one another: there are always good and bad ones.

    Parameters
    ----------
    history : History
        What happened.
    by : str, optional
        Cannot be given.

    Returns
    -------
    list of Figure
        One per class that occurs, `segment` as ``"555"``, the best recency first; shares of all
        customers who ever kept an order, with simultaneous intervals.

    Raises
    ------
    WrongArgument
        When `by` is given.
    NotEnoughData
        When no order was kept.

    References
    ----------
    Goodman (1965), Technometrics 7, 247-254.
    """
    only_by(by, measure="rfm")
    F = history.engine.F
    counted = (
        rfm_scores(history).groupBy("rfm_class").agg(F.count("customer_id").cast("bigint").alias("same"))
    )
    rows = sorted(history.engine.arrow(counted).to_pylist(), key=lambda row: row["rfm_class"], reverse=True)
    n = sum(int(row["same"]) for row in rows)
    if not rows:
        raise NotEnoughData("no order was kept, so there is nobody to score; check the amounts")
    limits = goodman([row["same"] for row in rows])
    window = f"{history.first_day.isoformat()}/{day_of(day_number(history.as_of) + 1).isoformat()}"
    return [
        Figure(
            id="rfm",
            value=row["same"] / n,
            numerator=row["same"],
            denominator=n,
            n=n,
            ci_low=low,
            ci_high=high,
            ci_method="goodman",
            status=count_status(n, row["same"]),
            window=window,
            as_of=history.as_of,
            definition_version="1",
            segment=row["rfm_class"],
        )
        for row, (low, high) in zip(rows, limits, strict=True)
    ]

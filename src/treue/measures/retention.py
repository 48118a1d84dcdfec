"""How many of the customers a period began with are still customers at its end, and whether that changed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from treue.history.headline import Compared, comparable, counts_by
from treue.history.period_counts import PeriodCount, period_counts
from treue.kernel.estimate import Figure, proportion
from treue.kernel.intervals import wilson
from treue.kernel.registry import measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.history.history import History
    from treue.kernel.units import Grain

VERSION = "1"


@measure(
    "retention_rate",
    label="Customer retention rate",
    unit="share",
    version=VERSION,
    needs=(),
    grains=("month", "quarter", "year", "segment"),
)
def retention_rate(history: History, by: str | None = None) -> list[Figure]:
    """Return the share of the customers at a period's start who are customers at its end.

    It misleads when the period is shorter than the activity window, because then only those who were
    already silent can be lost in it; and customers won inside the period are in neither number.

    Parameters
    ----------
    history : History
        What happened.
    by : str, optional
        ``month``, ``quarter``, ``year``: every period. ``rolling``: the last 30, 90 and 365 days, which
        overlap. A column: the last period, by segment. Left out: the last complete quarter, or month.

    Returns
    -------
    list of Figure
        Shares (0 to 1) with Wilson's interval; numerator and denominator are customers. Undefined where
        a period began without customers.

    Raises
    ------
    WrongArgument
        When `by` is not a period and not a column.
    NotEnoughData
        When nothing was bought and nothing was contracted.

    References
    ----------
    Farris, Bendle, Pfeifer & Reibstein (2010), Marketing Metrics, chapter 5.

    Examples
    --------
    >>> from datetime import date
    >>> import pyarrow as pa
    >>> from treue.engine.duckdb import DuckDBEngine
    >>> from treue.history.history import History
    >>> from treue.history.settings import Settings
    >>> ended = [date(2026, 1, 20)] * 20 + [None] * 180
    >>> contracts = pa.table({"contract_id": [str(k) for k in range(200)],
    ...                       "customer_id": [str(k) for k in range(200)],
    ...                       "started_on": [date(2025, 6, 1)] * 200, "ended_on": ended})
    >>> with History.of(DuckDBEngine(), {"contracts": contracts},
    ...                 Settings(as_of=date(2026, 1, 31))) as history:
    ...     figure = retention_rate(history, by="month")[-1]
    >>> figure.period, figure.value, round(figure.ci_low, 3), round(figure.ci_high, 3)
    ('2026-01', 0.9, 0.851, 0.934)
    """
    return [
        proportion(
            "retention_rate",
            count.retained,
            count.at_start,
            window=count.period.window,
            as_of=history.as_of,
            version=VERSION,
            provisional=count.provisional,
            period=None if by == "rolling" else count.period.label,
            segment=count.segment,
        )
        for count in counts_by(history, by)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionChange:
    """How retention in one period differs from an earlier one.

    Parameters
    ----------
    earlier, later : PeriodCount
        What happened in the two periods.
    compared_with : {"year_before", "previous"}
        Which period the earlier one is. Only a year before is free of the season.
    earlier_share, later_share : float
        Retention rates, 0 to 1.
    difference : float
        Later minus earlier share, -1 to 1.
    ci_low, ci_high : float
        Limits of its 95 % interval.
    ci_method : str
        ``newcombe_correlated``: Newcombe's score interval with the correlation that comes from
        customers who are in both periods.
    provisional : bool
        True when one of the periods says less than it seems to.
    """

    earlier: PeriodCount
    later: PeriodCount
    compared_with: Compared
    earlier_share: float
    later_share: float
    difference: float
    ci_low: float
    ci_high: float
    ci_method: str
    provisional: bool

    @property
    def could_be_chance(self) -> bool:
        """Whether the interval of the difference holds zero."""
        return self.ci_low <= 0 <= self.ci_high


def retention_change(history: History, grain: Grain = "quarter") -> RetentionChange | None:
    """Return how retention in the last complete period differs from the same period a year before.

    Where the history does not reach back a year, or nobody could be lost then yet, the period before is
    taken. Many customers are in both periods, so the two rates are not independent; the interval allows
    for it.

    Parameters
    ----------
    history : History
        What happened.
    grain : {"month", "quarter", "year"}
        Length of a period.

    Returns
    -------
    RetentionChange or None
        None when there are no two complete periods that can be compared.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 873-890 and 2635-2650; Zou & Donner (2008), Statistics
    in Medicine 27, 1693-1702.
    """
    found = comparable(period_counts(history, grain))
    if found is None:
        return None
    earlier, later, compared = found
    low, high = correlated_difference(
        later.retained,
        later.at_start,
        earlier.retained,
        earlier.at_start,
        _correlation(history, earlier, later),
    )
    earlier_share, later_share = earlier.retained / earlier.at_start, later.retained / later.at_start
    return RetentionChange(
        earlier=earlier,
        later=later,
        compared_with=compared,
        earlier_share=earlier_share,
        later_share=later_share,
        difference=later_share - earlier_share,
        ci_low=low,
        ci_high=high,
        ci_method="newcombe_correlated",
        provisional=earlier.provisional or later.provisional,
    )


def correlated_difference(
    events_1: int, n_1: int, events_2: int, n_2: int, correlation: float
) -> tuple[float, float]:
    """Return the interval of the difference of two proportions whose groups share customers.

    Parameters
    ----------
    events_1, n_1, events_2, n_2 : int
        Counts of the two groups, n at least 1; the difference is group 1 minus group 2.
    correlation : float
        Correlation of the two proportions, -1 to 1; 0 gives Newcombe's interval for separate groups.

    Returns
    -------
    tuple of float
        Limits between -1 and 1.

    Raises
    ------
    ValueError
        When a group is empty.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 2635-2650, method 8; Zou & Donner (2008), Statistics in
    Medicine 27, 1693-1702.

    Examples
    --------
    >>> [round(limit, 4) for limit in correlated_difference(56, 70, 48, 80, 0.0)]
    [0.0524, 0.3339]
    """
    low_1, high_1 = wilson(events_1, n_1)
    low_2, high_2 = wilson(events_2, n_2)
    if low_1 is None or high_1 is None or low_2 is None or high_2 is None:
        raise ValueError(f"n_1={n_1}, n_2={n_2}: a difference needs two groups")
    p_1, p_2 = events_1 / n_1, events_2 / n_2

    def reach(one: float, other: float) -> float:
        return math.sqrt(max(one * one + other * other - 2 * correlation * one * other, 0.0))

    difference = p_1 - p_2
    low = difference - reach(p_1 - low_1, high_2 - p_2)
    return max(low, -1.0), min(difference + reach(high_1 - p_1, p_2 - low_2), 1.0)


def overlap_correlation(
    both: NDArray[np.int64], retained_1: int, n_1: int, retained_2: int, n_2: int
) -> float:
    """Return the correlation of two retention rates that comes from customers in both groups.

    Parameters
    ----------
    both : numpy.ndarray of int, shape (2, 2)
        Customers in both groups: first index 1 when retained in group 1, second when in group 2.
    retained_1, n_1, retained_2, n_2 : int
        Counts of the two groups.

    Returns
    -------
    float
        Between -1 and 1; 0 when nobody is in both, or when all or none were retained in a group.

    Examples
    --------
    >>> overlap_correlation(np.array([[50, 0], [0, 50]]), 50, 100, 50, 100)
    1.0
    """
    p_1, p_2 = retained_1 / n_1, retained_2 / n_2
    spread = math.sqrt(n_1 * p_1 * (1 - p_1) * n_2 * p_2 * (1 - p_2))
    if spread == 0:
        return 0.0
    apart = np.outer([-p_1, 1 - p_1], [-p_2, 1 - p_2])
    return float((both * apart).sum() / spread)


def _correlation(history: History, earlier: PeriodCount, later: PeriodCount) -> float:
    F = history.engine.F
    days = {
        "earlier_start": earlier.period.start,
        "earlier_end": earlier.period.end,
        "later_start": later.period.start,
        "later_end": later.period.end,
    }
    active = [
        F.max(
            F.when((F.col("start_day") < F.lit(day)) & (F.col("end_day") >= F.lit(day)), F.lit(1)).otherwise(
                F.lit(0)
            )
        ).alias(name)
        for name, day in days.items()
    ]
    each = history.spells.groupBy("customer_id").agg(*active)
    shared = each.where((F.col("earlier_start") == F.lit(1)) & (F.col("later_start") == F.lit(1)))
    rows = history.engine.arrow(
        shared.groupBy("earlier_end", "later_end").agg(F.count("later_end").cast("bigint").alias("customers"))
    )
    both = np.zeros((2, 2), dtype=np.int64)
    for row in rows.to_pylist():
        both[row["later_end"], row["earlier_end"]] = row["customers"]
    return overlap_correlation(both, later.retained, later.at_start, earlier.retained, earlier.at_start)

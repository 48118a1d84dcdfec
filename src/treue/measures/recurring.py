"""Monthly recurring revenue: how much of it stays, and what moves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from treue.history.division import only_by
from treue.history.recurring_revenue import MOVEMENTS, changes_between, revenue_movements, span_start
from treue.kernel.estimate import MINIMUM_EVENTS, MINIMUM_N, Figure
from treue.kernel.intervals import BOOTSTRAP_LIMIT, Z95, ratio_interval
from treue.kernel.registry import measure
from treue.kernel.status import Status
from treue.kernel.units import GRAINS, from_minor

if TYPE_CHECKING:
    from treue.history.history import History
    from treue.history.recurring_revenue import RevenueMovement

_GRAINS = ("month", "quarter", "year", "segment")


@measure(
    "gross_revenue_retention",
    label="Gross revenue retention",
    unit="share",
    needs=("contracts",),
    grains=_GRAINS,
)
def gross_revenue_retention(history: History, by: str | None = None) -> list[Figure]:
    """Return the share of monthly recurring revenue that its customers still pay, additions left out.

    Parameters
    ----------
    history : History
        What happened; it needs contracts with a monthly amount.
    by : str, optional
        ``month``, ``quarter``, ``year``, or a column to divide customers by. Left out: over the last
        365 days observed (90 or 30 where fewer are).

    Returns
    -------
    list of Figure
        Between 0 and 1: what each customer of the start still pays, at most what she paid then, by what
        they all paid then. Undefined without revenue at the start. `n` counts customers of the start;
        with fewer than 30, or fewer than five whose revenue shrank, the figure is insufficient.

    Raises
    ------
    NotEnoughData
        When the history has no contracts.
    """
    return _retention(history, by, "gross_revenue_retention")


@measure(
    "net_revenue_retention", label="Net revenue retention", unit="ratio", needs=("contracts",), grains=_GRAINS
)
def net_revenue_retention(history: History, by: str | None = None) -> list[Figure]:
    """Return what the customers of the start pay now, by what they paid then, additions included.

    Parameters
    ----------
    history : History
        What happened; it needs contracts with a monthly amount.
    by : str, optional
        ``month``, ``quarter``, ``year``, or a column to divide customers by. Left out: over the last
        365 days observed (90 or 30 where fewer are).

    Returns
    -------
    list of Figure
        Above 1 where additions outweigh losses; new and returning customers never count. Undefined
        without revenue at the start.

    Raises
    ------
    NotEnoughData
        When the history has no contracts.
    """
    return _retention(history, by, "net_revenue_retention")


def _retention(history: History, by: str | None, name: str) -> list[Figure]:
    gross = name == "gross_revenue_retention"
    moved = revenue_movements(history, by)
    draws = None
    if by is None and 2 <= moved[0].counts["start"] <= BOOTSTRAP_LIMIT:
        draws = _bootstrap(history, gross=gross)
    figures = []
    for one in moved:
        n = one.counts["start"]
        part = one.kept if gross else one.remaining
        moves = one.counts["churn"] + one.counts["contraction"] + (0 if gross else one.counts["expansion"])
        low, high, method = draws or _linearised(one, gross=gross)
        status = Status.OK
        if one.start <= 0:
            status = Status.UNDEFINED
        elif one.cell.provisional:
            status = Status.PROVISIONAL
        elif n < MINIMUM_N or min(moves, n - moves) < MINIMUM_EVENTS:
            status = Status.INSUFFICIENT
        figures.append(
            Figure(
                id=name,
                value=part / one.start if one.start > 0 else None,
                numerator=from_minor(part, history.currency),
                denominator=from_minor(one.start, history.currency),
                n=n,
                ci_low=low if one.start > 0 else None,
                ci_high=high if one.start > 0 else None,
                ci_method=method if one.start > 0 else None,
                status=status,
                window=one.cell.window,
                as_of=history.as_of,
                definition_version="1",
                period=one.cell.period,
                segment=one.cell.segment,
            )
        )
    return figures


_Limits = tuple[float | None, float | None, str | None]


def _linearised(one: RevenueMovement, *, gross: bool) -> _Limits:
    n = one.counts["start"]
    if n < 2 or one.start <= 0:
        return None, None, None
    ratio = (one.kept if gross else one.remaining) / one.start
    squares, product = (one.kept_squared, one.kept_product) if gross else (one.end_squared, one.end_product)
    spread = max(squares - 2 * ratio * product + ratio**2 * one.start_squared, 0.0)
    half = Z95 * float(np.sqrt(spread * n / (n - 1))) / one.start
    # A share of a whole ends at 1, however little was lost.
    return max(ratio - half, 0.0), min(ratio + half, 1.0) if gross else ratio + half, "linearised"


def _bootstrap(history: History, *, gross: bool) -> _Limits:
    """Return the interval by drawing the customers of the start."""
    since, after = span_start(history), history.as_of_day + 1
    F = history.engine.F
    rows = (
        changes_between(history, [since, after])
        .groupBy("customer_id")
        .agg(
            F.max(F.when(F.col("moment") == 0, F.col("now"))).cast("bigint").alias("old"),
            F.max(F.when(F.col("moment") == 1, F.col("now"))).cast("bigint").alias("now"),
        )
    )
    table = history.engine.arrow(rows.where(F.col("old") > F.lit(0))).to_pylist()
    pairs = sorted((row["old"], row["old"] if row["now"] is None else row["now"]) for row in table)
    old, now = np.array(pairs, dtype=float).T
    part = np.minimum(old, now) if gross else now
    return ratio_interval(part, old, np.random.default_rng(history.settings.seed))


@measure(
    "mrr_movement",
    label="Monthly recurring revenue",
    unit="money",
    needs=("contracts",),
    grains=("month", "quarter", "year"),
)
def mrr_movement(history: History, by: str | None = None) -> list[Figure]:
    """Return what moved the monthly recurring revenue, so that start and movements add up to the end.

    Parameters
    ----------
    history : History
        What happened; it needs contracts with a monthly amount.
    by : str, optional
        ``month``, ``quarter`` or ``year``. Left out: over the last 365 days observed (90 or 30 where
        fewer are).

    Returns
    -------
    list of Figure
        Seven per period, `segment` being ``start``, ``new``, ``expansion``, ``contraction``, ``churn``,
        ``reactivation`` and ``end``; major units a month, losses negative. They are counted, not
        estimated, so they have no interval; `n` counts the customers behind each.

    Raises
    ------
    WrongArgument
        When `by` is a column.
    NotEnoughData
        When the history has no contracts.
    """
    only_by(by, *GRAINS, measure="mrr_movement")
    return [
        Figure(
            id="mrr_movement",
            value=from_minor(getattr(one, name), history.currency),
            numerator=None,
            denominator=None,
            n=one.counts[name],
            ci_low=None,
            ci_high=None,
            ci_method=None,
            status=Status.PROVISIONAL if one.cell.provisional else Status.OK,
            window=one.cell.window,
            as_of=history.as_of,
            definition_version="1",
            period=one.cell.period,
            segment=name,
        )
        for one in revenue_movements(history, by)
        for name in MOVEMENTS
    ]

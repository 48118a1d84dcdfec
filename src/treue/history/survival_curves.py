"""How long customers stayed in their first spell, as curves of the share still there by age."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from treue.engine.columns import numbers
from treue.history.segments import check_segments, with_segment
from treue.kernel.product_limit import ProductLimit, risk_set
from treue.kernel.survival_comparison import Durations
from treue.kernel.units import day_number

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from treue.engine.seam import Frame
    from treue.history.history import History

MINIMUM_AT_RISK = 10
"""Where fewer customers than this have reached an age, the curve ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalCurve:
    """How long the customers of one group stay.

    Parameters
    ----------
    segment : str or None
        Value of the column that customers were divided by.
    curve : ProductLimit
        Share still there after each age at which somebody left, in days.
    durations : Durations
        What it was computed from.
    customers, events : int
        Customers, and how many of them have left.
    horizon_days : int
        Last age that ten customers have reached; nothing is said beyond it.
    safe_days : int
        Below this age nobody can have left by definition of the activity window; 0 for contracts.
    """

    segment: str | None
    curve: ProductLimit
    durations: Durations
    customers: int
    events: int
    horizon_days: int
    safe_days: int

    def at(self, age_days: int) -> tuple[float, float | None, float | None, int]:
        """Return the share still there after an age, its limits, and how many have left by then."""
        place = self.curve.after(age_days)
        if place < 0:
            return 1.0, None, None, 0
        value = float(self.curve.surviving[place])
        events = int(self.curve.events[: place + 1].sum())
        if not 0 < value < 1:
            return value, None, None, events
        low, high = self.curve.limits()
        return value, float(low[place]), float(high[place]), events


def first_spell_ages(history: History, column: str | None = None) -> Frame:
    """Return how many customers left at which age, or had stayed for how long when last seen.

    Parameters
    ----------
    history : History
        What happened.
    column : str, optional
        Column that customers are divided by.

    Returns
    -------
    Frame
        Columns ``entry_days`` (age on the day before losses were recorded; -1 for customers won since),
        ``age_days``, ``ended`` (1 when the customer left at that age), ``customers`` and, with a column,
        ``segment``. A customer who left on the last day observed has left; one whose end would be the
        day after has been seen to stay for the days up to it.
    """
    F = history.engine.F
    as_of = F.lit(history.as_of_day)
    first = history.spells.where(F.col("previous_end_day").isNull())
    entry = F.lit(-1)
    if history.settings.observed_from is not None:
        since = day_number(history.settings.observed_from)
        # Who left earlier could not be seen; who left on that very day could.
        first = first.where(F.col("end_day") >= F.lit(since))
        late = F.col("start_day") < F.lit(since)
        entry = F.when(late, F.lit(since - 1) - F.col("start_day")).otherwise(F.lit(-1))
    divided = ["segment"] if column is not None else []
    if column is not None:
        first = with_segment(history, first, column)
    ages = first.select(
        *divided,
        entry.cast("int").alias("entry_days"),
        (F.least(F.col("end_day"), as_of) - F.col("start_day")).cast("int").alias("age_days"),
        F.when(F.col("end_day") <= as_of, F.lit(1)).otherwise(F.lit(0)).alias("ended"),
    )
    return ages.groupBy("entry_days", "age_days", "ended", *divided).agg(
        F.count("ended").cast("bigint").alias("customers")
    )


def survival_curves(history: History, column: str | None = None) -> list[SurvivalCurve]:
    """Return the survival of customers from their first day on, in all or by segment.

    Parameters
    ----------
    history : History
        What happened.
    column : str, optional
        Column that customers are divided by.

    Returns
    -------
    list of SurvivalCurve
        One, or one per segment, the largest first; groups of fewer than ten customers are left out.

    Raises
    ------
    WrongArgument
        When there is no such column, or it has more than 200 values.

    References
    ----------
    Kaplan & Meier (1958), JASA 53, 457-481; Klein & Moeschberger (2003), Survival Analysis, 4.6 (late
    entry).
    """
    key = ("survival_curves", column)
    if key not in history.kept:
        table = history.engine.arrow(first_spell_ages(history, column))
        labels = np.asarray(
            table["segment"].to_pylist() if column is not None else [None] * len(table), dtype=object
        )
        segments = list(dict.fromkeys(labels.tolist()))
        if column is not None:
            check_segments(column, len(segments))
        curves = [_curve(history, segment, _durations(table, labels == segment)) for segment in segments]
        shown = [curve for curve in curves if curve.horizon_days >= 0]
        history.kept[key] = sorted(shown, key=lambda curve: (-curve.customers, curve.segment or ""))
    found: list[SurvivalCurve] = history.kept[key]
    return found


def _durations(table: pa.Table, rows: NDArray[np.bool_]) -> Durations:
    return Durations(
        days=numbers(table["age_days"])[rows],
        ended=numbers(table["ended"])[rows] == 1,
        counts=numbers(table["customers"])[rows],
        entries=numbers(table["entry_days"])[rows],
    )


def _curve(history: History, segment: str | None, group: Durations) -> SurvivalCurve:
    few = np.flatnonzero(risk_set(group.days, group.counts, group.entries) < MINIMUM_AT_RISK)
    by_window = history.activity == "window"
    return SurvivalCurve(
        segment=segment,
        curve=group.curve(),
        durations=group,
        customers=int(group.counts.sum()),
        events=int(group.counts[group.ended].sum()),
        horizon_days=int(few[0]) - 1 if few.size else int(group.days.max(initial=-1)),
        safe_days=history.window_days if by_window else 0,
    )

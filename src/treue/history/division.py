"""How a history is cut into cells: one figure as it stands, a series of periods, or segments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from treue.kernel.errors import WrongArgument
from treue.kernel.units import GRAINS, Period, day_number, day_of, periods

if TYPE_CHECKING:
    from collections.abc import Iterable

    from treue.engine.seam import Frame
    from treue.history.history import History
    from treue.kernel.units import Grain

MONTHS_OF: dict[Grain, int] = {"month": 1, "quarter": 3, "year": 12}
"""How many months a calendar period has."""

UNKNOWN = "unknown"
"""The segment of customers of whom the column says nothing."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One place in a series or breakdown.

    Parameters
    ----------
    window : str
        The time it speaks about, an ISO 8601 interval.
    period, segment : str or None
        Its name in the series or breakdown.
    provisional : bool
        True when the period has not ended by the last day observed.
    """

    window: str
    period: str | None = None
    segment: str | None = None
    provisional: bool = False


class Division:
    """One way of dividing a history, the same for every measure of purchases.

    Parameters
    ----------
    history : History
        What is divided.
    by : str or None
        None (all in one), ``month``, ``quarter``, ``year``, or a column to divide customers by.
    span : Period
        The days that count when `by` is no calendar period; a series always covers everything.

    Raises
    ------
    WrongArgument
        When `by` is neither a calendar period nor a column of the history.
    """

    def __init__(self, history: History, by: str | None, span: Period) -> None:
        self.history = history
        self.by = by
        self.span = span
        self.grain: Grain | None = next((grain for grain in GRAINS if grain == by), None)
        self._found: dict[int, Period] = {}
        if self.grain:
            months = MONTHS_OF[self.grain]
            for period in periods(history.first_day, history.as_of, self.grain):
                start = day_of(period.start)
                self._found[(start.year * 12 + start.month - 1) // months] = period

    def frame(self, frame: Frame, day: str = "day") -> Frame:
        """Return the rows that count with a column ``cell``.

        Parameters
        ----------
        frame : Frame
            Has ``customer_id`` and a column of day numbers.
        day : str
            Name of that column.

        Returns
        -------
        Frame
            The same columns and ``cell``: the number of a period, the segment, or 0.
        """
        F = self.history.engine.F
        if self.grain:
            number = self.history.month_number(day)
            months = F.lit(float(MONTHS_OF[self.grain]))
            return frame.withColumn("cell", F.floor(number / months).cast("int"))
        inside = frame.where((F.col(day) >= F.lit(self.span.start)) & (F.col(day) < F.lit(self.span.end)))
        if self.by is None:
            return inside.withColumn("cell", F.lit(0))
        segments = self.history.segments(self.by)
        joined = inside.join(segments, on=F.col("customer_id") == F.col("segment_customer_id"), how="left")
        cell = F.coalesce(F.col("segment"), F.lit(UNKNOWN))
        return joined.select(*[F.col(name) for name in frame.columns], cell.alias("cell"))

    def cells(self, found: Iterable[Any]) -> list[tuple[int | str, Cell]]:
        """Return the cells in order: every period, also without rows, or the segments that were found.

        Parameters
        ----------
        found : iterable of int or str
            The values of ``cell`` in a reduction.

        Returns
        -------
        list of (int or str, Cell)
            The value of ``cell`` and what it stands for.
        """
        if self.grain:
            after = self.history.as_of_day + 1
            return [
                (number, Cell(period.window, period=period.label, provisional=period.end > after))
                for number, period in self._found.items()
            ]
        if self.by is None:
            return [(0, Cell(self.span.window))]
        return [(name, Cell(self.span.window, segment=str(name))) for name in sorted({*found})]


def recent_span(history: History, days: int) -> Period:
    """Return the last `days` days observed, or all of them where there are fewer.

    Parameters
    ----------
    history : History
        What is looked at.
    days : int
        Length in days, 1 or more.

    Returns
    -------
    Period
        Half-open, ending after the last day observed.
    """
    end = history.as_of_day + 1
    return Period("recent", max(day_number(history.first_day), end - days), end)


def whole_span(history: History) -> Period:
    """Return everything observed as one period."""
    return recent_span(history, history.observed_days)


def only_by(by: str | None, *allowed: str, measure: str) -> None:
    """Refuse a division that a measure does not have.

    Parameters
    ----------
    by : str or None
        What was asked for.
    *allowed : str
        Calendar periods that the measure has, and ``segment`` where it has columns.
    measure : str
        Its name, for the message.

    Raises
    ------
    WrongArgument
        When `by` is a calendar period that is not among `allowed`, or a column and ``segment`` is not.
    """
    kind = by if by is None or by in GRAINS else "segment"
    if kind is not None and kind not in allowed:
        can = ", ".join(allowed) if allowed else "nothing"
        raise WrongArgument(f"by={by!r} cannot divide {measure}; it can be divided by: {can}")

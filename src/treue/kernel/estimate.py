"""The result object: a figure is never a bare number.

Every public function that measures something returns :class:`Figure` objects, which carry
the value together with what it was computed from and how sure it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from treue.kernel.intervals import wilson
from treue.kernel.status import Status

if TYPE_CHECKING:
    from datetime import date

MINIMUM_N = 30
"""Fewer observations than this are `insufficient`: shown with counts, never ranked."""

MINIMUM_EVENTS = 5
"""Fewer events, or fewer non-events, than this are `insufficient`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number with everything needed to judge it.

    Parameters
    ----------
    id : str
        Name of the measure, for example ``retention_rate``.
    value : float or None
        The number at full precision. Shares are fractions (0 to 1), money is in major units
        of the history's currency, durations are days. ``None`` when it is undefined.
    numerator, denominator : float or None
        What the value is the ratio of, in their own units; ``None`` where it is no ratio.
    n : int
        Number of independent observations (customers, unless the measure says otherwise).
    ci_low, ci_high : float or None
        Limits of the 95 % interval in the unit of the value; ``None`` when there is none.
    ci_method : str or None
        How the interval was computed, for example ``wilson``.
    status : Status
        ``ok``, or the reason why the value must not be relied on.
    window : str
        The time the value speaks about: an ISO 8601 interval ``from/to`` (half-open), or words.
    as_of : datetime.date
        The last day observed, inclusive.
    definition_version : str
        Version of the measure's definition; a change starts a new series.
    period : str or None
        In a series: ``2011-03``, ``2011-Q1`` or ``2011``.
    segment : str or None
        In a breakdown: the value of the segment, the cohort, or the move on the ladder.

    Raises
    ------
    ValueError
        When a value that is not undefined lacks a number, is NaN, or lies outside its interval's
        possible range.

    Examples
    --------
    >>> from datetime import date
    >>> figure = proportion("retention_rate", 180, 200, window="2011-01-01/2011-02-01",
    ...                     as_of=date(2011, 1, 31), version="1")
    >>> round(figure.value, 3), round(figure.ci_low, 3), round(figure.ci_high, 3), figure.status.value
    (0.9, 0.851, 0.934, 'ok')
    """

    id: str
    value: float | None
    numerator: float | None
    denominator: float | None
    n: int
    ci_low: float | None
    ci_high: float | None
    ci_method: str | None
    status: Status
    window: str
    as_of: date
    definition_version: str
    period: str | None = None
    segment: str | None = None

    def __post_init__(self) -> None:
        for name in ("value", "numerator", "denominator", "ci_low", "ci_high"):
            number = getattr(self, name)
            if number is not None and not math.isfinite(number):
                raise ValueError(f"{self.id}: {name}={number} is not a finite number; use None")
        if self.status is Status.UNDEFINED and self.value is not None:
            raise ValueError(f"{self.id}: status=undefined but value={self.value}; use None")
        if self.status is Status.OK and self.value is None:
            raise ValueError(f"{self.id}: status=ok but there is no value")

    def as_dict(self) -> dict[str, Any]:
        """Return the figure as plain JSON types.

        Returns
        -------
        dict
            The keys of the result object; ``period`` and ``segment`` only where the figure is
            part of a series or a breakdown.
        """
        plain: dict[str, Any] = {
            "id": self.id,
            "value": self.value,
            "numerator": self.numerator,
            "denominator": self.denominator,
            "n": self.n,
            "ci_low": self.ci_low,
            "ci_high": self.ci_high,
            "ci_method": self.ci_method,
            "status": self.status.value,
            "window": self.window,
            "as_of": self.as_of.isoformat(),
            "definition_version": self.definition_version,
        }
        if self.period is not None or self.segment is not None:
            plain["period"] = self.period
            plain["segment"] = self.segment
        return plain


def count_status(n: int, events: int, *, provisional: bool = False) -> Status:
    """Return the status of a share of ``events`` among ``n``: too few of either are `insufficient`.

    Parameters
    ----------
    n : int
        Observations, 0 or more.
    events : int
        How many of them had the event, 0 to n.
    provisional : bool
        True when the observation window is still open.

    Returns
    -------
    Status
        ``undefined`` at n = 0, then ``provisional``, then ``insufficient`` when n < 30 or fewer
        than 5 events or 5 non-events, else ``ok``.
    """
    if n == 0:
        return Status.UNDEFINED
    if provisional:
        return Status.PROVISIONAL
    if n < MINIMUM_N or min(events, n - events) < MINIMUM_EVENTS:
        return Status.INSUFFICIENT
    return Status.OK


def proportion(
    id: str,  # noqa: A002  (the public name of the key)
    events: int,
    n: int,
    *,
    window: str,
    as_of: date,
    version: str,
    provisional: bool = False,
    period: str | None = None,
    segment: str | None = None,
) -> Figure:
    """Return the share ``events / n`` with its Wilson interval and status.

    Parameters
    ----------
    id : str
        Name of the measure.
    events, n : int
        Whole counts with 0 <= events <= n; n = 0 gives an undefined figure, never 0 or 100 %.
    window : str
        The time the share speaks about.
    as_of : datetime.date
        The last day observed.
    version : str
        Version of the measure's definition.
    provisional : bool
        True when the window is still open.
    period, segment : str or None
        Place in a series or breakdown.

    Returns
    -------
    Figure
        Value between 0 and 1, or None when n = 0.

    Raises
    ------
    ValueError
        When a count is negative, fractional, or events > n.
    """
    if events != int(events) or n != int(n) or not 0 <= events <= n:
        raise ValueError(f"{id}: events={events} of n={n} is not a count of a whole")
    low, high = wilson(events, n)
    return Figure(
        id=id,
        value=events / n if n else None,
        numerator=int(events),
        denominator=int(n),
        n=int(n),
        ci_low=low,
        ci_high=high,
        ci_method="wilson" if n else None,
        status=count_status(int(n), int(events), provisional=provisional),
        window=window,
        as_of=as_of,
        definition_version=version,
        period=period,
        segment=segment,
    )

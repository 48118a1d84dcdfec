"""How many customers buy again so many days after their first purchase: on a day, from a day on, in a span."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from treue.history.cohort_tables import Span, active_at_ages
from treue.history.division import only_by
from treue.history.period_counts import calendar_periods
from treue.history.segments import check_segments
from treue.kernel.errors import WrongArgument
from treue.kernel.estimate import Figure, proportion
from treue.kernel.registry import measure
from treue.kernel.status import Status
from treue.kernel.units import GRAINS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treue.history.history import History
    from treue.kernel.units import Grain

VERSION = "1"
DAYS = (1, 7, 30, 90)
"""Ages at which day-by-day and unbounded retention are given when no others are asked for."""

BRACKETS: tuple[tuple[int, int], ...] = ((1, 7), (8, 30), (31, 90), (91, 180))
"""Spans of ages in days, both ends counted, that bracket retention is given for."""

DIVIDED = (*GRAINS, "segment")


@measure("n_day_retention", label="N-day retention", unit="share", version=VERSION, grains=DIVIDED)
def n_day_retention(history: History, by: str | None = None, days: Sequence[int] = DAYS) -> list[Figure]:
    """Return the share of customers who bought again exactly so many days after their first purchase.

    It is made for daily use; for a shop it is small for every day and says little.

    Parameters
    ----------
    history : History
        What happened.
    by : str, optional
        ``month``, ``quarter`` or ``year`` of the first purchase, or a column. Left out: all customers.
    days : sequence of int
        Calendar days since the day of the first purchase, 1 or more.

    Returns
    -------
    list of Figure
        Shares (0 to 1) of the customers whose day has passed, with Wilson's interval; ``window`` says
        ``day 7``, ``segment`` the cohort or the segment. Provisional where the day has not passed for
        every member of a cohort.

    Raises
    ------
    WrongArgument
        When `by` is not known.
    NotEnoughData
        When the history has no purchases.

    Examples
    --------
    Of five customers two bought on day 7, and ``docs/measures/n_day_retention.md`` names them:

    >>> from datetime import date
    >>> figure = proportion("n_day_retention", 2, 5, window="day 7", as_of=date(2011, 2, 9), version=VERSION)
    >>> figure.value, figure.status.value
    (0.4, 'insufficient')
    """
    return _by_age(
        history, "n_day_retention", by, [(day, day) for day in days], [f"day {day}" for day in days]
    )


@measure("unbounded_retention", label="Unbounded retention", unit="share", version=VERSION, grains=DIVIDED)
def unbounded_retention(history: History, by: str | None = None, days: Sequence[int] = DAYS) -> list[Figure]:
    """Return the share of customers who bought again so many days after their first purchase, or later.

    It grows as time passes, because anybody may still return; so only customers count who have been
    watched for another 90 days.

    Parameters
    ----------
    history : History
        What happened.
    by : str, optional
        ``month``, ``quarter`` or ``year`` of the first purchase, or a column. Left out: all customers.
    days : sequence of int
        Calendar days since the day of the first purchase, 1 or more.

    Returns
    -------
    list of Figure
        Shares (0 to 1) with Wilson's interval; ``window`` says ``day 7 or later``. Provisional where a
        member of a cohort has not been watched for 90 days more; where nobody has been, those whose day
        has passed stand in.

    Raises
    ------
    WrongArgument
        When `by` is not known.
    NotEnoughData
        When the history has no purchases.

    Examples
    --------
    Of five customers four bought on day 7 or later:

    >>> from datetime import date
    >>> figure = proportion("unbounded_retention", 4, 5, window="day 7 or later",
    ...                     as_of=date(2011, 2, 9), version=VERSION, provisional=True)
    >>> figure.value, figure.status.value
    (0.8, 'provisional')
    """
    names = [f"day {day} or later" for day in days]
    return _by_age(history, "unbounded_retention", by, [(day, None) for day in days], names)


@measure("bracket_retention", label="Bracket retention", unit="share", version=VERSION, grains=DIVIDED)
def bracket_retention(
    history: History, by: str | None = None, brackets: Sequence[tuple[int, int]] = BRACKETS
) -> list[Figure]:
    """Return the share of customers who bought again within a span of days after their first purchase.

    Spans of unequal length must not be compared with one another: a longer one holds more purchases.

    Parameters
    ----------
    history : History
        What happened.
    by : str, optional
        ``month``, ``quarter`` or ``year`` of the first purchase, or a column. Left out: all customers.
    brackets : sequence of (int, int)
        First and last calendar day since the day of the first purchase, both counted, 1 or more.

    Returns
    -------
    list of Figure
        Shares (0 to 1) of the customers whose span has passed, with Wilson's interval; ``window`` says
        ``days 8 to 30``. Provisional where the span has not passed for every member of a cohort.

    Raises
    ------
    WrongArgument
        When `by` is not known.
    NotEnoughData
        When the history has no purchases.

    Examples
    --------
    Of five customers three bought on days 1 to 7:

    >>> from datetime import date
    >>> proportion("bracket_retention", 3, 5, window="days 1 to 7", as_of=date(2011, 2, 9), version=VERSION).value
    0.6
    """
    names = [f"days {low} to {high}" for low, high in brackets]
    return _by_age(history, "bracket_retention", by, list(brackets), names)


def _by_age(
    history: History, name: str, by: str | None, spans: Sequence[Span], windows: Sequence[str]
) -> list[Figure]:
    for low, high in spans:
        if low < 1 or (high is not None and high < low):
            raise WrongArgument(
                f"days={low} to {high} is no span of days after the first; give 1 or more, rising"
            )
    only_by(by, *DIVIDED, measure=name)
    tables = [history.engine.arrow(table).to_pylist() for table in active_at_ages(history, spans, by)]
    members, active = ({row["cell"]: row for row in rows} for rows in tables)
    grain: Grain | None = next((grain for grain in GRAINS if grain == by), None)
    cells: list[tuple[object, str | None]]
    if grain is not None:
        cells = [(k, p.label) for k, p in enumerate(calendar_periods(history, grain)) if k in members]
    elif by is not None:
        check_segments(by, len(members))
        largest = sorted(members, key=lambda cell: (-members[cell]["customers"], cell))
        cells = [(cell, str(cell)) for cell in largest]
    else:
        cells = [(0, None)]
    return [
        _age_figure(
            history,
            name,
            window,
            label,
            _span_counts(members.get(cell, {}), active.get(cell, {}), k, ends=spans[k][1] is not None),
            cohort=grain is not None,
        )
        for cell, label in cells
        for k, window in enumerate(windows)
    ]


@dataclass(frozen=True, slots=True)
class _SpanCounts:
    customers: int
    watched: int
    active: int
    waiting: bool
    """Whether nobody has been watched beyond the span as long as the definition asks."""


def _span_counts(members: dict[str, int], active: dict[str, int], k: int, *, ends: bool) -> _SpanCounts:
    customers, completed = members.get("customers", 0), members.get(f"completed_{k}", 0)
    if ends:
        return _SpanCounts(customers, completed, active.get(f"active_{k}", 0), waiting=not completed)
    if completed:
        return _SpanCounts(customers, completed, members[f"later_{k}"], waiting=False)
    return _SpanCounts(customers, members.get(f"reached_{k}", 0), members.get(f"so_far_{k}", 0), waiting=True)


def _age_figure(
    history: History, name: str, window: str, label: str | None, counts: _SpanCounts, *, cohort: bool
) -> Figure:
    if counts.customers and not counts.watched:
        return Figure(
            id=name,
            value=None,
            numerator=None,
            denominator=None,
            n=counts.customers,
            ci_low=None,
            ci_high=None,
            ci_method=None,
            status=Status.PROVISIONAL,
            window=window,
            as_of=history.as_of,
            definition_version=VERSION,
            segment=label,
        )
    return proportion(
        name,
        counts.active,
        counts.watched,
        window=window,
        as_of=history.as_of,
        version=VERSION,
        # All customers, or a segment, are always still being won: only a cohort can be complete.
        provisional=counts.waiting or (cohort and counts.watched < counts.customers),
        segment=label,
    )

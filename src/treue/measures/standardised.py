"""Retention with the mix of customers held still, so that a change of mix cannot pass for a change."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from treue.history.headline import Compared, comparable
from treue.history.period_counts import period_counts
from treue.kernel.estimate import Figure, count_status
from treue.kernel.intervals import wilson
from treue.kernel.status import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from treue.history.history import History
    from treue.history.period_counts import PeriodCount
    from treue.kernel.units import Grain

VERSION = "1"

Counts = tuple[int, int]
"""Customers retained, and customers at the start."""


def standardised_retention(history: History, column: str, grain: Grain = "quarter") -> list[Figure]:
    """Return what retention would have been in each period with the mix of customers of the first.

    Parameters
    ----------
    history : History
        What happened.
    column : str
        Column that customers are divided by.
    grain : {"month", "quarter", "year"}
        Length of a period.

    Returns
    -------
    list of Figure
        ``retention_rate_standardised``, one per period; n is the number of customers at its start. The
        mix is that of the first complete period that began with customers and in which somebody could
        be lost. Insufficient where a segment of that mix is not there any more.

    Raises
    ------
    WrongArgument
        When there is no such column, or it has more than 200 values.

    References
    ----------
    Zou & Donner (2008), Statistics in Medicine 27, 1693-1702 (the interval of a weighted sum).
    """
    whole = period_counts(history, grain)
    reference = next(
        (c for c in whole if c.complete and c.at_start and c.open_because != "by_construction"), None
    )
    if reference is None:
        return []
    divided = _by_period(period_counts(history, grain, column))
    weights = {segment: n for segment, (_, n) in divided[reference.period.label].items() if n}
    figures = []
    for count in whole:
        segments = divided[count.period.label]
        value, low, high, missing = standardised_share(weights, segments)
        status = count_status(count.at_start, count.retained, provisional=count.provisional)
        if value is None:
            status = Status.UNDEFINED
        elif missing and status is Status.OK:
            status = Status.INSUFFICIENT
        figures.append(
            Figure(
                id="retention_rate_standardised",
                value=value,
                numerator=None,
                denominator=None,
                n=count.at_start,
                ci_low=low,
                ci_high=high,
                ci_method=None if value is None else "wilson_weighted",
                status=status,
                window=count.period.window,
                as_of=history.as_of,
                definition_version=VERSION,
                period=count.period.label,
            )
        )
    return figures


def standardised_share(
    weights: Mapping[str, float], counts: Mapping[str, Counts]
) -> tuple[float | None, float | None, float | None, bool]:
    """Return the mean of the segments' shares under given weights, with its interval.

    Parameters
    ----------
    weights : mapping of str to float
        How many customers each segment has in the mix that is held still, more than 0.
    counts : mapping of str to (int, int)
        Customers retained and customers at the start, by segment.

    Returns
    -------
    tuple
        Share, lower and upper limit (0 to 1; None when no segment of the mix has customers), and
        whether a segment of the mix is missing, so that the others stand for it.

    Examples
    --------
    >>> old_mix = {"small": 100, "large": 1000}
    >>> now = {"small": (850, 1000), "large": (60, 100)}
    >>> share, low, high, missing = standardised_share(old_mix, now)
    >>> round(share, 3), missing
    (0.623, False)
    """
    here = {segment: weight for segment, weight in weights.items() if counts.get(segment, (0, 0))[1]}
    total = sum(here.values())
    if not total:
        return None, None, None, bool(weights)
    value = below = above = 0.0
    for segment, weight in here.items():
        retained, n = counts[segment]
        share = retained / n
        low, high = wilson(retained, n)
        part = weight / total
        value += part * share
        below += (part * (share - (low or 0.0))) ** 2
        above += (part * ((1.0 if high is None else high) - share)) ** 2
    return (
        value,
        max(value - math.sqrt(below), 0.0),
        min(value + math.sqrt(above), 1.0),
        len(here) < len(weights),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MixChange:
    """How retention changed in total, in each segment, and with the mix held still.

    Parameters
    ----------
    column : str
        Column that customers are divided by.
    earlier_period, later_period : str
        Labels of the periods compared.
    compared_with : {"year_before", "previous"}
        Which period the earlier one is.
    earlier_share, later_share : float
        Retention rates of all customers, 0 to 1.
    standardised_share : float or None
        The later rate with the mix of the earlier period.
    risen, fallen : int
        Segments whose rate rose, and fell; only segments with customers in both periods count.
    opposes : bool
        True when the total moved against every segment (Simpson's paradox): then the total must not be
        read as a change of loyalty, it is a change of mix.
    """

    column: str
    earlier_period: str
    later_period: str
    compared_with: Compared
    earlier_share: float
    later_share: float
    standardised_share: float | None
    risen: int
    fallen: int
    opposes: bool


def mix_change(history: History, column: str, grain: Grain = "quarter") -> MixChange | None:
    """Return whether a change of retention is a change of mix.

    Parameters
    ----------
    history : History
        What happened.
    column : str
        Column that customers are divided by.
    grain : {"month", "quarter", "year"}
        Length of a period.

    Returns
    -------
    MixChange or None
        None when there are no two complete periods that can be compared.

    Raises
    ------
    WrongArgument
        When there is no such column, or it has more than 200 values.

    References
    ----------
    Simpson (1951), Journal of the Royal Statistical Society B 13, 238-241.
    """
    found = comparable(period_counts(history, grain))
    if found is None:
        return None
    earlier, later, compared = found
    divided = _by_period(period_counts(history, grain, column))
    before, after = divided[earlier.period.label], divided[later.period.label]
    risen, fallen, opposes = segment_directions(before, after)
    weights = {segment: n for segment, (_, n) in before.items() if n}
    return MixChange(
        column=column,
        earlier_period=earlier.period.label,
        later_period=later.period.label,
        compared_with=compared,
        earlier_share=earlier.retained / earlier.at_start,
        later_share=later.retained / later.at_start,
        standardised_share=standardised_share(weights, after)[0],
        risen=risen,
        fallen=fallen,
        opposes=opposes,
    )


def segment_directions(before: Mapping[str, Counts], after: Mapping[str, Counts]) -> tuple[int, int, bool]:
    """Return how many segments rose and fell, and whether the total moved against all of them.

    Parameters
    ----------
    before, after : mapping of str to (int, int)
        Customers retained and customers at the start, by segment, in the two periods.

    Returns
    -------
    tuple of (int, int, bool)
        Segments risen, segments fallen, and True when there are at least two segments and the total
        rose while every one fell, or the other way round.

    Examples
    --------
    Both groups keep fewer, yet the total rises, because the loyal group has grown:

    >>> segment_directions({"small": (90, 100), "large": (700, 1000)},
    ...                    {"small": (850, 1000), "large": (60, 100)})
    (0, 2, True)
    """
    both = [key for key in before if before[key][1] and after.get(key, (0, 0))[1]]
    # Cross-multiplied whole numbers: a rate that did not change must not count as risen or fallen.
    steps = [after[key][0] * before[key][1] - before[key][0] * after[key][1] for key in both]
    risen, fallen = sum(step > 0 for step in steps), sum(step < 0 for step in steps)
    (kept_1, all_1), (kept_2, all_2) = (
        (sum(kept for kept, _ in counts.values()), sum(n for _, n in counts.values()))
        for counts in (before, after)
    )
    total = kept_2 * all_1 - kept_1 * all_2
    opposes = len(both) > 1 and ((total > 0 and fallen == len(both)) or (total < 0 and risen == len(both)))
    return risen, fallen, opposes


def _by_period(counts: Sequence[PeriodCount]) -> dict[str, dict[str, Counts]]:
    divided: dict[str, dict[str, Counts]] = {}
    for count in counts:
        segments = divided.setdefault(count.period.label, {})
        segments[count.segment or ""] = (count.retained, count.at_start)
    return divided

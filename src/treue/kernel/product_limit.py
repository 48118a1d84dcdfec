"""The product-limit estimate of Kaplan and Meier, from counts of equal durations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from treue.kernel.intervals import Z95

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class ProductLimit:
    """How much is left after each duration at which something happened.

    Parameters
    ----------
    days : numpy.ndarray of int, shape (k,)
        Durations with at least one event, in order.
    at_risk, events : numpy.ndarray of int, shape (k,)
        How many had lasted for so long, and how many ended then.
    surviving : numpy.ndarray of float, shape (k,)
        Share that lasts longer than each duration, 0 to 1.
    variance_sum : numpy.ndarray of float, shape (k,)
        Greenwood's sum of events / (at risk x (at risk - events)); infinite where nobody is left.
    """

    days: NDArray[np.int64]
    at_risk: NDArray[np.int64]
    events: NDArray[np.int64]
    surviving: NDArray[np.float64]
    variance_sum: NDArray[np.float64]

    def limits(self, design_effect: float = 1.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the 95 % limits of the surviving share on the log(-log) scale.

        Parameters
        ----------
        design_effect : float
            By how much the variance exceeds that of independent durations; 1 when they are.

        Returns
        -------
        tuple of numpy.ndarray
            Lower and upper limits, 0 to 1, shape (k,).
        """
        s = self.surviving
        inside = (s > 0) & (s < 1)
        log_s = np.log(np.where(inside, s, 0.5))
        spread = np.where(inside, self.variance_sum, 0.0) * design_effect
        theta = Z95 * np.sqrt(spread) / np.abs(log_s)
        low = np.where(inside, np.exp(log_s * np.exp(theta)), s)
        high = np.where(inside, np.exp(log_s * np.exp(-theta)), s)
        return low, high

    def after(self, days: int) -> int:
        """Return the place of the last event up to a duration, -1 when there is none."""
        return int(np.searchsorted(self.days, days, side="right")) - 1

    def median(self) -> int | None:
        """Return the duration by which half have ended; None when that is not reached."""
        return first_below_half(self.days, self.surviving)


def first_below_half(days: NDArray[np.int64], share: NDArray[np.float64]) -> int | None:
    """Return the first duration at which a falling share is at most one half, or None.

    Parameters
    ----------
    days : numpy.ndarray of int, shape (k,)
        Durations in order.
    share : numpy.ndarray of float, shape (k,)
        What is left after each, 0 to 1.
    """
    # 1e-12: a half that is a product of fractions must not miss the half by a rounding error.
    below = np.flatnonzero(share <= 0.5 + 1e-12)
    return int(days[below[0]]) if below.size else None


def product_limit(
    days: ArrayLike, ended: ArrayLike, counts: ArrayLike, entries: ArrayLike | None = None
) -> ProductLimit:
    """Return the product-limit estimate from counts of equal durations.

    Events come before censorings of the same duration, and who enters at a duration is at risk only
    after it.

    Parameters
    ----------
    days : array_like of int, shape (k,)
        Durations, 0 or more.
    ended : array_like of bool, shape (k,)
        True where the duration ended with the event, False where it was still running.
    counts : array_like of int, shape (k,)
        How many share each row.
    entries : array_like of int, shape (k,), optional
        How long each had lasted when observation began (left truncation), less than `days`; -1, or left
        out, for those who were observed from the start.

    Returns
    -------
    ProductLimit
        One entry per duration with an event.

    Raises
    ------
    ValueError
        When somebody enters no earlier than they leave.

    References
    ----------
    Kaplan & Meier (1958), JASA 53, 457-481; Greenwood (1926); limits as Kalbfleisch & Prentice.

    Examples
    --------
    >>> curve = product_limit([1, 2, 2, 3, 4, 5, 5, 6], [1, 0, 1, 1, 0, 1, 0, 0], [1] * 7 + [3])
    >>> curve.surviving.round(4).tolist()
    [0.9, 0.8, 0.6857, 0.5486]
    >>> [round(float(limit[3]), 3) for limit in curve.limits()]
    [0.187, 0.806]

    With late entries:

    >>> product_limit([3, 5, 4, 6, 6], [1, 0, 1, 0, 1], [1] * 5, [0, 0, 2, 2, 3]).surviving.tolist()
    [0.75, 0.5625, 0.28125]
    """
    t = np.asarray(days, dtype=np.int64)
    is_event = np.asarray(ended, dtype=bool)
    count = np.asarray(counts, dtype=np.int64)
    events = np.bincount(t[is_event], count[is_event], int(t.max(initial=0)) + 1).astype(np.int64)
    times = np.flatnonzero(events)
    d, n = events[times], risk_set(t, count, entries)[times]
    with np.errstate(divide="ignore"):
        steps = d / (n * (n - d).astype(float))
    surviving: NDArray[np.float64] = np.cumprod(1 - d / n, dtype=np.float64)
    return ProductLimit(times, n, d, surviving, np.cumsum(steps))


def risk_set(days: ArrayLike, counts: ArrayLike, entries: ArrayLike | None = None) -> NDArray[np.int64]:
    """Return how many are at risk at every duration from 0 to the longest.

    Parameters
    ----------
    days, counts, entries : array_like of int, shape (k,)
        As for :func:`product_limit`.

    Returns
    -------
    numpy.ndarray of int
        Those who entered before each duration and had lasted for so long.

    Raises
    ------
    ValueError
        When somebody enters no earlier than they leave.

    Examples
    --------
    >>> risk_set([3, 5, 4], [1, 1, 1], [-1, -1, 2]).tolist()
    [2, 2, 2, 3, 2, 1]
    """
    t = np.asarray(days, dtype=np.int64)
    count = np.asarray(counts, dtype=np.int64)
    entry = np.full(t.size, -1) if entries is None else np.asarray(entries, dtype=np.int64)
    if np.any(entry >= t):
        k = int(np.flatnonzero(entry >= t)[0])
        raise ValueError(f"entries[{k}]={entry[k]} is not before days[{k}]={t[k]}")
    size = int(t.max(initial=0)) + 1
    leaving = np.bincount(t, count, size).astype(np.int64)
    # Who enters at e is at risk from e + 1 on; -1 is everybody observed from the start.
    coming = np.bincount(np.maximum(entry, -1) + 1, count, size).astype(np.int64)
    gone_before = np.concatenate(([0], np.cumsum(leaving)[:-1]))
    at_risk: NDArray[np.int64] = np.cumsum(coming)[:size] - gone_before
    return at_risk

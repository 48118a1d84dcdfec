"""Whether groups last equally long: the log-rank test, and the restricted mean where curves cross."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from treue.kernel.product_limit import product_limit, risk_set

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from treue.kernel.product_limit import ProductLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """How long the members of one group lasted, as counts of equal durations.

    Parameters
    ----------
    days : numpy.ndarray of int, shape (k,)
        Durations, 0 or more.
    ended : numpy.ndarray of bool, shape (k,)
        True where the duration ended with the event, False where it was still running.
    counts : numpy.ndarray of int, shape (k,)
        How many share each row.
    entries : numpy.ndarray of int, shape (k,)
        How long each had lasted when observation began; -1 when observed from the start.
    """

    days: NDArray[np.int64]
    ended: NDArray[np.bool_]
    counts: NDArray[np.int64]
    entries: NDArray[np.int64]

    def curve(self) -> ProductLimit:
        """Return the product-limit estimate of the group."""
        return product_limit(self.days, self.ended, self.counts, self.entries)

    def at_risk(self, size: int) -> NDArray[np.int64]:
        """Return how many are at risk at the durations 0 to size - 1."""
        found = np.zeros(size, dtype=np.int64)
        here = risk_set(self.days, self.counts, self.entries)[:size]
        found[: here.size] = here
        return found

    def events(self, size: int) -> NDArray[np.int64]:
        """Return how many events there are at the durations 0 to size - 1."""
        found = np.bincount(self.days[self.ended], self.counts[self.ended], size)
        return found[:size].astype(np.int64)


@dataclass(frozen=True, slots=True)
class LogRank:
    """Outcome of a log-rank test.

    Parameters
    ----------
    statistic : float
        Chi-square.
    degrees : int
        Groups minus one.
    p_value : float or None
        How often equal groups would look at least so different; None when nothing can be compared.
    """

    statistic: float
    degrees: int
    p_value: float | None


def log_rank(groups: Sequence[Durations]) -> LogRank:
    """Return the log-rank test that groups have the same survival.

    It is blind to curves that cross: an early loss and a late one cancel.

    Parameters
    ----------
    groups : sequence of Durations
        Two or more; late entries are allowed for.

    Returns
    -------
    LogRank
        Its p-value is None when there are fewer than two groups or no event among several at risk.

    References
    ----------
    Mantel (1966), Cancer Chemotherapy Reports 50, 163-170; Peto & Peto (1972), JRSS A 135, 185-207.

    Examples
    --------
    Remission of leukaemia, 6-MP against placebo (Gehan 1965):

    >>> treated = durations([6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])
    >>> placebo = durations([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], [])
    >>> round(log_rank([treated, placebo]).statistic, 2)
    16.79
    """
    size = max((int(group.days.max(initial=0)) for group in groups), default=0) + 1
    degrees = max(len(groups) - 1, 0)
    if not degrees:
        return LogRank(0.0, degrees, None)
    n = np.array([group.at_risk(size) for group in groups], dtype=float)
    d = np.array([group.events(size) for group in groups], dtype=float)
    all_n, all_d = n.sum(axis=0), d.sum(axis=0)
    used = (all_d > 0) & (all_n > 1)
    n, d, all_n, all_d = n[:, used], d[:, used], all_n[used], all_d[used]
    share = n / all_n
    excess = (d - all_d * share).sum(axis=1)
    spread = all_d * (all_n - all_d) / (all_n - 1)
    covariance = np.diag((spread * share).sum(axis=1)) - (spread * share) @ share.T
    if not np.any(np.diag(covariance) > 0):
        return LogRank(0.0, degrees, None)
    statistic = float(excess @ np.linalg.pinv(covariance, rcond=1e-10, hermitian=True) @ excess)
    return LogRank(statistic, degrees, float(special.chdtrc(degrees, statistic)))


def durations(ended: Sequence[int], running: Sequence[int]) -> Durations:
    """Return the durations of a group from two plain lists, all observed from the start.

    Parameters
    ----------
    ended : sequence of int
        Durations that ended with the event.
    running : sequence of int
        Durations that were still running.

    Returns
    -------
    Durations
        One row each.
    """
    days = np.array([*ended, *running], dtype=np.int64)
    return Durations(
        days=days,
        ended=np.arange(days.size) < len(ended),
        counts=np.ones(days.size, dtype=np.int64),
        entries=np.full(days.size, -1, dtype=np.int64),
    )


def restricted_mean(curve: ProductLimit, limit_days: int) -> tuple[float, float]:
    """Return how long members last on average within a limit, with its standard error.

    Parameters
    ----------
    curve : ProductLimit
        The estimate of the group.
    limit_days : int
        Days up to which the area under the curve is taken, 1 or more, no longer than it was observed.

    Returns
    -------
    tuple of float
        Mean and standard error in days.

    References
    ----------
    Irwin (1949), Journal of Hygiene 47, 188-189; Klein & Moeschberger (2003), Survival Analysis, 4.5.

    Examples
    --------
    >>> mean, error = restricted_mean(durations([1, 2], [3, 3]).curve(), 3)
    >>> round(mean, 4), round(error, 4)
    (2.25, 0.4146)
    """
    inside = curve.days <= limit_days
    days = np.concatenate(([0], curve.days[inside], [limit_days])).astype(float)
    level = np.concatenate(([1.0], curve.surviving[inside]))
    areas = level * np.diff(days)
    left = areas[::-1].cumsum()[::-1][1:]
    n, d = curve.at_risk[inside].astype(float), curve.events[inside].astype(float)
    steps = np.divide(d, n * (n - d), out=np.zeros(d.size), where=n > d)
    return float(areas.sum()), math.sqrt(float((left**2 * steps).sum()))


def curves_cross(one: ProductLimit, other: ProductLimit, limit_days: int) -> bool:
    """Return whether each curve is clearly above the other somewhere.

    Parameters
    ----------
    one, other : ProductLimit
        The two estimates.
    limit_days : int
        Days up to which they are compared.

    Returns
    -------
    bool
        True when the difference exceeds its standard error in both directions.

    Examples
    --------
    >>> early = durations([1] * 50, [9] * 50).curve()
    >>> late = durations([8] * 80, [9] * 20).curve()
    >>> curves_cross(early, late, 9)
    True
    """
    days = np.union1d(one.days, other.days)
    days = days[days <= limit_days]
    (s_1, v_1), (s_2, v_2) = _levels(one, days), _levels(other, days)
    difference = s_1 - s_2
    error = np.sqrt(v_1 + v_2)
    return bool(np.any(difference > error) and np.any(-difference > error))


def _levels(curve: ProductLimit, days: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the share surviving and its variance at given days."""
    place = np.searchsorted(curve.days, days, side="right")
    share = np.concatenate(([1.0], curve.surviving))[place]
    spread = np.concatenate(([0.0], curve.variance_sum))[place]
    return share, np.where(share > 0, share**2 * np.where(np.isfinite(spread), spread, 0.0), 0.0)

"""Intervals of 95 % (unless told otherwise) for counts, rates, means and ratios.

All functions work on plain numbers or numpy arrays and touch neither files nor clocks.
Where randomness is needed, the generator is an argument.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

Z95 = 1.959963984540054
"""97.5 % point of the standard normal distribution."""

Limits = tuple[float | None, float | None]


def wilson(events: int, n: int, z: float = Z95) -> Limits:
    """Return the Wilson score interval of one proportion.

    Parameters
    ----------
    events, n : int
        Counts with 0 <= events <= n.
    z : float
        Normal quantile; 1.96 gives 95 %.

    Returns
    -------
    tuple of float or None
        Lower and upper limit between 0 and 1; ``(None, None)`` when n = 0.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 857-872, method 3.

    Examples
    --------
    >>> [round(limit, 3) for limit in wilson(81, 263)]
    [0.255, 0.366]
    """
    if n == 0:
        return None, None
    p = events / n
    z2 = z * z
    centre = p + z2 / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    scale = 1 + z2 / n
    low = 0.0 if events == 0 else (centre - half) / scale
    high = 1.0 if events == n else (centre + half) / scale
    return low, high


def newcombe(events_1: int, n_1: int, events_2: int, n_2: int, z: float = Z95) -> Limits:
    """Return the hybrid score interval of the difference of two independent proportions.

    Parameters
    ----------
    events_1, n_1, events_2, n_2 : int
        Counts of the two groups; the difference is group 1 minus group 2.
    z : float
        Normal quantile.

    Returns
    -------
    tuple of float or None
        Limits between -1 and 1; ``(None, None)`` when a group is empty.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 873-890, method 10.

    Examples
    --------
    >>> [round(limit, 4) for limit in newcombe(56, 70, 48, 80)]
    [0.0524, 0.3339]
    """
    low_1, high_1 = wilson(events_1, n_1, z)
    low_2, high_2 = wilson(events_2, n_2, z)
    if low_1 is None or high_1 is None or low_2 is None or high_2 is None:
        return None, None
    p_1, p_2 = events_1 / n_1, events_2 / n_2
    difference = p_1 - p_2
    return (
        difference - math.hypot(p_1 - low_1, high_2 - p_2),
        difference + math.hypot(high_1 - p_1, p_2 - low_2),
    )


def garwood(events: int, exposure: float, level: float = 0.95) -> Limits:
    """Return the exact Poisson interval of an event rate.

    Parameters
    ----------
    events : int
        Number of events, 0 or more.
    exposure : float
        Time at risk, in the unit the rate is per; 0 gives no interval.
    level : float
        Confidence level.

    Returns
    -------
    tuple of float or None
        Limits of events per unit of exposure.

    References
    ----------
    Garwood (1936), Biometrika 28, 437-442.

    Examples
    --------
    >>> [round(100 * limit, 2) for limit in garwood(3, 1200)]
    [0.05, 0.73]
    """
    if exposure <= 0:
        return None, None
    tail = (1 - level) / 2
    low = float(special.gammaincinv(events, tail)) if events else 0.0
    high = float(special.gammaincinv(events + 1, 1 - tail))
    return low / exposure, high / exposure


def goodman(counts: ArrayLike, level: float = 0.95) -> list[tuple[float, float]]:
    """Return simultaneous intervals for the shares of a whole.

    Parameters
    ----------
    counts : array_like of int, shape (k,)
        Counts of the k categories; their sum must be positive.
    level : float
        Joint confidence level over the k shares.

    Returns
    -------
    list of (float, float)
        Limits per category, between 0 and 1.

    References
    ----------
    Goodman (1965), Technometrics 7, 247-254.

    Examples
    --------
    >>> [round(limit, 3) for limit in goodman([5000, 2500, 1500, 800, 200])[4]]
    [0.017, 0.024]
    """
    x = np.asarray(counts, dtype=float)
    n = x.sum()
    chi2 = 2 * special.gammaincinv(0.5, 1 - (1 - level) / x.size)
    spread = np.sqrt(chi2 * (chi2 + 4 * x * (n - x) / n))
    scale = 2 * (n + chi2)
    low = np.clip((chi2 + 2 * x - spread) / scale, 0, 1)
    high = np.clip((chi2 + 2 * x + spread) / scale, 0, 1)
    return list(zip(low.tolist(), high.tolist(), strict=True))


BOOTSTRAP_DRAWS = 2000
BOOTSTRAP_LIMIT = 2000
"""Up to this many customers a ratio is bootstrapped; above, the linearised interval is as wide, but for
the luck of the draws, and a thousand times cheaper (docs/why/intervals-at-scale.md)."""


def ratio_interval(
    numerators: ArrayLike,
    denominators: ArrayLike,
    rng: np.random.Generator,
    weights: ArrayLike | None = None,
) -> tuple[float | None, float | None, str | None]:
    """Return the interval of a ratio of sums over customers.

    Parameters
    ----------
    numerators, denominators : array_like, shape (k,)
        One pair per customer (or per group of identical customers, see weights).
    rng : numpy.random.Generator
        Source of the bootstrap draws.
    weights : array_like of int, shape (k,), optional
        How many customers share each pair; 1 each when left out.

    Returns
    -------
    tuple
        Lower limit, upper limit, method (``bootstrap_customers`` or ``linearised``); three times
        ``None`` when there are fewer than two customers or the denominators sum to zero.

    References
    ----------
    Cochran (1977), Sampling Techniques, section 6; Efron & Tibshirani (1993).

    Examples
    --------
    >>> low, high, method = ratio_interval([150, 80, 60, 300, 30], [3, 1, 2, 5, 1],
    ...                                    np.random.default_rng(1))
    >>> method
    'bootstrap_customers'
    """
    y = np.asarray(numerators, dtype=float)
    x = np.asarray(denominators, dtype=float)
    w = np.ones(y.size) if weights is None else np.asarray(weights, dtype=float)
    n = w.sum()
    total = float(w @ x)
    if n < 2 or total == 0:
        return None, None, None
    if n <= BOOTSTRAP_LIMIT:
        draws = rng.multinomial(int(n), w / n, size=BOOTSTRAP_DRAWS)
        sums_x = draws @ x
        keep = sums_x != 0
        values = (draws @ y)[keep] / sums_x[keep]
        low, high = np.quantile(values, [0.025, 0.975])
        return float(low), float(high), "bootstrap_customers"
    value = float(w @ y) / total
    se = linearised_se(y, x, w)
    return value - Z95 * se, value + Z95 * se, "linearised"


def linearised_se(numerators: ArrayLike, denominators: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the standard error of a ratio of sums by Taylor linearisation.

    Parameters
    ----------
    numerators, denominators : array_like, shape (k,)
        One pair per customer (or per group of identical customers).
    weights : array_like, shape (k,), optional
        How many customers share each pair.

    Returns
    -------
    float
        Standard error, in the unit of the ratio.

    References
    ----------
    Cochran (1977), Sampling Techniques, equation 6.13.

    Examples
    --------
    >>> round(linearised_se([150, 80, 60, 300, 30], [3, 1, 2, 5, 1]), 2)
    6.53
    """
    y = np.asarray(numerators, dtype=float)
    x = np.asarray(denominators, dtype=float)
    w = np.ones(y.size) if weights is None else np.asarray(weights, dtype=float)
    n = w.sum()
    total = w @ x
    residuals = y - (w @ y) / total * x
    return float(np.sqrt(n / (n - 1) * (w @ residuals**2)) / abs(total))


def mean_interval(values: ArrayLike, level: float = 0.95) -> Limits:
    """Return the t interval of a mean.

    Parameters
    ----------
    values : array_like, shape (n,)
        Independent values.
    level : float
        Confidence level.

    Returns
    -------
    tuple of float or None
        Limits in the unit of the values; ``(None, None)`` below two values.

    Examples
    --------
    >>> [round(limit, 2) for limit in mean_interval([7, 6, 6, 5, 7, 4, 6, 7, 3, 6])]
    [4.74, 6.66]
    """
    x = np.asarray(values, dtype=float)
    if x.size < 2:
        return None, None
    t = float(special.stdtrit(x.size - 1, 1 - (1 - level) / 2))
    half = t * float(x.std(ddof=1)) / math.sqrt(x.size)
    mean = float(x.mean())
    return mean - half, mean + half


def bootstrap_interval(
    statistic: Callable[[NDArray[np.int64]], float],
    counts: ArrayLike,
    rng: np.random.Generator,
    draws: int = BOOTSTRAP_DRAWS,
) -> tuple[float, float]:
    """Return the percentile interval of a statistic by resampling customers.

    Parameters
    ----------
    statistic : callable
        Takes resampled multiplicities, shape (k,), and returns a number; NaN draws are left out.
    counts : array_like of int, shape (k,)
        How many customers share each of the k distinct rows. Resampling the multiplicities is the
        same as resampling the customers.
    rng : numpy.random.Generator
        Source of the draws.
    draws : int
        Number of resamples.

    Returns
    -------
    tuple of float
        2.5 % and 97.5 % quantile of the resampled statistic.

    Examples
    --------
    >>> values = np.array([1.0, 2.0, 3.0])
    >>> low, high = bootstrap_interval(lambda m: float(m @ values / m.sum()), [50, 50, 50],
    ...                                np.random.default_rng(1))
    >>> 1.8 < low < 2 < high < 2.2
    True
    """
    w = np.asarray(counts, dtype=np.int64)
    n = int(w.sum())
    samples = np.array([statistic(rng.multinomial(n, w / n)) for _ in range(draws)])
    samples = samples[np.isfinite(samples)]
    low, high = np.quantile(samples, [0.025, 0.975])
    return float(low), float(high)

"""Reaching a higher rung while people also leave: an absorbing Markov chain and its bootstrap."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from treue.kernel.intervals import BOOTSTRAP_DRAWS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MULTINOMIAL_LIMIT = 4000
"""Up to so many distinct histories the customers themselves are resampled. Above, the totals of a
resample are drawn from the normal law they then follow (central limit theorem): the same interval at a
cost that no longer grows with the number of customers."""

DRAWS_AT_ONCE = 1_000_000
"""Numbers drawn in one go: bounds the memory of the bootstrap."""

NO_SPREAD = 1e-12
"""Draws closer than this differ only in the last digits of their sums."""

USABLE_SHARE = 0.95
"""Below this share of draws in which the figure exists there is no interval."""


class Reached(NamedTuple):
    """What a chain says of each starting rung; NaN where it says nothing.

    Each array has the shape ``(..., r)`` of the counts it was computed from.
    """

    ever: NDArray[np.float64]
    within: NDArray[np.float64]
    periods_given_success: NDArray[np.float64]
    periods_to_either: NDArray[np.float64]


def reach(counts: ArrayLike, within_periods: int) -> Reached:
    """Return the chance to reach the target before leaving, and how long that takes.

    Parameters
    ----------
    counts : array_like, shape (..., r, r + 2)
        Moves (or probabilities) from each of r rungs to each of them, to the target, and off the ladder.
    within_periods : int
        Number of periods of the second chance, 0 or more.

    Returns
    -------
    Reached
        ``ever`` and ``within`` (shares, 0 to 1), ``periods_given_success`` (mean periods of those who
        arrive) and ``periods_to_either`` (mean periods to arrival or exit). NaN for a rung from which one
        can come to a rung without any observed move, or to one that nobody ever leaves; the mean of those
        who arrive is NaN also where nobody does.

    References
    ----------
    Kemeny & Snell (1960), Finite Markov Chains, theorems 3.2.4, 3.3.5 and 3.3.7.

    Examples
    --------
    >>> found = reach([[80, 8, 12]], within_periods=4)
    >>> found.ever.round(4), found.within.round(4), found.periods_given_success.round(2)
    (array([0.4]), array([0.2362]), array([5.]))
    """
    table = np.asarray(counts, dtype=float)
    rungs = table.shape[-2]
    totals = table.sum(axis=-1)
    shares = table / np.where(totals > 0, totals, 1)[..., None]
    stay, leave = shares[..., :rungs], shares[..., rungs:]
    sound = _sound(stay > 0, leave.sum(axis=-1) > 0, totals > 0)
    # Rungs of which nothing can be said are taken out: the sound ones never lead to them.
    stay, leave = stay * sound[..., None], leave * sound[..., None]
    identity = np.eye(rungs)
    visits = np.linalg.solve(identity - stay, np.broadcast_to(identity, stay.shape))
    target = leave[..., :1]
    ends = visits @ leave
    both = ends.sum(axis=-1)
    # Both ends together are 1, but for the last digit of the sum.
    ever = ends[..., 0] / np.where(both > 0, both, 1)
    within = np.zeros_like(target)
    for _ in range(within_periods):
        within = target + stay @ within
    arrives = sound & (ever > 0)
    weighted = (visits @ ever[..., None])[..., 0]
    steps = np.where(arrives, weighted / np.where(arrives, ever, 1), np.nan)

    def known(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(sound, values, np.nan)

    return Reached(known(ever), known(np.minimum(within[..., 0], ever)), steps, known(visits.sum(axis=-1)))


def _sound(step: NDArray[np.bool_], leaves: NDArray[np.bool_], seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return for which rungs the chain ends surely, and only by observed moves."""
    rungs = step.shape[-1]
    paths = (step | np.eye(rungs, dtype=bool)).astype(float)
    for _ in range(max(rungs - 1, 1).bit_length()):
        paths = (paths @ paths > 0).astype(float)
    ends = (paths @ (leaves & seen).astype(float)[..., None])[..., 0] > 0
    lost = ~(ends & seen)
    sound: NDArray[np.bool_] = (paths @ lost.astype(float)[..., None])[..., 0] == 0
    return sound


def resampled_totals(
    rows: NDArray[np.int64], people: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.float64], str]:
    """Return what the column totals would be in other samples of as many customers.

    Parameters
    ----------
    rows : numpy.ndarray of int, shape (k, c)
        The distinct histories of customers, each as c counts.
    people : numpy.ndarray of int, shape (k,)
        How many customers share each.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    totals : numpy.ndarray, shape (2000, c)
        Column totals of each resample.
    method : str
        ``bootstrap_customers``, or ``bootstrap_customers_normal`` above :data:`MULTINOMIAL_LIMIT`
        distinct histories.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 6.

    Examples
    --------
    >>> totals, method = resampled_totals(np.array([[1, 0], [0, 1]]), np.array([8, 12]),
    ...                                   np.random.default_rng(1))
    >>> totals.shape, method, set(totals.sum(axis=1).tolist())
    ((2000, 2), 'bootstrap_customers', {20.0})
    """
    size = int(people.sum())
    share = people / size
    if len(rows) > MULTINOMIAL_LIMIT:
        mean = share @ rows
        spread = (rows * share[:, None]).T @ rows - np.outer(mean, mean)
        drawn = rng.multivariate_normal(size * mean, size * spread, size=BOOTSTRAP_DRAWS, method="eigh")
        # A move made by a handful may be drawn below zero, which no sample can show.
        return np.maximum(drawn, 0.0), "bootstrap_customers_normal"
    step = max(DRAWS_AT_ONCE // len(rows), 1)
    parts = [
        rng.multinomial(size, share, size=min(step, BOOTSTRAP_DRAWS - done)) @ rows
        for done in range(0, BOOTSTRAP_DRAWS, step)
    ]
    return np.concatenate(parts).astype(float), "bootstrap_customers"


def percentile_limits(draws: NDArray[np.float64], value: float) -> tuple[float, float] | None:
    """Return the middle 95 % of draws, widened to hold the value.

    Parameters
    ----------
    draws : numpy.ndarray, shape (d,)
        The figure in each resample; NaN where it does not exist.
    value : float
        The figure itself.

    Returns
    -------
    tuple of float or None
        Limits; None when the figure exists in fewer than 95 % of the draws, or all draws are equal, which
        says only that the sample holds no trace of the other outcome.

    Examples
    --------
    >>> percentile_limits(np.array([0.2, 0.2]), 0.2) is None
    True
    """
    usable = draws[np.isfinite(draws)]
    if usable.size < USABLE_SHARE * draws.size or np.ptp(usable) < NO_SPREAD:
        return None
    low, high = np.quantile(usable, [0.025, 0.975])
    return min(float(low), value), max(float(high), value)

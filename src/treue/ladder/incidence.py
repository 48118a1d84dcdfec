"""How many have arrived, and how many have left, by so many days: cumulative incidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from treue.kernel.intervals import BOOTSTRAP_DRAWS, Z95

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

OPEN, ARRIVED, LEFT = 0, 1, 2
"""What ended a person's time: nothing yet, the target, or the exit."""

ROWS_LIMIT = 600
"""Up to so many distinct (time, cause) are resampled as they are; above, days are taken together."""


class Incidence(NamedTuple):
    """Cumulative incidence at the distinct times of events.

    The arrays have the shape ``(..., k)``; only `times` and `at_risk` of plain counts have ``(k,)``.
    """

    times: NDArray[np.float64]
    at_risk: NDArray[np.float64]
    arrived: NDArray[np.float64]
    left: NDArray[np.float64]
    remaining: NDArray[np.float64]


def tabulate(
    times: ArrayLike, causes: ArrayLike, people: ArrayLike | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the distinct times and how many arrived, left, or were last seen, at each.

    Parameters
    ----------
    times : array_like, shape (m,)
        Days from entry to the end of a person's time, more than 0.
    causes : array_like of int, shape (m,)
        0 still open, 1 arrived, 2 left.
    people : array_like of int, shape (m,), optional
        How many people share each; 1 each when left out.

    Returns
    -------
    distinct : numpy.ndarray, shape (k,)
        Times in ascending order.
    ended : numpy.ndarray, shape (k, 3)
        People per time and cause.
    """
    when, cause = np.asarray(times, dtype=float), np.asarray(causes, dtype=int)
    weight = np.ones(when.size) if people is None else np.asarray(people, dtype=float)
    distinct, place = np.unique(when, return_inverse=True)
    ended = np.zeros((distinct.size, 3))
    np.add.at(ended, (place, cause), weight)
    return distinct, ended


def aalen_johansen(distinct: NDArray[np.float64], ended: NDArray[np.float64]) -> Incidence:
    """Return the cumulative incidence of arriving and of leaving.

    Who leaves first can never arrive, so leaving is not a censoring: treating it as one would overstate
    the arrivals. At equal times events come before the end of observation.

    Parameters
    ----------
    distinct : numpy.ndarray, shape (k,)
        Times in ascending order.
    ended : numpy.ndarray, shape (..., k, 3)
        People whose time ended there: still open, arrived, left.

    Returns
    -------
    Incidence
        Shares (0 to 1) of those who entered; arrived + left + remaining = 1.

    References
    ----------
    Aalen & Johansen (1978); Putter, Fiocco & Geskus (2007), Statistics in Medicine 26, 2389-2430, eq. 6.

    Examples
    --------
    >>> found = aalen_johansen(*tabulate([2, 3, 3, 4, 5, 6, 6, 7, 8, 8], [1, 1, 2, 0, 2, 1, 0, 2, 0, 0]))
    >>> [round(float(part[4]), 4) for part in (found.times, found.arrived)]
    [6.0, 0.3167]
    """
    total = ended.sum(axis=-1)
    at_risk = np.flip(np.cumsum(np.flip(total, -1), axis=-1), -1)
    here = np.where(at_risk > 0, at_risk, 1)
    arriving, leaving = ended[..., ARRIVED] / here, ended[..., LEFT] / here
    remaining = np.cumprod(1 - arriving - leaving, axis=-1).astype(np.float64)
    before = np.concatenate([np.ones_like(remaining[..., :1]), remaining[..., :-1]], axis=-1)
    arrived = np.cumsum(before * arriving, axis=-1)
    left = np.cumsum(before * leaving, axis=-1)
    # The three are 1 together, but for the last digit of the sums.
    whole = arrived + left + remaining
    return Incidence(distinct, at_risk, arrived / whole, left / whole, remaining / whole)


def share_by(found: Incidence, day: float) -> NDArray[np.float64]:
    """Return the share that has arrived by a day, 0 to 1, of each of the tables in `found`.

    Parameters
    ----------
    found : Incidence
        What :func:`aalen_johansen` returns.
    day : float
        Days since entry.

    Returns
    -------
    numpy.ndarray
        Shape of the tables, without the times.
    """
    upto = int(np.searchsorted(found.times, day, side="right"))
    if upto == 0:
        return np.zeros(found.arrived.shape[:-1])
    share: NDArray[np.float64] = found.arrived[..., upto - 1]
    return share


def mean_day_of_arrival(found: Incidence, day: float) -> NDArray[np.float64]:
    """Return the mean days to arrival of those who arrive by a day; NaN where nobody does.

    Parameters
    ----------
    found : Incidence
        What :func:`aalen_johansen` returns.
    day : float
        Days since entry.

    Returns
    -------
    numpy.ndarray
        Days; shape of the tables, without the times.
    """
    upto = int(np.searchsorted(found.times, day, side="right"))
    each = np.diff(found.arrived[..., :upto], axis=-1, prepend=0)
    total = each.sum(axis=-1)
    mean: NDArray[np.float64] = np.where(
        total > 0, (each * found.times[:upto]).sum(axis=-1) / np.where(total > 0, total, 1), np.nan
    )
    return mean


def resampled(
    distinct: NDArray[np.float64], ended: NDArray[np.float64], rng: np.random.Generator
) -> tuple[Incidence, int]:
    """Return the cumulative incidence in other samples of as many people.

    Parameters
    ----------
    distinct : numpy.ndarray, shape (k,)
        Times in ascending order.
    ended : numpy.ndarray, shape (k, 3)
        People whose time ended there: still open, arrived, left.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    draws : Incidence
        Of 2,000 samples.
    width : int
        1; or, where there are more than :data:`ROWS_LIMIT` distinct rows, the days that were taken together.
    """
    width, times, table = 1, distinct, ended
    while np.count_nonzero(table) > ROWS_LIMIT:
        width *= 2
        times, place = np.unique(np.ceil(distinct / width) * width, return_inverse=True)
        table = np.zeros((times.size, 3))
        np.add.at(table, place, ended)
    filled = np.flatnonzero(table)
    people = table.ravel()[filled]
    size = int(people.sum())
    drawn = rng.multinomial(size, people / size, size=BOOTSTRAP_DRAWS)
    tables = np.zeros((BOOTSTRAP_DRAWS, table.size))
    tables[:, filled] = drawn
    return aalen_johansen(times, tables.reshape(BOOTSTRAP_DRAWS, *table.shape)), width


def loglog_limits(found: Incidence, ended: NDArray[np.float64], day: float) -> tuple[float, float] | None:
    """Return the interval of the share that has arrived by a day, on the log(-log) scale.

    Parameters
    ----------
    found : Incidence
        The estimate from plain counts.
    ended : numpy.ndarray, shape (k, 3)
        The counts it was computed from.
    day : float
        Days since entry.

    Returns
    -------
    tuple of float or None
        Lower and upper limit (0 to 1); None when nobody or everybody has arrived.

    References
    ----------
    Aalen (1978), Annals of Statistics 6, 534-545 (the variance); Pintilie (2006), Competing Risks, ch. 4.

    Examples
    --------
    >>> times, ended = tabulate([2, 3, 3, 4, 5, 6, 6, 7, 8, 8], [1, 1, 2, 0, 2, 1, 0, 2, 0, 0])
    >>> [round(limit, 3) for limit in loglog_limits(aalen_johansen(times, ended), ended, 6)]
    [0.062, 0.622]
    """
    value = float(share_by(found, day))
    if not 0 < value < 1:
        return None
    upto = int(np.searchsorted(found.times, day, side="right"))
    n, arrived = found.at_risk[:upto], ended[:upto, ARRIVED]
    both = arrived + ended[:upto, LEFT]
    before = np.concatenate([[1.0], found.remaining[: upto - 1]])
    still = value - found.arrived[:upto]
    # The last one at risk, and all leaving together, give 0/0; nothing can come after either.
    both_left = np.where(n > both, n - both, np.inf)
    others = np.where(n > 1, n - 1, np.inf)
    variance = (
        (still**2 * both / (others * both_left)).sum()
        + (before**2 * (n - arrived) * arrived / (n**2 * others)).sum()
        - 2 * (still * before * arrived * (n - arrived) / (n * both_left * others)).sum()
    )
    spread = Z95 * np.sqrt(max(variance, 0.0)) / (value * abs(np.log(value)))
    return float(value ** np.exp(spread)), float(value ** np.exp(-spread))

"""Customers drawn again with replacement, as new weights of the distinct rows they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

DRAWS = 300
FEWEST_DRAWS = 100
WORK = 10_000_000
"""About so many weights are drawn in all: beyond, the draws become fewer, never the rows."""

CHUNK = 200_000
"""About so many weights are held at a time."""


def resampled_weights(weight: NDArray[np.float64], rng: np.random.Generator) -> Iterator[NDArray[np.float64]]:
    """Yield resampled weights of distinct rows, several draws at a time.

    Drawing how many customers each row gets is the same as drawing the customers one by one.

    Parameters
    ----------
    weight : numpy.ndarray, shape (k,)
        How many customers share each row.
    rng : numpy.random.Generator
        Source of chance.

    Yields
    ------
    numpy.ndarray, shape (draws, k)
        Weights; together 300 draws, down to 100 where there are very many rows.
    """
    n = int(weight.sum())
    draws = int(np.clip(WORK // max(weight.size, 1), FEWEST_DRAWS, DRAWS))
    at_once = max(1, min(draws, CHUNK // max(weight.size, 1)))
    for done in range(0, draws, at_once):
        size = min(at_once, draws - done)
        yield rng.multinomial(n, weight / n, size=size).astype(np.float64)


def weighted_sums(weights: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of each of several columns under each weighting.

    As ``weights @ rows.T``, on one thread: for tables that are wide and flat the threads of BLAS cost more than
    they bring, and on a busy machine several times more.

    Parameters
    ----------
    weights : numpy.ndarray, shape (draws, k)
        How many customers share each row, in each draw.
    rows : numpy.ndarray, shape (columns, k)
        One line per column.

    Returns
    -------
    numpy.ndarray, shape (draws, columns)
        Sums.
    """
    sums: NDArray[np.float64] = np.einsum("dk,ck->dc", weights, rows)
    return sums


def percentiles(values: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """Return the 2.5 % and 97.5 % points of resampled values; None where none of them is a number.

    Parameters
    ----------
    values : numpy.ndarray, shape (draws,)
        NaN where a draw leaves the statistic undefined.

    Returns
    -------
    tuple of float or None
        Limits.
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return None, None
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)

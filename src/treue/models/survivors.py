"""A cohort of contracts as a model sees it: how many are left after each period."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from treue.kernel.errors import NotEnoughData, WrongTable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def survivor_counts(survivors: ArrayLike) -> NDArray[np.float64]:
    """Return a cohort's survivors as numbers after checking them.

    Parameters
    ----------
    survivors : array_like of int, shape (periods + 1,)
        Customers at the start and after each period: whole, falling or equal.

    Returns
    -------
    numpy.ndarray, shape (periods + 1,)
        The counts.

    Raises
    ------
    WrongTable
        When a count is negative, no number, or rises; the message names the first such period.
    NotEnoughData
        With fewer than two periods, or when nobody left or nobody stayed through the first.
    """
    counts = np.asarray(survivors, dtype=float)
    if counts.size < 3:
        raise NotEnoughData(
            f"periods={max(counts.size - 1, 0)}: survivors of at least two periods are needed"
        )
    faults = ~np.isfinite(counts) | (counts < 0) | (np.diff(counts, prepend=counts[0]) > 0)
    if faults.any():
        row = int(np.flatnonzero(faults)[0])
        raise WrongTable(
            f"period={row}: survivors={counts[row]:g} must be a count that does not rise; "
            f"the period before had {counts[max(row - 1, 0)]:g}"
        )
    if counts[-1] == counts[0] or counts[1] == 0:
        raise NotEnoughData("nobody left, or nobody stayed: a renewal model needs both")
    return counts


def stay_counts(lost: ArrayLike, still: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return counts of customers by how long they stayed, as numbers after checking them.

    Parameters
    ----------
    lost : array_like, shape (periods,)
        Customers who did not renew at the end of period 1, 2, ...
    still : array_like, shape (periods + 1,)
        Customers who were there after 0, 1, 2, ... periods when watching them ended.

    Returns
    -------
    lost, still : numpy.ndarray
        The counts.

    Raises
    ------
    WrongTable
        When a count is negative or no number, or there are not as many as there should be.
    NotEnoughData
        When fewer than two periods were seen, nobody left, or nobody stayed through the first.
    """
    gone, there = np.asarray(lost, dtype=float), np.asarray(still, dtype=float)
    if there.size != gone.size + 1:
        raise WrongTable(
            f"still={there.size} counts must be one more than lost={gone.size}: they begin with 0 periods"
        )
    for name, counts in (("lost", gone), ("still", there)):
        wrong = ~(np.isfinite(counts) & (counts >= 0))
        if wrong.any():
            place = int(np.flatnonzero(wrong)[0])
            raise WrongTable(f"{name}[{place}]={counts[place]:g} must be a count of customers, 0 or more")
    if gone.size < 2:
        raise NotEnoughData(f"periods={gone.size}: at least two periods must have been seen to their end")
    if gone.sum() == 0 or gone[1:].sum() + there[1:].sum() == 0:
        raise NotEnoughData("nobody left, or nobody stayed: a renewal model needs both")
    return gone, there

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

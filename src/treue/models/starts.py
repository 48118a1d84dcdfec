"""Where a fit starts: parameters that the mean and the variance of repeat buying suggest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from treue.kernel.errors import NotEnoughData

if TYPE_CHECKING:
    from treue.models.summary import Summary

PIECE_ROWS = 8192
"""Rows at a time: they stay in the processor's cache, and BLAS starts no threads for so few."""

LEAST_SHAPE, GREATEST_SHAPE = 0.05, 20.0


def starting_pace(summary: Summary) -> tuple[float, float]:
    """Return a shape and a rate of the gamma distribution of customers' paces, by the method of moments.

    It takes everybody to be still here, which is wrong and good enough to start from. Counts that vary less
    than chance alone makes them tell nothing of the shape; then it starts at the greatest.

    Parameters
    ----------
    summary : Summary
        Repeat buying of the customers.

    Returns
    -------
    r, alpha : float
        Shape and rate of a gamma distribution with the mean of the observed pace.

    Raises
    ------
    NotEnoughData
        With fewer than two customers, when nobody came back, or there is no time after the first purchase.

    Examples
    --------
    >>> from treue.models.summary import Summary
    >>> starting_pace(Summary.of([0, 2, 4], [0, 2, 5], [10, 10, 10]))
    (6.0, 30.0)
    """
    pace = summary.mean_rate
    if summary.n < 2:
        raise NotEnoughData(
            f"customers={summary.n}: how customers differ cannot be learnt from one; use more customers"
        )
    # Var(x) = pace T + (pace T)^2 / r
    excess = squares = 0.0
    for at in range(0, len(summary.x), PIECE_ROWS):
        some = slice(at, at + PIECE_ROWS)
        x, due, w = summary.x[some], pace * summary.T[some], summary.weight[some]
        away = x - due
        away *= w
        excess += float(away @ x - away @ due - w @ due)
        squares += float((w * due) @ due)
    spread = excess / squares
    r = float(np.clip(1 / spread, LEAST_SHAPE, GREATEST_SHAPE)) if spread > 0 else GREATEST_SHAPE
    return r, r / pace

"""BG/NBD and MBG/NBD of very many customers: what a row's likelihood knows is told twice over in tables.

The chance that a customer of (x, t_x, T) has left is a product of what (x, t_x) tell, the near side, and what (x, T)
tell, the far side. Of hundreds of thousands of distinct rows in whole days few differ in one of them: powers and
logarithms are taken once for each side, and a row only looks two of them up.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from treue.models.distinct import pairs, starts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.models.summary import Summary

    Vector = NDArray[np.float64]
    Places = NDArray[np.intp]

CHUNK_ROWS = 65_536
"""Rows at a time: what is made of them on the way takes little memory."""

ROWS_PER_CASE = 4
"""A side that has more than one case for so many rows saves too little."""

LARGEST_EXPONENT = 600.0
"""Beyond it a side's power may not be a number, though the product of both is."""

FACTORS = 16
"""Logarithms are slow and products fast: one logarithm is taken of so many factors."""


@dataclass(frozen=True, slots=True)
class _Side:
    """What one side of the rows tells at given parameters: k = r + x, and alpha + time as 1 / itself and as logarithm."""

    k: Vector
    pace: Vector
    log: Vector

    @classmethod
    def at(cls, parameters: Vector, x: Vector, time: Vector, latest: float) -> _Side:
        r, alpha = parameters[:2]
        # Against the latest, so that powers stay numbers and little cancels where sides meet.
        return cls(r + x, 1 / (alpha + time), np.log((alpha + time) / (alpha + latest)))

    @property
    def slopes(self) -> NDArray[np.float64]:
        """Of the logarithm of the odds, with respect to r and alpha; the far side's are subtracted."""
        return np.array([self.log, self.k * self.pace])


@dataclass(slots=True)
class _Sums:
    """Sums over the rows of each side, near and far.

    `value` is that of log(1 + odds of being here); the first two lines of `near` and `far` are its first and second
    derivative in the logarithm of the odds, the other two of `near` the second times the slopes of the far side.
    """

    value: float
    near: NDArray[np.float64]
    far: NDArray[np.float64]

    def squares(self, near: NDArray[np.float64], far: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of the second derivatives times the products of the slopes near - far of each row."""
        squares = _sum("ik,jk,k->ij", near, near, self.near[1])
        mixed = _sum("ik,jk->ij", self.near[2:], near)
        squares[:2] -= mixed
        squares[:, :2] -= mixed.T
        squares[:2, :2] += _sum("ik,jk,k->ij", far, far, self.far[1])
        return squares


@dataclass(frozen=True, slots=True)
class Sides:
    """The rows of a summary, each as the places of its two sides.

    Parameters
    ----------
    near_x, near_time : numpy.ndarray, shape (m,)
        Repeat count and recency; the age instead of the recency where a customer had no chance to leave, who
        is written as if gone, but at the end.
    far_x, far_time : numpy.ndarray, shape (k,)
        Repeat count and age.
    first : numpy.ndarray, shape (m,)
        First row of each near side: its rows stand together.
    near, far : numpy.ndarray, shape (rows,)
        Places of each row's sides.
    weight : numpy.ndarray, shape (rows,)
        How many customers share the row.
    bought : numpy.ndarray, shape (m,)
        How many customers share the near side.
    chances_at_first : int
        1 where a customer may leave right after the first purchase, else 0.
    """

    near_x: Vector
    near_time: Vector
    far_x: Vector
    far_time: Vector
    first: Places
    near: Places
    far: Places
    weight: Vector
    bought: Vector
    chances_at_first: int

    @classmethod
    def of(cls, summary: Summary, chances_at_first: int) -> Sides | None:
        """Return the sides of a summary.

        Parameters
        ----------
        summary : Summary
            Repeat buying of the customers.
        chances_at_first : int
            1 where a customer may leave right after the first purchase, else 0.

        Returns
        -------
        Sides or None
            None where they save nothing: for a few rows, or where nearly each row has sides of its own.
        """
        x = summary.x
        new = starts(x)
        new |= starts(summary.t_x)
        if chances_at_first == 0:
            new |= x == 0
        first = np.flatnonzero(new)
        saves = 0 < ROWS_PER_CASE * len(first) <= len(x)
        # Of other times than whole days the pairs would have to be sorted; most rows are not needed to see that.
        whole = saves and bool((summary.T[first] % 1 == 0).all())
        crossed = pairs(x, summary.T) if whole else None
        if crossed is None or ROWS_PER_CASE * len(crossed[0]) > len(x):
            return None
        far_x, far_time, far = crossed
        near = np.cumsum(new, dtype=np.intp)
        near -= 1
        near_x, recency, age = x[first], summary.t_x[first], summary.T[first]
        near_time = np.where(near_x + chances_at_first > 0, recency, age)
        w = summary.weight
        bought = np.add.reduceat(w, first)
        return cls(near_x, near_time, far_x, far_time, first, near, far, w, bought, chances_at_first)

    @property
    def counts(self) -> tuple[Vector, Vector]:
        """The repeat counts, and how many customers have each."""
        at = np.flatnonzero(starts(self.near_x))
        return self.near_x[at], np.add.reduceat(self.bought, at)

    def derivatives(self, parameters: Vector) -> tuple[float, Vector, NDArray[np.float64]]:
        """Return the part of the log-likelihood that knows t_x and T, with its gradient and Hessian.

        Parameters
        ----------
        parameters : numpy.ndarray, shape (4,)
            r, alpha, a, b.

        Returns
        -------
        tuple
            Value, gradient, shape (4,), Hessian, shape (4, 4).
        """
        _, alpha, a, b = parameters
        latest = float(self.far_time.max())
        near = _Side.at(parameters, self.near_x, self.near_time, latest)
        far = _Side.at(parameters, self.far_x, self.far_time, latest)
        chances = self.near_x + self.chances_at_first
        b_x = np.where(chances > 0, b + chances - 1, 1.0)
        prior = np.where(chances > 0, np.log(b_x / a), -np.inf)
        sums = self._sums(near.k * near.log + prior, -far.k * far.log, far.slopes)
        near_here, far_here = sums.near[0], sums.far[0]
        slopes = np.stack([*near.slopes, np.full_like(b_x, -1 / a), 1 / b_x])
        gradient = _sum("ij,j->i", slopes, near_here)
        gradient[:2] -= _sum("ij,j->i", far.slopes, far_here)
        hessian = sums.squares(slopes, far.slopes)
        left = near_here - self.bought
        cross = _sum("j,j->", near.pace, left) - _sum("j,j->", far.pace, far_here)
        hessian[0, 1] += cross
        hessian[1, 0] += cross
        hessian[1, 1] -= _sum("j,j,j->", near.k, near.pace**2, left)
        hessian[1, 1] += _sum("j,j,j->", far.k, far.pace**2, far_here)
        hessian[2, 2] -= gradient[2] / a
        hessian[3, 3] -= _sum("j,j->", slopes[3] ** 2, near_here)
        since = np.log(alpha + latest)
        gradient[:2] -= _sum("ij,j->i", slopes[:2], self.bought)
        gradient[0] -= since * self.bought.sum()
        value = sums.value - _sum("j,j,j->", near.k, near.log + since, self.bought)
        return float(value), gradient, hessian

    def _sums(self, near_log: Vector, far_log: Vector, far_slopes: NDArray[np.float64]) -> _Sums:
        """Go through the rows, whose odds of being here have the logarithm near + far, and sum up by side."""
        safe = far_log.max() <= LARGEST_EXPONENT
        near_odds, far_odds = (np.exp(near_log), np.exp(far_log)) if safe else (near_log, far_log)
        sums = _Sums(0.0, np.zeros((4, len(near_log))), np.zeros((2, len(far_log))))
        cuts = np.searchsorted(self.first, np.arange(0, len(self.weight), CHUNK_ROWS))
        for low, high in pairwise(np.unique([*cuts, len(self.first)])):
            some = slice(self.first[low], self.first[high] if high < len(self.first) else None)
            near, far, w = self.near[some], self.far[some], self.weight[some]
            odds = near_odds.take(near)
            if safe:
                odds *= far_odds.take(far)
            else:
                odds += far_odds.take(far)
                np.exp(odds, out=odds)
            total = 1 + odds
            sums.value += _sum_of_logs(total, w)
            odds /= total
            here = np.multiply(odds, w, out=odds)
            curved = np.divide(here, total, out=total)
            below = self.first[low:high] - self.first[low]
            turned = (curved * slope.take(far) for slope in far_slopes)
            for line, column in zip(sums.near[:, low:high], (here, curved, *turned), strict=True):
                np.add.reduceat(column, below, out=line)
            sums.far += [np.bincount(far, column, len(far_log)) for column in (here, curved)]
        return sums


def _sum(subscripts: str, *factors: Vector) -> Vector:
    """Return a sum of products, on one thread: BLAS starts several for so many terms, which costs more."""
    total: Vector = np.einsum(subscripts, *factors)
    return total


def _sum_of_logs(values: Vector, weight: Vector) -> float:
    """Return the weighted sum of the logarithms of values of 1 or more."""
    several = np.flatnonzero(weight != 1)
    rest = np.log(values.take(several))
    even = len(values) // FACTORS * FACTORS
    products = values[:even].reshape(FACTORS, -1).prod(axis=0)
    return float(
        np.log(products).sum() + np.log(values[even:]).sum() + (rest * (weight.take(several) - 1)).sum()
    )

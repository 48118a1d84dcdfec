"""How good stated probabilities were, once it is known what happened.

Every score takes rows (what happened, the probability that was stated, how many customers share the
row). The rows are put in order once, in :class:`Answers`, so that a thousand resamples of the customers
cost a thousand sums and no thousand sorts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from treue.kernel.errors import WrongTable
from treue.models.resampling import weighted_sums

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Vector = NDArray[np.float64]
    Matrix = NDArray[np.float64]

CLIP = 1e-15
"""Probabilities of 0 and 1 are moved by so much before their logarithm is taken."""

NEWTON_STEPS = 50


@dataclass(frozen=True)
class Answers:
    """Stated probabilities of a yes and what happened, ready to be scored under many weightings.

    Parameters
    ----------
    happened : numpy.ndarray, shape (k,)
        1 where it happened, else 0.
    probability : numpy.ndarray, shape (k,)
        Stated beforehand, 0 to 1.
    weight : numpy.ndarray, shape (k,)
        How many customers share the row.
    """

    happened: Vector
    probability: Vector
    weight: Vector

    @classmethod
    def of(cls, happened: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> Answers:
        """Check the rows and put them together.

        Parameters
        ----------
        happened : array_like, shape (k,)
            True or 1 where it happened.
        probability : array_like, shape (k,)
            Stated beforehand, 0 to 1.
        weight : array_like, shape (k,), optional
            How many customers share the row; 1 each when left out.

        Returns
        -------
        Answers
            Ready to be scored.

        Raises
        ------
        WrongTable
            When a probability is no number between 0 and 1, naming the first such row.
        """
        p = np.asarray(probability, dtype=float)
        wrong = ~((p >= 0) & (p <= 1))
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise WrongTable(f"row={row + 1}: probability={p[row]:g} must be a number between 0 and 1")
        w = np.ones(p.size) if weight is None else np.asarray(weight, dtype=float)
        return cls(np.asarray(happened, dtype=float), p, w)

    def weightings(self, weights: Matrix | None) -> Matrix:
        """Return weightings as a table of draws; the rows' own where none are given."""
        return np.atleast_2d(self.weight if weights is None else weights)

    @cached_property
    def losses(self) -> Matrix:
        """Squared error, logarithmic loss and outcome of each row, shape (3, k)."""
        p = np.clip(self.probability, CLIP, 1 - CLIP)
        lost = -np.where(self.happened > 0, np.log(p), np.log1p(-p))
        return np.stack([(self.probability - self.happened) ** 2, lost, self.happened])

    def mean_losses(self, weights: Matrix | None = None) -> tuple[Vector, Vector, Vector]:
        """Return Brier score, its skill over the base rate and log-loss, per weighting; NaN where undefined."""
        table = self.weightings(weights)
        n = table.sum(axis=1)
        brier, lost, rate = (_over(column, n) for column in weighted_sums(table, self.losses).T)
        return brier, 1 - _over(brier, rate * (1 - rate)), lost

    def ranked(self, weights: Matrix | None = None) -> Ranked:
        """Return the customers in order of their probability, per weighting."""
        order, starts = self._ranks
        table = self.weightings(weights)[:, order]
        size = np.add.reduceat(table, starts, axis=1)
        table *= self.happened[order]
        return Ranked(np.add.reduceat(table, starts, axis=1), size)

    def calibration_line(self, weights: Matrix | None = None) -> Matrix:
        """Return slope and intercept of outcome on log odds, shape (draws, 2); NaN where there is none.

        With `weights` the line of the rows' own weights is moved by one Newton step for each draw.
        """
        fitted = self._line
        if fitted is None:
            return np.full((len(self.weightings(weights)), 2), np.nan)
        line, slopes, covariance = fitted
        if weights is None:
            return line[None, :]
        return line + weighted_sums(np.atleast_2d(weights), slopes) @ covariance

    @cached_property
    def _line(self) -> tuple[Vector, Matrix, Matrix] | None:
        """The logistic fit: (slope, intercept), each row's slope of the likelihood, inverse information."""
        odds = special.logit(np.clip(self.probability, CLIP, 1 - CLIP))
        happened = self.weight @ self.happened
        counted = self.weight > 0
        if not 0 < happened < self.weight.sum() or np.ptp(odds[counted]) < 1e-9:
            return None
        design = np.column_stack([odds, np.ones_like(odds)])
        line = np.array([1.0, 0.0])
        for _ in range(NEWTON_STEPS):
            stated = special.expit(design @ line)
            slopes = design * (self.happened - stated)[:, None]
            information = (design * (self.weight * stated * (1 - stated))[:, None]).T @ design
            if np.linalg.cond(information) > 1e12:
                return None
            covariance = np.linalg.inv(information)
            step = covariance @ (self.weight @ slopes)
            if np.abs(step).max() < 1e-10:
                return line, np.ascontiguousarray(slopes.T), covariance
            line = line + step / max(1.0, float(np.abs(step).max()))
        return None

    @cached_property
    def _ranks(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Order of the rows by falling probability, and where each group of equal ones starts."""
        order = np.argsort(-self.probability, kind="stable")
        ranked = self.probability[order]
        starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
        return order, starts


class Ranked:
    """Customers in groups of equal probability, the highest first, under several weightings.

    Parameters
    ----------
    yes, size : numpy.ndarray, shape (draws, groups)
        In each group, those with whom it happened, and all.
    """

    def __init__(self, yes: Matrix, size: Matrix) -> None:
        self.yes, self.size = yes, size
        self.yes_before = np.cumsum(yes, axis=1) - yes
        self.before = np.cumsum(size, axis=1) - size
        self.all_yes = yes[:, -1] + self.yes_before[:, -1]
        self.n = size[:, -1] + self.before[:, -1]

    def auc(self) -> Vector:
        """Return how often a yes was ranked above a no, ties counted half; NaN with one class."""
        # A no loses against every yes ranked before it, and draws with those of its own group.
        won = ((self.size - self.yes) * (self.yes_before + self.yes / 2)).sum(axis=1)
        return _over(won, self.all_yes * (self.n - self.all_yes))

    def lift(self, share: float) -> Vector:
        """Return the rate among the `share` ranked highest over the rate of all; NaN where nothing happened."""
        room = share * self.n
        cut = (self.before < room[:, None]).sum(axis=1) - 1
        draw = np.arange(cut.size)
        # Of the group that the cut goes through each order is as likely: its share counts.
        taken = _over(room - self.before[draw, cut], self.size[draw, cut])
        yes = self.yes_before[draw, cut] + self.yes[draw, cut] * np.minimum(taken, 1)
        return _over(yes / room, self.all_yes / self.n)


def _over(top: Vector, bottom: Vector) -> Vector:
    """Return a ratio that is NaN where nothing was divided by."""
    ratio: Vector = np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=bottom > 0)
    return ratio


def _number(values: Vector) -> float | None:
    value = float(values.flat[0])
    return value if np.isfinite(value) else None


def brier(happened: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> float | None:
    """Return the Brier score: 0 is perfect, and stating one half for everybody gives 0.25.

    Parameters
    ----------
    happened, probability, weight : array_like, shape (k,)
        As for :meth:`Answers.of`.

    Returns
    -------
    float or None
        Between 0 and 1; None without rows.

    References
    ----------
    Brier (1950), Monthly Weather Review 78, 1-3.

    Examples
    --------
    >>> round(brier([1, 1, 0, 1, 0, 0, 1, 0, 0, 0], [.9, .8, .7, .6, .55, .4, .35, .2, .15, .1]), 5)
    0.16575
    """
    answers = Answers.of(happened, probability, weight)
    return _number(answers.mean_losses()[0]) if answers.weight.any() else None


def brier_skill(happened: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> float | None:
    """Return by how much the Brier score beats the base rate: 1 is perfect, below 0 is worse than no model.

    Parameters
    ----------
    happened, probability, weight : array_like, shape (k,)
        As for :meth:`Answers.of`.

    Returns
    -------
    float or None
        At most 1; None where everything or nothing happened.

    Examples
    --------
    >>> round(brier_skill([1, 1, 0, 1, 0, 0, 1, 0, 0, 0], [.9, .8, .7, .6, .55, .4, .35, .2, .15, .1]), 3)
    0.309
    """
    answers = Answers.of(happened, probability, weight)
    return _number(answers.mean_losses()[1]) if answers.weight.any() else None


def log_loss(happened: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> float | None:
    """Return the logarithmic loss; probabilities are clipped to [1e-15, 1 - 1e-15].

    Parameters
    ----------
    happened, probability, weight : array_like, shape (k,)
        As for :meth:`Answers.of`.

    Returns
    -------
    float or None
        0 or more; None without rows.

    Examples
    --------
    >>> round(log_loss([1, 1, 0, 1, 0, 0, 1, 0, 0, 0], [.9, .8, .7, .6, .55, .4, .35, .2, .15, .1]), 4)
    0.4893
    """
    answers = Answers.of(happened, probability, weight)
    return _number(answers.mean_losses()[2]) if answers.weight.any() else None


def auc(happened: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> float | None:
    """Return how often somebody who did was ranked above somebody who did not, ties counted half.

    Parameters
    ----------
    happened, probability, weight : array_like, shape (k,)
        As for :meth:`Answers.of`.

    Returns
    -------
    float or None
        Between 0 and 1, one half by chance; None where everything or nothing happened.

    Examples
    --------
    >>> round(auc([1, 1, 0, 1, 0, 0, 1, 0, 0, 0], [.9, .8, .7, .6, .55, .4, .35, .2, .15, .1]), 3)
    0.833
    """
    answers = Answers.of(happened, probability, weight)
    return _number(answers.ranked().auc()) if answers.weight.any() else None


def lift(
    happened: ArrayLike, probability: ArrayLike, share: float, weight: ArrayLike | None = None
) -> float | None:
    """Return how much more often it happened among the `share` ranked highest than among all.

    Parameters
    ----------
    happened, probability, weight : array_like, shape (k,)
        As for :meth:`Answers.of`.
    share : float
        More than 0, at most 1. Where the cut goes through equal probabilities, the mean over their orders.

    Returns
    -------
    float or None
        1 by chance; None where nothing happened.

    Examples
    --------
    >>> lift([1, 1, 0, 1, 0, 0, 1, 0, 0, 0], [.9, .8, .7, .6, .55, .4, .35, .2, .15, .1], 0.2)
    2.5
    """
    answers = Answers.of(happened, probability, weight)
    return _number(answers.ranked().lift(share)) if answers.weight.any() else None

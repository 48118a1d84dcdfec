"""What a model fitted up to a split says of the time after it, outcome by outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from treue.kernel.level import LEVEL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.models.catalogue import RepeatModel
    from treue.models.held_out import HeldOut

    Vector = NDArray[np.float64]

SMALLEST = 1e-15
"""The chance of an outcome is never taken for less: it is a difference of numbers near 1."""

COUNTED_ROWS = 40_000
"""Of so many outcomes, evenly spread over all, the distribution of counts is worked out; they tell its fit well enough."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a model said of each distinct outcome, shape (m,) each.

    Parameters
    ----------
    expected : numpy.ndarray
        Purchases expected after the split.
    returns : numpy.ndarray
        Probability of at least one.
    below : numpy.ndarray
        Probability of fewer purchases than happened.
    exactly : numpy.ndarray
        Probability of as many as happened.
    counted : numpy.ndarray of bool
        Whether `below` and `exactly` were worked out; elsewhere they mean nothing.
    """

    expected: Vector
    returns: Vector
    below: Vector
    exactly: Vector
    counted: NDArray[np.bool_]

    @property
    def log_score(self) -> Vector:
        """Logarithm of the probability of what happened: the higher, the better."""
        score: Vector = np.log(np.maximum(self.exactly, SMALLEST))
        return score

    @property
    def covered(self) -> Vector:
        """Share of each outcome that the middle 95 % of its prediction covers.

        Counts are whole, so an outcome is spread evenly over the stretch of probability that belongs to
        it. The mean over customers is exactly 95 % where the model is right, whatever the counts (the
        non-randomised form of the probability integral transform).

        References
        ----------
        Czado, Gneiting & Held (2009), Biometrics 65, 1254-1261.
        """
        low, high = (1 - LEVEL) / 2, (1 + LEVEL) / 2
        width = np.maximum(self.exactly, SMALLEST)
        inside = np.minimum(self.below + width, high) - np.maximum(self.below, low)
        covered: Vector = np.clip(inside / width, 0, 1)
        return covered

    @property
    def within(self) -> Vector:
        """1 where what happened lies between the whole numbers that are shown for 95 %, else 0.

        These cover more than 95 % where counts are small: the interval 0 to 0 already covers somebody who
        stays away with a probability of .98.
        """
        low, high = (1 - LEVEL) / 2, (1 + LEVEL) / 2
        reached = (self.below < high) & (self.below + self.exactly >= low)
        return reached.astype(np.float64)


def forecast(model: RepeatModel, held: HeldOut) -> Forecast:
    """Return what a model says of the time after the split.

    Parameters
    ----------
    model : RepeatModel
        Fitted on what was known at the split.
    held : HeldOut
        The customers and what they did.

    Returns
    -------
    Forecast
        One element per distinct outcome.
    """
    known, horizon = held.known, held.horizon
    expected = model.expected_purchases_of_customer(known.x, known.t_x, known.T, horizon)
    never = model.purchase_counts_of_customer(known.x, known.t_x, known.T, horizon, 0)[:, 0]
    below, exactly = np.zeros(held.case.size), never[held.case]
    # Most buy a few times and some very often: counts are asked for only as far as each outcome reaches.
    counted = np.zeros(held.case.size, dtype=bool)
    counted[:: -(-held.case.size // COUNTED_ROWS)] = True
    low = 1
    while (rows := np.flatnonzero(counted & (held.purchases >= low))).size:
        high = 2 * low + 1
        rows = rows[held.purchases[rows] <= high]
        if rows.size:
            cases, place = np.unique(held.case[rows], return_inverse=True)
            counts = model.purchase_counts_of_customer(
                known.x[cases], known.t_x[cases], known.T[cases], horizon, high
            )
            column = held.purchases[rows].astype(np.int64)
            reached = np.cumsum(counts, axis=1)
            below[rows] = reached[place, column - 1]
            exactly[rows] = counts[place, column]
        low = high + 1
    returns = np.clip(1 - never, 0, 1)
    return Forecast(
        expected[held.case], returns[held.case], np.clip(below, 0, 1), np.clip(exactly, 0, 1), counted
    )

"""From hazards to calibrated chances of a loss: a straight line through the log-odds, from later customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Vector = NDArray[np.float64]


def log_odds_of_loss(log_still: Vector, *, event_is_loss: bool) -> Vector:
    """Return the log-odds of a loss from the probability that the event has not happened.

    Parameters
    ----------
    log_still : numpy.ndarray, shape (n,)
        Logarithm of that probability at the end of the horizon, below 0.
    event_is_loss : bool
        True for the end of a contract; False for a purchase, whose absence is the loss.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Finite.
    """
    # log(1 - exp(l)) loses no digits in either tail
    happened = np.log(-np.expm1(log_still))
    odds: Vector = happened - log_still if event_is_loss else log_still - happened
    return odds


@dataclass(frozen=True, slots=True)
class Calibration:
    """A straight line that log-odds are put through, from customers of a later time (Platt).

    Parameters
    ----------
    intercept, slope : float
        0 and 1 change nothing.
    """

    intercept: float
    slope: float

    def __call__(self, log_odds: Vector) -> Vector:
        """Return calibrated log-odds."""
        return self.intercept + self.slope * log_odds


def calibrate(log_odds: Vector, lost: NDArray[np.bool_]) -> Calibration:
    """Return the line through which log-odds agree best with what happened.

    Parameters
    ----------
    log_odds : numpy.ndarray, shape (n,)
        Of a loss, as foretold.
    lost : numpy.ndarray of bool, shape (n,)
        Whether it came.

    Returns
    -------
    Calibration
        By maximum likelihood with Platt's targets, which never let the line run away.

    References
    ----------
    Platt (1999), Probabilistic outputs for support vector machines; Lin, Lin & Weng (2007).
    """
    losses = int(lost.sum())
    target = np.where(lost, (losses + 1) / (losses + 2), 1 / (lost.size - losses + 2))
    if np.ptp(log_odds) < 1e-12:
        return Calibration(float(special.logit(target.mean()) - log_odds[0]), 1.0)
    design = np.column_stack([np.ones_like(log_odds), log_odds])
    line = np.array([0.0, 1.0])
    for _ in range(100):
        chance = special.expit(design @ line)
        spread = np.maximum(chance * (1 - chance), 1e-9)
        move = np.linalg.solve((design.T * spread) @ design, design.T @ (target - chance))
        # A step of more than one unit of log-odds could overshoot.
        line += move / max(1.0, float(np.abs(move).max()))
        if float(np.abs(move).max()) < 1e-10:
            break
    return Calibration(float(line[0]), float(line[1]))


def level_shift(log_odds: Vector, lost: NDArray[np.bool_]) -> tuple[float, float]:
    """Return by how much log-odds were too low for a whole group, and the variance of that by chance.

    Parameters
    ----------
    log_odds : numpy.ndarray, shape (n,)
        Of a loss, as foretold.
    lost : numpy.ndarray of bool, shape (n,)
        Whether it came.

    Returns
    -------
    tuple of float
        The shift that makes expected and actual losses equal (half a loss is added on both sides), and its
        sampling variance.
    """
    shift = 0.0
    share = (lost.sum() + 0.5) / (lost.size + 1)
    spread = 1.0
    for _ in range(50):
        chance = special.expit(log_odds + shift)
        spread = max(float((chance * (1 - chance)).sum()), 1e-9)
        move = float(share * lost.size - chance.sum()) / spread
        shift += min(max(move, -1.0), 1.0)
        if abs(move) < 1e-10:
            break
    return shift, 1 / spread


def seasonal_variance(groups: Sequence[tuple[Vector, NDArray[np.bool_]]]) -> float:
    """Return how much the level of losses varies from moment to moment beyond chance.

    Parameters
    ----------
    groups : sequence of (numpy.ndarray, numpy.ndarray)
        Foretold log-odds and losses of the customers of one moment each.

    Returns
    -------
    float
        Variance of the level, in log-odds squared; 0 with fewer than three moments.
    """
    if len(groups) < 3:
        return 0.0
    shifts = [level_shift(log_odds, lost) for log_odds, lost in groups]
    between = float(np.var([shift for shift, _ in shifts], ddof=1))
    return max(0.0, between - float(np.mean([variance for _, variance in shifts])))


def without_season(
    line: Calibration, log_odds: Vector, lost: NDArray[np.bool_], seasons: float
) -> Calibration:
    """Return the line with as much of its level taken back as a season would explain.

    Customers of one moment share one season. What their level differs from the one learned over many
    moments is kept only as far as it exceeds what moments differ anyway: a busy autumn must not make the
    winter look safe.

    Parameters
    ----------
    line : Calibration
        What :func:`calibrate` found at one moment.
    log_odds : numpy.ndarray, shape (n,)
        Foretold at that moment.
    lost : numpy.ndarray of bool, shape (n,)
        What came of it.
    seasons : float
        What :func:`seasonal_variance` found.

    Returns
    -------
    Calibration
        With the same slope.

    References
    ----------
    The positive-part shrinkage of James & Stein (1961), for one number.
    """
    shift, _ = level_shift(log_odds, lost)
    if seasons == 0 or shift == 0:
        return line
    kept = max(0.0, 1 - seasons / shift**2)
    return Calibration(line.intercept - (1 - kept) * shift, line.slope)

"""Why a customer is at risk: what each feature adds to the log-odds of a loss, to the last digit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import special

from treue.models.churn_calibration import log_odds_of_loss
from treue.models.churn_features import SUBJECTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.models.churn_calibration import Calibration
    from treue.models.churn_hazard import AdditiveHazard

    Vector = NDArray[np.float64]
    Matrix = NDArray[np.float64]

Direction = Literal["raises", "lowers"]

_HARDLY = 1e-6
"""Below this sum of parts the curve is taken for a straight line."""

NEGLIGIBLE = 0.05
"""A reason that moves the log-odds by less is not worth telling: the odds change by less than 5 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason for a customer's risk.

    Parameters
    ----------
    code : str
        The feature that says most about its subject (see `churn_features.SUBJECTS`).
    value : float
        Its value, in the unit of the feature: days, counts, minor units of money, scores, ratios.
    contribution : float
        What all features of the subject add to the log-odds of a loss against the average customer.
    """

    code: str
    value: float
    contribution: float

    @property
    def direction(self) -> Direction:
        """Whether it raises or lowers the risk."""
        return "raises" if self.contribution > 0 else "lowers"


@dataclass(frozen=True, slots=True)
class Risk:
    """What a calibrated hazard says of customers.

    Parameters
    ----------
    log_odds : numpy.ndarray, shape (n,)
        Of a loss within the horizon.
    base : float
        The log-odds of the average customer.
    contributions : numpy.ndarray, shape (n, k)
        What each feature adds; `base` and a row's sum are its log-odds.
    log_still : numpy.ndarray, shape (n, steps)
        Logarithm of the probability, before calibration, that the event has not happened after each step.
    """

    log_odds: Vector
    base: float
    contributions: Matrix
    log_still: Matrix

    @property
    def probability(self) -> Vector:
        """Of a loss within the horizon, shape (n,)."""
        chance: Vector = special.expit(self.log_odds)
        return chance

    def curve(self, *, event_is_loss: bool) -> Matrix:
        """Return the probability that the event has not happened by the end of each step.

        The hazards are scaled so that the last step agrees with the calibrated probability.

        Parameters
        ----------
        event_is_loss : bool
            True for the end of a contract, False for a purchase.

        Returns
        -------
        numpy.ndarray, shape (n, steps)
            Falling from step to step.
        """
        # log(P(no event)) at the end, without losing digits in either tail
        end = special.log_expit(-self.log_odds if event_is_loss else self.log_odds)
        curve: Matrix = np.exp(self.log_still * (end / self.log_still[:, -1])[:, None])
        return curve


def risk_of(
    hazard: AdditiveHazard, calibration: Calibration, features: Matrix, *, event_is_loss: bool
) -> Risk:
    """Return the log-odds of a loss and what each feature adds to them.

    The parts of the hazard add up to one score, and the calibrated log-odds of a loss within the horizon
    are a curve over that score. On the straight way from the average customer (score 0) to this one every
    part grows in proportion, so each part's share of the way along the curve is its share of the score:
    the Aumann-Shapley division, which adds up exactly and gives a feature that does nothing nothing.

    Parameters
    ----------
    hazard : AdditiveHazard
        The fitted hazard.
    calibration : Calibration
        The line that its log-odds are put through.
    features : numpy.ndarray, shape (n, k)
        Values in the order of the hazard's names.
    event_is_loss : bool
        True for the end of a contract, False for a purchase.

    Returns
    -------
    Risk
        One row per customer.

    References
    ----------
    Aumann & Shapley (1974), Values of non-atomic games; Sundararajan, Taly & Yan (2017), Axiomatic
    attribution for deep networks.
    """
    parts = hazard.parts(features)
    score = parts.sum(axis=1)

    def curve(at: Vector) -> Vector:
        return calibration(log_odds_of_loss(hazard.log_still(at)[:, -1], event_is_loss=event_is_loss))

    base = float(curve(np.zeros(1))[0])
    log_odds = curve(score)
    near = np.abs(score) < _HARDLY
    slope_at_0 = float((curve(np.full(1, 1e-4)) - curve(np.full(1, -1e-4)))[0] / 2e-4)
    slope = np.where(near, slope_at_0, (log_odds - base) / np.where(near, 1.0, score))
    return Risk(log_odds, base, parts * slope[:, None], hazard.log_still(score))


def told_reasons(
    names: tuple[str, ...], values: Vector, contributions: Vector, most: int = 3
) -> tuple[Reason, ...]:
    """Return the strongest reasons of one customer, one per subject.

    Parameters
    ----------
    names : tuple of str
        Feature codes.
    values, contributions : numpy.ndarray, shape (k,)
        The customer's features, and what each adds to the log-odds.
    most : int
        Reasons at most.

    Returns
    -------
    tuple of Reason
        Strongest first, whichever way they point. A subject of which nothing is known gives none, nor
        does one that hardly matters.
    """
    totals: dict[str, float] = {}
    for name, contribution in zip(names, contributions.tolist(), strict=True):
        totals[SUBJECTS[name]] = totals.get(SUBJECTS[name], 0.0) + contribution
    found = []
    for subject, total in totals.items():
        leads = [
            (contribution * np.sign(total), name, value)
            for name, value, contribution in zip(names, values.tolist(), contributions.tolist(), strict=True)
            if SUBJECTS[name] == subject and not np.isnan(value) and contribution * total > 0
        ]
        if leads and abs(total) >= NEGLIGIBLE:
            _, name, value = max(leads, key=lambda lead: (lead[0], lead[1]))
            found.append(Reason(code=name, value=value, contribution=total))
    return tuple(sorted(found, key=lambda reason: (-abs(reason.contribution), reason.code))[:most])

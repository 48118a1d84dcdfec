"""Which of two forecasts of the same losses was the better one, and whether that could be chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from treue.models.resampling import percentiles, resampled_weights
from treue.models.scores import Answers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

LIFT_SHARE = 0.1
"""Lift is told for the tenth of customers with the highest probability."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastScores:
    """How good the probabilities of a forecast were.

    Parameters
    ----------
    name : str
        ``classifier``, or the rival's name.
    log_loss, brier : float
        The smaller the better.
    auc : float
        How often a lost customer was ranked above one who stayed; one half by chance.
    lift : float
        Losses among the tenth ranked highest over losses among all.
    expected : float
        Share of losses that was foretold.
    slope, intercept : float or None
        Of outcome on log-odds: 1 and 0 where the probabilities are right; None where all are equal.
    """

    name: str
    log_loss: float
    brier: float
    auc: float
    lift: float
    expected: float
    slope: float | None
    intercept: float | None

    @classmethod
    def of(cls, name: str, answers: Answers) -> ForecastScores:
        """Score the forecast that has a name.

        Parameters
        ----------
        name : str
            Whose it is.
        answers : Answers
            Customers, some lost and some not.

        Returns
        -------
        ForecastScores
            Without intervals; the comparison has them.
        """
        brier, _, lost = answers.mean_losses()
        ranked = answers.ranked()
        slope, intercept = (
            None if np.isnan(value) else float(value) for value in answers.calibration_line()[0]
        )
        return cls(
            name=name,
            log_loss=float(lost[0]),
            brier=float(brier[0]),
            auc=float(ranked.auc()[0]),
            lift=float(ranked.lift(LIFT_SHARE)[0]),
            expected=float(answers.probability.mean()),
            slope=slope,
            intercept=intercept,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the scores as plain JSON types."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How the classifier and its rival foretold the same customers in the last horizon.

    Parameters
    ----------
    customers, losses : int
        Who was at risk, and who of them was lost.
    classifier, rival : ForecastScores
        Both forecasts.
    gain : float
        Log-loss of the rival minus that of the classifier, per customer: above 0 the classifier was
        better.
    gain_low, gain_high : float
        95 % interval of the gain over resampled customers.
    """

    customers: int
    losses: int
    classifier: ForecastScores
    rival: ForecastScores
    gain: float
    gain_low: float
    gain_high: float

    @property
    def better(self) -> bool:
        """Whether the classifier was better by more than chance would explain."""
        return self.gain_low > 0

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        verdict = (
            "the classifier was better"
            if self.better
            else "the classifier was not better by more than chance"
        )
        return (
            f"{verdict}: log-loss {self.classifier.log_loss:.4f} against {self.rival.log_loss:.4f} of "
            f"{self.rival.name}, gain {self.gain:.4f} ({self.gain_low:.4f} to {self.gain_high:.4f}), "
            f"{self.losses} of {self.customers} customers lost"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as plain JSON types."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        return plain | {"classifier": self.classifier.as_dict(), "rival": self.rival.as_dict()}


def compare(
    log_odds: Vector, rival_chance: Vector, lost: NDArray[np.bool_], rival_name: str, seed: int
) -> Comparison:
    """Return how two forecasts of the same customers did.

    Parameters
    ----------
    log_odds : numpy.ndarray, shape (n,)
        Of a loss, by the classifier.
    rival_chance : numpy.ndarray, shape (n,)
        Of a loss, by the rival.
    lost : numpy.ndarray of bool, shape (n,)
        What came; both outcomes must occur.
    rival_name : str
        What the rival is called.
    seed : int
        Of the resampling.

    Returns
    -------
    Comparison
        With a paired bootstrap: each customer's two losses stay together.
    """
    # In the order of what was foretold: the names of customers decide nothing, not even in the resampling.
    order = np.lexsort([lost, rival_chance, log_odds])
    ours = Answers.of(lost[order], special.expit(log_odds[order]))
    theirs = Answers.of(lost[order], rival_chance[order])
    draws = [
        theirs.mean_losses(weights)[2] - ours.mean_losses(weights)[2]
        for weights in resampled_weights(ours.weight, np.random.default_rng(seed))
    ]
    low, high = percentiles(np.concatenate(draws))
    ours_scored, theirs_scored = ForecastScores.of("classifier", ours), ForecastScores.of(rival_name, theirs)
    return Comparison(
        customers=int(lost.size),
        losses=int(lost.sum()),
        classifier=ours_scored,
        rival=theirs_scored,
        gain=theirs_scored.log_loss - ours_scored.log_loss,
        gain_low=float("-inf") if low is None else low,
        gain_high=float("inf") if high is None else high,
    )

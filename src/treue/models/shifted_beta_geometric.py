"""Shifted beta-geometric: how many of a cohort of contracts renew, and will go on to renew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy import special

from treue.models.log_beta import log_beta
from treue.models.renewal_model import RenewalModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.models.newton import Optimum, Troubles

    Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ShiftedBetaGeometric(RenewalModel):
    """The shifted beta-geometric model of contract renewal.

    Each customer ends the contract at every renewal with a probability of their own (beta, alpha and
    beta). That a cohort's renewal rate rises with age is sorting: those who leave easily leave first;
    it does not show that anybody's loyalty grows.

    Parameters
    ----------
    alpha, beta : float
        Positive parameters.
    optimum : Optimum, optional
        How the parameters were found.

    References
    ----------
    Fader & Hardie (2007), How to project customer retention, Journal of Interactive Marketing 21, 76-90.

    Examples
    --------
    >>> model = ShiftedBetaGeometric.fit([1000, 631, 468, 382, 326, 289, 262, 241])
    >>> round(model.alpha, 3), round(model.beta, 3), round(float(model.survival(8)), 3)
    (0.704, 1.182, 0.22)
    """

    MODEL: ClassVar[str] = "shifted-beta-geometric"
    LETTERS: ClassVar[tuple[str, ...]] = ("alpha", "beta")
    TROUBLES: ClassVar[Troubles] = {
        "alpha": ("hardly anybody left after the first periods", "all leave with too equal a chance"),
        "beta": ("nearly everybody left in the first period", "all leave with too equal a chance"),
    }

    alpha: float
    beta: float
    optimum: Optimum | None = None

    @classmethod
    def derivatives(
        cls, parameters: Vector, lost: Vector, still: Vector
    ) -> tuple[float, Vector, NDArray[np.float64]]:
        return _derivatives(parameters, lost, still)

    def _log_survival(self, period: Vector) -> Vector:
        log_share: Vector = special.betaln(self.alpha, self.beta + period) - special.betaln(
            self.alpha, self.beta
        )
        return log_share

    def _periods_until(self, hardship: Vector) -> Vector:
        return hardship


def _derivatives(
    parameters: Vector, lost: Vector, still: Vector
) -> tuple[float, Vector, NDArray[np.float64]]:
    """Return the log-likelihood with its gradient and Hessian (appendix B of the paper)."""
    alpha, beta = parameters
    t = np.arange(1.0, lost.size + 1)
    whole = log_beta(alpha, beta)
    ended = log_beta(alpha + 1, beta + t - 1).minus(whole)
    stayed = log_beta(alpha, beta + np.arange(0.0, still.size)).minus(whole)
    value = float(lost @ ended.value + still @ stayed.value)
    return value, ended.slope @ lost + stayed.slope @ still, ended.curve @ lost + stayed.curve @ still

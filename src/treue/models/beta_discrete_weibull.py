"""Beta-discrete-Weibull: renewal where each customer's own tendency to leave may change with time."""

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
class BetaDiscreteWeibull(RenewalModel):
    """The beta-discrete-Weibull model of contract renewal.

    As the shifted beta-geometric, but a customer's own chance of leaving may fall (c < 1) or rise
    (c > 1) with every renewal; c = 1 is the shifted beta-geometric itself.

    Parameters
    ----------
    alpha, beta, c : float
        Positive parameters.
    optimum : Optimum, optional
        How the parameters were found.

    References
    ----------
    Fader, Hardie, Liu, Davin & Steenburgh (2018), "How to project customer retention" revisited: the
    role of duration dependence, Journal of Interactive Marketing 43, 1-16.

    Examples
    --------
    >>> round(float(BetaDiscreteWeibull(0.704, 1.182, 1.0).survival(8)), 3)
    0.22
    """

    MODEL: ClassVar[str] = "beta-discrete-weibull"
    LETTERS: ClassVar[tuple[str, ...]] = ("alpha", "beta", "c")
    TROUBLES: ClassVar[Troubles] = {
        "alpha": ("hardly anybody left after the first periods", "all leave with too equal a chance"),
        "beta": ("nearly everybody left in the first period", "all leave with too equal a chance"),
        "c": ("nearly everybody who left did so in the first period", "nobody left until a late period"),
    }

    alpha: float
    beta: float
    c: float
    optimum: Optimum | None = None

    @classmethod
    def derivatives(
        cls, parameters: Vector, lost: Vector, still: Vector
    ) -> tuple[float, Vector, NDArray[np.float64]]:
        return _derivatives(parameters, lost, still)

    def _log_survival(self, period: Vector) -> Vector:
        log_share: Vector = special.betaln(self.alpha, self.beta + period**self.c) - special.betaln(
            self.alpha, self.beta
        )
        return log_share

    def _periods_until(self, hardship: Vector) -> Vector:
        return hardship ** (1 / self.c)


def _survival(parameters: Vector, t: Vector) -> tuple[Vector, Vector, NDArray[np.float64]]:
    """Return S(t) with its gradient, shape (3, n), and Hessian, shape (3, 3, n)."""
    alpha, beta, c = parameters
    reach = t**c
    log_t = np.log(np.where(t > 0, t, 1.0))
    ratio = log_beta(alpha, beta + reach).minus(log_beta(alpha, beta))
    inner = log_beta(alpha, beta + reach)
    share = np.exp(ratio.value)
    in_c, in_cc = reach * log_t, reach * log_t**2
    slope = np.stack([ratio.a, ratio.b, inner.b * in_c])
    curve = np.stack(
        [
            np.stack([ratio.aa, ratio.ab, inner.ab * in_c]),
            np.stack([ratio.ab, ratio.bb, inner.bb * in_c]),
            np.stack([inner.ab * in_c, inner.bb * in_c, inner.bb * in_c**2 + inner.b * in_cc]),
        ]
    )
    return share, share * slope, share * (curve + slope[:, None] * slope[None])


def _derivatives(
    parameters: Vector, lost: Vector, still: Vector
) -> tuple[float, Vector, NDArray[np.float64]]:
    """Return the log-likelihood with its gradient and Hessian (equation 6 of the paper)."""
    share, slope, curve = _survival(parameters, np.arange(0.0, lost.size + 1))
    chance = np.append(-np.diff(share), share)
    chance_slope = np.concatenate([-np.diff(slope), slope], axis=1)
    chance_curve = np.concatenate([-np.diff(curve), curve], axis=2)
    w = np.append(lost, still)
    relative = chance_slope / chance
    value = float(w @ np.log(chance))
    return value, relative @ w, (chance_curve / chance - relative[:, None] * relative[None]) @ w

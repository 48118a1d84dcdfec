"""Beta-discrete-Weibull: renewal where each customer's own tendency to leave may change with time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy import special

from treue.models.fitted import Fitted
from treue.models.log_beta import log_beta
from treue.models.newton import maximise
from treue.models.survivors import stay_counts, survivor_counts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from treue.models.newton import Optimum, Troubles

    Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BetaDiscreteWeibull(Fitted):
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
    def fit(cls, survivors: ArrayLike, start: BetaDiscreteWeibull | None = None) -> BetaDiscreteWeibull:
        """Fit by maximum likelihood to a cohort's survivors.

        Parameters
        ----------
        survivors : array_like of int, shape (periods + 1,)
            Customers at the start and after each period: whole, falling or equal.
        start : BetaDiscreteWeibull, optional
            A model to start from, for refits; the result does not depend on it.

        Returns
        -------
        BetaDiscreteWeibull
            With standard errors in `optimum`.

        Raises
        ------
        WrongTable
            When survivors rise or are negative.
        NotEnoughData
            With fewer than two periods, or when nobody left or nobody stayed through the first.
        DidNotConverge
            When the data do not identify the model.
        """
        counts = survivor_counts(survivors)
        still = np.zeros(counts.size)
        still[-1] = counts[-1]
        return cls.fit_stays(-np.diff(counts), still, start)

    @classmethod
    def fit_stays(
        cls, lost: ArrayLike, still: ArrayLike, start: BetaDiscreteWeibull | None = None
    ) -> BetaDiscreteWeibull:
        """Fit by maximum likelihood to customers who were not all watched for equally long.

        Parameters
        ----------
        lost : array_like, shape (periods,)
            Customers who did not renew at the end of period 1, 2, ...
        still : array_like, shape (periods + 1,)
            Customers who were there after 0, 1, 2, ... periods when watching them ended.
        start : BetaDiscreteWeibull, optional
            A model to start from, for refits; the result does not depend on it.

        Returns
        -------
        BetaDiscreteWeibull
            With standard errors in `optimum`.

        Raises
        ------
        WrongTable
            When a count is negative or no number, or there are not as many as there should be.
        NotEnoughData
            When fewer than two periods were seen, nobody left, or nobody stayed through the first.
        DidNotConverge
            When the data do not identify the model.
        """
        gone, there = stay_counts(lost, still)
        n = float(gone.sum() + there.sum())
        middle = [1.0] * len(cls.LETTERS)
        first = list(start.parameters.values()) if start else middle
        best = maximise(lambda p: _derivatives(p, gone, there), first, n, cls.MODEL, cls.TROUBLES, middle)
        alpha, beta, c = best.parameters.tolist()
        return cls(alpha, beta, c, best)

    def survival(self, period: ArrayLike) -> Vector:
        """Return the share of a cohort that is still there after `period` renewals.

        Parameters
        ----------
        period : array_like, shape (n,)
            Periods since the start, 0 or more.

        Returns
        -------
        numpy.ndarray, shape (n,)
            Shares between 0 and 1.
        """
        reach = np.asarray(period, dtype=float) ** self.c
        share: Vector = np.exp(
            special.betaln(self.alpha, self.beta + reach) - special.betaln(self.alpha, self.beta)
        )
        return share

    def retention_rate(self, period: ArrayLike) -> Vector:
        """Return the share of those there at the start of `period` who renew at its end.

        Parameters
        ----------
        period : array_like, shape (n,)
            Period number, 1 or more.

        Returns
        -------
        numpy.ndarray, shape (n,)
            Shares between 0 and 1.
        """
        t = np.asarray(period, dtype=float)
        rate: Vector = self.survival(t) / self.survival(t - 1)
        return rate


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

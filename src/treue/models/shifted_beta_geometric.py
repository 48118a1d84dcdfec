"""Shifted beta-geometric: how many of a cohort of contracts renew, and will go on to renew."""

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
class ShiftedBetaGeometric(Fitted):
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
    def fit(cls, survivors: ArrayLike, start: ShiftedBetaGeometric | None = None) -> ShiftedBetaGeometric:
        """Fit by maximum likelihood to a cohort's survivors.

        Parameters
        ----------
        survivors : array_like of int, shape (periods + 1,)
            Customers at the start and after each period: whole, falling or equal.
        start : ShiftedBetaGeometric, optional
            A model to start from, for refits; the result does not depend on it.

        Returns
        -------
        ShiftedBetaGeometric
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
        cls, lost: ArrayLike, still: ArrayLike, start: ShiftedBetaGeometric | None = None
    ) -> ShiftedBetaGeometric:
        """Fit by maximum likelihood to customers who were not all watched for equally long.

        Parameters
        ----------
        lost : array_like, shape (periods,)
            Customers who did not renew at the end of period 1, 2, ...
        still : array_like, shape (periods + 1,)
            Customers who were there after 0, 1, 2, ... periods when watching them ended.
        start : ShiftedBetaGeometric, optional
            A model to start from, for refits; the result does not depend on it.

        Returns
        -------
        ShiftedBetaGeometric
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
        alpha, beta = best.parameters.tolist()
        return cls(alpha, beta, best)

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
        share: Vector = np.exp(
            special.betaln(self.alpha, self.beta + np.asarray(period, dtype=float))
            - special.betaln(self.alpha, self.beta)
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
            Shares between 0 and 1; they rise with the period.
        """
        t = np.asarray(period, dtype=float)
        rate: Vector = (self.beta + t - 1) / (self.alpha + self.beta + t - 1)
        return rate


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

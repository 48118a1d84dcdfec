"""What every model of contract renewal can say of a cohort."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

import numpy as np
from scipy import special

from treue.kernel.errors import WrongArgument
from treue.models.fitted import Fitted
from treue.models.newton import maximise
from treue.models.survivors import stay_counts, survivor_counts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from treue.models.newton import Optimum, Troubles

    Vector = NDArray[np.float64]

CHUNK_PERIODS = 4096
NOTHING = 1e-12
"""A discounted share below it adds nothing to a lifetime that is told in periods."""


class Projection(NamedTuple):
    """The share of a cohort that is still there after each number of periods, with its interval."""

    period: Vector
    share: Vector
    ci_low: Vector
    ci_high: Vector


class RenewalModel(Fitted):
    """A model of contracts that end, if at all, at the end of a period."""

    __slots__ = ()

    TROUBLES: ClassVar[Troubles]
    """By letter: what it says of the data when a fit lets it fall to nothing, or grow for ever."""

    if TYPE_CHECKING:  # a field of each model

        def __init__(self, *, optimum: Optimum | None, **parameters: float) -> None: ...

    @classmethod
    def derivatives(
        cls, parameters: Vector, lost: Vector, still: Vector
    ) -> tuple[float, Vector, NDArray[np.float64]]:
        """Return the log-likelihood with its gradient and Hessian.

        Parameters
        ----------
        parameters : numpy.ndarray, shape (k,)
            In the order of `LETTERS`.
        lost, still : numpy.ndarray
            As in `fit_stays`.

        Returns
        -------
        tuple
            Log-likelihood, gradient, shape (k,), Hessian, shape (k, k).
        """
        raise NotImplementedError

    def _log_survival(self, period: Vector) -> Vector:
        raise NotImplementedError

    def _periods_until(self, hardship: Vector) -> Vector:
        """Return after how many periods a customer has gone through so much of a constant hazard."""
        raise NotImplementedError

    @classmethod
    def fit(cls, survivors: ArrayLike, start: Self | None = None) -> Self:
        """Fit by maximum likelihood to a cohort's survivors.

        Parameters
        ----------
        survivors : array_like of int, shape (periods + 1,)
            Customers at the start and after each period: whole, falling or equal.
        start : model, optional
            A model to start from, for refits; the result does not depend on it.

        Returns
        -------
        model
            With standard errors in `optimum`.

        Raises
        ------
        WrongTable
            When survivors rise or are negative.
        NotEnoughData
            With fewer than two periods, or when nobody left or nobody stayed through the first.
        DidNotConverge
            When the data do not identify the model; the message says what in them prevents it.
        """
        counts = survivor_counts(survivors)
        still = np.zeros(counts.size)
        still[-1] = counts[-1]
        return cls.fit_stays(-np.diff(counts), still, start)

    @classmethod
    def fit_stays(cls, lost: ArrayLike, still: ArrayLike, start: Self | None = None) -> Self:
        """Fit by maximum likelihood to customers who were not all watched for equally long.

        Parameters
        ----------
        lost : array_like, shape (periods,)
            Customers who did not renew at the end of period 1, 2, ...
        still : array_like, shape (periods + 1,)
            Customers who were there after 0, 1, 2, ... periods when watching them ended.
        start : model, optional
            A model to start from, for refits; the result does not depend on it.

        Returns
        -------
        model
            With standard errors in `optimum`.

        Raises
        ------
        WrongTable
            When a count is negative or no number, or there are not as many as there should be.
        NotEnoughData
            When fewer than two periods were seen, nobody left, or nobody stayed through the first.
        DidNotConverge
            When the data do not identify the model; the message says what in them prevents it.
        """
        gone, there = stay_counts(lost, still)
        n = float(gone.sum() + there.sum())
        middle = [1.0] * len(cls.LETTERS)
        first = list(start.parameters.values()) if start else middle
        best = maximise(
            lambda point: cls.derivatives(point, gone, there), first, n, cls.MODEL, cls.TROUBLES, middle
        )
        return cls(**dict(zip(cls.LETTERS, best.parameters.tolist(), strict=True)), optimum=best)

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
        share: Vector = np.exp(self._log_survival(_periods(period)))
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
        before = _periods(np.asarray(period, dtype=np.float64) - 1)
        rate: Vector = np.exp(self._log_survival(before + 1) - self._log_survival(before))
        return rate

    def project(self, periods: int, level: float = 0.95) -> Projection:
        """Return the share still there after 0, 1, … `periods` renewals, with intervals.

        The interval says how well the curve is known, by the delta method on the scale of ln(-ln share), where
        it cannot leave 0 to 1. It says nothing about the chance of those who are still to decide.

        Parameters
        ----------
        periods : int
            The last period, 1 or more.
        level : float
            Probability that the interval covers the share.

        Returns
        -------
        Projection
            Arrays of shape (periods + 1,); the limits are NaN for a model that was not fitted.

        Raises
        ------
        WrongArgument
            When `level` does not lie between 0 and 1.
        """
        if not 0 < level < 1:
            raise WrongArgument(f"level={level:g} must lie between 0 and 1, such as 0.95")
        period = np.arange(periods + 1.0)
        log_share = self._log_survival(period)
        share = np.exp(log_share)
        if self.optimum is None:
            unknown = np.full_like(share, np.nan)
            return Projection(period, share, unknown, unknown)
        slope = self._slope(period)
        spread = np.sqrt(np.einsum("in,ij,jn->n", slope, self.optimum.covariance, slope))
        down = np.where(log_share < 0, log_share, -1.0)
        factor = np.exp(special.ndtri((1 + level) / 2) * spread / -down)
        return Projection(period, share, np.exp(log_share * factor), np.exp(log_share / factor))

    def expected_residual_lifetime(self, renewals: ArrayLike, discount_rate: float) -> Vector:
        """Return how many more periods a customer is expected to pay for, discounted.

        The payment at the renewal that comes next is counted whole, the one after it divided by 1 + rate, and so
        on; what was paid for the present period is not counted.

        Parameters
        ----------
        renewals : array_like of int, shape (n,)
            How often each customer, still there, has renewed so far; 0 for one in the first period.
        discount_rate : float
            Per period, more than 0: without discounting the expectation is infinite wherever alpha is at most 1.

        Returns
        -------
        numpy.ndarray, shape (n,)
            Discounted periods; times the margin of a period they are the residual value.

        Raises
        ------
        WrongArgument
            When the rate is not more than 0.

        References
        ----------
        Fader & Hardie (2010), Customer-base valuation in a contractual setting, Marketing Science 29, 85-93.
        """
        if not (discount_rate > 0 and np.isfinite(discount_rate)):
            raise WrongArgument(
                f"discount_rate={discount_rate:g} must be more than 0, such as 0.1 for periods of a year"
            )
        made = _periods(renewals)
        now = self._log_survival(made)
        total, first = np.zeros(made.shape), 0
        while first == 0 or (1 + discount_rate) ** -float(first) / discount_rate > NOTHING:
            ahead = np.arange(first, first + CHUNK_PERIODS, dtype=np.float64)
            staying = np.exp(self._log_survival(made[..., None] + 1 + ahead) - now[..., None])
            total += staying @ np.exp(-ahead * np.log1p(discount_rate))
            first += CHUNK_PERIODS
        return total

    def simulate(self, n: int, periods: int, rng: np.random.Generator) -> Vector:
        """Draw a cohort of `n` customers and count who is still there after 0, 1, … `periods` renewals.

        Parameters
        ----------
        n : int
            Customers at the start.
        periods : int
            The last period.
        rng : numpy.random.Generator
            Source of chance.

        Returns
        -------
        numpy.ndarray, shape (periods + 1,)
            Survivors, as `fit` takes them.
        """
        alpha, beta = self.parameters["alpha"], self.parameters["beta"]
        stays = np.clip(rng.beta(beta, alpha, n), 1e-300, 1 - 1e-16)
        lasted = np.minimum(self._periods_until(rng.exponential(size=n) / -np.log(stays)), periods)
        ended = np.bincount(np.floor(lasted).astype(int), minlength=periods + 1)
        return n - np.concatenate([[0.0], np.cumsum(ended)[:-1]])

    def _slope(self, period: Vector) -> NDArray[np.float64]:
        """Return the slope of the log survival by the parameters' logarithms, shape (k, n)."""
        step = 1e-5
        rows = []
        for letter, value in self.parameters.items():
            sides = [
                type(self)(**{**self.parameters, letter: value * np.exp(side)}, optimum=None)
                for side in (step, -step)
            ]
            above, below = (np.log(side.survival(period)) for side in sides)
            rows.append((above - below) / (2 * step))
        return np.stack(rows)


def _periods(period: ArrayLike) -> Vector:
    t = np.asarray(period, dtype=np.float64)
    wrong = ~((t >= 0) & np.isfinite(t))
    if wrong.any():
        raise WrongArgument(f"period={t[wrong].ravel()[0]:g} cannot be: periods are counted from 0 on")
    return t

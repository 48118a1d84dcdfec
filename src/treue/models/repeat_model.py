"""What every model of repeat buying can say of a customer, known or new.

In each of these models a customer who is still here after (x, t_x, T) goes on like a new one whose
parameters have moved: what was seen of them is summed up in two distributions, one of their buying and one
of their leaving, and these stay in their families. So a model states only how likely a customer is still
here and with what parameters they go on; the rest is written once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from treue.kernel.errors import WrongArgument
from treue.models.ahead import counts_of, quantile_of
from treue.models.cases import Cases, checked_ahead, checked_horizon
from treue.models.distinct import pairs
from treue.models.few import fit_of_few
from treue.models.fitted import Fitted
from treue.models.newton import maximise
from treue.models.summary import DAYS_PER_UNIT

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import ArrayLike, NDArray

    from treue.models.ahead import Ahead, Place
    from treue.models.newton import Derivatives, Optimum, Troubles
    from treue.models.summary import Summary

    Vector = NDArray[np.float64]

LAST_DAY = np.datetime64("9999-12-31", "D")
"""A date after it is as good as never, and no calendar shows it."""


class RepeatModel(Fitted):
    """A model of repeat buying.

    All times are in the model's `unit`, counted from now or, for new customers, from their first purchase.
    Arguments are numbers or arrays that broadcast against each other; results have the broadcast shape.
    """

    __slots__ = ()

    if TYPE_CHECKING:  # a field of each model

        def __init__(self, *, unit: str, optimum: Optimum | None, **parameters: float) -> None: ...

        @property
        def unit(self) -> str: ...

        def probability_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Vector: ...

    TROUBLES: ClassVar[Troubles]
    """By letter: what it says of the data when a fit lets it fall to nothing, or grow for ever."""

    @classmethod
    def fit(cls, summary: Summary, start: Self | None = None) -> Self:
        """Fit by maximum likelihood on distinct rows with weights.

        Parameters
        ----------
        summary : Summary
            Repeat buying of the customers. For bg-bb, `x` counts purchases, `t_x` is the opportunity of the
            last one (0 without any) and `T` the number of opportunities; all whole.
        start : model, optional
            A model to start from, for refits; the result does not depend on it.

        Returns
        -------
        model
            With standard errors in `optimum`.

        Raises
        ------
        NotEnoughData
            With fewer than two customers, when nobody came back, or there is no time after the first purchase.
        DidNotConverge
            When the data do not identify the model; the message says what in them prevents it.
        WrongTable
            For bg-bb: when t_x or T is no whole number, or x is more than t_x.
        """
        middle = cls.start(summary)
        few = None if start else fit_of_few(cls.fit, summary)
        like = few.on_scale_of(summary.n, cls.likelihood(few.summary)) if few else None
        start = few.model if few else start
        first = list(start.parameters.values()) if start else middle
        best = maximise(cls.likelihood(summary), first, summary.n, cls.MODEL, cls.TROUBLES, middle, like)
        return cls.of_optimum(best, summary.unit)

    @classmethod
    def of_optimum(cls, optimum: Optimum, unit: str) -> Self:
        """Return the model whose parameters are those of `optimum`, in that `unit`."""
        letters = dict(zip(cls.LETTERS, optimum.parameters.tolist(), strict=True))
        return cls(**letters, unit=unit, optimum=optimum)

    @classmethod
    def start(cls, summary: Summary) -> list[float]:
        """Return parameters to start a fit from, after checking that there is something to fit."""
        raise NotImplementedError

    @classmethod
    def derivatives(cls, parameters: Vector, summary: Summary) -> tuple[float, Vector, NDArray[np.float64]]:
        """Return the log-likelihood with its gradient and Hessian.

        Parameters
        ----------
        parameters : numpy.ndarray, shape (k,)
            In the order of `LETTERS`.
        summary : Summary
            Repeat buying of the customers.

        Returns
        -------
        tuple
            Log-likelihood, gradient, shape (k,), Hessian, shape (k, k).
        """
        raise NotImplementedError

    @classmethod
    def likelihood(cls, summary: Summary) -> Derivatives:
        """Return the log-likelihood of a `summary`, with gradient and Hessian, as a function of the parameters.

        What does not depend on them is reckoned once.
        """
        return lambda parameters: cls.derivatives(parameters, summary)

    def scores(self, summary: Summary) -> NDArray[np.float64]:
        """Return the slope of the log-likelihood of one customer of each row of a `summary`.

        It is taken at the model's parameters with respect to each of them, shape (k, rows).
        """
        raise NotImplementedError

    def _new(self) -> tuple[float, Ahead]:
        """Return the share of new customers who stay after the first purchase, and how these go on."""
        raise NotImplementedError

    def _known(self, cases: Cases) -> tuple[Vector, Ahead]:
        """Return the probability that each customer is still here, and how they go on if they are."""
        raise NotImplementedError

    def _few_known(
        self, cases: Cases, ahead_of: Vector, horizon: ArrayLike
    ) -> tuple[Vector, Ahead, Vector, Place]:
        """Return the probability that each customer is here, how they go on who are, for how long, and whose is which.

        How they go on, x and T tell alone: of many customers few differ in these.
        """
        here, ahead = self._known(cases)
        plain = np.ndim(horizon) == 0 and cases.x.ndim == 1
        few = pairs(cases.x, cases.T, sort=True) if plain else None
        if few is None:
            return here, ahead, ahead_of, ...
        x, T, place = few
        _, ahead = self._known(Cases(x, np.where(x > 0, T, 0.0), T))
        return here, ahead, np.full(x.size, float(np.asarray(horizon))), place

    def probability_of_purchase(
        self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Vector:
        """Return the probability that each customer buys at least once in the next `horizon`.

        Parameters
        ----------
        x, t_x, T : array_like, shape (n,)
            Repeat count, recency and age.
        horizon : array_like
            Time ahead, 0 or more.

        Returns
        -------
        numpy.ndarray, shape (n,)
            Between 0 and 1.
        """
        cases, ahead_of = checked_ahead(x, t_x, T, horizon)
        here, ahead, ahead_of, place = self._few_known(cases, ahead_of, horizon)
        return here * ahead.at_least(1, ahead_of)[place]

    def expected_purchases_of_customer(
        self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, horizon: ArrayLike
    ) -> Vector:
        """Return how many purchases each customer is expected to make in the next `horizon`.

        Parameters
        ----------
        x, t_x, T : array_like, shape (n,)
            Repeat count, recency and age.
        horizon : array_like
            Time ahead, 0 or more.

        Returns
        -------
        numpy.ndarray, shape (n,)
            Purchases.
        """
        cases, ahead_of = checked_ahead(x, t_x, T, horizon)
        here, ahead, ahead_of, place = self._few_known(cases, ahead_of, horizon)
        return here * ahead.expected(ahead_of)[place]

    def expected_purchases(self, horizon: ArrayLike) -> Vector:
        """Return how many repeat purchases a new customer is expected to make within `horizon`.

        Parameters
        ----------
        horizon : array_like
            Time since the first purchase, 0 or more.

        Returns
        -------
        numpy.ndarray
            Purchases, of the shape of `horizon`.
        """
        here, ahead = self._new()
        return here * ahead.expected(checked_horizon(horizon))

    def expected_time_to_next_purchase(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Vector:
        """Return the time from now by which each customer has bought again with a probability of one half.

        It is the median, because the mean is infinite: some never come back.

        Parameters
        ----------
        x, t_x, T : array_like, shape (n,)
            Repeat count, recency and age.

        Returns
        -------
        numpy.ndarray, shape (n,)
            Time; NaN for customers of whom it is more likely than not that they never buy again.
        """
        cases, _ = checked_ahead(x, t_x, T, 0.0)
        here, ahead = self._known(cases)
        likely = here > 0.5
        time = ahead.time_until(0.5 / np.where(likely, here, 1.0))
        return np.where(likely, time, np.nan)

    def expected_date_of_next_purchase(
        self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, as_of: date
    ) -> NDArray[np.datetime64]:
        """Return the day by which each customer has bought again with a probability of one half.

        Parameters
        ----------
        x, t_x, T : array_like, shape (n,)
            Repeat count, recency and age.
        as_of : datetime.date
            The day to which T runs.

        Returns
        -------
        numpy.ndarray of datetime64[D], shape (n,)
            First such day; NaT where it never comes, or not before the year 10000.
        """
        days = np.ceil(self.expected_time_to_next_purchase(x, t_x, T) * DAYS_PER_UNIT[self.unit])
        today = np.datetime64(as_of, "D")
        known = days <= float((LAST_DAY - today).astype(int))
        dates = today + np.where(known, days, 0).astype("timedelta64[D]")
        return np.where(known, dates, np.datetime64("NaT", "D"))

    def purchase_counts(self, horizon: float, most: int) -> Vector:
        """Return the probability that a new customer makes 0, 1, … `most` repeat purchases within `horizon`.

        Parameters
        ----------
        horizon : float
            Time since the first purchase, 0 or more.
        most : int
            The highest count asked for.

        Returns
        -------
        numpy.ndarray, shape (most + 1,)
            Probabilities; what is missing from 1 is that of more than `most`.
        """
        here, ahead = self._new()
        return counts_of(np.asarray(here), ahead, checked_horizon(horizon), most)

    def purchase_counts_of_customer(
        self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, horizon: ArrayLike, most: int
    ) -> Vector:
        """Return the probability that each customer makes 0, 1, … `most` purchases in the next `horizon`.

        Parameters
        ----------
        x, t_x, T : array_like, shape (n,)
            Repeat count, recency and age.
        horizon : array_like
            Time ahead, 0 or more.
        most : int
            The highest count asked for.

        Returns
        -------
        numpy.ndarray, shape (n, most + 1)
            Probabilities; what is missing from 1 in a row is that of more than `most`.
        """
        cases, ahead_of = checked_ahead(x, t_x, T, horizon)
        here, ahead, ahead_of, place = self._few_known(cases, ahead_of, horizon)
        return counts_of(here, ahead, ahead_of, most, place)

    def prediction_interval(
        self,
        x: ArrayLike,
        t_x: ArrayLike,
        T: ArrayLike,
        horizon: ArrayLike,
        level: float = 0.95,
    ) -> tuple[Vector, Vector]:
        """Return the counts between which each customer's purchases in the next `horizon` will lie.

        Parameters
        ----------
        x, t_x, T : array_like, shape (n,)
            Repeat count, recency and age.
        horizon : array_like
            Time ahead, 0 or more.
        level : float
            Probability that they lie between the two or on them, at least; counts are whole, so it is
            often higher.

        Returns
        -------
        low, high : numpy.ndarray, shape (n,)
            Whole numbers; below low and above high lie at most half of what `level` leaves.

        Raises
        ------
        WrongArgument
            When `level` does not lie between 0 and 1.
        """
        if not 0 < level < 1:
            raise WrongArgument(f"level={level:g} must lie between 0 and 1, such as 0.95")
        cases, ahead_of = checked_ahead(x, t_x, T, horizon)
        here, ahead, ahead_of, place = self._few_known(cases, ahead_of, horizon)
        tail = (1 - level) / 2
        low, high = (quantile_of(here, ahead, ahead_of, above, place) for above in (1 - tail, tail))
        return low, high

    def simulate(self, ages: ArrayLike, rng: np.random.Generator) -> Cases:
        """Draw customers who follow the model.

        Parameters
        ----------
        ages : array_like, shape (n,)
            Time since the first purchase of each.
        rng : numpy.random.Generator
            Source of chance.

        Returns
        -------
        Cases
            x, t_x and T, one element per customer; ``Summary.of(*cases)`` joins equal ones.
        """
        T = np.atleast_1d(checked_horizon(ages))
        here, ahead = self._new()
        x, t_x = ahead.draw(T, rng)
        stays = rng.random(T.shape) < here
        return Cases(x * stays, t_x * stays, T)

    def simulate_ahead(
        self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, horizon: ArrayLike, rng: np.random.Generator
    ) -> Vector:
        """Draw the purchases of each customer in the next `horizon`, given what is known of them.

        Parameters
        ----------
        x, t_x, T : array_like, shape (n,)
            Repeat count, recency and age.
        horizon : array_like
            Time ahead, 0 or more.
        rng : numpy.random.Generator
            Source of chance.

        Returns
        -------
        numpy.ndarray, shape (n,)
            Whole numbers.
        """
        cases, ahead_of = checked_ahead(x, t_x, T, horizon)
        here, ahead = self._known(cases)
        count, _ = ahead.draw(ahead_of, rng)
        return count * (rng.random(here.shape) < here)

"""What every model of repeat buying can say of a customer, known or new.

In each of these models a customer who is still here after (x, t_x, T) goes on like a new one whose
parameters have moved: what was seen of them is summed up in two distributions, one of their buying and one
of their leaving, and these stay in their families. So a model states only how likely a customer is still
here and with what parameters they go on; the rest is written once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol, Self

import numpy as np

from treue.kernel.errors import WrongArgument
from treue.models.fitted import Fitted
from treue.models.newton import maximise
from treue.models.summary import DAYS_PER_UNIT

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import ArrayLike, NDArray

    from treue.models.newton import Optimum, Troubles
    from treue.models.summary import Summary

    Vector = NDArray[np.float64]

LAST_DAY = np.datetime64("9999-12-31", "D")
"""A date after it is as good as never, and no calendar shows it."""


class Cases(NamedTuple):
    """Repeat count, recency and age of customers, in the model's unit; one element per customer."""

    x: Vector
    t_x: Vector
    T: Vector


class Ahead(Protocol):
    """How customers who are here now will buy, each with parameters of their own: its fields are arrays.

    Raises
    ------
    TypeError
        When it is made itself, not one of the classes that fulfil it.
    """

    __slots__: tuple[str, ...] = ()

    def expected(self, horizon: Vector) -> Vector:
        """Return the mean number of purchases within `horizon`."""
        ...

    def at_least(self, count: float | Vector, horizon: Vector) -> Vector:
        """Return the probability of `count` or more purchases within `horizon`; `count` is 1 or more."""
        ...

    def time_until(self, probability: Vector) -> Vector:
        """Return when a purchase has happened with that `probability`; NaN where that is never."""
        ...

    def draw(self, horizon: Vector, rng: np.random.Generator) -> tuple[Vector, Vector]:
        """Return a number of purchases within `horizon`, drawn by `rng`, and the time of the last one."""
        ...


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
        first = list(start.parameters.values()) if start else middle
        best = maximise(
            lambda point: cls.derivatives(point, summary), first, summary.n, cls.MODEL, cls.TROUBLES, middle
        )
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
        cases, ahead_of = _checked(x, t_x, T, horizon)
        here, ahead = self._known(cases)
        return here * ahead.at_least(1, ahead_of)

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
        cases, ahead_of = _checked(x, t_x, T, horizon)
        here, ahead = self._known(cases)
        return here * ahead.expected(ahead_of)

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
        return here * ahead.expected(_horizon(horizon))

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
        cases, _ = _checked(x, t_x, T, 0.0)
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
        return _counts(np.asarray(here), ahead, _horizon(horizon), most)

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
        cases, ahead_of = _checked(x, t_x, T, horizon)
        here, ahead = self._known(cases)
        return _counts(here, ahead, ahead_of, most)

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
        cases, ahead_of = _checked(x, t_x, T, horizon)
        here, ahead = self._known(cases)
        tail = (1 - level) / 2
        return _quantile(here, ahead, ahead_of, 1 - tail), _quantile(here, ahead, ahead_of, tail)

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
        T = np.atleast_1d(_horizon(ages))
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
        cases, ahead_of = _checked(x, t_x, T, horizon)
        here, ahead = self._known(cases)
        count, _ = ahead.draw(ahead_of, rng)
        return count * (rng.random(here.shape) < here)


def checked_cases(x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Cases:
    """Return the cases as arrays of one shape after checking them.

    Parameters
    ----------
    x, t_x, T : array_like
        Repeat count, recency and age.

    Returns
    -------
    Cases
        Broadcast against each other.

    Raises
    ------
    WrongArgument
        When a value is no finite number, x no whole number of 0 or more, t_x not between 0 and T, or not
        0 where x is 0; the message shows the first such case.
    """
    cases, _ = _checked(x, t_x, T, 0.0)
    return cases


def _checked(x: ArrayLike, t_x: ArrayLike, T: ArrayLike, horizon: ArrayLike) -> tuple[Cases, Vector]:
    ahead = _horizon(horizon)
    x, t_x, T, ahead = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (x, t_x, T, ahead)))
    # Written so that NaN is at fault too.
    right = (x >= 0) & (x == np.floor(x)) & (t_x >= 0) & (t_x <= T) & ((x > 0) | (t_x == 0))
    right &= np.isfinite(x) & np.isfinite(T)
    if not right.all():
        at = int(np.flatnonzero(~right.ravel())[0])
        raise WrongArgument(
            f"x={x.ravel()[at]:g}, t_x={t_x.ravel()[at]:g}, T={T.ravel()[at]:g} (customer {at + 1}) cannot be: x "
            "counts repeat purchases (whole, 0 or more), and t_x lies between 0 and T and is 0 where x is 0"
        )
    return Cases(x, t_x, T), ahead


def _horizon(horizon: ArrayLike) -> Vector:
    ahead = np.asarray(horizon, dtype=np.float64)
    wrong = ~((ahead >= 0) & np.isfinite(ahead))
    if wrong.any():
        raise WrongArgument(f"horizon={ahead[wrong].ravel()[0]:g} must be a length of time, 0 or more")
    return ahead


def _counts(here: Vector, ahead: Ahead, horizon: Vector, most: int) -> Vector:
    if most < 0:
        raise WrongArgument(f"most={most} must be 0 or more")
    more = [np.ones(np.broadcast_shapes(here.shape, horizon.shape))]
    more += [here * ahead.at_least(count, horizon) for count in range(1, most + 2)]
    return -np.diff(np.stack(more, axis=-1), axis=-1)


def _quantile(here: Vector, ahead: Ahead, horizon: Vector, above: float) -> Vector:
    """Return the lowest count that is exceeded with a probability of at most `above`."""
    flat_here, flat_horizon = (np.broadcast_to(v, here.shape).ravel() for v in (here, horizon))

    def exceeded(count: Vector, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        chance = _of_rows(ahead, here.shape, rows).at_least(count + 1, flat_horizon[rows])
        wrong: NDArray[np.bool_] = flat_here[rows] * chance > above
        return wrong

    low, high = np.full(here.size, -1.0), np.zeros(here.size)
    rows = np.flatnonzero(flat_here > above)
    while (rows := rows[exceeded(high[rows], rows)]).size:
        low[rows] = high[rows]
        high[rows] = 2 * high[rows] + 1
    while (rows := np.flatnonzero(high - low > 1)).size:
        middle = np.floor((low[rows] + high[rows]) / 2)
        beyond = exceeded(middle, rows)
        low[rows] = np.where(beyond, middle, low[rows])
        high[rows] = np.where(beyond, high[rows], middle)
    return high.reshape(here.shape)


def _of_rows(ahead: Ahead, shape: tuple[int, ...], rows: NDArray[np.intp]) -> Ahead:
    """Return some of the customers of a dataclass of arrays."""
    fields = {name: np.broadcast_to(getattr(ahead, name), shape).ravel()[rows] for name in ahead.__slots__}
    return type(ahead)(**fields)

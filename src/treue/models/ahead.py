"""What follows from how customers who are here now will go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from treue.kernel.errors import WrongArgument
from treue.models.distinct import pairs

if TYPE_CHECKING:
    from types import EllipsisType

    from numpy.typing import NDArray

    Vector = NDArray[np.float64]
    Place = NDArray[np.intp] | EllipsisType


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


def counts_of(here: Vector, ahead: Ahead, horizon: Vector, most: int, place: Place = ...) -> Vector:
    """Return the probability of 0, 1, … `most` purchases along a last axis.

    Parameters
    ----------
    here : numpy.ndarray
        Probability that each customer is here now.
    ahead : Ahead
        How they go on if they are.
    horizon : numpy.ndarray
        Time ahead.
    most : int
        The highest count asked for.
    place : numpy.ndarray of int, optional
        Which of `ahead` and `horizon` is whose; default: each customer has their own.

    Returns
    -------
    numpy.ndarray
        Probabilities.

    Raises
    ------
    WrongArgument
        When `most` is negative.
    """
    if most < 0:
        raise WrongArgument(f"most={most} must be 0 or more")
    more = [here * ahead.at_least(count, horizon)[place] for count in range(1, most + 2)]
    more = [np.ones(more[0].shape), *more]
    return -np.diff(np.stack(more, axis=-1), axis=-1)


def quantile_of(here: Vector, ahead: Ahead, horizon: Vector, above: float, place: Place = ...) -> Vector:
    """Return the lowest count that is exceeded with a probability of at most `above`.

    Parameters
    ----------
    here : numpy.ndarray
        Probability that each customer is here now.
    ahead : Ahead
        How they go on if they are.
    horizon : numpy.ndarray
        Time ahead.
    above : float
        Between 0 and 1.
    place : numpy.ndarray of int, optional
        Which of `ahead` and `horizon` is whose; default: each customer has their own.

    Returns
    -------
    numpy.ndarray
        Whole numbers.
    """
    flat_here = here.ravel()
    shape = here.shape if place is ... else horizon.shape
    whose = np.arange(here.size) if place is ... else place
    flat_horizon = np.broadcast_to(horizon, shape).ravel()

    def exceeded(count: Vector, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        # Customers who go on alike are asked about once for each count.
        alike = None if place is ... else pairs(whose[rows], count, sort=True)
        one, asked, back = (
            (whose[rows], count, ...) if alike is None else (alike[0].astype(np.intp), *alike[1:])
        )
        chance = _of_rows(ahead, shape, one).at_least(asked + 1, flat_horizon[one])[back]
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

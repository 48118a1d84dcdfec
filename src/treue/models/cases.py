"""Customers as a model is asked about them, one element each, checked before anything is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Vector = NDArray[np.float64]


class Cases(NamedTuple):
    """Repeat count, recency and age of customers, in the model's unit; one element per customer."""

    x: Vector
    t_x: Vector
    T: Vector


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
    cases, _ = checked_ahead(x, t_x, T, 0.0)
    return cases


def checked_ahead(x: ArrayLike, t_x: ArrayLike, T: ArrayLike, horizon: ArrayLike) -> tuple[Cases, Vector]:
    """Return cases and the time ahead as arrays of one shape after checking them.

    Parameters
    ----------
    x, t_x, T : array_like
        Repeat count, recency and age.
    horizon : array_like
        Time ahead.

    Returns
    -------
    tuple of Cases and numpy.ndarray
        Broadcast against each other.

    Raises
    ------
    WrongArgument
        As `checked_cases`, and when the time ahead is not 0 or more.
    """
    ahead = checked_horizon(horizon)
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


def checked_horizon(horizon: ArrayLike) -> Vector:
    """Return the time ahead as an array after checking that it is finite, 0 or more.

    Raises
    ------
    WrongArgument
        When it is not.
    """
    ahead = np.asarray(horizon, dtype=np.float64)
    wrong = ~((ahead >= 0) & np.isfinite(ahead))
    if wrong.any():
        raise WrongArgument(f"horizon={ahead[wrong].ravel()[0]:g} must be a length of time, 0 or more")
    return ahead

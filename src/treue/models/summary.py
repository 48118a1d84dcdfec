"""The customers as a model sees them: distinct (x, t_x, T) rows and how many share each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from treue.engine.columns import numbers
from treue.history.repeat_buying import repeat_cases
from treue.kernel.errors import NotEnoughData, WrongArgument, WrongTable
from treue.models.distinct import joined, starts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from treue.history.history import History
    from treue.history.repeat_buying import Orders
    from treue.models.distinct import Numbers

DAYS_PER_UNIT = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}
"""Lengths of the units that time can be told in; a month is a twelfth of a mean year."""

PIECE_ROWS = 32_768
"""Rows that are checked at a time: what is made for that stays in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Repeat buying of many customers, one row per distinct case.

    Parameters
    ----------
    x : numpy.ndarray, shape (k,)
        Repeat purchases (days of buying after the first), 0 or more.
    t_x : numpy.ndarray, shape (k,)
        Time from the first to the last purchase, in `unit`; 0 where x = 0.
    T : numpy.ndarray, shape (k,)
        Time from the first purchase to the last day observed, in `unit`; at least t_x.
    weight : numpy.ndarray, shape (k,)
        How many customers share the row, 1 or more.
    unit : str
        ``day``, ``week``, ``month`` or ``year``.
    """

    x: NDArray[np.float64]
    t_x: NDArray[np.float64]
    T: NDArray[np.float64]
    weight: NDArray[np.float64]
    unit: str = "day"

    @property
    def n(self) -> int:
        """Number of customers."""
        return int(self.weight.sum())

    @property
    def mean_rate(self) -> float:
        """Repeat purchases per unit of time over all customers: where every fit starts.

        Raises
        ------
        NotEnoughData
            When nobody came back, or there is no time after the first purchase.
        """
        # Not with @: the threads of BLAS cost more than such a sum.
        bought, time = float((self.weight * self.x).sum()), float((self.weight * self.T).sum())
        if not bought > 0 or not time > 0:
            raise NotEnoughData(
                f"customers={self.n}: nobody came back, so repeat buying cannot be modelled; "
                "use a history in which some customers bought on two different days"
            )
        return bought / time

    @property
    def counts(self) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Where another repeat count begins, and how many customers from there to the next have it.

        In a sorted summary each count is told once: what knows only x is reckoned there and nowhere else.
        """
        first = np.flatnonzero(starts(self.x))
        return first, np.add.reduceat(self.weight, first)

    @classmethod
    def of(
        cls,
        x: ArrayLike,
        t_x: ArrayLike,
        T: ArrayLike,
        weight: ArrayLike | None = None,
        unit: str = "day",
    ) -> Summary:
        """Make a summary of plain columns, joining equal rows.

        Parameters
        ----------
        x, t_x, T : array_like, shape (n,)
            Repeat count, recency and age of each customer, in `unit`.
        weight : array_like of int, shape (n,), optional
            How many customers share each row.
        unit : str
            Unit of t_x and T.

        Returns
        -------
        Summary
            Sorted, each case once.

        Raises
        ------
        WrongTable
            When a value is missing, negative, or a last purchase lies after the end; the message
            names the first such row.
        ValueError
            When the columns differ in length.
        """
        columns: list[Numbers] = list(np.broadcast_arrays(*(_numbers(column) for column in (x, t_x, T))))
        w = None if weight is None else _numbers(weight)
        if w is not None and w.shape != columns[0].shape:
            raise ValueError(
                f"weight has the shape {w.shape}, x, t_x and T have {columns[0].shape}; give one per row"
            )
        for at in range(0, len(columns[0]), PIECE_ROWS):
            some = slice(at, at + PIECE_ROWS)
            _check_rows(at, [column[some] for column in columns], w if w is None else w[some])
        (x, t_x, T), total = joined(columns, w)
        return cls(x, t_x, T, total, unit)

    def thinned(self, every: int) -> Summary:
        """Return every so many-th customer, counted in the order of the rows.

        In a sorted summary the few are like the many, much more than customers drawn at random would be.

        Parameters
        ----------
        every : int
            Of how many customers one is kept, 1 or more.

        Returns
        -------
        Summary
            With a weight of 1 or more in each row that is kept.

        Examples
        --------
        >>> Summary.of([0, 1, 2], [0, 3, 4], [9, 9, 9], weight=[4, 1, 3]).thinned(4).weight.tolist()
        [1.0, 1.0]
        """
        seen = np.cumsum(self.weight)
        wanted = np.arange(every, seen[-1] + 1, every) if len(seen) else seen
        kept, weight = np.unique(np.searchsorted(seen, wanted), return_counts=True)
        return Summary(self.x[kept], self.t_x[kept], self.T[kept], weight.astype(np.float64), self.unit)


def _numbers(column: ArrayLike) -> Numbers:
    """Return a column of numbers; whole ones stay as they are, because a copy takes longer than a look."""
    numbers_of = np.atleast_1d(np.asarray(column))
    return numbers_of if numbers_of.dtype.kind in "iu" else numbers_of.astype(np.float64, copy=False)


def _check_rows(above: int, columns: list[Numbers], w: Numbers | None) -> None:
    x, t_x, T = columns
    if w is None and _is_right(x, t_x, T):
        return
    w = np.ones(1) if w is None else w
    # A comparison with NaN is false: each rule says what must hold.
    rules = {
        "x, t_x and T must all be numbers": _finite(x) & _finite(t_x) & _finite(T),
        "x must be a whole number of repeat purchases, 0 or more": (x >= 0) & _whole(x),
        "t_x must lie between 0 and T": (t_x >= 0) & (t_x <= T),
        "t_x must be 0 where x is 0": (x != 0) | (t_x == 0),
        "weight must be more than 0": (w > 0) & np.isfinite(w),
    }
    for sentence, right in rules.items():
        if not right.all():
            row = int(np.argmin(right))
            told = np.broadcast_to(w, x.shape)[row]
            raise WrongTable(
                f"row={above + row + 1}: {sentence}; it has x={x[row]:g}, t_x={t_x[row]:g}, T={T[row]:g}, "
                f"weight={told:g}"
            )


def _is_right(x: Numbers, t_x: Numbers, T: Numbers) -> bool:
    """Return whether all rules hold, by fewer looks than it takes to say which does not."""
    ordered = x.min() >= 0 and t_x.min() >= 0 and bool((t_x <= T).all())
    finite = bool(x.max() < np.inf and T.max() < np.inf)
    return bool(ordered and finite and ((x > 0) | (t_x == 0)).all() and np.all(_whole(x)))


# Integers are finite and whole as they are; to ask numpy would first turn them into floats.


def _finite(column: Numbers) -> NDArray[np.bool_] | np.bool_:
    return np.True_ if column.dtype.kind in "iu" else np.isfinite(column)


def _whole(column: Numbers) -> NDArray[np.bool_] | np.bool_:
    return np.True_ if column.dtype.kind in "iu" else column == np.floor(column)


def length_of(unit: str) -> float:
    """Return the days of a unit of time.

    Parameters
    ----------
    unit : str
        ``day``, ``week``, ``month`` or ``year``.

    Returns
    -------
    float
        Days; a month is a twelfth of a mean year.

    Raises
    ------
    WrongArgument
        When the unit is not known.

    Examples
    --------
    >>> length_of("week"), length_of("month")
    (7.0, 30.4375)
    """
    if unit not in DAYS_PER_UNIT:
        raise WrongArgument(f"unit={unit!r} is not a unit of time; give {', '.join(DAYS_PER_UNIT)}")
    return DAYS_PER_UNIT[unit]


def summarise(
    history: History, unit: str = "day", until_day: int | None = None, orders: Orders = "kept"
) -> Summary:
    """Return the distinct repeat-buying cases of a history.

    Several orders of one day count as one purchase; orders that came to nothing count as none.

    Parameters
    ----------
    history : History
        What happened; ages run to its last day observed.
    unit : str
        Unit of time of the result.
    until_day : int, optional
        Day number to stop at, as if no later order or return were known; default: the last day observed.
    orders : str
        ``kept``, or ``all`` to count orders that cost nothing too.

    Returns
    -------
    Summary
        One row per distinct (x, t_x, T).

    Raises
    ------
    WrongArgument
        When the unit or the kind of orders is not known.
    """
    days = length_of(unit)
    table = repeat_cases(history, until_day, orders)
    x, t_x, age, weight = (numbers(table[name]) for name in ("x", "t_x", "age", "weight"))
    return Summary.of(x, t_x / days, age / days, weight, unit)

"""The customers as a back-test sees them: what was known at the split, and what they did after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from treue.engine.columns import numbers
from treue.history.hold_out import held_out_cases, repeat_days
from treue.kernel.errors import WrongArgument
from treue.kernel.units import day_number, day_of
from treue.models.summary import DAYS_PER_UNIT, Summary, length_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.history.history import History
    from treue.history.repeat_buying import Orders

    Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What was known at a split and what came after, one row per distinct case.

    Parameters
    ----------
    known : Summary
        Repeat buying up to the split, k rows, in the unit of the models.
    case : numpy.ndarray of int, shape (m,)
        Row of `known` that each outcome belongs to.
    purchases : numpy.ndarray, shape (m,)
        Days of buying after the split.
    weight : numpy.ndarray, shape (m,)
        How many customers share the outcome.
    first_day, split_day, as_of_day : int
        Day numbers: the first purchase of anybody, the last day known, the last day observed.
    daily : numpy.ndarray, shape (as_of_day - first_day + 1,)
        Repeat days of buying of these customers on each day.
    acquired : numpy.ndarray, shape (split_day - first_day + 1,)
        How many of them were won on each day.
    """

    known: Summary
    case: NDArray[np.int64]
    purchases: Vector
    weight: Vector
    first_day: int
    split_day: int
    as_of_day: int
    daily: Vector
    acquired: Vector

    @property
    def customers(self) -> int:
        """Customers won by the split."""
        return int(self.weight.sum())

    @property
    def days(self) -> int:
        """Days after the split."""
        return self.as_of_day - self.split_day

    @property
    def horizon(self) -> float:
        """Time after the split, in the unit of the models."""
        return self.days / DAYS_PER_UNIT[self.known.unit]

    @property
    def actual(self) -> int:
        """Days of buying after the split, of all these customers."""
        return int(self.weight @ self.purchases)

    @property
    def returned(self) -> int:
        """How many of these customers bought after the split: the events of the test period."""
        return int(self.weight @ (self.purchases > 0))


def held_out(history: History, split_day: int, unit: str = "day", orders: Orders = "kept") -> HeldOut:
    """Divide a history by time: what was known on a day, and what came after it.

    Parameters
    ----------
    history : History
        What happened.
    split_day : int
        Day number of the last day that is known.
    unit : str
        Unit of time of the models.
    orders : str
        ``kept``, or ``all`` to count orders that cost nothing too.

    Returns
    -------
    HeldOut
        The customers won by the split.

    Raises
    ------
    WrongArgument
        When the split leaves nothing on one side of it, or the unit is not known.
    """
    scale = length_of(unit)
    check_split(history, split_day)
    table = held_out_cases(history, split_day, orders)
    if not len(table):
        raise WrongArgument(
            f"split={day_of(split_day)}: no order up to then counts as a purchase; give a later day"
        )
    x, t_x, age, y, weight = (
        numbers(table[name]).astype(np.int64) for name in ("x", "t_x", "age", "y", "weight")
    )
    # The rows come in order, so each case starts where any of its columns changes.
    rows = np.stack([x, t_x, age])
    starts = np.flatnonzero(np.concatenate([[True], (np.diff(rows) != 0).any(axis=0)]))
    case = np.repeat(np.arange(starts.size), np.diff(np.append(starts, x.size)))
    share = weight.astype(float)
    total = np.add.reduceat(share, starts)
    known = Summary(x[starts].astype(float), t_x[starts] / scale, age[starts] / scale, total, unit)
    first_day = split_day - int(age.max())
    acquired = np.bincount(split_day - age - first_day, share, split_day - first_day + 1).astype(np.float64)
    bought = repeat_days(history, split_day, orders)
    place = numbers(bought["day"]).astype(np.int64) - first_day
    daily = np.bincount(place, numbers(bought["customers"]).astype(float), history.as_of_day - first_day + 1)
    return HeldOut(
        known=known,
        case=case,
        purchases=y.astype(float),
        weight=share,
        first_day=first_day,
        split_day=split_day,
        as_of_day=history.as_of_day,
        daily=daily.astype(np.float64),
        acquired=acquired,
    )


def check_split(history: History, split_day: int) -> None:
    """Refuse a split that leaves nothing on one side of it.

    Parameters
    ----------
    history : History
        What happened.
    split_day : int
        Day number of the last day that is known.

    Raises
    ------
    WrongArgument
        When the split lies before the first day or not before the last.
    """
    first, last = history.first_day, history.as_of
    if day_number(first) <= split_day < history.as_of_day:
        return
    if day_number(first) >= history.as_of_day:
        raise WrongArgument(
            f"split={day_of(split_day)}: everything happened on {first}, so nothing comes after a split; give a "
            "longer history"
        )
    raise WrongArgument(
        f"split={day_of(split_day)} must leave something before and after it; give a day from {first} to "
        f"{day_of(history.as_of_day - 1)} (the last day observed is {last})"
    )


def last_third(history: History) -> int:
    """Return the day number of the split that holds out the last third of a history."""
    return history.as_of_day - max(history.observed_days // 3, 1)

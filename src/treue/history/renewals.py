"""How often contracts were renewed before they ended, or before nobody could look any further."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from treue.engine.columns import numbers
from treue.history.spells import OPEN_END_DAY, contract_spells
from treue.kernel.errors import NotEnoughData, WrongArgument
from treue.kernel.units import day_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.history.history import History

    Days = NDArray[np.int64]

EXACT_DAYS = {"day": 1, "week": 7}
MONTHS = {"month": 1, "year": 12}


@dataclass(frozen=True, slots=True)
class Renewals:
    """Customers of all cohorts together, by how long they are known to have stayed.

    Parameters
    ----------
    lost : numpy.ndarray, shape (periods,)
        Customers who did not renew at the end of period 1, 2, ...
    open : numpy.ndarray, shape (periods + 1,)
        Customers who were still there after 0, 1, 2, ... whole periods when observation ended; nobody
        knows whether they renewed after that.
    unit : str
        Length of a period: ``day``, ``week``, ``month`` or ``year``.
    """

    lost: NDArray[np.float64]
    open: NDArray[np.float64]
    unit: str

    @property
    def n(self) -> int:
        """Number of customers."""
        return int(self.lost.sum() + self.open.sum())

    @property
    def n_distinct(self) -> int:
        """Number of different cases."""
        return int((self.lost > 0).sum() + (self.open > 0).sum())

    @classmethod
    def of_survivors(cls, survivors: NDArray[np.float64], unit: str) -> Renewals:
        """Return the renewals of one cohort of which all are seen to the end.

        Parameters
        ----------
        survivors : numpy.ndarray, shape (periods + 1,)
            Customers at the start and after each period, falling or equal.
        unit : str
            Length of a period.

        Returns
        -------
        Renewals
            Those who are left are open after the last period.
        """
        still = np.zeros(survivors.size)
        still[-1] = survivors[-1]
        return cls(-np.diff(survivors), still, unit)


def renewals(history: History, unit: str = "month") -> Renewals:
    """Return how many periods each customer's first stretch of contracts lasted.

    Customers of all starts are pooled by age. Whoever has not ended by the last day observed counts for
    the periods that are over, and for no more. Where the firm says from when losses were seen
    (``observed_from``), customers who started earlier are left out: those of them who left are missing.

    Parameters
    ----------
    history : History
        With a table of contracts.
    unit : str
        Length of a period: ``day``, ``week``, ``month`` or ``year``, counted from each customer's own first
        day; months and years are the calendar's.

    Returns
    -------
    Renewals
        Counts by period.

    Raises
    ------
    WrongArgument
        When the unit is not one of these.
    NotEnoughData
        When there are no contracts.
    """
    if unit not in EXACT_DAYS and unit not in MONTHS:
        raise WrongArgument(f"unit={unit!r} is not a period; give {', '.join((*EXACT_DAYS, *MONTHS))}")
    engine, F = history.engine, history.engine.F
    if not history.has("contracts"):
        raise NotEnoughData("the history holds no contracts, so nothing is renewed; give a file of contracts")
    spells = contract_spells(engine, history.frame("contracts"), history.as_of_day)
    first = spells.where(F.col("previous_end_day").isNull())
    if history.settings.observed_from is not None:
        first = first.where(F.col("start_day") >= F.lit(day_number(history.settings.observed_from)))
    cases = first.groupBy("start_day", "end_day").agg(F.count("start_day").alias("customers"))
    table = engine.arrow(cases)
    start, end, count = (
        numbers(table[name]).astype(np.int64) for name in ("start_day", "end_day", "customers")
    )
    is_open = end == OPEN_END_DAY
    whole, rest = periods_between(start, np.where(is_open, history.as_of_day, end), unit)
    # Who ends within a period did not renew at its end; who ends on the first day did not last one period.
    ended = np.maximum(whole + rest, 1)
    most = int(np.where(is_open, whole, ended).max(initial=0))
    weight = count.astype(np.float64)
    lost = np.bincount(ended[~is_open], weight[~is_open], most + 1)[1:].astype(np.float64)
    still = np.bincount(whole[is_open], weight[is_open], most + 1).astype(np.float64)
    return Renewals(lost, still, unit)


def periods_between(start: Days, end: Days, unit: str) -> tuple[Days, Days]:
    """Return how many periods lie between two days.

    Parameters
    ----------
    start, end : numpy.ndarray of int, shape (n,)
        Day numbers.
    unit : str
        ``day``, ``week``, ``month`` or ``year``; months and years are the calendar's.

    Returns
    -------
    tuple of numpy.ndarray of int, shape (n,)
        Whole periods, and 1 where days are left over.
    """
    if unit in EXACT_DAYS:
        whole, days = np.divmod(end - start, EXACT_DAYS[unit])
        return whole, (days > 0).astype(np.int64)
    first, last = (day.astype("datetime64[D]") for day in (start, end))
    first_month, last_month = (day.astype("datetime64[M]") for day in (first, last))
    month_days = ((last_month + 1).astype("datetime64[D]") - last_month.astype("datetime64[D]")).astype(
        np.int64
    )
    first_day, last_day = (
        (day - month.astype("datetime64[D]")).astype(np.int64)
        for day, month in ((first, first_month), (last, last_month))
    )
    # A contract of the 31st is renewed on the last day of shorter months.
    due = np.minimum(first_day, month_days - 1)
    months = (last_month - first_month).astype(np.int64) - (last_day < due)
    whole, odd = np.divmod(months, MONTHS[unit])
    return whole, ((odd > 0) | (last_day != due)).astype(np.int64)

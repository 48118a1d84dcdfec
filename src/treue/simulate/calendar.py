"""The firm's time: days as float since the start, a seasonal clock, opening hours, calendar months."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray


OPENS_HOUR = 7
OPEN_HOURS = 14
"""The shop is open from 7 to 21 UTC: an instant falls on the same day in every European zone."""

_MICROSECONDS_A_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Calendar:
    """The simulated stretch of time and its seasons.

    Parameters
    ----------
    started_on : datetime.date
        First day; must be the first of a month.
    months : int
        Whole calendar months simulated, 1 or more.
    indices : tuple of float
        Twelve factors, January to December, with mean 1.
    """

    started_on: date
    months: int
    indices: tuple[float, ...]

    @property
    def first_month(self) -> int:
        """Months since January 1970 of the first month."""
        return (self.started_on.year - 1970) * 12 + self.started_on.month - 1

    @property
    def month_starts(self) -> NDArray[np.float64]:
        """Days since the start at which each month begins, and at last the end; months + 1 numbers."""
        numbers = np.arange(self.first_month, self.first_month + self.months + 1)
        days: NDArray[np.float64] = month_day(numbers).astype(np.float64)
        return days - float(days[0])

    @property
    def first_day(self) -> int:
        """Day number (days since 1970) of the first day."""
        return int(np.datetime64(self.started_on, "D").astype(np.int64))

    @property
    def end(self) -> float:
        """Days simulated: nothing happens at or after this moment."""
        return float(self.month_starts[-1])

    @property
    def month_indices(self) -> NDArray[np.float64]:
        """The season's factor of each simulated month."""
        factors: NDArray[np.float64] = np.asarray(self.indices, dtype=np.float64)
        return np.take(factors, (np.arange(self.months) + self.first_month) % 12)

    def clock(self, days: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return seasonal time: how much buying time has passed after so many days."""
        return np.interp(days, self.month_starts, self._ticks())

    def days(self, clock: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the days after which the seasonal clock shows `clock`: the inverse of :meth:`clock`."""
        return np.interp(clock, self._ticks(), self.month_starts)

    def _ticks(self) -> NDArray[np.float64]:
        """Return what the clock shows at each of the month starts."""
        return np.concatenate([[0.0], np.cumsum(np.diff(self.month_starts) * self.month_indices)])

    def instants(self, days: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return UTC microseconds since 1970 in whole seconds, the day squeezed into opening hours.

        The squeeze keeps the order of events, so what came first still comes first.
        """
        whole = np.floor(days)
        seconds = np.floor(OPENS_HOUR * 3600 + (days - whole) * OPEN_HOURS * 3600)
        day = whole.astype(np.int64) + self.first_day
        return day * _MICROSECONDS_A_DAY + seconds.astype(np.int64) * 1_000_000

    def month_and_day(self, days: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return months since 1970 and days into the month (from 0), the 29th to 31st moved to the next 1st.

        A contract that starts on the 28th or before has an anniversary in every month.
        """
        day = np.floor(days).astype(np.int64) + self.first_day
        month = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        into = day - month_day(month)
        late = into >= 28
        return month + late, np.where(late, 0, into)


def month_day(month: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the day number (days since 1970) of the first day of each month."""
    return month.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)

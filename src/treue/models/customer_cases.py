"""Each customer as a model sees them: how often, how lately, for how long, and for how much."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from treue.engine.columns import numbers
from treue.history.repeat_buying import Orders, repeat_buying
from treue.kernel.units import minor_digits
from treue.models.summary import Summary, length_of, summarise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.history.history import History

    Vector = NDArray[np.float64]


@dataclass(frozen=True)
class CustomerCases:
    """Repeat buying of each customer of a history, one row per customer, in the order of their ids.

    The rows are fetched from the engine when a column is asked for; :meth:`summary` needs none of them.

    Parameters
    ----------
    history : History
        What happened.
    until_day : int or None
        Day number at which the columns end; None: the last day observed.
    unit : str
        Unit of time of `t_x` and `T`.
    orders : str
        Which orders count, ``kept`` or ``all``.
    """

    history: History
    until_day: int | None = None
    unit: str = "day"
    orders: Orders = "kept"

    @property
    def end_day(self) -> int:
        """Day number of the last day known."""
        return self.history.as_of_day if self.until_day is None else self.until_day

    @cached_property
    def _table(self) -> pa.Table:
        frame = repeat_buying(self.history, self.until_day, self.orders)
        return self.history.engine.arrow_in_order(frame, "customer_id")

    @cached_property
    def _first_day(self) -> NDArray[np.int64]:
        return numbers(self._table["first_day"]).astype(np.int64)

    @cached_property
    def customer_id(self) -> pa.Array:
        """Who it is: a string array."""
        ids = self._table["customer_id"].combine_chunks()
        return pa.concat_arrays(ids.chunks) if isinstance(ids, pa.ChunkedArray) else ids

    @cached_property
    def x(self) -> Vector:
        """Days of buying after the first, shape (n,)."""
        return numbers(self._table["days_count"]).astype(np.float64) - 1

    @cached_property
    def t_x(self) -> Vector:
        """Time from the first to the last day of buying, in `unit`, shape (n,)."""
        days: Vector = (numbers(self._table["last_day"]) - self._first_day) / length_of(self.unit)
        return days

    @cached_property
    def T(self) -> Vector:
        """Time from the first day of buying to the last day known, in `unit`, shape (n,)."""
        days: Vector = (self.end_day - self._first_day) / length_of(self.unit)
        return days

    @cached_property
    def repeat_value_count(self) -> Vector:
        """Days of buying after the first on which money was taken, shape (n,)."""
        count: Vector = numbers(self._table["repeat_valued_days_count"]).astype(np.float64)
        return count

    @cached_property
    def repeat_value(self) -> Vector:
        """Mean amount of those days, in major units of money; NaN where there is none; shape (n,)."""
        major = numbers(self._table["repeat_amount"]) / 10.0 ** minor_digits(self.history.currency)
        count = self.repeat_value_count
        value: Vector = np.divide(major, count, out=np.full(count.size, np.nan), where=count > 0)
        return value

    def __len__(self) -> int:
        return len(self._table)

    def summary(self) -> Summary:
        """Return the distinct (x, t_x, T) rows, counted in the engine."""
        return summarise(self.history, self.unit, self.until_day, self.orders)


def customer_cases(
    history: History, until_day: int | None = None, unit: str = "day", orders: Orders = "kept"
) -> CustomerCases:
    """Return each customer's repeat buying.

    Several orders of one day count as one purchase. What a day was worth is told apart from how often
    somebody bought: a day on which everything was free counts in `x` (with ``orders="all"``) and not in
    `repeat_value`.

    Parameters
    ----------
    history : History
        What happened.
    until_day : int, optional
        Day number to stop at, as if no later order or return were known; default: the last day observed.
    unit : str
        Unit of time of the columns.
    orders : str
        ``kept`` counts orders that came to something; ``all`` also counts orders that cost nothing, as the
        research papers do. Orders that were returned count in neither.

    Returns
    -------
    CustomerCases
        One row per customer who bought by then.

    Raises
    ------
    WrongArgument
        When the unit or the kind of orders is not known.

    Examples
    --------
    >>> from datetime import datetime
    >>> from treue.history.history import History
    >>> from treue.engine.duckdb import DuckDBEngine
    >>> bought = pa.table({"order_id": ["1", "2"], "customer_id": ["a", "a"],
    ...                    "ordered_at": [datetime(2026, 1, 1), datetime(2026, 1, 29)],
    ...                    "net_amount": [1000, 2050]})
    >>> with History.of(DuckDBEngine(), {"purchases": bought}) as history:
    ...     cases = customer_cases(history, unit="week")
    ...     cases.customer_id.to_pylist(), cases.x.tolist(), cases.t_x.tolist(), cases.repeat_value.tolist()
    (['a'], [1.0], [4.0], [20.5])
    """
    length_of(unit)
    return CustomerCases(history, until_day, unit, orders)

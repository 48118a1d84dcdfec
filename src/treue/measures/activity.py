"""Who is a customer now, and how sure it is that the silent have gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.history.headline import counts_by
from treue.history.period_counts import period_counts
from treue.kernel.errors import NotEnoughData, WrongArgument
from treue.kernel.estimate import Figure, proportion
from treue.kernel.registry import measure
from treue.kernel.status import Status

if TYPE_CHECKING:
    from treue.history.history import History

VERSION = "1"


@measure(
    "active_customers",
    label="Active customers",
    unit="count",
    version=VERSION,
    needs=(),
    grains=("month", "quarter", "year", "segment"),
)
def active_customers(history: History, by: str | None = None) -> list[Figure]:
    """Return how many customers are active: now, or at the end of each period.

    It misleads when it is read as success: it grows as long as more are won than lost, however many are
    lost. It is a count of all customers, so it has no interval.

    Parameters
    ----------
    history : History
        What happened.
    by : str, optional
        ``month``, ``quarter``, ``year``: at the end of each period. A column: now, by segment. Left out:
        now.

    Returns
    -------
    list of Figure
        Counts of customers.

    Raises
    ------
    WrongArgument
        When `by` is neither of those.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from datetime import datetime
    >>> from treue.engine.duckdb import DuckDBEngine
    >>> from treue.history.history import History
    >>> from treue.history.settings import Settings
    >>> bought = pa.table({"order_id": ["1", "2"], "customer_id": ["a", "b"],
    ...                    "ordered_at": [datetime(2026, 1, 1), datetime(2026, 5, 31)],
    ...                    "net_amount": [1000, 2000]})
    >>> with History.of(DuckDBEngine(), {"purchases": bought}, Settings(window_days=90)) as history:
    ...     active_customers(history)[0].value
    1
    """
    if by == "rolling":
        raise WrongArgument("by='rolling' has no meaning for active_customers; give month, quarter or year")
    if by is None:
        counts = period_counts(history, "month")[-1:]
    elif by in {"month", "quarter", "year"}:
        counts = counts_by(history, by)
    else:
        counts = period_counts(history, "month", by)
        counts = [count for count in counts if count.period == counts[-1].period]
    return [
        Figure(
            id="active_customers",
            value=count.at_end,
            numerator=None,
            denominator=None,
            n=count.at_end,
            ci_low=None,
            ci_high=None,
            ci_method=None,
            status=Status.OK,
            window=count.period.window if by in {"month", "quarter", "year"} else "now",
            as_of=history.as_of,
            definition_version=VERSION,
            period=count.period.label if by in {"month", "quarter", "year"} else None,
            segment=count.segment,
        )
        for count in counts
    ]


@measure(
    "resurrection_share", label="Share of the silent who come back", unit="share", version=VERSION, grains=()
)
def resurrection_share(history: History, by: str | None = None) -> list[Figure]:
    """Return the share of customers silent for longer than the activity window who came back later.

    It is the error of the definition of an active customer: that many of those counted as lost were not.
    It is too low for a young history, because the silent have had little time to return.

    Parameters
    ----------
    history : History
        What happened; customers must be judged by their purchases.
    by : str, optional
        Must be left out: there is one window for all customers.

    Returns
    -------
    list of Figure
        One share (0 to 1) with Wilson's interval, provisional when no window fits the history, or the given one
        is longer than half of it; undefined when nobody was silent for so long. ``window`` says how long it is.

    Raises
    ------
    WrongArgument
        When `by` is given.
    NotEnoughData
        When the history judges customers by their contracts.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from datetime import datetime
    >>> from treue.engine.duckdb import DuckDBEngine
    >>> from treue.history.history import History
    >>> from treue.history.settings import Settings
    >>> bought = pa.table({"order_id": ["1", "2", "3"], "customer_id": ["a", "a", "b"],
    ...                    "ordered_at": [datetime(2026, 1, 1), datetime(2026, 6, 30), datetime(2026, 1, 1)],
    ...                    "net_amount": [1000, 2000, 1500]})
    >>> with History.of(DuckDBEngine(), {"purchases": bought}, Settings(window_days=90)) as history:
    ...     resurrection_share(history)[0].value
    0.5
    """
    if by is not None:
        raise WrongArgument(f"by={by!r} cannot divide resurrection_share; leave it out: all share one window")
    if history.activity == "contract":
        raise NotEnoughData("activity='contract' has no activity window: the end of a contract is known")
    found = history.window
    return [
        proportion(
            "resurrection_share",
            found.returned,
            found.silent,
            window=f"{found.days} days of silence",
            as_of=history.as_of,
            version=VERSION,
            provisional=not found.sufficient,
        )
    ]

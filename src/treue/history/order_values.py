"""What customers' later purchases were worth, as the distinct cases that a model of value needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.history.repeat_buying import Orders, repeat_buying

if TYPE_CHECKING:
    import pyarrow as pa

    from treue.history.history import History


def value_cases(history: History, until_day: int | None = None, orders: Orders = "kept") -> pa.Table:
    """Return the distinct cases of what repeat days of buying were worth.

    Parameters
    ----------
    history : History
        What happened.
    until_day : int, optional
        Day number to stop at, as if no later order or return were known; default: the last day observed.
    orders : str
        ``kept`` or ``all``, as for :func:`treue.history.repeat_buying.repeat_buying`.

    Returns
    -------
    pyarrow.Table
        Columns ``days`` (days after the first on which money was taken, 1 or more), ``amount`` (minor units
        of all of them) and ``weight`` (customers).

    Raises
    ------
    WrongArgument
        When `orders` is not known.
    """
    F = history.engine.F
    valued = repeat_buying(history, until_day, orders).where(F.col("repeat_valued_days_count") > F.lit(0))
    cases = valued.select(
        F.col("repeat_valued_days_count").alias("days"), F.col("repeat_amount").alias("amount")
    )
    return history.engine.arrow(cases.groupBy("days", "amount").agg(F.count("days").alias("weight")))

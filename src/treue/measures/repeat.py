"""How many customers come back for a second order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treue.engine.columns import numbers
from treue.history.division import Cell, Division, whole_span
from treue.kernel.estimate import Figure, count_status, proportion
from treue.kernel.product_limit import product_limit
from treue.kernel.registry import measure

if TYPE_CHECKING:
    from treue.engine.seam import Engine, Frame
    from treue.history.history import History
    from treue.kernel.product_limit import ProductLimit

AGES_DAYS = (30, 90, 365)
"""Ages at which cohorts are compared."""

HEADLINE_AGES_DAYS = (365, 180, 90, 30)
"""The headline takes the longest age that enough customers have completed."""

ENOUGH = 30


def first_steps(engine: Engine, active: Frame) -> Frame:
    """Return each customer's first day of buying and the second.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    active : Frame
        Columns ``customer_id``, ``day``, ``previous_day``, ``next_day``.

    Returns
    -------
    Frame
        Columns ``customer_id``, ``day`` (first), ``second_day`` (null without one).
    """
    F = engine.F
    first = active.where(F.col("previous_day").isNull())
    return first.select("customer_id", "day", F.col("next_day").alias("second_day"))


def completed_ages(engine: Engine, steps: Frame, ages_days: tuple[int, ...], as_of_day: int) -> Frame:
    """Return how many customers completed each age, and how many had come back by then.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    steps : Frame
        Columns ``cell``, ``day``, ``second_day``.
    ages_days : tuple of int
        Ages in days since the first purchase.
    as_of_day : int
        Day number of the last day observed.

    Returns
    -------
    Frame
        Columns ``cell``, ``customers``, and for each age ``completed_<age>`` and ``repeated_<age>``.
    """
    F = engine.F
    sums = [F.count("day").cast("bigint").alias("customers")]
    for age in ages_days:
        completed = F.col("day") + F.lit(age) <= F.lit(as_of_day)
        repeated = completed & (F.col("second_day") - F.col("day") <= F.lit(age))
        sums += [
            F.sum(F.when(completed, F.lit(1)).otherwise(F.lit(0))).cast("bigint").alias(f"completed_{age}"),
            F.sum(F.when(repeated, F.lit(1)).otherwise(F.lit(0))).cast("bigint").alias(f"repeated_{age}"),
        ]
    return steps.groupBy("cell").agg(*sums)


def waits(engine: Engine, steps: Frame, as_of_day: int) -> Frame:
    """Return how many customers waited how long for their second order, or have waited so far.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    steps : Frame
        Columns ``day``, ``second_day``.
    as_of_day : int
        Day number of the last day observed.

    Returns
    -------
    Frame
        Columns ``wait_days``, ``ended`` (1 with a second order, else 0), ``customers``.
    """
    F = engine.F
    until = F.coalesce(F.col("second_day"), F.lit(as_of_day))
    ended = F.when(F.col("second_day").isNull(), F.lit(0)).otherwise(F.lit(1))
    each = steps.select((until - F.col("day")).cast("int").alias("wait_days"), ended.alias("ended"))
    return each.groupBy("wait_days", "ended").agg(F.count("wait_days").cast("bigint").alias("customers"))


@measure(
    "repeat_purchase_rate",
    label="Second purchase",
    unit="share",
    grains=("month", "quarter", "year", "segment"),
)
def repeat_purchase_rate(history: History, by: str | None = None) -> list[Figure]:
    """Return the share of customers who bought again, on another day, by a given age.

    Only customers whose first purchase is that long ago count, so that newcomers, who have not had
    the time, do not pull the share down.

    Parameters
    ----------
    history : History
        What happened.
    by : str, optional
        ``month``, ``quarter`` or ``year`` of the first purchase: three figures per cohort, after 30, 90
        and 365 days. A column: one figure per segment. Left out: one figure.

    Returns
    -------
    list of Figure
        Shares; `window` says after how many days. The age of the headline and of segments is 365 days,
        or 180, 90 or 30 where fewer than 30 customers have completed more. A cohort of which only some
        have completed the age is provisional and counts only those; undefined before anyone has.

    Raises
    ------
    WrongArgument
        When `by` is not known.
    """
    division = Division(history, by, whole_span(history))
    engine = history.engine
    steps = division.frame(first_steps(engine, history.active_days))
    ages = tuple(sorted({*AGES_DAYS, *HEADLINE_AGES_DAYS}))
    rows = engine.arrow(completed_ages(engine, steps, ages, history.as_of_day)).to_pylist()
    by_cell = {row["cell"]: row for row in rows}
    shown = AGES_DAYS if division.grain else (_headline_age(rows),)
    return [
        _figure(history, place, by_cell.get(value), age)
        for value, place in division.cells(list(by_cell))
        for age in shown
    ]


def _headline_age(rows: list[dict[str, Any]]) -> int:
    """Return the longest age that enough customers have completed, all segments together."""
    for age in HEADLINE_AGES_DAYS:
        if sum(row[f"completed_{age}"] for row in rows) >= ENOUGH:
            return age
    return HEADLINE_AGES_DAYS[-1]


def _figure(history: History, place: Cell, row: dict[str, Any] | None, age: int) -> Figure:
    n = row[f"completed_{age}"] if row else 0
    events = row[f"repeated_{age}"] if row else 0
    # The headline is about whoever has completed the age; a cohort is about all its members.
    partial = place.period is not None and row is not None and n < row["customers"]
    return proportion(
        "repeat_purchase_rate",
        events,
        n,
        window=age_window(age),
        as_of=history.as_of,
        version="1",
        provisional=partial or place.provisional,
        period=place.period,
        segment=place.segment,
    )


def age_window(age_days: int) -> str:
    """Return the words for the time from the first purchase to an age.

    Examples
    --------
    >>> age_window(365)
    '365 days from the first purchase'
    """
    return f"{age_days} days from the first purchase"


def time_to_second_order(history: History) -> ProductLimit:
    """Return the share of customers still without a second order, by days since the first.

    Customers who have not come back yet count for as long as they have been watched, so customers of
    every age are used and newcomers do no harm.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    ProductLimit
        One entry per day on which somebody came back.

    References
    ----------
    Kaplan & Meier (1958), JASA 53, 457-481.
    """
    engine = history.engine
    steps = first_steps(engine, history.active_days)
    table = engine.arrow(waits(engine, steps, history.as_of_day))
    return product_limit(*(numbers(table[name]) for name in ("wait_days", "ended", "customers")))


def pooled_repeat_rate(history: History, age_days: int) -> Figure:
    """Return the share that buys again by an age, from customers of every age.

    Parameters
    ----------
    history : History
        What happened.
    age_days : int
        Days since the first purchase, 1 or more.

    Returns
    -------
    Figure
        One minus the product-limit share without a second order; undefined where nobody has been
        watched, and provisional where nobody has been watched for so long.

    References
    ----------
    Kaplan & Meier (1958), JASA 53, 457-481; Greenwood's interval on the log(-log) scale.
    """
    engine = history.engine
    steps = first_steps(engine, history.active_days)
    table = engine.arrow(waits(engine, steps, history.as_of_day))
    days, ended, count = (numbers(table[name]) for name in ("wait_days", "ended", "customers"))
    n = int(count.sum())
    curve = product_limit(days, ended, count)
    place = curve.after(age_days)
    events = int(count[(ended == 1) & (days <= age_days)].sum())
    value, low, high = 0.0, None, None
    if place >= 0:
        value = 1 - float(curve.surviving[place])
        lows, highs = curve.limits()
        low, high = 1 - float(highs[place]), 1 - float(lows[place])
    watched = bool(n) and int(days.max()) >= age_days
    return Figure(
        id="repeat_purchase_rate",
        value=value if n else None,
        numerator=None,
        denominator=None,
        n=n,
        ci_low=low,
        ci_high=high,
        ci_method="greenwood_loglog" if low is not None else None,
        status=count_status(n, events, provisional=not watched),
        window=age_window(age_days),
        as_of=history.as_of,
        definition_version="1",
    )

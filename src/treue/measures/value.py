"""What customers have been worth so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from treue.history.division import Cell, Division, whole_span
from treue.history.worth import find_worth, worth_amount
from treue.kernel.estimate import MINIMUM_N, Figure
from treue.kernel.registry import measure
from treue.kernel.status import Status
from treue.kernel.units import DAYS_PER_YEAR, minor_digits

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from treue.engine.seam import Engine, Frame
    from treue.history.history import History
    from treue.history.worth import Worth

AGES_DAYS = (90, 365)
"""Ages at which cohorts are compared."""

HEADLINE_AGES_DAYS = (365, 180, 90, 30)
"""The headline takes the longest age that enough customers have completed."""

ENOUGH = 30

THOUSAND = 1000
"""Discounted amounts are kept in thousandths of a minor unit, as whole numbers: sums are exact."""


def discounted(amounts: ArrayLike, years: ArrayLike, discount_share: float) -> float:
    """Return what amounts were worth on the day a customer was won.

    Parameters
    ----------
    amounts : array_like, shape (k,)
        Margins, in any unit of money.
    years : array_like, shape (k,)
        Years from the first purchase to each amount, 0 or more.
    discount_share : float
        Yearly discount rate, 0 or more; 0 adds the amounts up as they are.

    Returns
    -------
    float
        In the unit of the amounts.

    References
    ----------
    Gupta & Lehmann (2003), Journal of Interactive Marketing 17, 9-24.

    Examples
    --------
    >>> round(discounted([50, 40, 60], [0, 0.5, 1.25], 0.10), 2)
    141.4
    """
    money, age = np.asarray(amounts, dtype=float), np.asarray(years, dtype=float)
    return float(np.sum(money * (1 + discount_share) ** -age))


def customer_values(history: History) -> Frame:
    """Return what each customer has been worth up to the last day observed.

    Parameters
    ----------
    history : History
        What happened; its `discount_share` is the yearly discount rate.

    Returns
    -------
    Frame
        Columns ``customer_id``, ``day`` (of the first purchase), ``value`` (thousandths of a minor
        unit, discounted to that day), and for each of the ages 30, 90, 180 and 365 ``value_<age>``.
    """
    F = history.engine.F
    worth = find_worth(history)
    first = history.customer_summary.select(F.col("customer_id").alias("known_id"), "first_day")
    days = history.customer_days.select(
        "customer_id", F.col("day").alias("order_day"), worth_amount(history, worth).alias("amount")
    ).join(first, on=F.col("customer_id") == F.col("known_id"), how="inner")
    # A credit note dated before the first kept order belongs to the start.
    age = F.greatest(F.col("order_day") - F.col("first_day"), F.lit(0))
    years = age / F.lit(DAYS_PER_YEAR)
    factor = F.pow(F.lit(1.0 + history.settings.discount_share), F.lit(0.0) - years)
    each = days.select(
        "customer_id",
        F.col("first_day").alias("day"),
        age.alias("age_days"),
        F.round(F.col("amount") * factor * F.lit(float(THOUSAND))).cast("bigint").alias("worth"),
    )
    sums = [F.sum("worth").cast("bigint").alias("value")]
    for limit in _ages():
        inside = F.when(F.col("age_days") <= F.lit(limit), F.col("worth")).otherwise(F.lit(0))
        sums.append(F.sum(inside).cast("bigint").alias(f"value_{limit}"))
    return each.groupBy("customer_id", "day").agg(*sums)


def _ages() -> list[int]:
    return sorted({*AGES_DAYS, *HEADLINE_AGES_DAYS})


def value_moments(engine: Engine, values: Frame, as_of_day: int) -> Frame:
    """Return the sums from which mean values at each age and their intervals follow.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    values : Frame
        What :func:`customer_values` returns, with ``cell``.
    as_of_day : int
        Day number of the last day observed.

    Returns
    -------
    Frame
        Columns ``cell``, ``customers``, and for each age ``completed_<age>``, ``sum_<age>`` and
        ``squares_<age>`` over the customers who have completed it.
    """
    F = engine.F
    sums = [F.count("day").cast("bigint").alias("customers")]
    for age in _ages():
        done = F.col("day") + F.lit(age) <= F.lit(as_of_day)
        value = F.when(done, F.col(f"value_{age}")).otherwise(F.lit(0)).cast("decimal(19,0)")
        sums += [
            F.sum(F.when(done, F.lit(1)).otherwise(F.lit(0))).cast("bigint").alias(f"completed_{age}"),
            F.sum(value).cast("bigint").alias(f"sum_{age}"),
            F.sum(value * value).cast("double").alias(f"squares_{age}"),
        ]
    return values.groupBy("cell").agg(*sums)


@measure(
    "historic_clv",
    label="Value of a customer so far",
    unit="money",
    grains=("month", "quarter", "year", "segment"),
)
def historic_clv(history: History, by: str | None = None) -> list[Figure]:
    """Return what a customer was worth on average by a given age.

    Margins are discounted to the day of the first purchase. Only customers who have completed the age
    count, because an older customer has had more time to buy; nothing is forecast.

    Parameters
    ----------
    history : History
        What happened. Worth is the margin of the orders, else the `margin_share` of their net amount,
        else the net amount itself; `window` says which.
    by : str, optional
        ``month``, ``quarter`` or ``year`` of the first purchase: two figures per cohort, after 90 and
        365 days. A column: one figure per segment. Left out: one figure.

    Returns
    -------
    list of Figure
        Major units per customer. The age of the headline and of segments is 365 days, or 180, 90 or 30
        where fewer than 30 customers have completed more. A cohort of which only some have completed
        the age is provisional; undefined before anyone has.

    Raises
    ------
    WrongArgument
        When `by` is not known.

    References
    ----------
    Gupta & Lehmann (2003), Journal of Interactive Marketing 17, 9-24.
    """
    division = Division(history, by, whole_span(history))
    values = division.frame(customer_values(history))
    rows = history.engine.arrow(value_moments(history.engine, values, history.as_of_day)).to_pylist()
    by_cell = {row["cell"]: row for row in rows}
    shown = AGES_DAYS if division.grain else (_headline_age(rows),)
    worth = find_worth(history)
    return [
        _figure(history, place, by_cell.get(value), age, worth)
        for value, place in division.cells(by_cell)
        for age in shown
    ]


def _headline_age(rows: list[dict[str, Any]]) -> int:
    for age in HEADLINE_AGES_DAYS:
        if sum(row[f"completed_{age}"] for row in rows) >= ENOUGH:
            return age
    return HEADLINE_AGES_DAYS[-1]


def _figure(history: History, place: Cell, row: dict[str, Any] | None, age: int, worth: Worth) -> Figure:
    n = int(row[f"completed_{age}"]) if row else 0
    scale = THOUSAND * 10 ** minor_digits(history.currency)
    total = row[f"sum_{age}"] / scale if row and n else 0.0
    squares = row[f"squares_{age}"] / scale**2 if row and n else 0.0
    low, high = _mean_limits(n, total, squares)
    status = Status.OK
    if n == 0:
        status = Status.UNDEFINED
    elif place.provisional or (place.period is not None and row is not None and n < row["customers"]):
        status = Status.PROVISIONAL
    elif n < MINIMUM_N:
        status = Status.INSUFFICIENT
    return Figure(
        id="historic_clv",
        value=total / n if n else None,
        numerator=total,
        denominator=n,
        n=n,
        ci_low=low,
        ci_high=high,
        ci_method="t" if low is not None else None,
        status=status,
        window=f"{age} days from the first purchase; {worth.words}",
        as_of=history.as_of,
        definition_version="1",
        period=place.period,
        segment=place.segment,
    )


def _mean_limits(n: int, total: float, squares: float) -> tuple[float | None, float | None]:
    """Return the t interval of a mean from sums over customers."""
    from scipy import special

    if n < 2:
        return None, None
    mean = total / n
    se = float(np.sqrt(max(squares - n * mean**2, 0.0) / (n - 1) / n))
    half = float(special.stdtrit(n - 1, 0.975)) * se
    return mean - half, mean + half

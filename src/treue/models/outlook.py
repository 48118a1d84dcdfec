"""What all known customers together are expected to bring, beside the same days of last year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from treue.engine.columns import numbers
from treue.history.repeat_buying import bought_days
from treue.kernel.errors import NotEnoughData
from treue.kernel.units import day_number, day_of, minor_digits
from treue.models.choice import totals
from treue.models.predictions import make_predictions
from treue.models.totals import Total

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.history.history import History
    from treue.models.choice import Choice
    from treue.models.gamma_gamma import GammaGamma
    from treue.models.predictions import Predictions

    Vector = NDArray[np.float64]

Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class LastYear:
    """What the customers who were known a year ago did in the same days.

    Parameters
    ----------
    first_on, last_on : datetime.date
        The days, both counted.
    orders : int
        Days of buying.
    revenue : float
        What they were worth, in major units of money.
    customers : int
        Customers who had bought before these days.
    """

    first_on: date
    last_on: date
    orders: int
    revenue: float
    customers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Expected buying of all known customers in the days ahead.

    Parameters
    ----------
    predictions : Predictions
        Each customer.
    customers : Total
        Customers who buy at least once.
    orders : Total
        Purchases (days of buying) of all of them.
    revenue : Total or None
        What these are worth, in major units of money; None where values are not told.
    last_year : LastYear or None
        The same days a year ago; None where the history does not reach back to them.
    """

    predictions: Predictions
    customers: Total
    orders: Total
    revenue: Total | None
    last_year: LastYear | None


def outlook(history: History, horizon_days: int, choice: Choice, *, dates: bool = True) -> Outlook:
    """Return what all customers known today are expected to bring in the next days.

    Customers who are yet to be won are not counted, neither ahead nor a year ago.

    Parameters
    ----------
    history : History
        What happened; the days begin after its last day observed.
    horizon_days : int
        Days ahead, 1 or more.
    choice : Choice
        The model that proved itself.
    dates : bool
        False leaves out each customer's own limits and date, which cost more than all totals.

    Returns
    -------
    Outlook
        Totals with intervals, and each customer.

    Raises
    ------
    WrongArgument
        When the horizon is not 1 or more.
    NotEnoughData
        When the choice has no model.
    """
    made = make_predictions(history, horizon_days, choice, dates=dates)
    model = choice.model
    if model is None:
        raise NotEnoughData("no model may be used, so nothing is predicted")
    orders, customers = totals(history, model, horizon_days)
    return Outlook(
        predictions=made,
        customers=customers,
        orders=orders,
        revenue=_revenue(made, orders),
        last_year=same_days_last_year(history, horizon_days),
    )


def _revenue(made: Predictions, orders: Total) -> Total | None:
    """Return the worth of the expected purchases.

    The limits of the expectation add to those of the orders what would differ had other customers come; those
    of the prediction add what is not known of each customer's purchases. All are on the scale of logarithms, so
    that they stay above 0.
    """
    value_model = made.value.model
    if value_model is None or made.value.expected is None or not orders.value > 0:
        return None
    expected = numbers(made.table["expected_purchases"]).astype(np.float64)
    worth = made.value.expected
    each = expected * worth
    total = float(each.sum())
    if not total > 0:
        return None
    mean = total / float(expected.sum())
    who = float(((expected * (worth - mean)) ** 2).sum()) / total**2
    chance = _chance_of_values(made, value_model, expected, worth) / total**2
    known = _relative_variance(orders.value, orders.ci_low, orders.ci_high) + who
    seen = _relative_variance(orders.value, orders.prediction_low, orders.prediction_high) + chance
    return Total(total, *_limits(total, known), *_limits(total, seen))


def _chance_of_values(made: Predictions, model: GammaGamma, expected: Vector, worth: Vector) -> float:
    """Return the variance of revenue that comes from each purchase and from each customer's unknown mean."""
    seen = made.value.repeat_value_count
    within = float((expected * worth**2).sum()) / model.p
    spread = np.maximum(
        model.p * seen + model.q - 2, 0.1
    )  # below 2 the variance has no value; it is kept large
    return within + float((expected**2 * worth**2 / spread).sum())


def _relative_variance(value: float, low: float, high: float) -> float:
    return ((high - low) / (2 * Z * value)) ** 2


def _limits(value: float, variance: float) -> tuple[float, float]:
    reach = float(np.exp(Z * np.sqrt(np.log1p(variance))))
    return value / reach, value * reach


def same_days_last_year(history: History, horizon_days: int) -> LastYear | None:
    """Return what the customers known a year ago did in the days that now lie ahead, a year earlier.

    Parameters
    ----------
    history : History
        What happened.
    horizon_days : int
        Days ahead, 1 or more.

    Returns
    -------
    LastYear or None
        None where these days are not all in the history, or nobody was known before them.
    """
    day = history.as_of
    then = date(day.year - 1, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)
    start = day_number(then)
    if start + horizon_days > history.as_of_day or start < day_number(history.first_day):
        return None
    engine, F = history.engine, history.engine.F
    known = engine.arrow(
        history.customer_summary.where(F.col("first_day") <= F.lit(start)).agg(
            F.count("first_day").alias("n")
        )
    )
    if not known["n"][0].as_py():
        return None
    days = bought_days(history).where(
        (F.col("day") > F.lit(start)) & (F.col("day") <= F.lit(start + horizon_days))
    )
    known_then = history.customer_summary.where(F.col("first_day") <= F.lit(start)).select(
        F.col("customer_id").alias("known_customer_id")
    )
    bought = days.join(known_then, on=F.col("customer_id") == F.col("known_customer_id"), how="inner")
    sums: dict[str, Any] = engine.arrow(
        bought.agg(F.count("day").alias("orders"), F.sum("net_amount").cast("bigint").alias("amount"))
    ).to_pylist()[0]
    return LastYear(
        first_on=then + timedelta(days=1),
        last_on=day_of(start + horizon_days),
        orders=int(sums["orders"]),
        revenue=(sums["amount"] or 0) / 10.0 ** minor_digits(history.currency),
        customers=int(known["n"][0].as_py()),
    )

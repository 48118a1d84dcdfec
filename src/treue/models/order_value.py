"""What a customer's next purchase is expected to be worth, where that can be said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from treue.engine.columns import numbers
from treue.history.order_values import value_cases
from treue.kernel.errors import DidNotConverge, NotEnoughData
from treue.kernel.units import minor_digits
from treue.models.gamma_gamma import GammaGamma

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.models.customer_cases import CustomerCases

    Vector = NDArray[np.float64]

CORRELATION_LIMIT = 0.3
"""Beyond it more than a tenth of how values differ goes with how often people buy, which the model rules out."""

MINIMUM_VALUED = 100
"""Customers with a repeat purchase that a model of what purchases are worth has to see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderValue:
    """The worth of a purchase by the gamma-gamma model, or why it is not told.

    Parameters
    ----------
    model : GammaGamma or None
        Fitted to the mean values of repeat days; None where it may not be used.
    expected : numpy.ndarray or None
        Expected worth of each customer's next purchase, in major units, shape (n,).
    repeat_value_count : numpy.ndarray, shape (n,)
        Repeat purchases of a known value of each customer.
    correlation : float or None
        Between how often customers bought again and what they spent; None with fewer than three of them.
    customers : int
        Customers with a repeat purchase of a known value.
    note : str or None
        Why there is no model, in one sentence.
    """

    model: GammaGamma | None
    expected: Vector | None
    repeat_value_count: Vector
    correlation: float | None
    customers: int
    note: str | None


def order_value(cases: CustomerCases) -> OrderValue:
    """Return what each customer's next purchase is expected to be worth.

    It is told only where how much customers spend hardly goes with how often they buy, which the model
    takes for granted: where the correlation is between -0.3 and 0.3.

    Parameters
    ----------
    cases : CustomerCases
        Repeat buying of each customer.

    Returns
    -------
    OrderValue
        With a note instead of values where these cannot be told.
    """
    count, mean = cases.repeat_value_count, cases.repeat_value
    valued = count > 0
    n = int(valued.sum())
    r = frequency_value_correlation(count[valued], mean[valued])
    model, note = None, None
    if n < MINIMUM_VALUED:
        note = f"only {n:,} customers have a repeat purchase of a known value; {MINIMUM_VALUED} are needed"
    elif r is not None and abs(r) > CORRELATION_LIMIT:
        note = (
            f"how much customers spend goes with how often they buy (correlation {r:.2f}, beyond "
            f"{CORRELATION_LIMIT}), so a model that takes the two for independent would mislead"
        )
    else:
        model, note = _fitted(cases)
    expected = model.expected_order_value(count, np.where(valued, mean, 0.0)) if model else None
    return OrderValue(
        model=model, expected=expected, repeat_value_count=count, correlation=r, customers=n, note=note
    )


def frequency_value_correlation(count: Vector, mean: Vector) -> float | None:
    """Return the correlation between the number of repeat purchases and their mean value.

    Parameters
    ----------
    count, mean : numpy.ndarray, shape (n,)
        Of customers who bought again.

    Returns
    -------
    float or None
        Pearson's, -1 to 1; 0 where one of the two does not differ between customers, None with fewer than
        three of them.

    Examples
    --------
    >>> round(frequency_value_correlation(np.array([1.0, 2, 3]), np.array([5.0, 7, 9])), 6)
    1.0
    """
    if count.size < 3:
        return None
    if np.ptp(count) == 0 or np.ptp(mean) == 0:
        return 0.0
    return float(np.clip(np.corrcoef(count, mean)[0, 1], -1, 1))


def _fitted(cases: CustomerCases) -> tuple[GammaGamma | None, str | None]:
    table = value_cases(cases.history, cases.until_day, cases.orders)
    days, amount, weight = (numbers(table[name]).astype(np.float64) for name in ("days", "amount", "weight"))
    major = amount / 10.0 ** minor_digits(cases.history.currency)
    try:
        model = GammaGamma.fit(days, major / days, weight)
    except (NotEnoughData, DidNotConverge) as error:
        return None, str(error)
    if model.q <= 1:
        return None, (
            f"customers differ so much in what they spend (q={model.q:.2f}, at most 1) that their mean has no value"
        )
    return model, None

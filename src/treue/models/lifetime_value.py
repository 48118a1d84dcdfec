"""What customers will be worth: orders to come, times the value of an order, discounted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from treue.kernel.errors import WrongArgument
from treue.models.bg_bb import BgBb
from treue.models.summary import DAYS_PER_UNIT

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from treue.models.gamma_gamma import GammaGamma
    from treue.models.repeat_model import RepeatModel

    Vector = NDArray[np.float64]


def discounted_value(
    model: RepeatModel,
    value_model: GammaGamma,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    mean_value: ArrayLike,
    horizon: float,
    margin_share: float = 1.0,
    discount_rate_per_year: float = 0.0,
) -> Vector:
    """Return the discounted margin that each customer is expected to bring in the next `horizon`.

    It is the sum over weeks of expected orders times the expected value of an order times the margin, each week
    discounted by the years from now to its middle (under bg-bb: over opportunities, each at its own time). It
    misleads where customers who buy often spend more, or less, per order.

    Parameters
    ----------
    model : RepeatModel
        How customers buy; its unit is that of t_x, T and `horizon`.
    value_model : GammaGamma
        What their orders are worth.
    x, t_x, T : array_like, shape (n,)
        Repeat count, recency and age.
    mean_value : array_like, shape (n,)
        Mean value of the repeat orders seen; not used where x is 0. A customer without a value (NaN) is taken
        to spend what all customers spend on average.
    horizon : float
        Time ahead, 0 or more.
    margin_share : float
        Margin per unit of money ordered, from 0 to 1.
    discount_rate_per_year : float
        0 or more; 0.1 makes what comes in a year worth 1 / 1.1.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Money, in the unit of the value model.

    Raises
    ------
    WrongArgument
        When margin or rate lie outside their range, or the mean order value of all customers is infinite
        (q of the value model at most 1) and would be needed.

    References
    ----------
    Fader, Hardie & Lee (2005), RFM and CLV, Journal of Marketing Research 42, 415-430.
    """
    if not 0 <= margin_share <= 1:
        raise WrongArgument(f"margin_share={margin_share:g} must lie between 0 and 1, such as 0.35")
    if not (discount_rate_per_year >= 0 and np.isfinite(discount_rate_per_year)):
        raise WrongArgument(
            f"discount_rate_per_year={discount_rate_per_year:g} must be 0 or more, such as 0.1 for ten per cent"
        )
    x, t_x, T, mean = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (x, t_x, T, mean_value)))
    seen = np.isfinite(mean) & (x > 0)
    value = value_model.expected_order_value(np.where(seen, x, 0), np.where(seen, mean, 0.0))
    if np.isnan(value).any():
        raise WrongArgument(
            f"q={value_model.q:g} of the value model is at most 1: the mean order value of a customer without "
            "orders is infinite; leave such customers out or take another value for them"
        )
    orders, before = np.zeros(x.shape), np.zeros(x.shape)
    ends, years = _times(model, horizon)
    for end, year in zip(ends, years, strict=True):
        until = model.expected_purchases_of_customer(x, t_x, T, end)
        orders += (until - before) * (1 + discount_rate_per_year) ** -year
        before = until
    return margin_share * value * orders


def _times(model: RepeatModel, horizon: float) -> tuple[Vector, Vector]:
    """Return where each step ends, in the model's unit, and how many years from now its orders come."""
    days = DAYS_PER_UNIT[model.unit]
    step = 1.0 if isinstance(model, BgBb) else DAYS_PER_UNIT["week"] / days
    ends = np.append(np.arange(step, horizon, step), horizon)
    middle = ends if isinstance(model, BgBb) else (np.append(0.0, ends[:-1]) + ends) / 2
    return ends, middle * days / DAYS_PER_UNIT["year"]

"""What each customer is expected to do next: how likely, how often, when, and for how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from treue.engine.columns import column_of, numbers
from treue.kernel.errors import NotEnoughData, WrongArgument
from treue.kernel.level import LEVEL
from treue.models.customer_cases import customer_cases
from treue.models.order_value import OrderValue, order_value
from treue.models.summary import length_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.history.history import History
    from treue.models.choice import Choice
    from treue.models.customer_cases import CustomerCases
    from treue.models.repeat_model import RepeatModel

    Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Distinct:
    """The distinct cases of customers, and which is whose.

    Parameters
    ----------
    x, t_x, T : numpy.ndarray, shape (k,)
        Repeat count, recency and age in days.
    customers : numpy.ndarray, shape (k,)
        How many customers share each.
    place : numpy.ndarray of int, shape (n,)
        Case of each customer.
    """

    x: Vector
    t_x: Vector
    T: Vector
    customers: Vector
    place: NDArray[np.int64]

    @classmethod
    def of(cls, cases: CustomerCases) -> Distinct:
        """Return the distinct cases of customers whose times are in days."""
        x, t_x, age = (column.astype(np.int64) for column in (cases.x, cases.t_x, cases.T))
        # One whole number per case: sorting numbers is far quicker than sorting rows.
        span, reach = int(t_x.max(initial=0)) + 1, int(age.max(initial=0)) + 1
        key, place, count = np.unique((x * span + t_x) * reach + age, return_inverse=True, return_counts=True)
        rest, age = np.divmod(key, reach)
        x, t_x = np.divmod(rest, span)
        columns = [column.astype(np.float64) for column in (x, t_x, age, count)]
        return cls(columns[0], columns[1], columns[2], columns[3], place.reshape(-1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """What all customers together and each of them are expected to do in the time ahead.

    Parameters
    ----------
    table : pyarrow.Table
        One row per customer, see :func:`predict`.
    model, alive_model : str or None
        Names of the models of buying and of being active.
    horizon_days : int
        Days ahead.
    value : OrderValue
        The model of what a purchase is worth, or why there is none.
    distinct : Distinct
        The distinct cases, for totals.
    """

    table: pa.Table
    model: str
    alive_model: str | None
    horizon_days: int
    value: OrderValue
    distinct: Distinct

    def at_risk(self, most: int = 10) -> pa.Table:
        """Return the customers with the greatest expected loss, the greatest first.

        Parameters
        ----------
        most : int
            How many at most.

        Returns
        -------
        pyarrow.Table
            Rows of `table` with an expected loss; where no values are told, by the purchases that may be lost.
        """
        gone = 1 - _floats(self.table["probability_alive"])
        measure = "expected_purchases" if self.value.model is None else "expected_revenue"
        loss = np.nan_to_num(_floats(self.table[measure]) * gone, nan=0.0)
        # Ids are in order, so that equal losses are told in the order of ids.
        order = np.argsort(-loss, kind="stable")[:most]
        return self.table.take(pa.array(order[loss[order] > 0]))


def predict(history: History, horizon_days: int, choice: Choice) -> pa.Table:
    """Return what each customer is expected to do in the next days.

    Parameters
    ----------
    history : History
        What happened; the days begin after its last day observed.
    horizon_days : int
        Days ahead, 1 or more.
    choice : Choice
        The model that proved itself, from :func:`treue.models.choice.choose_model`.

    Returns
    -------
    pyarrow.Table
        One row per customer who ever bought, in the order of their ids. What is not known is null.

        ``customer_id``; ``repeat_count`` (days of buying after the first); ``recency_days`` (from the first
        to the last); ``age_days`` (from the first to the last day observed); ``probability_alive``;
        ``probability_of_purchase`` (at least one); ``expected_purchases`` with ``expected_purchases_low`` and
        ``expected_purchases_high`` (between which they lie with 95 %); ``expected_date_of_next_purchase``
        (by which it has come with one half); ``expected_order_value``, ``expected_revenue`` and
        ``value_at_risk`` (expected revenue times the probability that the customer has gone), in major units of
        ``currency``. Nobody is at risk who is surely still there, nor who is surely gone and expected to bring
        nothing.

    Raises
    ------
    WrongArgument
        When the horizon is not 1 or more.
    NotEnoughData
        When the choice has no model.
    """
    return make_predictions(history, horizon_days, choice).table


def make_predictions(
    history: History, horizon_days: int, choice: Choice, *, dates: bool = True
) -> Predictions:
    """Return the predictions of :func:`predict` together with how they were made.

    Parameters
    ----------
    history : History
        What happened.
    horizon_days : int
        Days ahead, 1 or more.
    choice : Choice
        With a model.
    dates : bool
        False leaves out each customer's own limits and date, and the currency: totals need none of them.

    Returns
    -------
    Predictions
        The table, and what totals need.

    Raises
    ------
    WrongArgument
        When the horizon is not 1 or more.
    NotEnoughData
        When the choice has no model.
    """
    if horizon_days < 1:
        raise WrongArgument(f"horizon={horizon_days} must be 1 day or more, as 90d")
    model = choice.model
    if model is None:
        raise NotEnoughData(f"status={choice.status.value!r}: no model may be used, so nothing is predicted")
    cases = customer_cases(history)
    distinct = Distinct.of(cases)
    value = order_value(cases)
    columns = {
        "customer_id": cases.customer_id,
        "repeat_count": column_of(cases.x.astype(np.int64)),
        "recency_days": column_of(cases.t_x.astype(np.int64)),
        "age_days": column_of(cases.T.astype(np.int64)),
        **_buying(horizon_days, model, choice.alive_model, distinct),
        **(_own_limits(history, horizon_days, model, distinct) if dates else {}),
    }
    columns |= _worth(columns, value)
    if dates:
        columns["currency"] = pa.array([history.currency] * len(cases), pa.string())
    return Predictions(
        table=pa.table(columns),
        model=model.MODEL,
        alive_model=choice.alive_name,
        horizon_days=horizon_days,
        value=value,
        distinct=distinct,
    )


def _buying(
    horizon_days: int, model: RepeatModel, alive_model: RepeatModel | None, rows: Distinct
) -> dict[str, pa.Array]:
    """Return what the models say, worked out once per distinct case."""
    here = _in_unit_of(model, rows)
    ahead = horizon_days / length_of(model.unit)
    alive = np.full(rows.x.size, np.nan)
    if alive_model is not None:
        alive = alive_model.probability_alive(*_in_unit_of(alive_model, rows))
    each: dict[str, NDArray[Any]] = {
        "probability_alive": alive,
        "probability_of_purchase": model.probability_of_purchase(*here, ahead),
        "expected_purchases": model.expected_purchases_of_customer(*here, ahead),
    }
    return {name: known(values[rows.place]) for name, values in each.items()}


def _own_limits(
    history: History, horizon_days: int, model: RepeatModel, rows: Distinct
) -> dict[str, pa.Array]:
    """Return between which numbers each customer's purchases lie, and by when the next one has come."""
    here = _in_unit_of(model, rows)
    low, high = limits_of_purchases(model, rows, horizon_days)
    # Only those likely to be active have a date.
    likely = ~(model.probability_alive(*here) <= 0.5)
    return {
        "expected_purchases_low": known(low[rows.place]),
        "expected_purchases_high": known(high[rows.place]),
        "expected_date_of_next_purchase": _dates(history, model, here, likely, rows),
    }


def limits_of_purchases(
    model: RepeatModel, rows: Distinct, horizon_days: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return between which numbers the purchases of each distinct case lie, with :data:`~treue.kernel.level.LEVEL` at least.

    Parameters
    ----------
    model : RepeatModel
        Fitted.
    rows : Distinct
        The cases, in days.
    horizon_days : int
        Time ahead.

    Returns
    -------
    tuple of numpy.ndarray, shape (n,)
        Lower and upper limits.
    """
    x, t_x, T = here = _in_unit_of(model, rows)
    ahead = horizon_days / length_of(model.unit)
    low, high = np.zeros((2, x.size), dtype=np.int64)
    # Who hardly buys at all has the interval 0 to 0: most customers of most firms, and no work.
    may = model.probability_of_purchase(*here, ahead) > (1 - LEVEL) / 2
    low[may], high[may] = model.prediction_interval(x[may], t_x[may], T[may], ahead, LEVEL)
    return low, high


def _dates(
    history: History,
    model: RepeatModel,
    here: tuple[Vector, Vector, Vector],
    likely: NDArray[np.bool_],
    rows: Distinct,
) -> pa.Array:
    """Return the days by which customers have bought with one half; only those likely to be active have one."""
    x, t_x, T = here
    dates = np.full(likely.size, np.datetime64("NaT", "D"))
    dates[likely] = model.expected_date_of_next_purchase(x[likely], t_x[likely], T[likely], history.as_of)
    never = np.isnat(dates)[rows.place]
    days = dates.astype(np.int64)[rows.place]
    return pa.array(np.where(never, 0, days).astype(np.int32), pa.int32(), mask=never).cast(pa.date32())


def _in_unit_of(model: RepeatModel, rows: Distinct) -> tuple[Vector, Vector, Vector]:
    days = length_of(model.unit)
    return rows.x, rows.t_x / days, rows.T / days


def _worth(columns: dict[str, pa.Array], value: OrderValue) -> dict[str, pa.Array]:
    n = len(columns["customer_id"])
    each = value.expected if value.expected is not None else np.full(n, np.nan)
    expected = _floats(columns["expected_purchases"])
    alive = _floats(columns["probability_alive"])
    revenue = expected * each
    return {
        "expected_order_value": known(each),
        "expected_revenue": known(revenue),
        "value_at_risk": known(revenue * (1 - alive)),
    }


def _floats(column: pa.Array | pa.ChunkedArray) -> Vector:
    values: Vector = numbers(pa.chunked_array([column]) if isinstance(column, pa.Array) else column).astype(
        np.float64
    )
    return values


def known(values: NDArray[Any]) -> pa.Array:
    """Return numbers as a column in which NaN has become null.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        Whole or real numbers.

    Returns
    -------
    pyarrow.Array
        Null where a value is NaN.

    Examples
    --------
    >>> known(np.array([1.5, np.nan])).to_pylist()
    [1.5, None]
    """
    if values.dtype.kind != "f" or not np.isnan(values).any():
        return column_of(values)
    return pa.array(values, mask=np.isnan(values))

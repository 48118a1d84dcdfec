"""How often customers buy, and how much they spend per order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from treue.engine.columns import numbers
from treue.history.division import Cell, Division, recent_span
from treue.kernel.estimate import MINIMUM_N, Figure
from treue.kernel.intervals import BOOTSTRAP_LIMIT, Z95, linearised_se, ratio_interval
from treue.kernel.registry import measure
from treue.kernel.status import Status
from treue.kernel.units import minor_digits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.engine.seam import Engine, Frame
    from treue.history.history import History

RECENT_DAYS = 365
SERIES_BOOTSTRAP_LIMIT = 200
"""A series has many cells: above so many customers each gets the linearised interval."""

_GRAINS = ("month", "quarter", "year", "segment")


def orders_per_customer(engine: Engine, days: Frame) -> Frame:
    """Return what each customer ordered in each cell.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    days : Frame
        Columns ``cell``, ``customer_id``, ``orders_count``, ``net_amount``.

    Returns
    -------
    Frame
        Columns ``cell``, ``customer_id``, ``orders`` (kept orders), ``amount`` (minor units, with the
        amounts of orders that were not kept). Customers without a kept order or amount are left out.
    """
    F = engine.F
    each = days.groupBy("cell", "customer_id").agg(
        F.sum("orders_count").cast("bigint").alias("orders"),
        F.sum("net_amount").cast("bigint").alias("amount"),
    )
    return each.where((F.col("orders") > 0) | (F.col("amount") != 0))


def frequencies(engine: Engine, each: Frame) -> Frame:
    """Return how many customers placed how many orders.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    each : Frame
        What :func:`orders_per_customer` returns.

    Returns
    -------
    Frame
        Columns ``cell``, ``orders`` (1 or more), ``customers``.
    """
    F = engine.F
    buyers = each.where(F.col("orders") > 0)
    return buyers.groupBy("cell", "orders").agg(F.count("customer_id").cast("bigint").alias("customers"))


def moments(engine: Engine, each: Frame) -> Frame:
    """Return the sums from which the order value and its interval follow.

    Whole numbers are added up exactly and only then made floating: the order of rows changes nothing.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    each : Frame
        What :func:`orders_per_customer` returns.

    Returns
    -------
    Frame
        Columns ``cell``, ``customers``, ``orders``, ``amount``, ``orders_squared``,
        ``amount_squared``, ``product``.
    """
    F = engine.F
    exact = each.select(
        "cell",
        F.col("orders").cast("decimal(19,0)").alias("x"),
        F.col("amount").cast("decimal(19,0)").alias("y"),
    )
    return exact.groupBy("cell").agg(
        F.count("x").cast("bigint").alias("customers"),
        F.sum("x").cast("bigint").alias("orders"),
        F.sum("y").cast("bigint").alias("amount"),
        F.sum(F.col("x") * F.col("x")).cast("double").alias("orders_squared"),
        F.sum(F.col("y") * F.col("y")).cast("double").alias("amount_squared"),
        F.sum(F.col("x") * F.col("y")).cast("double").alias("product"),
    )


@measure("purchase_frequency", label="Orders per buyer", unit="count", grains=_GRAINS)
def purchase_frequency(history: History, by: str | None = None) -> list[Figure]:
    """Return how many orders a customer placed who bought at all.

    Customers who bought nothing in the window do not count; so the figure says how busy the buyers
    are, and never falls because silent customers are still on file.

    Parameters
    ----------
    history : History
        What happened.
    by : str, optional
        ``month``, ``quarter``, ``year``, or a column to divide customers by. Left out: the last 365
        days observed, or all of them where there are fewer.

    Returns
    -------
    list of Figure
        Kept orders per distinct buyer; undefined where nobody bought.

    Raises
    ------
    WrongArgument
        When `by` is not known.

    References
    ----------
    Farris et al., Marketing Metrics; interval by the bootstrap or linearisation (Cochran 1977, 6.13).
    """
    division = Division(history, by, recent_span(history, RECENT_DAYS))
    engine = history.engine
    each = orders_per_customer(engine, division.frame(history.customer_days))
    table = engine.arrow(frequencies(engine, each))
    cell = np.asarray(table["cell"].to_pylist())
    orders, customers = numbers(table["orders"]), numbers(table["customers"])
    figures = []
    for value, place in division.cells(list(cell.tolist())):
        mine = np.flatnonzero(cell == value)
        mine = mine[np.argsort(orders[mine])]
        x, weights = orders[mine].astype(float), customers[mine]
        n = int(weights.sum())
        ends = _interval(x, np.ones(x.size), weights, history, series=by is not None)
        figures.append(_ratio(history, "purchase_frequency", place, (float(x @ weights), float(n), n), ends))
    return figures


@measure("average_order_value", label="Average order value", unit="money", grains=_GRAINS)
def average_order_value(history: History, by: str | None = None) -> list[Figure]:
    """Return the net revenue per kept order.

    A ratio of sums: a customer with many orders counts as often as she orders. Orders that came back
    whole are no orders, but what they cost stays in the revenue.

    Parameters
    ----------
    history : History
        What happened.
    by : str, optional
        ``month``, ``quarter``, ``year``, or a column to divide customers by. Left out: the last 365
        days observed, or all of them where there are fewer.

    Returns
    -------
    list of Figure
        Major units of the currency per order; undefined where no order was kept. The unit of the
        interval is the customer, because the orders of one customer resemble each other.

    Raises
    ------
    WrongArgument
        When `by` is not known.

    References
    ----------
    Cochran (1977), Sampling Techniques, equation 6.13.
    """
    division = Division(history, by, recent_span(history, RECENT_DAYS))
    engine = history.engine
    each = orders_per_customer(engine, division.frame(history.customer_days))
    rows = {row["cell"]: row for row in engine.arrow(moments(engine, each)).to_pylist()}
    limit = _bootstrap_limit(series=by is not None)
    small = [value for value, row in rows.items() if row["customers"] <= limit]
    pairs = _pairs(history, each, small)
    scale = 10 ** minor_digits(history.currency)
    figures = []
    for value, place in division.cells(list(rows)):
        row = rows.get(value)
        if row is None:
            figures.append(_ratio(history, "average_order_value", place, (0.0, 0.0, 0), (None, None, None)))
            continue
        if value in pairs:
            x, y, weights = pairs[value]
            low, high, method = _interval(y, x, weights, history, series=by is not None)
        else:
            low, high, method = _from_moments(row)
        ends = (None if low is None else low / scale, None if high is None else high / scale, method)
        sums = (row["amount"] / scale, float(row["orders"]), int(row["customers"]))
        figures.append(_ratio(history, "average_order_value", place, sums, ends))
    return figures


def _bootstrap_limit(*, series: bool) -> int:
    return SERIES_BOOTSTRAP_LIMIT if series else BOOTSTRAP_LIMIT


_Pairs = tuple["NDArray[np.float64]", "NDArray[np.float64]", "NDArray[np.int64]"]


def _pairs(history: History, each: Frame, cells: list[Any]) -> dict[Any, _Pairs]:
    """Return orders, amounts and how many customers share them, for the cells that are bootstrapped."""
    if not cells:
        return {}
    F = history.engine.F
    wanted = each.where(F.col("cell").isin(cells)).groupBy("cell", "orders", "amount")
    table = history.engine.arrow(wanted.agg(F.count("customer_id").cast("bigint").alias("customers")))
    cell = np.asarray(table["cell"].to_pylist())
    x, y, w = (numbers(table[name]) for name in ("orders", "amount", "customers"))
    found = {}
    for value in cells:
        mine = np.flatnonzero(cell == value)
        # The draws must not depend on the order in which the engine returned the rows.
        mine = mine[np.lexsort((y[mine], x[mine]))]
        found[value] = (x[mine].astype(float), y[mine].astype(float), w[mine])
    return found


_Ends = tuple[float | None, float | None, str | None]


def _interval(numerators: Any, denominators: Any, weights: Any, history: History, *, series: bool) -> _Ends:
    n = int(weights.sum())
    if n <= _bootstrap_limit(series=series):
        return ratio_interval(numerators, denominators, np.random.default_rng(history.settings.seed), weights)
    value = float(weights @ numerators) / float(weights @ denominators)
    se = linearised_se(numerators, denominators, weights)
    return value - Z95 * se, value + Z95 * se, "linearised"


def _from_moments(row: dict[str, Any]) -> _Ends:
    """Return the linearised interval of amount per order from sums over customers."""
    n, orders = row["customers"], row["orders"]
    if n < 2 or orders == 0:
        return None, None, None
    ratio = row["amount"] / orders
    spread = row["amount_squared"] - 2 * ratio * row["product"] + ratio**2 * row["orders_squared"]
    se = float(np.sqrt(max(spread, 0.0) * n / (n - 1))) / orders
    return ratio - Z95 * se, ratio + Z95 * se, "linearised"


def _ratio(history: History, name: str, place: Cell, sums: tuple[float, float, int], ends: _Ends) -> Figure:
    numerator, denominator, n = sums
    status = Status.OK
    if denominator == 0:
        status = Status.UNDEFINED
    elif place.provisional:
        status = Status.PROVISIONAL
    elif n < MINIMUM_N:
        status = Status.INSUFFICIENT
    low, high, method = ends if denominator else (None, None, None)
    return Figure(
        id=name,
        value=numerator / denominator if denominator else None,
        numerator=numerator,
        denominator=denominator,
        n=n,
        ci_low=low,
        ci_high=high,
        ci_method=method,
        status=status,
        window=place.window,
        as_of=history.as_of,
        definition_version="1",
        period=place.period,
        segment=place.segment,
    )

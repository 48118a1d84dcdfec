"""How long customers take between two purchases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from treue.engine.columns import column_of, numbers
from treue.history.division import Cell, Division, whole_span
from treue.kernel.estimate import MINIMUM_EVENTS, MINIMUM_N, Figure
from treue.kernel.intervals import BOOTSTRAP_DRAWS, BOOTSTRAP_LIMIT
from treue.kernel.product_limit import ProductLimit, first_below_half, product_limit
from treue.kernel.registry import measure
from treue.kernel.status import Status

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from treue.engine.seam import Engine, Frame
    from treue.history.history import History


def all_gaps(engine: Engine, active: Frame, as_of_day: int) -> Frame:
    """Return every gap: closed by the next purchase, or still open.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    active : Frame
        Columns ``customer_id``, ``day``, ``next_day``.
    as_of_day : int
        Day number of the last day observed.

    Returns
    -------
    Frame
        Columns ``customer_id``, ``day`` (on which the gap began), ``gap_days``, ``closed`` (1 or 0).
    """
    F = engine.F
    until = F.coalesce(F.col("next_day"), F.lit(as_of_day))
    closed = F.when(F.col("next_day").isNull(), F.lit(0)).otherwise(F.lit(1))
    return active.select(
        "customer_id", "day", (until - F.col("day")).cast("int").alias("gap_days"), closed.alias("closed")
    )


def gap_counts(engine: Engine, gaps: Frame) -> Frame:
    """Return how many gaps are how long.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    gaps : Frame
        Columns ``cell``, ``gap_days``, ``closed``.

    Returns
    -------
    Frame
        Columns ``cell``, ``gap_days``, ``closed``, ``gaps``.
    """
    F = engine.F
    return gaps.groupBy("cell", "gap_days", "closed").agg(F.count("gap_days").cast("bigint").alias("gaps"))


def customers_in_cells(engine: Engine, gaps: Frame) -> Frame:
    """Return how many customers each cell has.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    gaps : Frame
        Columns ``cell``, ``customer_id``.

    Returns
    -------
    Frame
        Columns ``cell``, ``customers``.
    """
    F = engine.F
    each = gaps.select("cell", "customer_id").distinct()
    return each.groupBy("cell").agg(F.count("customer_id").cast("bigint").alias("customers"))


def influence_squares(engine: Engine, gaps: Frame, influences: Frame) -> Frame:
    """Return the squared influence of customers on the curve, added up.

    Parameters
    ----------
    engine : Engine
        Where the frames live.
    gaps : Frame
        Columns ``cell``, ``customer_id``, ``gap_days``, ``closed``.
    influences : Frame
        Columns ``influence_cell``, ``influence_days``, ``influence_closed``, ``influence``: what a gap
        of this length does to the curve.

    Returns
    -------
    Frame
        Columns ``cell``, ``squares``.
    """
    F = engine.F
    same = (
        (F.col("cell") == F.col("influence_cell"))
        & (F.col("gap_days") == F.col("influence_days"))
        & (F.col("closed") == F.col("influence_closed"))
    )
    each = gaps.join(influences, on=same, how="inner").groupBy("cell", "customer_id")
    sums = each.agg(F.sum("influence").alias("influence"))
    return sums.groupBy("cell").agg(F.sum(F.col("influence") * F.col("influence")).alias("squares"))


@measure(
    "time_between_purchases",
    label="Time between purchases",
    unit="days",
    grains=("month", "quarter", "year", "segment"),
)
def time_between_purchases(history: History, by: str | None = None) -> list[Figure]:
    """Return the number of days within which half of all purchases are followed by another.

    The time since each customer's last purchase counts too, as a gap that is still open: without it
    the long gaps, which have not ended yet, would be missing and the answer too short.

    Parameters
    ----------
    history : History
        What happened.
    by : str, optional
        ``month``, ``quarter`` or ``year`` of the purchase that a gap follows, or a column to divide
        customers by.

    Returns
    -------
    list of Figure
        Days. Where half has not been reached yet, there is no value, and where it cannot be said yet how
        long it may be at most, there is no interval; both are provisional.
        `n` counts customers; numerator and denominator count closed gaps and all gaps.

    Raises
    ------
    WrongArgument
        When `by` is not known.

    References
    ----------
    Kaplan & Meier (1958); Brookmeyer & Crowley (1982), Biometrics 38, 29-41, for limits of the median;
    Williams (1995), Biometrics 51, 1557-1562, for several gaps per customer.
    """
    engine = history.engine
    division = Division(history, by, whole_span(history))
    gaps = division.frame(all_gaps(engine, history.active_days, history.as_of_day))
    rows = engine.arrow(gap_counts(engine, gaps))
    cell = np.asarray(rows["cell"].to_pylist())
    days, closed, count = (numbers(rows[name]) for name in ("gap_days", "closed", "gaps"))
    people = engine.arrow(customers_in_cells(engine, gaps)).to_pylist()
    customers = {row["cell"]: int(row["customers"]) for row in people}
    curves = {
        value: product_limit(days[cell == value], closed[cell == value], count[cell == value])
        for value in customers
    }
    if by is None and customers.get(0, 0) <= BOOTSTRAP_LIMIT:
        limits = {value: _bootstrap(history, gaps) for value in customers}
    else:
        effects = _design_effects(history, gaps, rows, curves)
        limits = {value: _median_limits(curve, effects[value]) for value, curve in curves.items()}
    totals = {value: int(count[cell == value].sum()) for value in customers}
    return [
        _figure(
            history,
            place,
            curves.get(value),
            (totals.get(value, 0), customers.get(value, 0)),
            limits.get(value),
        )
        for value, place in division.cells(customers)
    ]


_Limits = tuple[float | None, float | None, str | None]


def _figure(
    history: History, place: Cell, curve: ProductLimit | None, counts: tuple[int, int], limits: _Limits | None
) -> Figure:
    total, n = counts
    closed = int(curve.events.sum()) if curve is not None else 0
    value = curve.median() if curve is not None else None
    low, high, method = limits or (None, None, None)
    # An interval without an upper end would be drawn as if the value were its end.
    unbounded = low is None or high is None
    status = Status.OK
    if total == 0:
        status = Status.UNDEFINED
    elif value is None or place.provisional or (unbounded and n > 1):
        status = Status.PROVISIONAL
    elif n < MINIMUM_N or min(closed, total - closed) < MINIMUM_EVENTS:
        status = Status.INSUFFICIENT
    return Figure(
        id="time_between_purchases",
        value=value,
        numerator=closed,
        denominator=total,
        n=n,
        ci_low=None if unbounded else low,
        ci_high=None if unbounded else high,
        ci_method=None if unbounded else method,
        status=status,
        window=place.window,
        as_of=history.as_of,
        definition_version="1",
        period=place.period,
        segment=place.segment,
    )


def _median_limits(curve: ProductLimit, design_effect: float) -> _Limits:
    """Return the durations at which the limits of the curve cross one half."""
    if not curve.days.size:
        return None, None, None
    low, high = curve.limits(design_effect)
    return first_below_half(curve.days, low), first_below_half(curve.days, high), "greenwood_clustered"


def influence(curve: ProductLimit, days: NDArray[np.int64], closed: NDArray[np.int64], at: int) -> Any:
    """Return what single gaps do to the logarithm of the curve at one duration.

    Parameters
    ----------
    curve : ProductLimit
        The curve.
    days, closed : numpy.ndarray of int, shape (k,)
        Lengths of gaps, and 1 where they were closed.
    at : int
        Place in ``curve.days`` up to which the curve is looked at.

    Returns
    -------
    numpy.ndarray of float, shape (k,)
        Added up over the gaps of a customer and squared, their sum is the variance of log S.
    """
    # A gap still running at a duration with events pushes the hazard down, one that ends pushes it up.
    steps = curve.events[: at + 1] / curve.at_risk[: at + 1].astype(float) ** 2
    passed = np.searchsorted(curve.days[: at + 1], days, side="right")
    down = np.concatenate([[0.0], np.cumsum(steps)])[passed]
    own = np.searchsorted(curve.days, days)
    own = np.minimum(own, max(curve.days.size - 1, 0))
    ends = (closed == 1) & (days <= curve.days[at])
    return np.where(ends, 1.0 / curve.at_risk[own], 0.0) - down


def _design_effects(
    history: History, gaps: Frame, rows: pa.Table, curves: dict[Any, ProductLimit]
) -> dict[Any, float]:
    """Return by how much the gaps of one customer resembling each other widens the interval."""
    engine = history.engine
    cell = np.asarray(rows["cell"].to_pylist())
    days, closed = numbers(rows["gap_days"]), numbers(rows["closed"])
    strength, plain = np.zeros(cell.size), {}
    for value, curve in curves.items():
        if not curve.days.size:
            continue
        below = np.flatnonzero(curve.surviving <= 0.5 + 1e-12)
        at = int(below[0]) if below.size else curve.days.size - 1
        # At the last step, where nothing is left, the variance is not defined: one step earlier.
        at = at - 1 if at > 0 and curve.surviving[at] <= 0 else at
        mine = cell == value
        strength[mine] = influence(curve, days[mine], closed[mine], at)
        d, n = curve.events[: at + 1], curve.at_risk[: at + 1].astype(float)
        # What the squares would add up to if every gap were a customer of its own.
        plain[value] = float(np.sum(d * (n - d) / n**3))
    names = {"cell": "influence_cell", "gap_days": "influence_days", "closed": "influence_closed"}
    table = rows.select(list(names)).rename_columns(list(names.values()))
    loaded = engine.load(table.append_column("influence", column_of(strength)), "influences")
    found = engine.arrow(influence_squares(engine, gaps, engine.frame(loaded))).to_pylist()
    engine.drop(loaded)
    squares = {row["cell"]: float(row["squares"]) for row in found}
    return {value: max(1.0, squares[value] / plain[value]) if plain.get(value) else 1.0 for value in curves}


def _bootstrap(history: History, gaps: Frame) -> _Limits:
    """Return the percentile interval of the median by drawing customers with all their gaps."""
    from scipy import sparse

    rows = history.engine.arrow(gaps.select("customer_id", "gap_days", "closed"))
    names = np.asarray(rows["customer_id"].to_pylist(), dtype=object)
    days, closed = numbers(rows["gap_days"]), numbers(rows["closed"])
    stories: dict[str, list[int]] = {}
    for name, day, is_closed in zip(names.tolist(), days.tolist(), closed.tolist(), strict=True):
        stories.setdefault(name, []).append(2 * day + is_closed)
    # In the order of what they did, not of their names: renaming customers changes no draw.
    ordered = sorted(sorted(story) for story in stories.values())
    n = len(ordered)
    if n < 2:
        return None, None, None
    owner = np.repeat(np.arange(n), [len(story) for story in ordered])
    flat = np.concatenate([np.asarray(story) for story in ordered])
    size = int(flat.max()) // 2 + 1
    shape = (n, 2 * size)
    table = sparse.csr_matrix((np.ones(flat.size), (owner, flat)), shape=shape)
    rng = np.random.default_rng(history.settings.seed)
    medians = np.empty(BOOTSTRAP_DRAWS)
    for start in range(0, BOOTSTRAP_DRAWS, 100):
        draws = rng.multinomial(n, np.full(n, 1 / n), size=100)
        counts = np.asarray(draws @ table)
        medians[start : start + 100] = _medians(counts[:, 0::2], counts[:, 1::2])
    low, high = np.quantile(medians, [0.025, 0.975], method="inverted_cdf")
    ends = (None if np.isinf(low) else float(low), None if np.isinf(high) else float(high))
    return *ends, "bootstrap_customers"


def _medians(still_open: NDArray[np.float64], closed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the product-limit median of each row of counts by length; infinite where not reached."""
    leaving = still_open + closed
    at_risk = np.cumsum(leaving[:, ::-1], axis=1)[:, ::-1]
    hazard = np.divide(closed, at_risk, out=np.zeros_like(closed), where=at_risk > 0)
    below = np.cumprod(1 - hazard, axis=1) <= 0.5 + 1e-12
    return np.where(below.any(axis=1), below.argmax(axis=1), np.inf)

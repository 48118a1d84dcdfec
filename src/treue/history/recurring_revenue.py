"""Monthly recurring revenue from moment to moment: netted per customer, exact in minor units."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from treue.history.division import UNKNOWN, Cell
from treue.history.spells import OPEN_END_DAY
from treue.kernel.units import GRAINS, day_number, day_of, periods

if TYPE_CHECKING:
    from treue.engine.seam import Engine, Frame
    from treue.history.history import History

SPANS_DAYS = (365, 90, 30)
"""The figure as it stands looks back over the longest of these that is observed."""

MOVEMENTS = ("start", "new", "expansion", "contraction", "churn", "reactivation", "end")


@dataclass(frozen=True, slots=True, kw_only=True)
class RevenueMovement:
    """What moved the monthly recurring revenue between two moments; amounts are minor units.

    ``start + new + expansion + contraction + churn + reactivation == end`` holds exactly.

    Parameters
    ----------
    cell : Cell
        Period or segment.
    start, end : int
        Monthly recurring revenue just before the first day, and just before the day after the last.
    new, expansion, reactivation : int
        Gains, 0 or more: of customers without any contract before, with more than at the start, and
        who had nothing at the start but once had a contract.
    contraction, churn : int
        Losses, 0 or less: of customers who pay less at the end, and nothing.
    counts : dict of str to int
        How many customers each of these amounts comes from.
    start_squared, kept_squared, kept_product, end_squared, end_product : float
        Sums over the customers of the start, from which intervals follow: of start², kept², kept x
        start, end², end x start, where kept is the lesser of start and end.
    """

    cell: Cell
    start: int
    new: int
    expansion: int
    contraction: int
    churn: int
    reactivation: int
    end: int
    counts: dict[str, int]
    start_squared: float
    kept_squared: float
    kept_product: float
    end_squared: float
    end_product: float

    @property
    def kept(self) -> int:
        """Revenue of the customers of the start without what they added."""
        return self.start + self.contraction + self.churn

    @property
    def remaining(self) -> int:
        """Revenue of the customers of the start with what they added."""
        return self.kept + self.expansion


def paid_stretches(engine: Engine, contracts: Frame, as_of_day: int) -> Frame:
    """Return from when to when each contract pays how much a month.

    A contract pays in the state just before day t when start < t <= end. Where the same customer's
    next contract begins the day after, the first one lasts until that day, so a renewal is no loss.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    contracts : Frame
        Canonical table (``customer_id``, ``started_on``, ``ended_on``, ``monthly_amount``).
    as_of_day : int
        Day number of the last day observed; later starts are left out, later ends are open.

    Returns
    -------
    Frame
        Columns ``customer_id``, ``start_day``, ``end_day``, ``monthly_amount`` (minor units, above 0).
    """
    F = engine.F
    epoch = F.to_date(F.lit("1970-01-01"))
    end = F.coalesce(F.datediff(F.col("ended_on"), epoch).cast("int"), F.lit(OPEN_END_DAY))
    rows = contracts.select(
        "customer_id",
        F.datediff(F.col("started_on"), epoch).cast("int").alias("start_day"),
        F.when(end > F.lit(as_of_day), F.lit(OPEN_END_DAY)).otherwise(end).cast("int").alias("stop_day"),
        "monthly_amount",
    ).where(
        (F.col("start_day") <= F.lit(as_of_day))
        & (F.col("stop_day") >= F.col("start_day"))
        & (F.col("monthly_amount") > F.lit(0))
    )
    renewals = (
        rows.select(F.col("customer_id").alias("renewal_id"), F.col("start_day").alias("renewal_day"))
        .distinct()
        .withColumn("before_day", F.col("renewal_day") - F.lit(1))
    )
    same = (F.col("customer_id") == F.col("renewal_id")) & (F.col("stop_day") == F.col("before_day"))
    return rows.join(renewals, on=same, how="left").select(
        "customer_id",
        "start_day",
        F.coalesce(F.col("renewal_day"), F.col("stop_day")).cast("int").alias("end_day"),
        "monthly_amount",
    )


def revenue_changes(engine: Engine, paid: Frame, moments: Frame) -> Frame:
    """Return every change of a customer's monthly revenue from one moment to the next.

    Only changes have rows, so years of unchanged contracts cost nothing.

    Parameters
    ----------
    engine : Engine
        Where the frames live.
    paid : Frame
        What :func:`paid_stretches` returns, with ``from_moment`` and ``to_moment``: the number of the
        first moment at which it pays and of the first at which it no longer does.
    moments : Frame
        Columns ``moment``, ``moment_day``: number and day number of the moments.

    Returns
    -------
    Frame
        Columns ``customer_id``, ``moment``, ``old`` and ``now`` (minor units a month), ``known`` (1 when
        the customer had a contract that began before the moment before).
    """
    F, window = engine.F, engine.Window
    seen = paid.where(F.col("from_moment") < F.col("to_moment"))
    begins = seen.select(
        "customer_id", F.col("from_moment").alias("moment"), F.col("monthly_amount").alias("d")
    )
    ends = seen.select(
        "customer_id", F.col("to_moment").alias("moment"), (F.lit(0) - F.col("monthly_amount")).alias("d")
    )
    steps = begins.unionAll(ends).groupBy("customer_id", "moment").agg(F.sum("d").cast("bigint").alias("d"))
    story = window.partitionBy("customer_id").orderBy("moment")
    upto = story.rowsBetween(window.unboundedPreceding, 0)
    levels = steps.where(F.col("d") != F.lit(0)).withColumn("now", F.sum("d").over(upto).cast("bigint"))
    levels = engine.staged(levels, "revenue_levels")
    first = paid.groupBy(F.col("customer_id").alias("first_id")).agg(F.min("start_day").alias("won_day"))
    before = moments.select(
        (F.col("moment") + F.lit(1)).alias("next_moment"), F.col("moment_day").alias("since_day")
    )
    both = levels.join(first, on=F.col("customer_id") == F.col("first_id"), how="inner").join(
        before, on=F.col("moment") == F.col("next_moment"), how="left"
    )
    known = F.when(F.col("won_day") < F.col("since_day"), F.lit(1)).otherwise(F.lit(0))
    return both.select(
        "customer_id", "moment", (F.col("now") - F.col("d")).alias("old"), "now", known.alias("known")
    )


def movement_sums(engine: Engine, changes: Frame) -> Frame:
    """Return the changes added up by moment and kind.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    changes : Frame
        What :func:`revenue_changes` returns, with ``cell``.

    Returns
    -------
    Frame
        Columns ``cell``, ``moment``, ``kind``, ``customers``, ``amount`` (now - old), and sums of
        squares and products: ``old_squared``, ``now_squared``, ``product``, ``kept_squared``,
        ``kept_product``.
    """
    F = engine.F
    kind = (
        F.when((F.col("old") <= 0) & (F.col("known") == 1), F.lit("reactivation"))
        .when(F.col("old") <= 0, F.lit("new"))
        .when(F.col("now") <= 0, F.lit("churn"))
        .when(F.col("now") < F.col("old"), F.lit("contraction"))
        .otherwise(F.lit("expansion"))
    )
    old, now = F.col("old").cast("decimal(19,0)"), F.col("now").cast("decimal(19,0)")
    kept = F.least(old, now)
    rows = changes.select(
        "cell",
        "moment",
        kind.alias("kind"),
        (F.col("now") - F.col("old")).alias("amount"),
        (old * old).alias("old_squared"),
        (now * now).alias("now_squared"),
        (old * now).alias("product"),
        (kept * kept).alias("kept_squared"),
        (kept * old).alias("kept_product"),
    )
    names = ("old_squared", "now_squared", "product", "kept_squared", "kept_product")
    return rows.groupBy("cell", "moment", "kind").agg(
        F.count("kind").cast("bigint").alias("customers"),
        F.sum("amount").cast("bigint").alias("amount"),
        *[F.sum(name).cast("double").alias(name) for name in names],
    )


def changes_between(history: History, moments: list[int], column: str | None = None) -> Frame:
    """Return the changes of monthly revenue between given days.

    Parameters
    ----------
    history : History
        What happened.
    moments : list of int
        Day numbers in order; the state just before each is looked at.
    column : str, optional
        Divides customers into ``cell``; left out, all are in the cell 0.

    Returns
    -------
    Frame
        As :func:`revenue_changes`, with ``cell``; the rows of moment 0 build up the state there.
    """
    engine, F = history.engine, history.engine.F
    paid = paid_stretches(engine, history.frame("contracts"), history.as_of_day)
    # Every day's moment in a table: moments may lie at any distance.
    low, high = moments[0], moments[-1] + 1
    days = list(range(low - 1, high + 1))
    found = engine.load(
        pa.table(
            {
                "look_day": pa.array(days, pa.int32()),
                "look_moment": pa.array([bisect_right(moments, day) for day in days], pa.int32()),
            }
        ),
        "moments_of_days",
    )
    table = engine.load(
        pa.table(
            {
                "moment": pa.array(range(len(moments)), pa.int32()),
                "moment_day": pa.array(moments, pa.int32()),
            }
        ),
        "moments",
    )
    for name, moment in (("start_day", "from_moment"), ("end_day", "to_moment")):
        look = engine.frame(found).select(
            F.col("look_day").alias(f"{name}_look"), F.col("look_moment").alias(moment)
        )
        clamped = F.greatest(F.least(F.col(name), F.lit(high)), F.lit(low - 1))
        paid = paid.join(look, on=clamped == F.col(f"{name}_look"), how="inner").drop(f"{name}_look")
    paid = engine.staged(paid, "paid")
    changes = engine.staged(revenue_changes(engine, paid, engine.frame(table)), "revenue_changes")
    changes = changes.where(F.col("moment") < F.lit(len(moments)))
    if column is None:
        return changes.withColumn("cell", F.lit(0))
    segments = history.segments(column)
    joined = changes.join(segments, on=F.col("customer_id") == F.col("segment_customer_id"), how="left")
    cell = F.coalesce(F.col("segment"), F.lit(UNKNOWN)).alias("cell")
    return joined.select("customer_id", "moment", "old", "now", "known", cell)


def revenue_movements(history: History, by: str | None = None) -> list[RevenueMovement]:
    """Return what moved the monthly recurring revenue, exactly, in minor units.

    Parameters
    ----------
    history : History
        What happened; it needs contracts with a monthly amount.
    by : str, optional
        ``month``, ``quarter``, ``year``, or a column to divide customers by. Left out: the last 365
        days observed (90 or 30 where fewer are).

    Returns
    -------
    list of RevenueMovement
        One per period or segment.

    Raises
    ------
    NotEnoughData
        When the history has no contracts.
    """
    engine = history.engine
    after = history.as_of_day + 1
    grain = next((grain for grain in GRAINS if grain == by), None)
    if grain is not None:
        found = periods(history.first_day, history.as_of, grain)
        places = [Cell(p.window, period=p.label, provisional=p.end > after) for p in found]
        moments = [found[0].start, *[min(p.end, after) for p in found]]
        rows = engine.arrow(movement_sums(engine, changes_between(history, moments))).to_pylist()
        return _walk(rows, places)
    since = span_start(history)
    window = f"{day_of(since).isoformat()}/{day_of(after).isoformat()}"
    changes = changes_between(history, [since, after], by)
    rows = engine.arrow(movement_sums(engine, changes)).to_pylist()
    if by is None:
        return _walk(rows, [Cell(window)])
    moved = []
    for segment in sorted({row["cell"] for row in rows}):
        mine = [row for row in rows if row["cell"] == segment]
        moved += _walk(mine, [Cell(window, segment=segment)])
    return moved


def span_start(history: History) -> int:
    """Return the day number at which the figure as it stands begins to look back."""
    first, after = day_number(history.first_day), history.as_of_day + 1
    # Just before the first day nothing is known yet, so there would be no revenue to start from.
    spans = [days for days in SPANS_DAYS if after - days > first]
    return after - spans[0] if spans else first


def _walk(rows: list[dict[str, Any]], places: list[Cell]) -> list[RevenueMovement]:
    """Turn sums by moment and kind into movements from moment to moment."""
    table: dict[tuple[int, str], dict[str, Any]] = {(row["moment"], row["kind"]): row for row in rows}

    def total(moment: int, name: str, kinds: tuple[str, ...]) -> Any:
        return sum((table[moment, kind][name] for kind in kinds if (moment, kind) in table), 0)

    gains, losses, everything = ("new", "reactivation"), ("contraction", "churn", "expansion"), MOVEMENTS[1:6]
    level = int(total(0, "amount", everything))
    customers = int(total(0, "customers", everything))
    squared = total(0, "now_squared", everything)
    moved = []
    for moment, place in enumerate(places, start=1):
        amounts = {kind: int(total(moment, "amount", (kind,))) for kind in everything}
        counts = {kind: int(total(moment, "customers", (kind,))) for kind in everything}
        after = level + sum(amounts.values())
        remaining = customers + sum(counts[kind] for kind in gains) - counts["churn"]
        old_squared = total(moment, "old_squared", losses)
        moved.append(
            RevenueMovement(
                cell=place,
                start=level,
                end=after,
                **amounts,
                counts={"start": customers, **counts, "end": remaining},
                start_squared=squared,
                # Customers without a change keep start = kept = end; the others are exchanged.
                kept_squared=squared - old_squared + total(moment, "kept_squared", losses),
                kept_product=squared - old_squared + total(moment, "kept_product", losses),
                end_squared=squared - old_squared + total(moment, "now_squared", losses),
                end_product=squared - old_squared + total(moment, "product", losses),
            )
        )
        squared += total(moment, "now_squared", everything) - total(moment, "old_squared", everything)
        level, customers = after, remaining
    return moved

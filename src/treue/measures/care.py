"""Whom to care for first: good customers who are silent for longer than is their habit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from treue.history.spells import LAPSE_FACTOR, MINIMUM_GAPS, rhythm_reach
from treue.history.worth import Worth, find_worth, worth_per_customer
from treue.kernel.units import DAYS_PER_YEAR, day_number, day_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from treue.engine.seam import Column, Frame
    from treue.history.history import History

UNUSUAL_RATIO = 1.5
"""A silence counts as unusual from one and a half times the customer's usual gap."""

UNUSUAL_SHARE = 0.9
"""... and when it is longer than nine in ten of the customer's own gaps."""

STRIP_DAYS = 731
"""How far back the days of buying go that are shown with a customer: two years."""

ReasonKind = Literal["beyond_own_rhythm", "beyond_common_rhythm"]
"""The silence is long against the customer's own gaps, or, with fewer than three gaps, against the
usual gap of all customers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CareReason:
    """Why a customer is on the list, as numbers that a sentence can be made of.

    Parameters
    ----------
    kind : str
        See :data:`ReasonKind`.
    silent_days : int
        Days since the last purchase.
    usual_gap_days : float
        Half of the gaps are shorter: the customer's own, or everybody's.
    gaps_count : int
        How many gaps of the customer's own are known.
    shorter_count : int
        How many of them were shorter than the present silence.
    """

    kind: ReasonKind
    silent_days: int
    usual_gap_days: float
    gaps_count: int
    shorter_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CareRow:
    """One customer to care for.

    Parameters
    ----------
    customer_id : str
        The id of the file.
    reason : CareReason
        Why.
    silent_days : int
        Days since the last purchase.
    usual_gap_days : float
        The gap that the silence is measured against.
    ratio : float
        Silence per usual gap, 1.5 or more.
    orders_count : int
        Kept orders so far.
    first_on, last_on : datetime.date
        First and last day of buying.
    value : int
        Worth so far in minor units: margin where it is known, else net revenue.
    value_per_year : int
        Worth so far per year since the first purchase, minor units; a first year counts as whole.
    stake : int
        `value_per_year` times how unusual the silence is, minor units; or times `lost_share`, where a model
        tells it.
    recent : tuple of (datetime.date, int)
        Days of buying in the last two years with the net amount in minor units, oldest first.
    lost_share : float or None
        Probability that the customer has left, by a model that passed its back-test; None without one.
    """

    customer_id: str
    reason: CareReason
    silent_days: int
    usual_gap_days: float
    ratio: float
    orders_count: int
    first_on: date
    last_on: date
    value: int
    value_per_year: int
    stake: int
    recent: tuple[tuple[date, int], ...]
    lost_share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CareSummary:
    """The whole list in three numbers.

    Parameters
    ----------
    customers : int
        How many are on it.
    stake : int
        Their stakes added up, minor units.
    worth : Worth
        Whether amounts are margin or revenue.
    gone : int
        How many are left out because they have almost surely left, by a model; 0 without one.
    """

    customers: int
    stake: int
    worth: Worth
    gone: int = 0


def silent_customers(history: History) -> Frame:
    """Return customers whose silence is long against their usual gap, and who have not lapsed for good.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    Frame
        Columns ``customer_id``, ``silent_days``, ``usual_gap_days``, ``ratio``, ``orders_count``,
        ``gaps_count``, ``first_day``, ``last_day``; customers with purchases on at least two days.
    """
    engine, F = history.engine, history.engine.F
    rhythm = rhythm_reach(engine, history.active_days).select(
        F.col("customer_id").alias("rhythm_customer_id"), "gaps_count", "median_gap_days"
    )
    known = history.customer_summary.where(F.col("days_count") >= F.lit(2)).select(
        "customer_id", "first_day", "last_day", "orders_count"
    )
    joined = known.join(rhythm, on=F.col("customer_id") == F.col("rhythm_customer_id"), how="inner")
    silent = F.lit(history.as_of_day) - F.col("last_day")
    rows = joined.select(
        "customer_id",
        silent.cast("int").alias("silent_days"),
        F.col("median_gap_days").alias("usual_gap_days"),
        (silent / F.col("median_gap_days")).cast("double").alias("ratio"),
        "orders_count",
        "gaps_count",
        "first_day",
        "last_day",
    )
    lapsed = (F.col("silent_days") > F.lit(history.window_days)) & (F.col("ratio") > F.lit(LAPSE_FACTOR))
    return rows.where((F.col("ratio") >= F.lit(UNUSUAL_RATIO)) & ~lapsed)


def shorter_gaps(history: History, silent: Frame) -> Frame:
    """Return how many of a customer's own gaps were shorter than the present silence.

    Parameters
    ----------
    history : History
        What happened.
    silent : Frame
        Columns ``customer_id``, ``silent_days``.

    Returns
    -------
    Frame
        Columns ``shorter_customer_id``, ``shorter_count``.
    """
    F = history.engine.F
    gaps = history.active_days.select(
        F.col("customer_id").alias("shorter_customer_id"),
        (F.col("day") - F.col("previous_day")).alias("gap_days"),
    ).where(F.col("gap_days").isNotNull())
    both = gaps.join(
        silent.select("customer_id", "silent_days"),
        on=F.col("shorter_customer_id") == F.col("customer_id"),
        how="inner",
    )
    shorter = F.when(F.col("gap_days") < F.col("silent_days"), F.lit(1)).otherwise(F.lit(0))
    return both.groupBy("shorter_customer_id").agg(F.sum(shorter).cast("int").alias("shorter_count"))


def unusual_share(history: History) -> Column:
    """Return how unusual a silence is for this customer, 0 to 1.

    It is the share of the customer's own gaps that were shorter than the present silence, with one
    more gap added that stands for somebody who buys at random at the customer's usual pace: that one is
    shorter with probability 1 - 2^-ratio. So few gaps decide nothing alone, and many decide almost
    everything. It is not the probability that the customer has left.
    """
    F = history.engine.F
    steady = F.lit(1.0) - F.pow(F.lit(2.0), F.lit(0.0) - F.col("ratio"))
    return (F.col("shorter_count") + steady) / (F.col("gaps_count") + F.lit(1.0))


def care_table(history: History) -> Frame:
    """Return every customer who deserves care, computed once.

    On the list are customers with purchases on at least two days whose silence is at least one and a
    half times their usual gap and longer than nine in ten of their own gaps, and who have not lapsed
    for good: the silence is within the activity window (after which hardly anybody comes back), or
    within 4.3 usual gaps. Who has bought once has no rhythm and is not on it.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    Frame
        Columns ``customer_id``, ``silent_days``, ``usual_gap_days``, ``ratio``, ``orders_count``,
        ``gaps_count``, ``first_day``, ``last_day``, ``shorter_count``, ``value``, ``value_per_year``,
        ``stake`` (minor units). Not in order: sort by ``stake`` falling, then ``customer_id``.

    References
    ----------
    Gaps are compared with the customer's own median; the exponential law of gaps is Poisson buying
    (Ehrenberg 1959).
    """
    if ("care_table",) not in history.kept:
        history.kept["care_table",] = history.engine.persist(_care_rows(history), "care")
    return history.engine.frame(history.kept["care_table",])


def _care_rows(history: History) -> Frame:
    engine, F = history.engine, history.engine.F
    silent = engine.frame(engine.persist(silent_customers(history), "silent"))
    worth = worth_per_customer(history, find_worth(history))
    joined = silent.join(
        shorter_gaps(history, silent), on=F.col("customer_id") == F.col("shorter_customer_id"), how="inner"
    ).join(worth, on=F.col("customer_id") == F.col("worth_customer_id"), how="inner")
    rows = joined.select(
        *silent.columns,
        "shorter_count",
        unusual_share(history).alias("unusual_share"),
        F.col("worth_amount").alias("value"),
        _per_year(history).alias("value_per_year"),
    )
    rows = rows.where(F.col("unusual_share") >= F.lit(UNUSUAL_SHARE))
    stake = F.round(F.col("value_per_year") * F.col("unusual_share")).cast("bigint")
    return rows.withColumn("stake", stake).drop("unusual_share").where(F.col("stake") > F.lit(0))


def _per_year(history: History) -> Column:
    F = history.engine.F
    years = (F.lit(history.as_of_day) - F.col("first_day")) / F.lit(DAYS_PER_YEAR)
    # Nobody is extrapolated: what a customer brought in the first months counts as a year's worth.
    return F.round(F.col("worth_amount") / F.greatest(years, F.lit(1.0))).cast("bigint")


def care_summary(history: History) -> CareSummary:
    """Return how many customers deserve care and what is at stake with all of them.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    CareSummary
        Zero customers where nobody is silent beyond habit.
    """
    F = history.engine.F
    rows = care_table(history)
    total = history.engine.arrow(
        rows.agg(
            F.count("customer_id").cast("bigint").alias("customers"),
            F.coalesce(F.sum("stake"), F.lit(0)).cast("bigint").alias("stake"),
        )
    ).to_pylist()[0]
    return CareSummary(customers=total["customers"], stake=total["stake"], worth=find_worth(history))


def care_list(history: History, *, limit: int = 10) -> list[CareRow]:
    """Return the customers to care for first.

    Parameters
    ----------
    history : History
        What happened.
    limit : int
        How many at most.

    Returns
    -------
    list of CareRow
        Those with the greatest stake; equal stakes in the order of their ids. Empty where nobody is
        silent beyond habit.

    Examples
    --------
    >>> from datetime import datetime, timedelta
    >>> import pyarrow as pa
    >>> from treue.engine.duckdb import DuckDBEngine
    >>> from treue.history.history import History
    >>> days = [("lea", 7 * week) for week in range(20)] + [("ole", 30 * k) for k in range(6)]
    >>> bought = pa.table({"order_id": [str(n) for n in range(26)], "customer_id": [c for c, _ in days],
    ...                    "ordered_at": [datetime(2026, 1, 1) + timedelta(days=d) for _, d in days],
    ...                    "net_amount": [2500] * 26})
    >>> with History.of(DuckDBEngine(), {"purchases": bought}) as history:
    ...     [(row.customer_id, row.silent_days, row.usual_gap_days) for row in care_list(history)]
    [('lea', 17, 7.0)]
    """
    if limit < 1:
        return []
    engine, F = history.engine, history.engine.F
    rows = care_table(history)
    best = engine.arrow(rows.select("stake").orderBy(F.col("stake").desc()).limit(limit))["stake"].to_pylist()
    if not best:
        return []
    # Everybody with a stake as high as the last one's: engines disagree on the order of texts, Python decides.
    found = engine.arrow(rows.where(F.col("stake") >= F.lit(int(min(best))))).to_pylist()
    found = sorted(found, key=lambda row: (-row["stake"], row["customer_id"]))[:limit]
    return care_rows(history, found)


def care_rows(history: History, found: Sequence[dict[str, Any]]) -> list[CareRow]:
    """Return rows of the care table with the days on which each customer bought.

    Parameters
    ----------
    history : History
        What happened.
    found : sequence of dict
        Rows of :func:`care_table`, perhaps with ``lost_share``.

    Returns
    -------
    list of CareRow
        In the order of `found`.
    """
    recent = _recent_days(history, [row["customer_id"] for row in found]) if found else {}
    return [_care_row(row, recent.get(row["customer_id"], [])) for row in found]


def _care_row(row: dict[str, Any], recent: list[tuple[date, int]]) -> CareRow:
    own = row["gaps_count"] >= MINIMUM_GAPS
    reason = CareReason(
        kind="beyond_own_rhythm" if own else "beyond_common_rhythm",
        silent_days=row["silent_days"],
        usual_gap_days=row["usual_gap_days"],
        gaps_count=row["gaps_count"],
        shorter_count=row["shorter_count"],
    )
    return CareRow(
        customer_id=row["customer_id"],
        reason=reason,
        silent_days=row["silent_days"],
        usual_gap_days=row["usual_gap_days"],
        ratio=row["ratio"],
        orders_count=row["orders_count"],
        first_on=day_of(row["first_day"]),
        last_on=day_of(row["last_day"]),
        value=row["value"],
        value_per_year=row["value_per_year"],
        stake=row["stake"],
        recent=tuple(recent),
        lost_share=row.get("lost_share"),
    )


def _recent_days(history: History, customers: list[str]) -> dict[str, list[tuple[date, int]]]:
    F = history.engine.F
    since = max(history.as_of_day - STRIP_DAYS, day_number(history.first_day) - 1)
    days = history.active_days.where(F.col("customer_id").isin(customers) & (F.col("day") > F.lit(since)))
    found: dict[str, list[tuple[date, int]]] = {}
    rows = history.engine.arrow(days.select("customer_id", "day", "net_amount")).to_pylist()
    for row in sorted(rows, key=lambda row: row["day"]):
        found.setdefault(row["customer_id"], []).append((day_of(row["day"]), row["net_amount"]))
    return found

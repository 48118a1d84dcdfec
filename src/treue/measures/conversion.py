"""Who buys in the next ninety days: customers of today, or people who have only looked so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from treue.history.division import UNKNOWN, only_by
from treue.kernel.errors import NotEnoughData
from treue.kernel.estimate import Figure, proportion
from treue.kernel.intervals import newcombe
from treue.kernel.registry import measure
from treue.kernel.units import day_number, day_of

if TYPE_CHECKING:
    from treue.engine.seam import Column, Engine, Frame
    from treue.history.history import History

FOLLOW_DAYS = 90
"""How long it is watched whether people buy."""


@dataclass(frozen=True, slots=True)
class ExistingVersusNew:
    """The two shares beside each other.

    Parameters
    ----------
    existing, new : Figure
        Share of active customers, and of people who have not bought yet, who bought.
    difference : float or None
        Existing minus new, -1 to 1; None where one of them is undefined.
    ci_low, ci_high : float or None
        Its 95 % interval.
    """

    existing: Figure
    new: Figure
    difference: float | None
    ci_low: float | None
    ci_high: float | None


def buyers_between(engine: Engine, active: Frame, start_day: int, end_day: int) -> Frame:
    """Return who bought on a day from `start_day` to before `end_day`.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    active : Frame
        Columns ``customer_id``, ``day``.
    start_day, end_day : int
        Day numbers, half-open.

    Returns
    -------
    Frame
        Column ``buyer_id``, each once.
    """
    F = engine.F
    days = active.where((F.col("day") >= F.lit(start_day)) & (F.col("day") < F.lit(end_day)))
    return days.select(F.col("customer_id").alias("buyer_id")).distinct()


def unconverted_people(
    engine: Engine, visits: Frame, customers_before: Frame, start_day: int, end_day: int
) -> Frame:
    """Return everybody who visited in a time and had not bought by its end.

    An anonymous visitor who is recognised in any visit is the person recognised; one who never is
    counts as one person per anonymous id.

    Parameters
    ----------
    engine : Engine
        Where the frames live.
    visits : Frame
        Columns ``customer_id``, ``anonymous_id``, ``visit_day``.
    customers_before : Frame
        Column ``known_id``: who had bought before `end_day`.
    start_day, end_day : int
        Day numbers, half-open.

    Returns
    -------
    Frame
        Columns ``person_id`` (customer id, or null for the never recognised), ``anonymous_id`` (null
        for the recognised).
    """
    F = engine.F
    # Names of their own on each side of a join: sqlframe loses track of columns with the same name.
    seen = visits.select(
        F.col("customer_id").alias("link_customer"), F.col("anonymous_id").alias("link_anonymous")
    )
    seen = seen.where(F.col("link_customer").isNotNull() & F.col("link_anonymous").isNotNull())
    links = seen.groupBy("link_anonymous").agg(F.min("link_customer").alias("link_id"))
    inside = visits.where((F.col("visit_day") >= F.lit(start_day)) & (F.col("visit_day") < F.lit(end_day)))
    inside = inside.select(
        F.col("customer_id").alias("visitor_id"), F.col("anonymous_id").alias("visitor_anonymous")
    )
    linked = inside.join(links, on=F.col("visitor_anonymous") == F.col("link_anonymous"), how="left")
    people = linked.select(
        F.coalesce(F.col("visitor_id"), F.col("link_id")).alias("person_id"), "visitor_anonymous"
    )
    people = people.where(F.col("person_id").isNotNull() | F.col("visitor_anonymous").isNotNull())
    nameless = F.when(F.col("person_id").isNull(), F.col("visitor_anonymous"))
    people = people.select("person_id", nameless.alias("anonymous_id")).distinct()
    joined = people.join(customers_before, on=F.col("person_id") == F.col("known_id"), how="left")
    return joined.where(F.col("known_id").isNull()).select("person_id", "anonymous_id")


def share_counts(engine: Engine, people: Frame, buyers: Frame) -> Frame:
    """Return how many people there were and how many of them bought.

    Parameters
    ----------
    engine : Engine
        Where the frames live.
    people : Frame
        Columns ``cell``, ``person_id``.
    buyers : Frame
        Column ``buyer_id``.

    Returns
    -------
    Frame
        Columns ``cell``, ``people``, ``bought``.
    """
    F = engine.F
    joined = people.join(buyers, on=F.col("person_id") == F.col("buyer_id"), how="left")
    return joined.groupBy("cell").agg(
        F.count("cell").cast("bigint").alias("people"), F.count("buyer_id").cast("bigint").alias("bought")
    )


def existing_customers(history: History, start_day: int) -> Frame:
    """Return the customers who counted as active just before a day.

    Parameters
    ----------
    history : History
        What happened, with its definition of an active customer.
    start_day : int
        Day number.

    Returns
    -------
    Frame
        Column ``person_id``, each once.
    """
    F = history.engine.F
    at = F.lit(start_day)
    spells = history.spells.where((F.col("start_day") < at) & (F.col("end_day") >= at))
    return spells.select(F.col("customer_id").alias("person_id")).distinct()


def new_people(history: History, start_day: int) -> Frame:
    """Return the people seen in the activity window before a day who had never bought by then.

    Parameters
    ----------
    history : History
        What happened; it needs visits.
    start_day : int
        Day number.

    Returns
    -------
    Frame
        Columns ``person_id`` (null for visitors never recognised), ``anonymous_id``.
    """
    engine, F = history.engine, history.engine.F
    day: Column = history.day_of_instant("at")
    visits = history.frame("visits").select("customer_id", "anonymous_id", day.alias("visit_day"))
    visits = visits.where(F.col("visit_day") <= F.lit(history.as_of_day))
    before = history.customer_summary.where(F.col("first_day") < F.lit(start_day))
    since = start_day - history.window_days
    known = before.select(F.col("customer_id").alias("known_id"))
    return unconverted_people(engine, visits, known, since, start_day)


@measure(
    "probability_existing_buys",
    label="An existing customer buys within 90 days",
    unit="share",
    grains=("segment",),
)
def probability_existing_buys(history: History, by: str | None = None) -> list[Figure]:
    """Return the share of customers active 90 days ago who have bought since.

    Parameters
    ----------
    history : History
        What happened, with its definition of an active customer.
    by : str, optional
        A column to divide customers by.

    Returns
    -------
    list of Figure
        Share of the customers who were active just before the last 90 days began; undefined where
        there were none, as in a history of less than 90 days.

    Raises
    ------
    WrongArgument
        When `by` is a calendar period or not known.
    """
    only_by(by, "segment", measure="probability_existing_buys")
    start = history.as_of_day + 1 - FOLLOW_DAYS
    return _shares(history, "probability_existing_buys", existing_customers(history, start), by)


@measure(
    "probability_new_buys",
    label="A new visitor or prospect buys within 90 days",
    unit="share",
    needs=("purchases", "visits"),
    grains=("segment",),
)
def probability_new_buys(history: History, by: str | None = None) -> list[Figure]:
    """Return the share of people who had only looked 90 days ago and have bought since.

    Parameters
    ----------
    history : History
        What happened; it needs visits.
    by : str, optional
        A column of the customers to divide people by; visitors never recognised are ``unknown``.

    Returns
    -------
    list of Figure
        Share of those who visited within the activity window before the last 90 days and had not
        bought by then; undefined where there was nobody.

    Raises
    ------
    WrongArgument
        When `by` is a calendar period or not known.
    NotEnoughData
        When the history has no visits.
    """
    only_by(by, "segment", measure="probability_new_buys")
    if not history.has("visits"):
        raise NotEnoughData(
            "table='visits' is not in this history; give visits to see how many of those who look also buy"
        )
    start = history.as_of_day + 1 - FOLLOW_DAYS
    return _shares(history, "probability_new_buys", new_people(history, start), by)


def _shares(history: History, name: str, people: Frame, by: str | None) -> list[Figure]:
    engine, F = history.engine, history.engine.F
    after = history.as_of_day + 1
    start = after - FOLLOW_DAYS
    if by is None:
        divided = people.withColumn("cell", F.lit("all"))
    else:
        same = F.col("person_id") == F.col("segment_customer_id")
        joined = people.join(history.segments(by), on=same, how="left")
        divided = joined.select("person_id", F.coalesce(F.col("segment"), F.lit(UNKNOWN)).alias("cell"))
    counts = share_counts(engine, divided, buyers_between(engine, history.active_days, start, after))
    found = {row["cell"]: row for row in engine.arrow(counts).to_pylist()}
    if by is None:
        found = {"all": found.get("all", {"people": 0, "bought": 0})}
    if day_number(history.first_day) >= start:
        # Nobody could have been known before the time in which purchases are watched.
        found = {cell: {"people": 0, "bought": 0} for cell in found}
    return [
        proportion(
            name,
            int(row["bought"]),
            int(row["people"]),
            window=f"{day_of(start).isoformat()}/{day_of(after).isoformat()}",
            as_of=history.as_of,
            version="1",
            segment=None if by is None else cell,
        )
        for cell, row in sorted(found.items())
    ]


def existing_versus_new(history: History) -> ExistingVersusNew:
    """Return how much likelier an active customer buys than somebody who has only looked so far.

    Parameters
    ----------
    history : History
        What happened; it needs visits.

    Returns
    -------
    ExistingVersusNew
        Both shares and their difference.

    Raises
    ------
    NotEnoughData
        When the history has no visits.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 873-890, method 10.
    """
    existing = probability_existing_buys(history)[0]
    new = probability_new_buys(history)[0]
    if existing.value is None or new.value is None:
        return ExistingVersusNew(existing, new, None, None, None)
    low, high = newcombe(int(existing.numerator or 0), existing.n, int(new.numerator or 0), new.n)
    return ExistingVersusNew(existing, new, existing.value - new.value, low, high)

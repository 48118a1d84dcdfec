"""Stays: who was on which rung from when to when, computed from changes, never from a panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from treue.history.spells import window_spells
from treue.kernel.units import day_number
from treue.ladder import evidence
from treue.ladder.rungs import (
    ADVOCACY_DAYS,
    ADVOCATE,
    ATTENTION_DAYS,
    CLIENT,
    CUSTOMER,
    FORMER,
    PROSPECT,
    RUNGS,
    SUSPECT,
)

if TYPE_CHECKING:
    from treue.engine.seam import Column, Engine, Frame
    from treue.history.history import History

SUMS = ("bought", "again", "active", "attention", "advocacy")


@dataclass(frozen=True, slots=True)
class Stays:
    """The tables that everything about the ladder is read from, kept in the engine.

    Parameters
    ----------
    engine : Engine
        Where they are kept.
    table : str
        One row per stay: ``customer_id``, ``rung``, ``from_day``, ``to_day``. A stay holds for the state
        just before day t when ``from_day < t <= to_day``; those that reach the day after the last day
        observed are the present ones.
    second_table : str
        ``customer_id``, ``day`` on which a customer bought for the second time.
    attention_table, advocacy_table : str or None
        One row per customer and day: ``customer_id``, ``day``, ``code``; None when the history holds no
        such events.
    referral_table : str or None
        The verified invitations (see :func:`treue.ladder.evidence.verified_referrals`); None without
        referrals.
    observed : tuple of str
        The rungs that this history can show.
    """

    engine: Engine
    table: str
    second_table: str
    attention_table: str | None
    advocacy_table: str | None
    referral_table: str | None
    observed: tuple[str, ...]

    @property
    def frame(self) -> Frame:
        """The stays as a frame."""
        return self.engine.frame(self.table)


_STAYS: WeakKeyDictionary[History, Stays] = WeakKeyDictionary()


def ladder_stays(history: History) -> Stays:
    """Return who was on which rung from when to when, computed once per history.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    Stays
        Tables in the history's engine.

    Raises
    ------
    NotEnoughData
        When no order was kept, so that nobody's activity can be told.
    """
    if history not in _STAYS:
        _STAYS[history] = _build(history)
    return _STAYS[history]


def advocacy_observed(history: History) -> bool:
    """Whether the history could show an advocate: it holds at least one referral or mention.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    bool
        False means that the ladder stops at client, not that nobody recommends the firm.
    """
    return _any_up_to_now(history, ("referrals", "invited_at"), ("mentions", "at"))


def attention_observed(history: History) -> bool:
    """Whether the history could show a prospect: it holds at least one visit, contact or answer.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    bool
        False means that nobody who has not bought can be told apart.
    """
    return _any_up_to_now(history, ("visits", "at"), ("contacts", "opened_at"), ("answers", "answered_at"))


def _any_up_to_now(history: History, *sources: tuple[str, str]) -> bool:
    F = history.engine.F
    for table, instant in sources:
        if history.has(table):
            day: Column = history.day_of_instant(instant)
            first = history.frame(table).select(day.alias("day")).agg(F.min("day").alias("day"))
            found = history.engine.arrow(first)["day"][0].as_py()
            if found is not None and found <= history.as_of_day:
                return True
    return False


def _observed(history: History) -> tuple[str, ...]:
    attention = attention_observed(history)
    advocacy = advocacy_observed(history)
    known = history.has("customers") or attention or advocacy
    shown = {SUSPECT: known, PROSPECT: attention, ADVOCATE: advocacy}
    return tuple(rung for rung in RUNGS if shown.get(rung, True))


def _build(history: History) -> Stays:
    engine = history.engine
    events = evidence.event_days(history)
    firsts = evidence.kept(engine, evidence.first_purchases(history), "firsts")
    seconds = engine.persist(evidence.second_purchases(history), "second_purchases")
    sent = evidence.invitations(history) if history.has("referrals") else None
    referrals = None
    if sent is not None:
        sound = evidence.verified_referrals(engine, sent, firsts, history.as_of_day)
        referrals = engine.persist(sound, "verified_referrals")
    verified = None if referrals is None else engine.frame(referrals)
    attention = evidence.attention_days(engine, events, firsts)
    advocacy = evidence.advocacy_days(engine, events, verified)
    tables = {
        name: None if frame is None else engine.persist(frame, f"{name}_days")
        for name, frame in (("attention", attention), ("advocacy", advocacy))
    }
    known = evidence.identified_days(history, events, sent)
    listed = events.get("customers")
    changes = evidence.kept(engine, _changes(history, seconds, tables, known), "changes")
    if listed is not None:
        undated = listed.where(engine.F.col("day").isNull())
        changes = changes.union(_unknown_since(history, undated, changes))
    return Stays(
        engine=engine,
        table=engine.persist(_stays_of(engine, changes, history.as_of_day), "ladder_stays"),
        second_table=seconds,
        attention_table=tables["attention"],
        advocacy_table=tables["advocacy"],
        referral_table=referrals,
        observed=_observed(history),
    )


def _changes(history: History, seconds: str, tables: dict[str, str | None], known: Frame | None) -> Frame:
    """Return a row per change: customer, day, and by how much each of the sums changes there."""
    engine = history.engine
    F = engine.F
    first = F.when(F.col("previous_end_day").isNull(), F.lit(1)).otherwise(F.lit(0))
    spells = history.spells
    parts = [
        _change(engine, spells, "start_day", active=F.lit(1), bought=first),
        _change(engine, spells, "end_day", active=F.lit(-1)),
        _change(engine, engine.frame(seconds), "day", again=F.lit(1)),
    ]
    for name, reach in (("attention", ATTENTION_DAYS), ("advocacy", ADVOCACY_DAYS)):
        table = tables[name]
        if table is not None:
            lasting = evidence.kept(engine, _stretches(engine, engine.frame(table), reach), "stretches")
            parts.append(_change(engine, lasting, "start_day", **{name: F.lit(1)}))
            parts.append(_change(engine, lasting, "end_day", **{name: F.lit(-1)}))
    if known is not None:
        parts.append(_change(engine, known, "day"))
    return evidence.united(parts).where(F.col("day") <= F.lit(history.as_of_day))


def _unknown_since(history: History, undated: Frame, changes: Frame) -> Frame:
    """Return a change on the day before observation began for listed people of whom nothing has a date."""
    F = history.engine.F
    dated = changes.select(F.col("customer_id").alias("dated_id")).distinct()
    alone = undated.select("customer_id").join(
        dated, on=F.col("customer_id") == F.col("dated_id"), how="left"
    )
    before = F.lit(day_number(history.first_day) - 1).alias("day")
    alone = alone.where(F.col("dated_id").isNull()).select("customer_id", before)
    return _change(history.engine, alone, "day")


def _change(engine: Engine, frame: Frame, day: str, **deltas: Column) -> Frame:
    F = engine.F
    columns = [deltas.get(name, F.lit(0)).cast("int").alias(f"{name}_change") for name in SUMS]
    return frame.select("customer_id", F.col(day).cast("int").alias("day"), *columns)


def _stretches(engine: Engine, days: Frame, reach: int) -> Frame:
    return window_spells(engine, engine.days_in_order(days.select("customer_id", "day")), reach)


def _stays_of(engine: Engine, changes: Frame, as_of_day: int) -> Frame:
    F, window = engine.F, engine.Window
    daily = changes.groupBy("customer_id", "day").agg(
        *[F.sum(f"{name}_change").cast("int").alias(f"{name}_change") for name in SUMS]
    )
    daily = engine.staged(daily, "daily_changes")
    story = window.partitionBy("customer_id").orderBy("day")
    upto = story.rowsBetween(window.unboundedPreceding, 0)
    state = daily.select(
        "customer_id", "day", *[F.sum(f"{name}_change").over(upto).alias(name) for name in SUMS]
    )
    is_active = F.col("active") > F.lit(0)
    rung = (
        F.when(F.col("advocacy") > F.lit(0), F.lit(ADVOCATE))
        .when(is_active & (F.col("again") > F.lit(0)), F.lit(CLIENT))
        .when(is_active, F.lit(CUSTOMER))
        .when(F.col("bought") > F.lit(0), F.lit(FORMER))
        .when(F.col("attention") > F.lit(0), F.lit(PROSPECT))
        .otherwise(F.lit(SUSPECT))
    )
    named = engine.staged(state.select("customer_id", "day", rung.alias("rung")), "rungs_of_days")
    named = named.withColumn("previous_rung", F.lag("rung").over(story))
    turns = named.where(F.col("previous_rung").isNull() | (F.col("previous_rung") != F.col("rung")))
    turns = turns.withColumn("following_day", F.lead("day").over(story))
    # The state just before the day after the last one observed is the last that is known.
    end = F.coalesce(F.col("following_day"), F.lit(as_of_day + 1)).cast("int")
    return turns.select("customer_id", "rung", F.col("day").alias("from_day"), end.alias("to_day"))

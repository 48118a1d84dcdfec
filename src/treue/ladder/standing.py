"""Where everybody stands on a day, since when, and on what evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.ladder.evidence import ADVOCACY, ATTENTION
from treue.ladder.rungs import ADVOCATE, CLIENT, CUSTOMER, FORMER, PROSPECT, STATES, SUSPECT
from treue.ladder.stays import ladder_stays

if TYPE_CHECKING:
    from treue.engine.seam import Column, Frame
    from treue.history.history import History

EVIDENCE = (*ADVOCACY, "second_purchase", "first_purchase", *ATTENTION, "identified", "lapsed")
"""Every code that :func:`rungs_at` may give as evidence. In a firm with contracts the first and second
purchase are the first contract and what made it a lasting one."""

_CODES = 8
"""More than there are codes of one kind: ``day * 8 + code`` sorts by day, then by code."""


def rungs_at(history: History, day: int | None = None) -> Frame:
    """Say where everybody known stands, since when, and what shows it.

    Parameters
    ----------
    history : History
        What happened.
    day : int, optional
        Day number; the state is that just before this day begins. Default: the day after the last day
        observed, so that everything in the history counts.

    Returns
    -------
    Frame
        One row per person known by then: ``customer_id``; ``rung`` (one of
        :data:`treue.ladder.rungs.STATES`); ``since_day`` (day number since when without a break);
        ``evidence`` (one of :data:`EVIDENCE`) and ``evidence_day`` (day number of what it names, the
        latest of several).

    Raises
    ------
    NotEnoughData
        When no order was kept, so that nobody's activity can be told.

    Examples
    --------
    >>> from datetime import datetime
    >>> import pyarrow as pa
    >>> from treue.engine.duckdb import DuckDBEngine
    >>> from treue.history.history import History
    >>> bought = pa.table({"order_id": ["1", "2"], "customer_id": ["a", "a"],
    ...                    "ordered_at": [datetime(2026, 1, 1), datetime(2026, 1, 31)],
    ...                    "net_amount": [1000, 2000]})
    >>> with DuckDBEngine() as engine:
    ...     history = History.of(engine, {"purchases": bought}).with_settings(window_days=90)
    ...     row = engine.arrow(rungs_at(history)).to_pylist()[0]
    >>> row["rung"], row["evidence"], row["since_day"] == row["evidence_day"]
    ('client', 'second_purchase', True)
    """
    engine = history.engine
    F = engine.F
    at = history.as_of_day + 1 if day is None else day
    stays = ladder_stays(history)
    held = stays.frame.where((F.col("from_day") < F.lit(at)) & (F.col("to_day") >= F.lit(at)))
    held = held.select("customer_id", "rung", F.col("from_day").alias("since_day"))
    for name, marks in _marks(history, at).items():
        renamed = marks.select(F.col("customer_id").alias(f"{name}_id"), F.col("mark").alias(name))
        held = held.join(renamed, on=F.col("customer_id") == F.col(f"{name}_id"), how="left")
    columns = {
        ADVOCATE: ("advocacy", ADVOCACY),
        CLIENT: ("second", ("second_purchase",)),
        CUSTOMER: ("first", ("first_purchase",)),
        FORMER: ("lapse", ("lapsed",)),
        PROSPECT: ("attention", ATTENTION),
        SUSPECT: ("known", ("identified",)),
    }
    present = {rung: pair for rung, pair in columns.items() if pair[0] in held.columns}
    day_column: Column = F.lit(None).cast("int")
    code_column: Column = F.lit(None).cast("string")
    for rung in STATES:
        if rung in present:
            name, codes = present[rung]
            here = F.col("rung") == F.lit(rung)
            day_column = F.when(here, F.floor(F.col(name) / F.lit(float(_CODES))).cast("int")).otherwise(
                day_column
            )
            code = F.lit(codes[0])
            for place, text in enumerate(codes[1:], start=1):
                code = F.when(F.col(name) % F.lit(_CODES) == F.lit(place), F.lit(text)).otherwise(code)
            code_column = F.when(here, code).otherwise(code_column)
    return held.select(
        "customer_id", "rung", "since_day", code_column.alias("evidence"), day_column.alias("evidence_day")
    )


def _marks(history: History, at: int) -> dict[str, Frame]:
    """Return frames of ``customer_id`` and ``mark`` (day * 8 + code), the latest before day `at`."""
    engine = history.engine
    F = engine.F
    stays = ladder_stays(history)

    def latest(frame: Frame, day: str, code: Column, which: str = "max") -> Frame:
        packed = (F.col(day) * F.lit(_CODES) + code).cast("bigint").alias("mark")
        early = frame.where(F.col(day) < F.lit(at)).select("customer_id", packed)
        return early.groupBy("customer_id").agg(getattr(F, which)("mark").cast("bigint").alias("mark"))

    none = F.lit(0)
    marks = {
        "first": latest(history.spells, "start_day", none, "min"),
        "second": latest(engine.frame(stays.second_table), "day", none, "min"),
        "lapse": latest(history.spells, "end_day", none),
        "known": latest(stays.frame, "from_day", none, "min"),
    }
    if stays.attention_table is not None:
        marks["attention"] = latest(engine.frame(stays.attention_table), "day", F.col("code"))
    if stays.advocacy_table is not None:
        marks["advocacy"] = latest(engine.frame(stays.advocacy_table), "day", F.col("code"))
    return marks

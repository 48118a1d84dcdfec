"""In which part of a figure each customer is: kept, lost or won, paying more or less, silent or back.

The conditions are those of the measures, so that a list of customers has as many as the figure counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from treue.kernel.errors import NotEnoughData

if TYPE_CHECKING:
    from treue.engine.seam import Column, Frame
    from treue.history.history import History

COLUMNS: Final[dict[str, str]] = {
    "stands": "VARCHAR",
    "part": "VARCHAR",
    "asked": "VARCHAR",
    "again_days": "INTEGER",
    "silence": "VARCHAR",
    "paying": "VARCHAR",
}
"""What is kept of each customer for the lists behind figures, and its type in the engine; null where it is in none."""


def parts_of(history: History) -> list[tuple[Frame, tuple[str, ...]]]:
    """Return who is in which part of which figures.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    list of (Frame, tuple of str)
        Each with ``customer_id`` and some of :data:`COLUMNS`; together all that this history can tell.
    """
    found: list[tuple[Frame, tuple[str, ...]]] = []
    for make, columns in (
        (_of_spells, ("stands", "part", "asked")),
        (_of_purchases, ("again_days", "silence")),
        (_of_contracts, ("paying",)),
    ):
        try:
            frame = make(history)
        except NotEnoughData:
            continue
        if frame is not None:
            found.append((frame, columns))
    return found


def _of_spells(history: History) -> Frame:
    """Say who is a customer, who was one in the period of the retention rate, and who 90 days ago.

    ``stands`` is now or past; ``part`` kept or lost of those a period began with, won or back of the others, with
    an ending where they were gone again; ``asked`` those of whom it is asked whether they buy again.
    """
    from treue.history.headline import headline_counts
    from treue.measures.conversion import FOLLOW_DAYS

    F = history.engine.F
    period = headline_counts(history)[0].period
    after = history.as_of_day + 1

    def at(day: int) -> Column:
        return (F.col("start_day") < F.lit(day)) & (F.col("end_day") >= F.lit(day))

    def ever(condition: Column, name: str) -> Column:
        return F.max(F.when(condition, F.lit(1)).otherwise(F.lit(0))).alias(name)

    inside = (F.col("start_day") >= F.lit(period.start)) & (F.col("start_day") < F.lit(period.end))
    each = history.spells.groupBy("customer_id").agg(
        ever(at(after), "now"),
        ever(at(period.start), "began"),
        ever(at(period.end), "ended"),
        ever(inside, "came"),
        ever(inside & F.col("previous_end_day").isNull(), "fresh"),
        ever(at(after - FOLLOW_DAYS), "before"),
    )
    one = F.lit(1)

    def either(condition: Column, there: str, gone: str) -> tuple[Column, Column]:
        return condition, F.when(F.col("ended") == one, F.lit(there)).otherwise(F.lit(gone))

    began, fresh, came = (
        either(F.col("began") == one, "kept", "lost"),
        either(F.col("fresh") == one, "won", "won_lost"),
        either(F.col("came") == one, "back", "back_lost"),
    )
    return each.select(
        "customer_id",
        F.when(F.col("now") == one, F.lit("now")).otherwise(F.lit("past")).alias("stands"),
        F.when(*began).when(*fresh).when(*came).alias("part"),
        F.when(F.col("before") == one, F.lit("existing")).alias("asked"),
    )


def _of_purchases(history: History) -> Frame | None:
    """Say how soon each came back after the first purchase, and who was silent for longer than the window.

    ``silence`` is back where a gap longer than the window has ended, else open where the last one is as long.
    """
    if not history.has("purchases"):
        return None
    F = history.engine.F
    gap = F.coalesce(F.col("day") - F.col("previous_day"), F.lit(0))
    first = F.when(F.col("previous_day").isNull(), F.col("next_day") - F.col("day"))
    each = history.active_days.groupBy("customer_id").agg(
        F.max(first).cast("int").alias("again_days"),
        F.max(gap).cast("int").alias("gap_days"),
        F.max("day").cast("int").alias("latest_day"),
    )
    window = F.lit(history.window_days)
    silence = F.when(F.col("gap_days") > window, F.lit("back")).when(
        F.lit(history.as_of_day) - F.col("latest_day") > window, F.lit("open")
    )
    return each.select("customer_id", "again_days", silence.alias("silence"))


def _of_contracts(history: History) -> Frame | None:
    """Say whose monthly revenue stayed, grew, shrank, ended or began over the time of revenue retention."""
    if not history.has("contracts"):
        return None
    from treue.history.recurring_revenue import changes_between, span_start

    F = history.engine.F
    changes = changes_between(history, [span_start(history), history.as_of_day + 1])

    def then(name: str, moment: int) -> Column:
        return F.max(F.when(F.col("moment") == F.lit(moment), F.col(name))).cast("bigint")

    each = changes.groupBy("customer_id").agg(
        then("now", 0).alias("start"),
        then("old", 1).alias("old"),
        then("now", 1).alias("new"),
        then("known", 1).alias("known"),
    )
    zero = F.lit(0)
    paying = (
        F.when(F.col("new").isNull() & (F.col("start") > zero), F.lit("same"))
        .when((F.col("old") <= zero) & (F.col("known") == F.lit(1)), F.lit("returned"))
        .when(F.col("old") <= zero, F.lit("new"))
        .when(F.col("new") <= zero, F.lit("ended"))
        .when(F.col("new") < F.col("old"), F.lit("less"))
        .when(F.col("new") > F.col("old"), F.lit("more"))
    )
    return each.select("customer_id", paying.alias("paying"))

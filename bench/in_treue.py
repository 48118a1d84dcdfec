"""The four reductions as Treue makes them, from the Parquet file to the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.reductions import WINDOW_DAYS, Answer
from treue.engine.compile import compiler
from treue.engine.duckdb import DuckDBEngine
from treue.history.cohort_tables import bought_again
from treue.history.history import History
from treue.history.period_counts import calendar_periods, period_counts
from treue.history.settings import Settings
from treue.kernel.units import day_of
from treue.ladder.moves import ladder_moves
from treue.ladder.rungs import CLIENT, CUSTOMER, FORMER, STATES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Imports are not timed, for nobody; this one is usually put off to the first engine.
compiler("duckdb")


def rfm(history: History) -> Answer:
    F = history.engine.F
    each = history.customer_summary.select(
        "first_day",
        "last_day",
        "days_count",
        "orders_count",
        "net_amount",
        (F.col("last_day") * F.col("orders_count")).alias("mixed"),
        (F.col("days_count") * (F.col("net_amount") % F.lit(1000))).alias("more_mixed"),
    )
    sums = each.agg(
        F.count("first_day").alias("customers"),
        *[F.sum(name).cast("bigint").alias(f"sum_{name}") for name in each.columns],
    )
    return [[int(number) for number in history.engine.arrow(sums).to_pylist()[0].values()]]


def cohorts(history: History) -> Answer:
    first = _month(calendar_periods(history, "month")[0].start)
    rows = history.engine.arrow(bought_again(history, "month")).to_pylist()
    return sorted([row["cohort"] + first, row["period"] - row["cohort"], row["customers"]] for row in rows)


def retention(history: History) -> Answer:
    return [
        [
            _month(row.period.start),
            row.at_start,
            row.at_end,
            row.retained,
            row.acquired,
            row.reactivated,
            row.lost,
        ]
        for row in period_counts(history, "month")
    ]


def ladder(history: History) -> Answer:
    moves = ladder_moves(history, "month")
    first = _month(moves.periods[0].start)
    places = [STATES.index(rung) for rung in (CUSTOMER, CLIENT, FORMER)]
    rows = moves.present[:, places].tolist()
    return [[first + number, *row] for number, row in enumerate(rows) if any(row)]


def _month(day: int) -> int:
    date = day_of(day)
    return date.year * 12 + date.month - 1


WAYS: dict[str, Callable[[History], Answer]] = {
    "rfm": rfm,
    "cohorts": cohorts,
    "retention": retention,
    "ladder": ladder,
}


def reduce_orders(names: tuple[str, ...], orders: Path, as_of_day: int) -> dict[str, Answer]:
    """Return the answers of the reductions named."""
    engine = DuckDBEngine()
    table = engine.view(f"SELECT * FROM read_parquet('{orders}')", "purchases")
    settings = Settings(as_of=day_of(as_of_day), window_days=WINDOW_DAYS)
    with History(engine, {"purchases": table}, settings) as history:
        return {name: WAYS[name](history) for name in names}

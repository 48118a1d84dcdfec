"""The customers at risk at each moment, what was known of them, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from treue.engine.columns import numbers
from treue.models.churn_answers import survey_scores
from treue.models.churn_facts import Facts
from treue.models.churn_features import features_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from treue.engine.seam import Frame
    from treue.history.history import History
    from treue.models.churn_moments import ChurnEvent, Horizon

VOICES = ("contacts", "promises", "visits", "mentions", "referrals", "contracts")
"""Tables that add features where the history has them, beside purchases and answers."""

COUNTS_FROM_NOTHING = frozenset(
    {
        "contacts_month", "contacts_quarter", "contacts_year", "faults_quarter", "faults_year", "severe_year",
        "reopened_year", "unanswered", "broken_promises_year", "visits_quarter", "visits_quarter_before",
        "complaints_quarter", "complaints_year", "recommendations_year", "referrals_made", "referrals_won",
        "contracts_held", "contracts_ended", "contract_amount", "answers_missing",
        "days_count", "days_year", "days_half", "days_half_before", "net_amount", "net_year", "returned_year",
    }
)  # fmt: skip
"""Facts that are 0, not unknown, where a customer has no row."""


@dataclass(frozen=True, slots=True)
class Cases:
    """Customers at moments: one row each.

    Parameters
    ----------
    customer_id : pyarrow.Array
        Whose row it is.
    moment : numpy.ndarray of int, shape (n,)
        Day number; what happened on that day or later is not known.
    names : tuple of str
        Feature codes.
    features : numpy.ndarray, shape (n, k)
        Their values; NaN where a thing is unknown.
    first_day, last_day, days_count : numpy.ndarray of int, shape (n,)
        First and last day of buying and how many there were; for contracts the first day of the spell
        and 1.
    step : numpy.ndarray of int, shape (n,)
        Step of the horizon (from 0) in which a customer bought, or the contract ended; the number of
        steps where that did not happen, -1 where the horizon is not over.
    """

    customer_id: pa.Array
    moment: NDArray[np.int64]
    names: tuple[str, ...]
    features: NDArray[np.float64]
    first_day: NDArray[np.int64]
    last_day: NDArray[np.int64]
    days_count: NDArray[np.int64]
    step: NDArray[np.int64]

    def at(self, *moments: int) -> Cases:
        """Return the rows of some moments."""
        return self.take(np.flatnonzero(np.isin(self.moment, moments)))

    def take(self, rows: NDArray[np.int64]) -> Cases:
        """Return some rows by their place."""
        return Cases(
            self.customer_id.take(pa.array(rows)),
            self.moment[rows],
            self.names,
            self.features[rows],
            self.first_day[rows],
            self.last_day[rows],
            self.days_count[rows],
            self.step[rows],
        )

    @property
    def count(self) -> int:
        """Number of rows."""
        return int(self.moment.size)

    def lost(self, event: ChurnEvent, steps: int) -> NDArray[np.bool_]:
        """Return whether each customer was lost within the horizon.

        Parameters
        ----------
        event : str
            What a loss is.
        steps : int
            Steps of the horizon.

        Returns
        -------
        numpy.ndarray of bool, shape (n,)
            Meaningful only where the horizon is over.
        """
        stayed_silent: NDArray[np.bool_] = self.step == steps
        return stayed_silent if event == "purchase" else ~stayed_silent


def churn_cases(history: History, moments: Sequence[int], horizon: Horizon, event: ChurnEvent) -> Cases:
    """Return everybody at risk at some moments, with features and outcomes.

    At risk are customers with a kept purchase within the activity window before the moment, or with a
    running contract. Features use only what was known before the moment; an outcome uses only what was
    known at the end of its horizon.

    Parameters
    ----------
    history : History
        What happened.
    moments : sequence of int
        Day numbers.
    horizon : Horizon
        How far ahead the outcome lies.
    event : str
        What a loss is.

    Returns
    -------
    Cases
        In the order of moment and customer.
    """
    frame = _engine_frame(history, moments)
    facts = Facts(history, frame)
    base = _buyers(facts, history.window_days) if event == "purchase" else _holders(facts)
    table = history.engine.arrow(_joined(facts, base, event))
    table = table.sort_by([("moment", "ascending"), ("customer_id", "ascending")])
    told = {name: _column(table, name) for name in table.column_names if name != "customer_id"}
    ended = _outcomes(history, moments, horizon, event)
    step = _steps(table, ended, horizon)
    names, features = features_of(told)
    return Cases(
        table["customer_id"].combine_chunks().cast(pa.string()),
        told["moment"].astype(np.int64),
        names,
        features,
        told["first_day"].astype(np.int64),
        told["last_day"].astype(np.int64),
        told["days_count"].astype(np.int64),
        step,
    )


def _engine_frame(history: History, moments: Sequence[int]) -> Frame:
    days = pa.table({"moment": pa.array(sorted(set(moments)), pa.int32())})
    return history.engine.frame(history.engine.load(days, "moments"))


def _buyers(facts: Facts, window_days: int) -> Frame:
    F = facts.F
    silent = F.col("moment") - F.col("last_day")
    return facts.buying().where(silent <= F.lit(window_days))


def _holders(facts: Facts) -> Frame:
    F = facts.F
    spells = facts.history.spells.select("customer_id", F.col("start_day").alias("first_day"), "end_day")
    running = facts.known(spells, "first_day").where(F.col("end_day") >= F.col("moment"))
    running = running.groupBy("customer_id", "moment").agg(F.max("first_day").cast("int").alias("first_day"))
    return running.select(
        "customer_id",
        "moment",
        "first_day",
        F.col("first_day").alias("last_day"),
        F.lit(1).alias("days_count"),
    )


def _joined(facts: Facts, base: Frame, event: ChurnEvent) -> Frame:
    """Return the customers at risk with the facts of every table that the history has."""
    F, engine, history = facts.F, facts.history.engine, facts.history
    whole = engine.staged(base, "at_risk")
    sides = [getattr(facts, name)() for name in VOICES if history.has(name)]
    if history.has("answers"):
        sides.append(survey_scores(facts))
    if event == "contract" and history.has("purchases"):
        bought = facts.buying().drop("first_day", "days_count")
        sides.append(bought.withColumnRenamed("last_day", "last_purchase_day"))
    for side in sides:
        side_ids = [F.col("customer_id").alias("side_id"), F.col("moment").alias("side_moment")]
        told = [name for name in side.columns if name not in {"customer_id", "moment"}]
        renamed = engine.staged(side.select(*side_ids, *told), "side")
        same = (F.col("customer_id") == F.col("side_id")) & (F.col("moment") == F.col("side_moment"))
        kept = [F.col(name) for name in whole.columns]
        joined = whole.join(renamed, on=same, how="left")
        whole = engine.staged(joined.select(*kept, *[F.col(name) for name in told]), "with_side")
    return whole


def _column(table: pa.Table, name: str) -> NDArray[np.float64]:
    values: NDArray[np.float64] = np.array(numbers(table[name]), dtype=np.float64)
    if name in COUNTS_FROM_NOTHING:
        values[np.isnan(values)] = 0
    return values


def _outcomes(
    history: History, moments: Sequence[int], horizon: Horizon, event: ChurnEvent
) -> dict[int, pa.Table]:
    """Return for each moment whose horizon is over the first day of buying in it, or of having no contract."""
    over = [moment for moment in moments if moment + horizon.days <= history.as_of_day + 1]
    if not over:
        return {}
    F = history.engine.F
    if event == "purchase":
        # Looked at from the end of the horizon: what came back later is not known there either.
        ends = Facts(history, _engine_frame(history, [moment + horizon.days for moment in over]))
        kept = ends.orders().where(F.col("net_amount") > F.lit(0))
        found = kept.where(F.col("day") >= F.col("moment") - F.lit(horizon.days)).select(
            "customer_id", (F.col("moment") - F.lit(horizon.days)).cast("int").alias("moment"), "day"
        )
    else:
        starts = Facts(history, _engine_frame(history, over))
        spells = history.spells.select("customer_id", "start_day", F.col("end_day").alias("day"))
        found = starts.known(spells, "start_day").where(
            (F.col("day") >= F.col("moment")) & (F.col("day") < F.col("moment") + F.lit(horizon.days))
        )
    first = found.groupBy("customer_id", "moment").agg(F.min("day").cast("int").alias("day"))
    table = history.engine.arrow(first)
    return {moment: table.filter(pa.compute.equal(table["moment"], moment)) for moment in sorted(set(over))}


def _steps(table: pa.Table, ended: dict[int, pa.Table], horizon: Horizon) -> NDArray[np.int64]:
    """Return the step in which each customer's event fell (see `Cases`)."""
    moments: NDArray[Any] = numbers(table["moment"])
    step = np.full(len(moments), -1, dtype=np.int64)
    for moment, events in ended.items():
        rows = np.flatnonzero(moments == moment)
        place = pa.compute.index_in(table["customer_id"].combine_chunks().take(rows), events["customer_id"])
        at = np.array(place.fill_null(-1))
        days = np.concatenate([numbers(events["day"]) - moment, [horizon.days]]).astype(np.int64)
        # The last entry stands for everybody without an event.
        step[rows] = np.searchsorted(horizon.bounds, days[at], side="right") - 1
    return step

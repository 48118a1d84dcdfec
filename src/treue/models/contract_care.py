"""Whose contract is likely to end soon, what is at stake, and what the next year of each contract is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from treue.engine.columns import numbers
from treue.history.renewals import MONTHS, periods_between
from treue.history.spells import OPEN_END_DAY
from treue.kernel.errors import NotEnoughData
from treue.models.churn_classifier import DEFAULT_HORIZON_DAYS, churn_risk
from treue.models.renewal_outlook import renewal_outlook

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from treue.history.history import History
    from treue.models.churn_reasons import Reason
    from treue.models.churn_result import ChurnRisk

    Vector = NDArray[np.float64]
    Whole = NDArray[np.int64]

HORIZON_DAYS = DEFAULT_HORIZON_DAYS
"""A quarter: long enough to do something, and as far as the chance of buying again looks ahead."""

AGREED_DAYS = 365
"""An end that is agreed on is news for a year before: a later one is the term of a contract rather than a notice."""

UNUSUAL_RATIO = 1.5
"""A loss counts as unusually likely from one and a half times the average, as a silence from that many usual gaps."""

MONTHS_A_YEAR = 12

CANNOT_TELL: Final = (None, "base-rate")
"""What the probabilities are of where they tell no customer from another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractCare:
    """Every customer with a running contract: what may be lost, and what the next year is worth.

    Parameters
    ----------
    customer_id : pyarrow.Array
        n customers, in the order of their ids.
    yearly : numpy.ndarray of int, shape (n,)
        Twelve times what all running contracts bring a month, minor units; 0 where no amount is known.
    ends_day : numpy.ndarray of int, shape (n,)
        Day number of the end where it is agreed on already, else :data:`OPEN_END_DAY`.
    soon : numpy.ndarray of bool, shape (n,)
        Whether it ends within :data:`AGREED_DAYS` by what is agreed on.
    loss : numpy.ndarray, shape (n,)
        Probability that the contract ends within :data:`HORIZON_DAYS`; 1 where that is agreed on, NaN where
        nothing can tell.
    ahead : numpy.ndarray, shape (n,)
        What renewals within the next twelve months are expected to bring, minor units; NaN without a model of
        renewals that passed its test.
    share : float
        Margin per revenue; 1 where the firm has told none.
    unusual : numpy.ndarray of bool, shape (n,)
        Whether the loss is at least one and a half times as likely as that of all customers with a contract.
    risk : ChurnRisk
        What the probabilities rest on.
    """

    customer_id: pa.Array
    yearly: Whole
    ends_day: Whole
    soon: NDArray[np.bool_]
    loss: Vector
    ahead: Vector
    share: float
    unusual: NDArray[np.bool_]
    risk: ChurnRisk

    @property
    def agreed(self) -> NDArray[np.bool_]:
        """Whether an end is agreed on, however far off."""
        return self.ends_day < OPEN_END_DAY

    @property
    def known(self) -> NDArray[np.bool_]:
        """Whether something tells the customers apart, so that who is not on the list is not there for a reason."""
        told: NDArray[np.bool_] = self.soon | (~np.isnan(self.loss) & (self.risk.used not in CANNOT_TELL))
        return told

    @property
    def worth(self) -> Vector:
        """What the contracts of a year are worth to the firm, minor units: the margin where it is known."""
        worth: Vector = np.rint(self.yearly * self.share)
        return worth

    @property
    def stake(self) -> Vector:
        """What is at stake in a year, minor units: its worth times the probability of the loss, 1 where it is agreed on."""
        lost = np.where(self.soon, 1.0, np.nan_to_num(self.loss))
        stake: Vector = np.rint(self.yearly * self.share * lost)
        return stake

    def ranked(self) -> Whole:
        """Return the places of those to care for, the greatest stake first; equal ones in the order of ids."""
        listed = np.flatnonzero(self.soon | self.unusual)
        order = np.lexsort((listed, -np.nan_to_num(self.loss[listed]), -self.stake[listed]))
        return listed[order]

    def reasons(self, places: Whole) -> list[tuple[Reason, ...]]:
        """Return what makes a loss likelier for each of some customers; empty without a classifier.

        Parameters
        ----------
        places : numpy.ndarray of int, shape (m,)
            Places of customers.

        Returns
        -------
        list of tuple of Reason
            m entries, the strongest first in each.
        """
        rows = {name: row for row, name in enumerate(self.risk.customer_id.to_pylist())}
        names = self.customer_id.take(pa.array(places)).to_pylist()
        found = [self.risk.reasons(rows[name]) if name in rows else () for name in names]
        return [tuple(one for one in told if one.direction == "raises") for told in found]


def contract_care(history: History) -> ContractCare | None:
    """Return who may be lost among customers with a running contract; computed once per history.

    On the list is whose end within a year is agreed on, and whose loss within a quarter is at least one and a half times as
    likely as the average customer's. Where nothing can tell customers apart only the former are.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    ContractCare or None
        None where activity is not a contract, or none is running.
    """
    if ("contract_care",) not in history.kept:
        history.kept["contract_care",] = _found(history) if history.activity == "contract" else None
    care: ContractCare | None = history.kept["contract_care",]
    return care


def leave_out_contracts(history: History, customers: AbstractSet[str]) -> None:
    """Say nothing of some customers' contracts; they stay in all other figures.

    Parameters
    ----------
    history : History
        What happened.
    customers : set of str
        Their ids, as of customers who objected to being scored.
    """
    care = contract_care(history)
    if care is None or not customers:
        return
    kept = np.array([one not in customers for one in care.customer_id.to_pylist()])
    history.kept["contract_care",] = replace(
        care,
        customer_id=care.customer_id.filter(pa.array(kept)),
        yearly=care.yearly[kept],
        ends_day=care.ends_day[kept],
        soon=care.soon[kept],
        loss=care.loss[kept],
        ahead=care.ahead[kept],
        unusual=care.unusual[kept],
    )


def _found(history: History) -> ContractCare | None:
    running = _running(history)
    if not running.num_rows:
        return None
    ids = running["customer_id"].combine_chunks()
    yearly, ends_day, start_day = (
        numbers(running[name]).astype(np.int64) for name in ("yearly", "ends_day", "start_day")
    )
    ends_day = np.where(ends_day < OPEN_END_DAY, ends_day, OPEN_END_DAY)
    risk = churn_risk(history, HORIZON_DAYS, event="contract")
    chance = dict(zip(risk.customer_id.to_pylist(), risk.probability.tolist(), strict=True))
    loss = np.array([chance.get(one, np.nan) for one in ids.to_pylist()])
    usual = float(np.mean(risk.probability)) if len(risk.probability) else np.inf
    unusual = np.nan_to_num(loss) >= UNUSUAL_RATIO * usual
    soon = ends_day <= history.as_of_day + AGREED_DAYS
    share = history.settings.margin_share
    share = 1.0 if share is None else share
    return ContractCare(
        customer_id=ids,
        yearly=yearly,
        ends_day=ends_day,
        soon=soon,
        loss=np.where(ends_day <= history.as_of_day + HORIZON_DAYS, 1.0, loss),
        ahead=_ahead(history, (yearly * share).astype(np.float64), start_day, ends_day),
        share=share,
        unusual=unusual,
        risk=risk,
    )


def _running(history: History) -> pa.Table:
    """Return who has a contract after the last day observed, what it brings, and since when without a gap."""
    engine, F = history.engine, history.engine.F
    epoch = F.to_date(F.lit("1970-01-01"))
    start = F.datediff(F.col("started_on"), epoch).cast("int")
    end = F.coalesce(F.datediff(F.col("ended_on"), epoch).cast("int"), F.lit(OPEN_END_DAY))
    held = history.frame("contracts").select(
        "customer_id", "monthly_amount", start.alias("day"), end.alias("ended_day")
    )
    held = held.where(
        (F.col("day") <= F.lit(history.as_of_day)) & (F.col("ended_day") > F.lit(history.as_of_day))
    )
    paid = F.coalesce(F.col("monthly_amount"), F.lit(0))
    each = held.groupBy("customer_id").agg(
        (F.sum(paid) * F.lit(MONTHS_A_YEAR)).cast("bigint").alias("yearly"),
        F.max("ended_day").cast("int").alias("ends_day"),
    )
    spells = history.spells.where(F.col("end_day") == F.lit(OPEN_END_DAY))
    since = spells.groupBy(F.col("customer_id").alias("holder_id")).agg(
        F.max("start_day").cast("int").alias("start_day")
    )
    joined = each.join(since, on=F.col("customer_id") == F.col("holder_id"), how="inner")
    table = engine.arrow(joined.select("customer_id", "yearly", "ends_day", "start_day"))
    return table.sort_by("customer_id")


def _ahead(history: History, yearly: Vector, start_day: Whole, ends_day: Whole) -> Vector:
    """Return what the renewals of the next twelve months are worth.

    A contract that runs for n whole periods is renewed after n + j with the probability S(n + j) / S(n).
    """
    nothing = np.full(yearly.size, np.nan)
    try:
        found = renewal_outlook(history)
    except NotEnoughData:
        return nothing
    if found.model is None:
        return nothing
    periods = MONTHS_A_YEAR // MONTHS[found.unit]
    age, _ = periods_between(start_day, np.full(start_day.size, history.as_of_day), found.unit)
    still = found.model.survival(age.astype(np.float64))
    expected = np.zeros(yearly.size)
    for ahead in range(1, periods + 1):
        expected += found.model.survival(age + float(ahead)) / still
    worth = yearly / periods * expected
    # Where the end is agreed on, nothing is renewed after it.
    left = np.maximum(ends_day - history.as_of_day, 0) / 365.25
    worth = np.where(ends_day < OPEN_END_DAY, np.minimum(left, 1.0) * yearly, worth)
    return np.where(yearly > 0, worth, np.nan)

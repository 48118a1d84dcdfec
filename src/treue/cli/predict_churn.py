"""What a churn classifier adds to predictions, where it foretells more than orders alone do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from treue.kernel.language import Language
from treue.models.churn_cases import VOICES
from treue.models.churn_classifier import churn_risk
from treue.report.churn_words import reason_in_words

if TYPE_CHECKING:
    from treue.history.history import History
    from treue.models.churn_result import ChurnRisk

BEYOND_ORDERS = (*(name for name in VOICES if name != "contracts"), "answers")
"""Tables of which the models of repeat buying know nothing; without any of them there is nothing to add."""

LIKELY = 0.5
"""Reasons are told of customers who are lost with at least this probability."""


def churn_of(history: History, horizon_days: int) -> ChurnRisk | None:
    """Return how likely customers who are active buy nothing in the days ahead.

    Parameters
    ----------
    history : History
        With purchases.
    horizon_days : int
        Days ahead.

    Returns
    -------
    ChurnRisk or None
        None where nothing but orders is known of customers.
    """
    if not any(history.has(name) for name in BEYOND_ORDERS):
        return None
    return churn_risk(history, horizon_days, event="purchase")


def with_churn(table: pa.Table, risk: ChurnRisk, currency: str) -> pa.Table:
    """Return predictions with what the classifier says of customers who are active.

    Parameters
    ----------
    table : pyarrow.Table
        Predictions, with a ``customer_id``.
    risk : ChurnRisk
        What could be said.
    currency : str
        Of amounts in reasons.

    Returns
    -------
    pyarrow.Table
        With ``churn_probability`` and ``churn_reasons``; as it was where the classifier is not used.
    """
    if risk.status != "ok":
        return table
    place = {customer: row for row, customer in enumerate(risk.customer_id.to_pylist())}
    rows = [place.get(customer) for customer in table["customer_id"].to_pylist()]
    probability = risk.probability.tolist()
    words = _reasons(risk, currency)
    return table.append_column(
        "churn_probability",
        pa.array([None if row is None else probability[row] for row in rows], pa.float64()),
    ).append_column(
        "churn_reasons", pa.array([None if row is None else words.get(row) for row in rows], pa.string())
    )


def _reasons(risk: ChurnRisk, currency: str) -> dict[int, str]:
    """Return in words what distinguishes each customer who is likely lost."""
    english = Language("en")
    found = {}
    for row in np.flatnonzero(risk.probability >= LIKELY).tolist():
        told = [one for one in risk.reasons(row) if one.direction == "raises"]
        if told:
            found[row] = "; ".join(reason_in_words(one, english, currency) for one in told)
    return found


def churn_sentence(risk: ChurnRisk) -> str:
    """Return whether the classifier is used, and why."""
    if risk.comparison is None:
        return f"No churn classifier could be tried: {risk.why}."
    use = "its word is in the file" if risk.status == "ok" else "it is not used"
    return f"Of the last {risk.horizon_days} days {risk.why}; {use}."


def churn_json(risk: ChurnRisk | None) -> dict[str, Any] | None:
    """Return how the classifier fared as plain JSON types; None where there was nothing to try."""
    if risk is None:
        return None
    return {
        "status": risk.status,
        "used": risk.status == "ok",
        "why": risk.why,
        "comparison": risk.comparison.as_dict() if risk.comparison else None,
    }

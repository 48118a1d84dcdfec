"""From facts to features: numbers that mean the same for every customer, each with a subject and words.

A feature is a number that a person can be told as a reason. The words are in
:mod:`treue.report.churn_words`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Column = NDArray[np.float64]

SUBJECTS: dict[str, str] = {
    "silence_ratio": "rhythm",
    "silence_days": "rhythm",
    "sign_ratio": "rhythm",
    "sign_days": "rhythm",
    "purchases_month": "purchases",
    "purchases_year": "purchases",
    "purchases_trend": "purchases",
    "customer_days": "tenure",
    "spend_year": "spend",
    "order_value": "spend",
    "returned_year": "returns",
    "contacts_month": "contacts",
    "contacts_quarter": "contacts",
    "contacts_year": "contacts",
    "faults_quarter": "faults",
    "faults_year": "faults",
    "severe_year": "faults",
    "reopened_year": "service",
    "unanswered": "service",
    "reply_hours": "service",
    "broken_promises_year": "promises",
    "complaints_quarter": "complaints",
    "complaints_year": "complaints",
    "recommendations_year": "recommendations",
    "last_score": "survey",
    "score_change": "survey",
    "score_days": "survey",
    "answers_missing": "survey",
    "visits_quarter": "visits",
    "visits_trend": "visits",
    "visit_days": "visits",
    "referrals_made": "referrals",
    "referrals_won": "referrals",
    "contracts_held": "contracts",
    "contracts_ended": "contracts",
    "contract_amount": "contracts",
}
"""Every feature code and what it is about; of one subject at most one reason is told."""

TAKEN_AS_THEY_ARE = (
    "returned_year", "contacts_month", "contacts_quarter", "contacts_year", "faults_quarter", "faults_year",
    "severe_year", "reopened_year", "unanswered", "reply_hours", "broken_promises_year",
    "complaints_quarter", "complaints_year", "recommendations_year", "last_score", "score_change",
    "answers_missing", "visits_quarter", "referrals_made", "referrals_won", "contracts_held",
    "contracts_ended", "contract_amount",
)  # fmt: skip
"""Facts that are features already."""

SIGNS = ("last_visit_day", "last_contact_day", "answer_day")
"""Facts that are days on which a customer gave a sign of life without buying."""

MONTH_DAYS = 365.25 / 12
_A_YEAR_OLD = 365


def features_of(told: Mapping[str, Column]) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Return the features that some facts allow.

    Parameters
    ----------
    told : mapping of str to numpy.ndarray, shape (n,)
        Facts by name: ``moment``, ``first_day``, ``last_day``, ``days_count``, and whatever the tables of
        the history gave.

    Returns
    -------
    tuple of (tuple of str, numpy.ndarray, shape (n, k))
        Codes in a fixed order, and values; NaN where a thing is unknown.
    """
    found: dict[str, Column] = {name: told[name] for name in TAKEN_AS_THEY_ARE if name in told}
    if "days_year" in told:
        found.update(_buying(told))
    found["customer_days"] = told["moment"] - told["first_day"]
    if "last_visit_day" in told:
        found.update(_visits(told))
    if "answer_day" in told:
        found["score_days"] = told["moment"] - told["answer_day"]
    names = tuple(name for name in SUBJECTS if name in found)
    return names, np.column_stack([found[name] for name in names])


def _buying(told: Mapping[str, Column]) -> dict[str, Column]:
    """Return what purchases say: silence against the own rhythm, pace, change of pace, spending."""
    last = told.get("last_purchase_day", told["last_day"])
    silence = told["moment"] - last
    held = told["moment"] - told["first_day"]
    pace = np.where(held >= _A_YEAR_OLD, _ratio(told["days_half"], told["days_half_before"]), np.nan)
    found = {
        "silence_days": silence,
        "purchases_year": told["days_year"],
        "purchases_trend": pace,
        "spend_year": told["net_year"],
        "order_value": told["net_amount"] / np.maximum(told["days_count"], 1),
    }
    if "last_purchase_day" not in told:
        gap = common_gap(told)
        repeats = told["days_count"] - 1
        usual = (told["last_day"] - told["first_day"] + gap) / (repeats + 1)
        found["silence_ratio"] = silence / usual
        found["purchases_month"] = MONTH_DAYS * (repeats + 1) / (held + gap)
        signs = [told[name] for name in SIGNS if name in told]
        if signs:
            # What only the two together tell, whether somebody who does not buy still looks in, must be one
            # feature: features do not interact.
            found["sign_days"] = told["moment"] - np.fmax.reduce([last, *signs])
            found["sign_ratio"] = found["sign_days"] / usual
    return found


def common_gap(told: Mapping[str, Column]) -> Column:
    """Return the mean gap between days of buying of all customers at the same moment, per row.

    It stands in as one more gap of everybody: who bought once is taken for an ordinary customer until
    more is known. Where nobody at a moment has bought twice, it is a month.

    Parameters
    ----------
    told : mapping of str to numpy.ndarray, shape (n,)
        ``moment``, ``first_day``, ``last_day``, ``days_count``.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Days, more than 0.
    """
    moments, place = np.unique(told["moment"], return_inverse=True)
    span = np.bincount(place, told["last_day"] - told["first_day"], len(moments))
    repeats = np.bincount(place, told["days_count"] - 1, len(moments))
    gap: Column = np.where(repeats > 0, span / np.maximum(repeats, 1), MONTH_DAYS)
    return gap[place]


def _visits(told: Mapping[str, Column]) -> dict[str, Column]:
    known = ~np.isnan(told["last_visit_day"])
    trend = _ratio(told["visits_quarter"], told["visits_quarter_before"])
    none = told["visits_quarter"] + told["visits_quarter_before"] == 0
    return {
        "visits_trend": np.where(none, np.nan, trend),
        "visit_days": np.where(known, told["moment"] - told["last_visit_day"], np.nan),
    }


def _ratio(now: Column, before: Column) -> Column:
    """Return how many times as many as before; half a thing is added to both, so that 0 can be compared."""
    ratio: Column = (now + 0.5) / (before + 0.5)
    return ratio

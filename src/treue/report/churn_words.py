"""Reasons for a customer's risk as short words that a shop owner understands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.kernel.language import message
from treue.kernel.units import from_minor

if TYPE_CHECKING:
    from collections.abc import Callable

    from treue.kernel.language import Language
    from treue.models.churn_reasons import Reason

    Words = Callable[[Language, float], str]


def reason_in_words(reason: Reason, language: Language, currency: str) -> str:
    """Return what is told of a reason, without saying that it is a cause.

    Parameters
    ----------
    reason : Reason
        Why a customer is at risk, or is not.
    language : Language
        For words and numbers.
    currency : str
        ISO 4217 code of amounts.

    Returns
    -------
    str
        A few words without a full stop, for example ``silent for 2.1 of the usual gaps``.
    """
    if reason.code in AMOUNTS:
        amount = language.money(float(from_minor(round(reason.value), currency)), currency)
        return AMOUNTS[reason.code](language, amount)
    return WORDS[reason.code](language, reason.value)


def _trend(language: Language, value: float, fewer: str, more: str, other: str) -> str:
    if value <= 0.5:
        return language.gettext(fewer)
    if value >= 2:
        return language.gettext(more)
    return language.gettext(other, ratio=language.number(value, 1))


def _purchases_trend(language: Language, value: float) -> str:
    return _trend(
        language,
        value,
        message("purchases have halved within half a year"),
        message("purchases have doubled within half a year"),
        message("{ratio} times as many purchases as half a year before"),
    )


def _visits_trend(language: Language, value: float) -> str:
    return _trend(
        language,
        value,
        message("visits have halved"),
        message("visits have doubled"),
        message("{ratio} times as many visits as three months before"),
    )


def _score_change(language: Language, value: float) -> str:
    return language.gettext(
        "last survey score {points} against the ones before", points=language.signed(value)
    )


AMOUNTS: dict[str, Callable[[Language, str], str]] = {
    "spend_year": lambda t, money: t.gettext("{money} in the last year", money=money),
    "order_value": lambda t, money: t.gettext("{money} per day of buying", money=money),
    "contract_amount": lambda t, money: t.gettext("contracts of {money} a month", money=money),
}
"""Words for features that are amounts of money."""

WORDS: dict[str, Words] = {
    "silence_ratio": lambda t, n: t.gettext("silent for {ratio} of the usual gaps", ratio=t.number(n, 1)),
    "silence_days": lambda t, n: t.gettext("days since the last purchase: {number}", number=t.number(n)),
    "sign_ratio": lambda t, n: t.gettext(
        "no sign of life for {ratio} of the usual gaps", ratio=t.number(n, 1)
    ),
    "sign_days": lambda t, n: t.gettext("days since the last sign of life: {number}", number=t.number(n)),
    "purchases_month": lambda t, n: t.gettext("about {pace} purchases a month", pace=t.number(n, 1)),
    "purchases_year": lambda t, n: t.ngettext(
        "{count} purchase in the last year", "{count} purchases in the last year", n
    ),
    "purchases_trend": _purchases_trend,
    "customer_days": lambda t, n: t.gettext("days as a customer: {number}", number=t.number(n)),
    "returned_year": lambda t, n: t.ngettext(
        "{count} order sent back in the last year", "{count} orders sent back in the last year", n
    ),
    "contacts_month": lambda t, n: t.ngettext(
        "{count} contact in the last 30 days", "{count} contacts in the last 30 days", n
    ),
    "contacts_quarter": lambda t, n: t.ngettext(
        "{count} contact in the last 90 days", "{count} contacts in the last 90 days", n
    ),
    "contacts_year": lambda t, n: t.ngettext(
        "{count} contact in the last year", "{count} contacts in the last year", n
    ),
    "faults_quarter": lambda t, n: t.ngettext(
        "{count} matter in the last 90 days was our own fault",
        "{count} matters in the last 90 days were our own fault",
        n,
    ),
    "faults_year": lambda t, n: t.ngettext(
        "{count} matter in the last year was our own fault",
        "{count} matters in the last year were our own fault",
        n,
    ),
    "severe_year": lambda t, n: t.ngettext(
        "{count} grave matter in the last year", "{count} grave matters in the last year", n
    ),
    "reopened_year": lambda t, n: t.ngettext(
        "reopened {count} time in the last year", "reopened {count} times in the last year", n
    ),
    "unanswered": lambda t, n: t.ngettext(
        "{count} contact without an answer", "{count} contacts without an answer", n
    ),
    "reply_hours": lambda t, n: t.gettext("waited {hours} hours for a reply", hours=t.number(n, 1)),
    "broken_promises_year": lambda t, n: t.ngettext(
        "{count} promise not kept in time in the last year",
        "{count} promises not kept in time in the last year",
        n,
    ),
    "complaints_quarter": lambda t, n: t.ngettext(
        "complained in public {count} time in the last 90 days",
        "complained in public {count} times in the last 90 days",
        n,
    ),
    "complaints_year": lambda t, n: t.ngettext(
        "complained in public {count} time in the last year",
        "complained in public {count} times in the last year",
        n,
    ),
    "recommendations_year": lambda t, n: t.ngettext(
        "recommended us in public {count} time in the last year",
        "recommended us in public {count} times in the last year",
        n,
    ),
    "last_score": lambda t, n: t.gettext("last survey score {score}", score=t.number(n, 0)),
    "score_change": _score_change,
    "score_days": lambda t, n: t.gettext("days since the last survey answer: {number}", number=t.number(n)),
    "answers_missing": lambda t, n: t.ngettext(
        "{count} survey left unanswered in the last year",
        "{count} surveys left unanswered in the last year",
        n,
    ),
    "visits_quarter": lambda t, n: t.ngettext(
        "visits on {count} day in the last 90 days", "visits on {count} days in the last 90 days", n
    ),
    "visits_trend": _visits_trend,
    "visit_days": lambda t, n: t.gettext("days since the last visit: {number}", number=t.number(n)),
    "referrals_made": lambda t, n: t.ngettext("has invited {count} person", "has invited {count} people", n),
    "referrals_won": lambda t, n: t.ngettext(
        "has brought {count} customer", "has brought {count} customers", n
    ),
    "contracts_held": lambda t, n: t.ngettext("{count} running contract", "{count} running contracts", n),
    "contracts_ended": lambda t, n: t.ngettext("{count} ended contract", "{count} ended contracts", n),
}
"""Words for every other feature."""

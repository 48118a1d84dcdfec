"""What is known of a customer's contract, in sentences: what it brings, how likely it ends, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from treue.app.web.told import Told
from treue.kernel.language import message
from treue.kernel.level import LEVEL
from treue.report.contract_words import contract_reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from treue.kernel.language import Language

EVIDENCE: Final = {
    "first_purchase": message("a first contract"),
    "second_purchase": message("a second contract, or one that has run for a year"),
    "lapsed": message("the end of the last contract"),
}
"""What shows that a customer of contracts stands on a rung, where it is said otherwise than of a buyer."""

HIGHER: Final = {
    "prospect": message("A first contract would make a customer of this person."),
    "customer": message(
        "A second contract, or one that has run for a year, would make a client of this customer."
    ),
    "former": message("A new contract would bring this customer back to the ladder."),
}


def contract_told(
    score: Any,
    days: int,
    currency: str,
    money: Callable[[int], str],
    language: Language,
    *,
    used: str | None,
) -> list[Told]:
    """Return what a score says of a running contract; nothing without one.

    Parameters
    ----------
    score : Score
        Of the run that is shown.
    days : int
        How far ahead the probability looks.
    currency : str
        Of amounts in reasons.
    money : callable
        Writes minor units.
    language : Language
        In which the words are.
    used : str or None
        What the probability is of, as the run says it.

    Returns
    -------
    list of Told
        What it brings, and how likely it ends.
    """
    _ = language.gettext
    told = []
    if score.yearly_amount is not None:
        told.append(
            Told(
                label=_("Contract"),
                value=_("{money} a year", money=money(score.yearly_amount)),
                why=_("Twelve times what the running contracts bring a month."),
                help="mrr_movement",
            )
        )
    if score.ends_on is not None:
        told.append(
            Told(
                label=_("End of the contract"),
                value=language.date(score.ends_on),
                why=_("The end is agreed on already."),
                change=_("A new contract, or an end taken back in the next file, changes it."),
                help="survival",
            )
        )
    if score.loss_share is not None and score.risk != "ending":
        told.append(
            Told(
                label=_("Chance that the contract ends within {days} days", days=language.number(days)),
                value=language.chance(score.loss_share),
                why=contract_why(score, currency, language, used=used),
                change=_(
                    "It is computed anew each night from the age of the contract and what is known by then."
                ),
                help="survival",
            )
        )
    return told


def contract_why(score: Any, currency: str, language: Language, *, used: str | None) -> str:
    """Return in a sentence why a contract is likely to end, or has an end; empty without a contract.

    Parameters
    ----------
    score : Score
        Of the run that is shown.
    currency : str
        Of amounts in reasons.
    language : Language
        In which the words are.
    used : str or None
        What the probability is of, as the run says it.

    Returns
    -------
    str
        Signs, which need not be causes.
    """
    return contract_reason(
        score.ends_on if score.risk == "ending" else None,
        score.loss_share,
        score.reasons or (),
        language,
        currency,
        used=used,
        unusual=score.risk == "leaving",
    )


def ahead_why(
    score: Any, money: Callable[[int], str], language: Language, *, with_margin: bool, share: float | None
) -> str:
    """Return what the expected worth of the next year rests on, with the numbers where the run kept them.

    Parameters
    ----------
    score : Score
        Of the run that is shown.
    money : callable
        Minor units in words.
    language : Language
        In which the words are.
    with_margin : bool
        Whether the firm's margin is known.
    share : float or None
        Margin per net revenue, as the run used it; None where it is not known which.

    Returns
    -------
    str
        One sentence, and one on how unsure it is where the run kept the limits.
    """
    _ = language.gettext
    if score.yearly_amount is not None:
        return (
            _(
                "What renewals within a year bring, times the probability of each, times the margin of the firm."
            )
            if with_margin
            else _("What renewals within a year bring, times the probability of each; no margin is known.")
        )
    if score.orders_ahead is None or score.order_worth is None or (with_margin and share is None):
        return (
            _("Expected purchases times the expected worth of each, times the margin of the firm.")
            if with_margin
            else _("Expected purchases times the expected worth of each; no margin is known.")
        )
    numbers = {
        "count": language.number(score.orders_ahead, 1 if score.orders_ahead >= 1 else 2),
        "worth": money(score.order_worth),
    }
    if with_margin and share is not None:
        made = _(
            "Expected purchases ({count}) times the expected revenue of each ({worth}), times the margin of the "
            "firm ({share}).",
            share=language.chance(share),
            **numbers,
        )
    else:
        made = _(
            "Expected purchases ({count}) times the expected revenue of each ({worth}); no margin is known.",
            **numbers,
        )
    if score.orders_ahead_low is None or score.orders_ahead_high is None:
        return made
    return f"{made} {_purchases_between(score.orders_ahead_low, score.orders_ahead_high, language)}"


def _purchases_between(low: int, high: int, language: Language) -> str:
    level = language.percent(LEVEL, 0)
    if high == 0:
        return language.gettext(
            "With a probability of at least {level} there will be no purchase.", level=level
        )
    return language.gettext(
        "With a probability of at least {level} there will be {low} to {high} purchases; what each brings is unsure too.",
        level=level,
        low=language.number(low),
        high=language.number(high),
    )


def ahead_change(score: Any, language: Language) -> str:
    """Return what would change the expected worth of the next year.

    Parameters
    ----------
    score : Score
        Of the run that is shown.
    language : Language
        In which the words are.
    """
    _ = language.gettext
    if score.yearly_amount is not None:
        return _(
            "A higher monthly amount raises it; whatever makes an end of the contract likelier lowers it."
        )
    return _(
        "A purchase raises it as a rule, a large one more than a small one; each day of silence lowers it."
    )

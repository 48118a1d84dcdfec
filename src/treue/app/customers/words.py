"""Words for what the records hold as short codes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from babel import Locale

from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from treue.kernel.language import Language

EVIDENCE: Final = {
    "second_purchase": message("a second purchase"),
    "first_purchase": message("a first purchase"),
    "lapsed": message("silence for longer than the firm’s window"),
    "identified": message("known, but neither bought nor looked"),
    "visit": message("a visit"),
    "sign_up": message("a sign-up"),
    "contact": message("a contact"),
    "survey_reply": message("an answer to a survey"),
    "referral_converted": message("a referral that led to a customer"),
    "recommendation": message("a public recommendation"),
}
"""What shows that somebody stands on a rung; a word that is not here is shown as it is."""

CHANNELS: Final = {
    "phone": message("telephone"),
    "email": message("e-mail"),
    "form": message("form"),
    "chat": message("chat"),
    "shop": message("in the shop"),
    "social": message("social network"),
}

DIRECTIONS: Final = {"in": message("the customer"), "out": message("we")}
SEVERITIES: Final = {"low": message("low"), "medium": message("medium"), "high": message("high")}
STEPS: Final = {"done": message("Done"), "later": message("Put off"), "reopened": message("Taken up again")}
OUTCOMES: Final = {
    "": message("no outcome written down"),
    "reached": message("reached"),
    "not_reached": message("not reached"),
    "will_buy": message("wants to buy again"),
    "complaint": message("has a complaint"),
    "has_left": message("has left for good"),
}
VISITS: Final = {
    "page": message("looked at a page"),
    "product": message("looked at a product"),
    "basket": message("put something into the basket"),
    "checkout": message("went to the checkout"),
    "signup": message("signed up"),
}
ENDS: Final = {
    "changed": message("changed to another contract"),
    "cancelled": message("cancelled by the customer"),
    "payment_failed": message("the payment failed"),
    "moved": message("moved away"),
}
CONTACT_STEPS: Final = {
    "answered": message("answered"),
    "solved": message("solved"),
    "reopened": message("open again"),
}
MENTIONS: Final = {"recommendation": message("recommendation"), "complaint": message("complaint")}
PURPOSES: Final = {"marketing": message("marketing")}
POINTS: Final = {"email": message("E-mail"), "phone": message("Telephone")}


def coded(words: Mapping[str, str], code: str | None, language: Language) -> str:
    """Return a code in words; one that a file brought along and nobody knows is shown as it stands.

    Parameters
    ----------
    words : mapping of str to str
        Codes and their English words.
    code : str or None
        What the record holds.
    language : Language
        In which the words are.

    Returns
    -------
    str
        Empty where there is no code.
    """
    if not code:
        return ""
    return language.gettext(words[code]) if code in words else code


def country_name(code: str, language: Language) -> str:
    """Return the name of a country in a language; what is no code of two letters stays as it was written."""
    return _countries(language.code).get(code.upper() if len(code) == 2 else code, code)


def language_name(code: str, language: Language) -> str:
    """Return the name of a language in a language; what is no code stays as it was written."""
    return str(language.locale.languages.get(code, code))


def named(kind: str, code: str, language: Language) -> str:
    """Return the name of a country or a language.

    Parameters
    ----------
    kind : {"country", "language"}
        Which of the two.
    code : str
        What the record holds.
    language : Language
        In which it is named.

    Returns
    -------
    str
        What is no code stays as it was written.
    """
    return (country_name if kind == "country" else language_name)(code, language)


@cache
def _countries(code: str) -> dict[str, str]:
    names: dict[str, str] = dict(Locale.parse(code).territories)
    return {key: name for key, name in names.items() if len(key) == 2 and key.isalpha()}

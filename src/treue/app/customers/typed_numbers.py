"""Numbers as people type them: with the signs of their language, and never guessed where two readings are possible."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from treue.app.core.wrong import Wrong
from treue.kernel.language import message

if TYPE_CHECKING:
    from treue.kernel.language import Language

BLANKS: Final = re.compile("[ \u00a0\u2009\u202f'\u2019]")
"""What stands between thousands in Norwegian, and in some German: spaces that do or do not break, or an apostrophe."""
DECIMAL: Final = re.compile(r"\d*[.,]\d+|\d+", re.ASCII)
GROUPED: Final = re.compile(r"[1-9]\d{0,2}(?:([., ])\d{3})(?:\1\d{3})*(?:(?!\1)[.,]\d+)?", re.ASCII)


def group_sign(language: Language) -> str:
    """Return what a language writes between thousands; any space is the plain one.

    Examples
    --------
    >>> from treue.kernel.language import Language
    >>> [group_sign(Language(code)) for code in ("en", "de", "nb")]
    [',', '.', ' ']
    """
    return BLANKS.sub(" ", str(language.locale.number_symbols["latn"]["group"]))


def plain_number(what: str, text: str, group: str = "") -> str:
    """Return a number that somebody typed in the one form in which it means the same in every language.

    Parameters
    ----------
    what : str
        What it is the number of, marked for translation; for the sentence that refuses it.
    text : str
        As typed.
    group : str
        What the reader's language writes between thousands; empty where nobody knows who typed it.

    Returns
    -------
    str
        With a point for the decimals, and never with three decimals that could be thousands.

    Raises
    ------
    WrongArgument
        When it is no number, or could be two.

    Examples
    --------
    >>> plain_number("Orders", "1,000", ","), plain_number("Orders", "1.234,50"), plain_number("Orders", "2,5")
    ('1000', '1234.5', '2.5')
    """
    body = BLANKS.sub(" ", text.strip())
    minus = body[:1] in {"-", "\u2212"}
    body = body[1:].strip() if minus or body.startswith("+") else body
    decimal, grouped = DECIMAL.fullmatch(body), GROUPED.fullmatch(body)
    if decimal is None and grouped is None:
        raise Wrong(
            message("{what}: “{value}” is no number; it would be right as 100"), what=what, value=text[:40]
        )
    small = _plain(body.replace(",", ".")) if decimal else ""
    large = _plain(_ungrouped(body, grouped[1])) if grouped else ""
    if decimal and grouped and grouped[1] != group:
        sign = "-" if minus else ""
        raise Wrong(
            message("{what}: “{value}” can be read as {large} or as {small}; write it in one of these ways"),
            what=what,
            value=text[:40],
            large=f"{sign}{large}",
            small=f"{sign}{small.replace('.', grouped[1])}",
        )
    found = large or small
    return f"-{found}" if minus and found != "0" else found


def _ungrouped(body: str, sign: str) -> str:
    return body.replace(sign, "").replace(",", ".")


def _plain(number: str) -> str:
    text = f"{Decimal(number):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    # Three decimals look like thousands to somebody: one more cannot.
    return f"{text}0" if GROUPED.fullmatch(text) else text


def number_shown(plain: str, language: Language) -> str:
    """Return a number of :func:`plain_number` as it is typed in a language; what is none stays.

    Parameters
    ----------
    plain : str
        As it is kept.
    language : Language
        Of the reader.

    Returns
    -------
    str
        With the language's decimal sign, and nothing between thousands.
    """
    if not re.fullmatch(r"-?\d+\.\d+", plain, re.ASCII):
        return plain
    return plain.replace(".", str(language.locale.number_symbols["latn"]["decimal"]))

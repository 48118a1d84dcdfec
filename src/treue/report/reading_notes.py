"""The sentences of the readers in the language of the page.

A reader says in English what it did with a file, with names and counts from the file in it. The page
knows every sentence a reader can say as a pattern, finds the names and counts again, and says it in its
own language. What it does not know, such as why a file could not be used, stays English.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from treue.kernel.language import message

if TYPE_CHECKING:
    from treue.kernel.language import Language

NOTES: Final = (
    message("Amounts are in {currency}, as the file says."),
    message("The files name no currency; amounts are taken to be {currency} (--currency says otherwise)."),
    message("Converted at {rates}."),
    message("The file has no header; the columns are known by their content."),
    message(
        "The columns stand apart by blanks; a row with more or fewer parts than the first was set aside."
    ),
    message("Lines 1 to {last} above the header were left out."),
    message("Rows 1 to {last} above the header were left out."),
    message("In {column} the day stands before the month."),
    message("In {column} the month stands before the day."),
    message(
        "In {column} the day stands before the month; {count} dates that cannot be read so were set aside."
    ),
    message(
        "In {column} the month stands before the day; {count} dates that cannot be read so were set aside."
    ),
    message("The decimal sign of {column} is the comma."),
    message("The decimal sign of {column} is the point."),
    message(
        "The decimal sign of {column} is the comma; {count} amounts that are written otherwise were set aside."
    ),
    message(
        "The decimal sign of {column} is the point; {count} amounts that are written otherwise were set aside."
    ),
    message("Amounts such as {example} in {column} are whole thousands."),
    message("Amounts are payments as Stripe charged them, taxes included. Times are UTC."),
    message("Not kept, because they may describe persons: {columns}."),
    message("The file has no column {column}; what it would say is unknown."),
    message("The amount of a row is quantity times price."),
    message("The amount of a row is its price."),
    message("Rows of one order number are lines of one order and are summed."),
    message(
        "This export knows customers only by name: two people of one name are counted as one. An export with the "
        "customer's number or e-mail address gives surer figures."
    ),
    message("Amounts are the order's total, without taxes where the export states them."),
    message("Read as a canonical table: amounts are whole minor units (cents, øre), instants are UTC."),
    message(
        "Amounts are the order's total without taxes; shipping is part of it. A refund is dated like its order unless "
        "the order was cancelled, because the export does not say when money went back."
    ),
    message("Numbers in {column} such as {example} are read as {number}."),
    message("E-mail addresses in {column} are compared without capitals."),
    message("The same as {file}; it was read once."),
    message("The file is UTF-16 text."),
    message("{count} lines are not UTF-8 and were read as Windows-1252 (Western European) text."),
    message("1 return was found."),
    message("{count} returns were found."),
    message("{count} of {total} returns belong to no order in the data and count by their own date."),
)
"""Everything a reader can say about a file it has used."""


def note_words(note: str, language: Language) -> tuple[str, bool]:
    """Return a sentence of a reader in the language of the page.

    Parameters
    ----------
    note : str
        In English, as the reader wrote it.
    language : Language
        Of the page.

    Returns
    -------
    tuple of (str, bool)
        The sentence, and whether it is in the language of the page.

    Examples
    --------
    >>> from treue.kernel.language import Language
    >>> note_words("1,912 returns were found.", Language("de"))
    ('Es wurden 1.912 Retouren gefunden.', True)
    >>> note_words("Not used: it has no column of dates", Language("de"))
    ('Not used: it has no column of dates', False)
    """
    for pattern, text in _patterns():
        found = pattern.fullmatch(note)
        if found:
            places = {name: localised(value, language) for name, value in found.groupdict().items()}
            return language.gettext(text, **places) if places else language.gettext(text), True
    return note, language.code == "en"


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    # A longer sentence may begin like a shorter one whose place would swallow the rest.
    ordered = sorted(NOTES, key=len, reverse=True)
    return tuple((re.compile(_pattern(text), re.DOTALL), text) for text in ordered)


def _pattern(text: str) -> str:
    parts = re.split(r"\{(\w+)\}", text)
    return "".join(
        f"(?P<{part}>{r'[0-9,]+' if part in {'count', 'total', 'last'} else '.+'})"
        if place % 2
        else re.escape(part)
        for place, part in enumerate(parts)
    )


def localised(value: str, language: Language) -> str:
    """Return a word of an English sentence as it stands in another language: a count in its digits, else as it is.

    Examples
    --------
    >>> from treue.kernel.language import Language
    >>> localised("1,912", Language("de")), localised("K-17", Language("de"))
    ('1.912', 'K-17')
    """
    if re.fullmatch(r"\d{1,3}(,\d{3})*|\d+", value):
        return language.number(int(value.replace(",", "")))
    return value

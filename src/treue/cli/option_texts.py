"""How the texts of options become values: dates, windows, and pairs of a name and a value."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from collections.abc import Sequence


def parse_date(name: str, text: str | None) -> date | None:
    """Return the date of an option, or None where it was not given.

    Raises
    ------
    WrongArgument
        When the text is not a date written as year-month-day.

    Examples
    --------
    >>> parse_date("as-of", "2026-06-30")
    datetime.date(2026, 6, 30)
    """
    if text is None:
        return None
    clean = text.strip()
    # fromisoformat also takes week dates and 20260630, which people read differently.
    if len(clean) == len("2026-06-30") and clean[4] == clean[7] == "-":
        try:
            return date.fromisoformat(clean)
        except ValueError:
            pass
    raise WrongArgument(f"{name}={text!r} is not a date; write year-month-day, as 2026-06-30")


def parse_window(text: str) -> int | None:
    """Return the days of an activity window, or None for ``auto``.

    Raises
    ------
    WrongArgument
        When the text is neither.

    Examples
    --------
    >>> parse_window("12w"), parse_window("auto")
    (84, None)
    """
    if text.strip().lower() == "auto":
        return None
    from treue.kernel.units import parse_days

    return parse_days(text)


_IN_QUOTES = (
    'write for example customer=Kd-Nr, and put a value with a comma in double quotes: customer="Kunde, Nr."'
)
_HOW_TO_WRITE = {"rates": "write for example USD=0.92,GBP=1.17, with a point before the decimals"}


def split_pairs(option: str, text: str) -> list[tuple[str, str]]:
    """Return the ``name=value`` pairs of an option.

    Parameters
    ----------
    option : str
        Name of the option, for the message.
    text : str
        Pairs with commas between; a value in double or single quotes may hold commas and equals
        signs, and a quote by doubling it.

    Returns
    -------
    list of (str, str)
        In the order written.

    Raises
    ------
    WrongArgument
        When a pair has no equals sign, an empty side, or a quote that is not closed.

    Examples
    --------
    >>> split_pairs("map", 'customer="Kunde, Nr.",time=Datum')
    [('customer', 'Kunde, Nr.'), ('time', 'Datum')]
    """
    pairs = []
    place = 0
    while place < len(text):
        name, equals, _ = text[place:].partition("=")
        if not equals or not name.strip() or "," in name:
            piece = text[place:].partition(",")[0]
            raise WrongArgument(
                f"{option}={piece!r} is not name=value; {_HOW_TO_WRITE.get(option, _IN_QUOTES)}"
            )
        value, place = _value(option, text, place + len(name) + 1)
        if not value.strip():
            raise WrongArgument(f"{option}: nothing follows {name.strip()}=; name a value, or leave it out")
        pairs.append((name.strip(), value))
    return pairs


def _value(option: str, text: str, start: int) -> tuple[str, int]:
    """Return the value that starts at a place, and the place after the comma that ends it."""
    begin = start
    while begin < len(text) and text[begin] == " ":
        begin += 1
    if begin < len(text) and text[begin] in "\"'":
        quote, place, letters = text[begin], begin + 1, ""
        while place < len(text):
            if text[place] != quote:
                letters += text[place]
            elif text[place + 1 : place + 2] == quote:
                letters += quote
                place += 1
            else:
                rest = text[place + 1 :].lstrip(" ")
                if not rest or rest.startswith(","):
                    return letters, len(text) - len(rest) + 1
                # An inch sign or an apostrophe at the start of a plain name is no quotation.
                break
            place += 1
        else:
            raise WrongArgument(f"{option}={text!r} opens a quotation mark and does not close it")
    end = text.find(",", begin)
    end = len(text) if end < 0 else end
    return text[start:end].strip(), end + 1


def parse_map(texts: Sequence[str]) -> dict[str, str]:
    """Return which column holds what, from all ``--map`` options together.

    Raises
    ------
    WrongArgument
        When a field is named twice with different columns.

    Examples
    --------
    >>> parse_map(["customer=Kd-Nr,time=Datum", "dates=day-first"])
    {'customer': 'Kd-Nr', 'time': 'Datum', 'dates': 'day-first'}
    """
    found: dict[str, str] = {}
    for text in texts:
        for field, column in split_pairs("map", text):
            key = field.lower()
            if found.get(key, column) != column:
                raise WrongArgument(f"map={key}={column!r} contradicts {key}={found[key]!r}; name one column")
            found[key] = column
    return found


def parse_rates(texts: Sequence[str]) -> dict[str, Decimal]:
    """Return what one unit of each other currency is worth.

    Raises
    ------
    WrongArgument
        When a rate is not a positive number or a code is not three letters.

    Examples
    --------
    >>> parse_rates(["USD=0.92,NOK=0.085"])
    {'USD': Decimal('0.92'), 'NOK': Decimal('0.085')}
    """
    found: dict[str, Decimal] = {}
    for text in texts:
        for code, worth in split_pairs("rates", text):
            try:
                rate = Decimal(worth)
            except InvalidOperation:
                rate = Decimal(0)
            if not rate.is_finite() or rate <= 0 or not (len(code) == 3 and code.isalpha()):
                raise WrongArgument(
                    f"rates={code}={worth!r} is not a rate; write a currency and a positive number with a "
                    "point, as USD=0.92"
                )
            found[code.upper()] = rate
    return found

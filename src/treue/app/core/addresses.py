"""Addresses in one way of writing, so that two spellings of one address are one."""

from __future__ import annotations

import unicodedata
from functools import cache

import idna
from babel import Locale

from treue.app.core.wrong import Wrong
from treue.kernel.language import message

LONGEST = 254
NAMED_IN = ("en", "de", "nb")
"""Languages in which a country may be called by its name."""


def normal_email(address: str) -> str:
    """Return an e-mail address in the one way in which it is compared and unique.

    NFKC and casefold for the name, IDNA for the domain: the same on every database, which ``iexact`` is not.

    Parameters
    ----------
    address : str
        As somebody typed it.

    Returns
    -------
    str
        At most 254 characters.

    Raises
    ------
    WrongArgument
        When it is no address.

    Examples
    --------
    >>> normal_email(" Lea.ÄPFEL@Bücher.Example ")
    'lea.äpfel@xn--bcher-kva.example'
    """
    whole = unicodedata.normalize("NFKC", address.strip()).casefold()
    name, at, domain = whole.rpartition("@")
    bad = any(letter.isspace() or unicodedata.category(letter).startswith("C") for letter in whole)
    if not at or not name or bad or "@" in name or any(letter in name for letter in '<>()[],;:"\\'):
        raise Wrong(
            message("“{address}” is not an e-mail address; it would be right as name@example.com"),
            address=address,
        )
    try:
        domain = idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise Wrong(
            message("“{address}” has no domain that can exist behind its @"), address=address
        ) from error
    if "." not in domain and domain != "localhost":
        raise Wrong(
            message("“{address}” has no complete domain behind its @, as example.com"), address=address
        )
    found = f"{name}@{domain}"
    if len(found) > LONGEST:
        raise Wrong(
            message("“{address}…” is longer than {most} characters"), address=address[:40], most=LONGEST
        )
    return found


def normal_phone(number: str, country: str = "") -> str:
    """Return a telephone number in the form E.164.

    Parameters
    ----------
    number : str
        As somebody typed it.
    country : str
        ISO 3166 code of the country whose numbers need no ``+``.

    Returns
    -------
    str
        As ``+4722334455``.

    Raises
    ------
    WrongArgument
        When it is no possible number.

    Examples
    --------
    >>> normal_phone("22 33 44 55", "NO")
    '+4722334455'
    """
    import phonenumbers  # its tables take a moment; only who writes a number pays

    try:
        parsed = phonenumbers.parse(number, country.upper() or None)
    except phonenumbers.NumberParseException as error:
        raise Wrong(
            message("“{number}” is not a telephone number; it would be right as +47 22 33 44 55"),
            number=number,
        ) from error
    if not phonenumbers.is_possible_number(parsed):
        raise Wrong(
            message("“{number}” has too few or too many digits for a number of its country"), number=number
        )
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def country_of_numbers(told: str, otherwise: str) -> str:
    """Return the country whose telephone numbers somebody writes without a ``+``.

    Parameters
    ----------
    told : str
        Their own country: two letters, or its name in English, German or Norwegian.
    otherwise : str
        ISO 3166 code that holds where theirs is not known, as the firm's.

    Returns
    -------
    str
        ISO 3166 code, or what was given for otherwise.

    Examples
    --------
    >>> country_of_numbers("no", "DE"), country_of_numbers("Norwegen", "DE"), country_of_numbers("XX", "DE")
    ('NO', 'NO', 'DE')
    """
    import phonenumbers

    own = told.strip()
    code = own.upper() if len(own) == 2 else _codes().get(own.casefold(), "")
    return code if code in phonenumbers.SUPPORTED_REGIONS else otherwise


@cache
def _codes() -> dict[str, str]:
    """Return the countries by their names."""
    return {
        name.casefold(): code
        for language in NAMED_IN
        for code, name in Locale.parse(language).territories.items()
        if len(code) == 2 and code.isalpha()
    }

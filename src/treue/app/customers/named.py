"""Countries and languages: which there are, what they are called, and in which ways files write them."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from babel import Locale

from treue.kernel.language import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable


@cache
def countries(code: str) -> dict[str, str]:
    """Return the countries by their two letters, in the order of their names in a language.

    Those that have telephone numbers: no unions of states, and no codes kept for tests.

    Examples
    --------
    >>> [countries("de").get(letters, "–") for letters in ("NO", "EZ", "ZZ", "XA")]
    ['Norwegen', '–', '–', '–']
    """
    import phonenumbers  # its tables take a moment

    names = Locale.parse(code).territories
    return _by_name({key: names[key] for key in phonenumbers.SUPPORTED_REGIONS if key in names})


@cache
def languages(code: str) -> dict[str, str]:
    """Return the languages by their two letters, in the order of their names in a language.

    Examples
    --------
    >>> languages("nb")["de"]
    'tysk'
    """
    names = Locale.parse(code).languages
    return _by_name({key: name for key, name in names.items() if re.fullmatch("[a-z]{2}", key)})


def _by_name(names: dict[str, str]) -> dict[str, str]:
    return dict(sorted(names.items(), key=lambda pair: pair[1].casefold()))


NAMED: Final[dict[str, Callable[[str], dict[str, str]]]] = {"country": countries, "language": languages}
"""What there is to choose from, by the language of the reader."""


def ways_of(kind: str, text: str) -> tuple[str, ...]:
    """Return in which ways files write a country or a language, in small letters.

    Parameters
    ----------
    kind : {"country", "language"}
        Which of the two.
    text : str
        Its code, or its name in any language that Treue speaks; anything else is written as it is.

    Returns
    -------
    tuple of str
        The text itself first.

    Examples
    --------
    >>> ways_of("country", "NO"), ways_of("country", "Narnia")
    (('no', 'norway', 'norwegen', 'norge'), ('narnia',))
    """
    own = text.lower()
    return tuple(dict.fromkeys((own, *_ways(kind).get(own, ()))))


@cache
def _ways(kind: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    by_language = [NAMED[kind](code) for code in LANGUAGES]
    for key in by_language[0]:
        ways = (key.lower(), *(names[key].lower() for names in by_language if key in names))
        for way in ways:
            # Two letters are a code before they are a name.
            if len(way) > 2 or way == ways[0]:
                found[way] = ways
    return found

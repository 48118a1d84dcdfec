"""One text, however a file writes it: the escapes of JSON, the doubled quotes of CSV, the forms of Unicode."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

ESCAPE: Final = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
MEANS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
SURROGATE: Final = re.compile("[\ud800-\udfff]")
DEPTH: Final = 2
"""JSON may stand in a text of JSON."""
MOST_MARKS: Final = 30
"""More accents on one letter are put in order apart, as Unicode proposes: else it takes their count squared."""

BLANKS: Final = re.compile(" {2,}")
FOREIGN: Final = re.compile(f"[\u0300-\U0010ffff]{{{MOST_MARKS}}}")
"""Where no such run is there are no such marks either; it is looked for in a tenth of the time."""


def fold(text: str) -> str:
    """Return a text as it is compared: capitals and small letters, all forms of one letter, one blank or more are the same."""
    if text.isascii():
        folded = text.casefold()
    else:
        if FOREIGN.search(text):
            text = _marks().sub("\\g<0>\u034f", text)
        folded = unicodedata.normalize("NFKC", text).casefold()
    return BLANKS.sub(" ", folded) if "  " in folded else folded


def readings(text: str) -> list[str]:
    """Return a text as it stands, and with the escapes of JSON and the doubled quotes of CSV undone.

    Parameters
    ----------
    text : str
        Any piece of a file or of a column.

    Returns
    -------
    list of str
        At most six texts, none of them longer than the first.
    """
    found = [text]
    if '""' in text:
        found.append(text.replace('""', '"'))
    for one in tuple(found):
        plain = one
        for _ in range(DEPTH):
            if "\\" not in plain:
                break
            plain = _without_escapes(plain)
            found.append(plain)
    return found


def _without_escapes(text: str) -> str:
    plain = ESCAPE.sub(lambda sign: chr(int(sign[1], 16)) if sign[1] else MEANS.get(sign[2], sign[2]), text)
    if not SURROGATE.search(plain):
        return plain
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@cache
def _marks() -> re.Pattern[str]:
    """Find so many accents in a row."""
    marks = "".join(sign for sign in map(chr, range(0x300, 0x20000)) if unicodedata.combining(sign))
    return re.compile(f"[{marks}]{{{MOST_MARKS}}}")

"""How far a figure can be trusted, by itself and in a word; light, for pages that load no numbers."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from treue.kernel.language import message

if TYPE_CHECKING:
    from treue.kernel.language import Language


class Status(StrEnum):
    """How far a figure can be trusted (see ``docs/figures.md``)."""

    OK = "ok"
    INSUFFICIENT = "insufficient"
    PROVISIONAL = "provisional"
    NOT_IDENTIFIED = "not_identified"
    UNDEFINED = "undefined"


WORDS: Final = {
    Status.OK: message("reliable"),
    Status.INSUFFICIENT: message("too few"),
    Status.PROVISIONAL: message("not final"),
    Status.NOT_IDENTIFIED: message("not settled"),
    Status.UNDEFINED: message("nobody to count"),
}


def status_word(status: Status, language: Language) -> str:
    """Return a status as a word for tables.

    Parameters
    ----------
    status : Status
        How far a figure can be trusted.
    language : Language
        The reader's.

    Returns
    -------
    str
        As in `WORDS`, in that language.
    """
    return language.gettext(WORDS[status])

"""Why rows were set aside, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from treue.app.customers.importing.contact_words import REASONS as CONTACT_REASONS
from treue.report.explanations import REASONS

if TYPE_CHECKING:
    from treue.kernel.language import Language

LONGEST_WHY: Final = 2_000
"""Letters of a sentence that says why a file cannot be used."""


def reason_words(code: str, language: Language) -> str:
    """Return why rows were set aside."""
    return language.gettext(CONTACT_REASONS.get(code) or REASONS.get(code) or code.replace("_", " "))


def shortened(why: str) -> str:
    """Return why a file cannot be used without the middle of what is longer than anybody reads.

    Sentences are known by how they begin and end; what is long in them came from the file.

    Examples
    --------
    >>> shortened("a.csv: the file is empty"), len(shortened("a" * 1_000_000))
    ('a.csv: the file is empty', 2000)
    """
    why = why.replace("\0", "")
    if len(why) <= LONGEST_WHY:
        return why
    half = LONGEST_WHY // 2
    return f"{why[: half - 1]}…{why[-half:]}"

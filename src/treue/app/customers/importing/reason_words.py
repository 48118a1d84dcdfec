"""Why rows were set aside, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.app.customers.importing.contact_words import REASONS as CONTACT_REASONS
from treue.report.explanations import REASONS

if TYPE_CHECKING:
    from treue.kernel.language import Language


def reason_words(code: str, language: Language) -> str:
    """Return why rows were set aside."""
    return language.gettext(CONTACT_REASONS.get(code) or REASONS.get(code) or code.replace("_", " "))

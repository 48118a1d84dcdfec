"""Which columns of the copy of a person's data hold codes, and the words for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from treue.app.customers import words
from treue.app.customers.condition_fields import EXPERTISE, RISKS, RUNGS
from treue.app.privacy.models import Request
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS: Final = {
    Request.Kind.COPY.value: message("a copy of all data (Articles 15 and 20)"),
    Request.Kind.CORRECT.value: message("a correction (Article 16)"),
    Request.Kind.ERASE.value: message("erasure (Article 17)"),
    Request.Kind.RESTRICT.value: message("restriction (Article 18)"),
    Request.Kind.OBJECT.value: message("no marketing or no scores (Article 21)"),
}
OUTCOMES: Final = {
    Request.Outcome.DONE.value: message("done as asked"),
    Request.Outcome.REFUSED.value: message("refused, with the reason and where to complain"),
    Request.Outcome.NOBODY.value: message("nothing is kept of this person"),
}

CODED: Final[dict[tuple[str, str], Mapping[str, str]]] = {
    ("customers.Contact", "channel"): words.CHANNELS,
    ("customers.Contact", "direction"): words.DIRECTIONS,
    ("customers.Contact", "severity"): words.SEVERITIES,
    ("customers.ContactStep", "kind"): words.CONTACT_STEPS,
    ("customers.Contract", "end_reason"): words.ENDS,
    ("customers.Visit", "kind"): words.VISITS,
    ("customers.Mention", "kind"): words.MENTIONS,
    ("customers.CareStep", "kind"): words.STEPS,
    ("customers.CareStep", "outcome"): words.OUTCOMES,
    ("customers.Consent", "purpose"): words.PURPOSES,
    ("customers.Consent", "channel"): words.CHANNELS,
    ("customers.ContactPoint", "kind"): words.POINTS,
    ("customers.Customer", "expertise"): EXPERTISE,
    ("measuring.Score", "rung"): RUNGS,
    ("measuring.Score", "rung_before"): RUNGS,
    ("measuring.Score", "evidence"): words.EVIDENCE,
    ("measuring.Score", "risk"): RISKS,
    ("privacy.Request", "kind"): KINDS,
    ("privacy.Request", "outcome"): OUTCOMES,
}
"""Table and column to the words; codes of files that nobody knows are shown as they stand."""

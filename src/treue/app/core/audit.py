"""Write and check the audit log."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from treue.app.core.models.audit import AuditEntry, AuditHead
from treue.app.core.models.user import User

if TYPE_CHECKING:
    from collections.abc import Mapping

SYSTEM = "system"
COMMAND = "command"
START = "0" * 64

Actor = User | str
"""Who acts: an account, or `SYSTEM` or `COMMAND`."""


def name_of(actor: Actor) -> str:
    """Return how an actor is named in the log."""
    return actor if isinstance(actor, str) else f"user:{actor.pk}"


def write(
    action: str, *, by: Actor, subject: str = "", detail: Mapping[str, Any] | None = None
) -> AuditEntry:
    """Add an entry; call it inside the transaction of the deed, so that neither is without the other.

    Parameters
    ----------
    action : str
        As ``customer.merged``.
    by : User or str
        Who did it.
    subject : str
        As ``customer:12``.
    detail : mapping, optional
        Plain JSON types; ids and counts, no names or addresses.

    Returns
    -------
    AuditEntry
        The entry.
    """
    with transaction.atomic():
        # The UPDATE takes the row's lock, so that entries are numbered one after the other.
        if not AuditHead.objects.filter(id=1).update(count=F("count") + 1):
            AuditHead.objects.get_or_create(id=1)
            AuditHead.objects.filter(id=1).update(count=F("count") + 1)
        head = AuditHead.objects.get(id=1)
        entry = AuditEntry(
            number=head.count,
            at=timezone.now(),
            actor=name_of(by),
            action=action,
            subject=subject,
            detail=dict(detail or {}),
            previous=head.digest,
        )
        entry.digest = digest_of(entry)
        entry.save(force_insert=True)
        AuditHead.objects.filter(id=1).update(digest=entry.digest)
    return entry


def digest_of(entry: AuditEntry) -> str:
    """Return the digest that an entry must have."""
    plain = [
        entry.number,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor,
        entry.action,
        entry.subject,
        entry.detail,
        entry.previous,
    ]
    text = json.dumps(plain, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a check of the log found.

    Parameters
    ----------
    entries : int
        How many entries were read.
    first_bad : int or None
        Number of the first entry that is not as it was written, or is missing; None where all is right.
    why : str
        What is wrong with it; empty where all is right.
    head : str
        Digest of the newest entry; keep it elsewhere to notice a log that was replaced as a whole.
    """

    entries: int
    first_bad: int | None
    why: str
    head: str


def verify() -> Verdict:
    """Read the whole log and say where it was tampered with.

    Returns
    -------
    Verdict
        The first entry that is not as it was written.
    """
    previous, count = START, 0
    head = AuditHead.objects.filter(id=1).first() or AuditHead(count=0, digest=START)
    for entry in AuditEntry.objects.order_by("number").iterator(chunk_size=5_000):
        if entry.number != count + 1:
            return Verdict(entries=count, first_bad=count + 1, why="missing", head=head.digest)
        if entry.previous != previous:
            return Verdict(entries=count, first_bad=entry.number, why="not chained", head=head.digest)
        if digest_of(entry) != entry.digest:
            return Verdict(entries=count, first_bad=entry.number, why="changed", head=head.digest)
        previous, count = entry.digest, entry.number
    if head.count > count:
        return Verdict(entries=count, first_bad=count + 1, why="missing", head=head.digest)
    if head.count < count or head.digest != previous:
        return Verdict(entries=count, first_bad=max(count, 1), why="head", head=head.digest)
    return Verdict(entries=count, first_bad=None, why="", head=head.digest)

"""Write and check the audit log."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from treue.app.core.models.audit import AuditEntry, AuditHead
from treue.app.core.models.user import User
from treue.kernel.errors import WrongArgument

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
            detail=_storable(dict(detail or {})),
            previous=head.digest,
        )
        entry.digest = digest_of(entry)
        entry.save(force_insert=True)
        AuditHead.objects.filter(id=1).update(digest=entry.digest)
    return entry


def digest_of(entry: AuditEntry) -> str:
    """Return the digest that an entry must have."""
    return _digest(
        entry.number, entry.at, entry.actor, entry.action, entry.subject, entry.detail, entry.previous
    )


def _digest(
    number: int, at: datetime, actor: str, action: str, subject: str, detail: Any, previous: str
) -> str:
    instant = at.astimezone(UTC).isoformat(timespec="microseconds")
    plain = [number, instant, actor, action, subject, detail, previous]
    text = json.dumps(plain, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _storable(value: Any) -> Any:
    """Return a detail as every database gives it back; what one of them would change is refused.

    PostgreSQL keeps numbers as decimals: ``-0.0`` and ``1e22`` come back as other Python numbers, and the
    digest would no longer fit.
    """
    if isinstance(value, dict):
        return {str(name): _storable(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(part) for part in value]
    if isinstance(value, float):
        if not abs(value) < 1e15:
            raise WrongArgument(f"detail={value!r} is no number that every database keeps; give a text")
        return value + 0.0
    if value is None or isinstance(value, bool | int):
        return value
    return str(value).replace("\0", "")


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
        What is wrong with it: ``changed``, ``missing``, ``not chained``, ``head`` or ``other``; empty where all
        is right.
    head : str
        Number and digest of the newest entry, as ``12:9f…``; keep it elsewhere to notice a log that was
        replaced as a whole.
    """

    entries: int
    first_bad: int | None
    why: str
    head: str


def head() -> str:
    """Return the number and digest of the newest entry, as ``12:9f…``."""
    newest = _newest()
    return f"{newest.count}:{newest.digest}"


def verify(known_head: str = "") -> Verdict:
    """Read the whole log and say where it was tampered with; others may write meanwhile.

    Parameters
    ----------
    known_head : str
        What :func:`head` said some time ago and was kept elsewhere. With it, a log that was replaced as a
        whole, or cut and continued, is noticed too.

    Returns
    -------
    Verdict
        The first entry that is not as it was written.

    Raises
    ------
    WrongArgument
        When `known_head` is none.
    """
    known_number, known_digest = _parsed(known_head)
    newest, previous, count = _newest(), START, 0
    fields = ("number", "at", "actor", "action", "subject", "detail", "previous", "digest")
    rows = AuditEntry.objects.filter(number__lte=newest.count).order_by("number").values_list(*fields)

    def verdict(first_bad: int | None, why: str) -> Verdict:
        return Verdict(entries=count, first_bad=first_bad, why=why, head=f"{newest.count}:{newest.digest}")

    for *told, digest in rows.iterator(chunk_size=5_000):
        if told[0] != count + 1:
            return verdict(count + 1, "missing")
        if told[-1] != previous:
            return verdict(told[0], "not chained")
        if _digest(*told) != digest:
            return verdict(told[0], "changed")
        if told[0] == known_number and digest != known_digest:
            return verdict(told[0], "other")
        previous, count = digest, told[0]
    if newest.count > count:
        return verdict(count + 1, "missing")
    if _beyond_the_head():
        return verdict(count + 1, "head")
    if newest.digest != previous:
        return verdict(max(count, 1), "head")
    if known_number > count:
        return verdict(count + 1, "missing")
    return verdict(None, "")


def _newest() -> AuditHead:
    return AuditHead.objects.filter(id=1).first() or AuditHead(count=0, digest=START)


def _beyond_the_head() -> bool:
    """Whether there are entries that the head does not know; read in this order, while others write."""
    last = AuditEntry.objects.aggregate(last=Max("number"))["last"] or 0
    return bool(last > _newest().count)


def _parsed(known_head: str) -> tuple[int, str]:
    if not known_head:
        return 0, START
    number, _, digest = known_head.strip().partition(":")
    if not (number.isascii() and number.isdigit()) or not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise WrongArgument(f"head={known_head!r} is no head of a log; give a line of treue audit head")
    return int(number), digest

"""Marks of those who were erased: no file brings them back, and nobody can read from a mark whom it means."""

from __future__ import annotations

import hmac
import os
import secrets
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import connection
from django.utils import timezone

from treue.app import environment
from treue.app.core.addresses import normal_email
from treue.app.customers.models import Blocked
from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from collections.abc import Iterable

KEY_FILE: Final = "erasure-key"
EMAIL, PHONE, ID = "email", "phone", "id"
BATCH: Final = 500

Value = tuple[str, str]
"""Kind of an address or id, and the address or id in the one way in which it is compared."""


def key() -> bytes:
    """Return the key of the marks; made at first use and kept in the home folder."""
    return _key(str(settings.HOME))


@cache
def _key(home: str) -> bytes:
    file = environment.private_folder(Path(home)) / KEY_FILE
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    return bytes.fromhex(file.read_text(encoding="ascii").strip())


def forget_key() -> None:
    """Read the key again when it is next needed; a restore puts another in its place."""
    _key.cache_clear()


def digest_of(value: Value) -> str:
    """Return the mark of an address or id."""
    kind, text = value
    return hmac.new(key(), f"{kind}\0{text}".encode(), sha256).hexdigest()


def values_of_code(code: str, system: str = "") -> list[Value]:
    """Return what a file's id of a customer could be known as: the id, and the address that it may be."""
    values = [(ID, f"{system}\0{code}" if system else code)]
    if "@" in code:
        try:
            values.append((EMAIL, normal_email(code)))
        except WrongArgument:
            return values
    return values


def block(values: Iterable[Value]) -> int:
    """Keep marks of addresses and ids, from now on where there was one before; returns how many."""
    now = timezone.now()
    marks = [Blocked(digest=digest_of(value), at=now) for value in set(values)]
    Blocked.objects.bulk_create(
        marks, update_conflicts=True, unique_fields=["digest"], update_fields=["at"], batch_size=BATCH
    )
    return len(marks)


def keep_marks(digests: Iterable[str]) -> None:
    """Keep marks that were made elsewhere, as before a backup was brought back."""
    now = timezone.now()
    marks = [Blocked(digest=digest, at=now) for digest in set(digests)]
    Blocked.objects.bulk_create(marks, ignore_conflicts=True, batch_size=BATCH)


def unblock(values: Iterable[Value]) -> int:
    """Remove marks, for somebody who comes back of their own will; returns how many there were."""
    return Blocked.objects.filter(digest__in=[digest_of(value) for value in set(values)]).delete()[0]


def blocked(values: Iterable[Value]) -> set[Value]:
    """Return those addresses and ids that belong to somebody who was erased."""
    marks = set(Blocked.objects.values_list("digest", flat=True).iterator())
    return {value for value in values if digest_of(value) in marks} if marks else set()


def anybody() -> bool:
    """Whether anybody was erased at all."""
    return Blocked.objects.exists()


def wait_for_erasures() -> None:
    """Let no erasure happen until the transaction ends, and see those that happened before.

    SQLite has one writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE customers_blocked IN SHARE MODE")

"""What a firm of that size has beside its orders: names, contacts, promises, notes and entries of the log."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

OPEN = 500
"""One contact and one promise of so many are open."""
ENTRIES = 20_000
AT_ONCE = 10_000
ENTRIES_AT_ONCE = 500


def fill_desk() -> None:
    """Name every customer; give each fifth a contact, each tenth a promise and a note; write into the log."""
    from django.db import connection, transaction
    from django.utils import timezone

    from treue.app.core import audit
    from treue.app.customers.models import Contact, Customer, Note, Promise
    from treue.app.measuring.writing import settle

    now = timezone.now()
    keys = list(Customer.objects.order_by("id").values_list("id", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customers_customer SET name = 'Åse Ødegård ' || CAST(id AS text)")
    _in_parts(
        (
            Contact(
                code=f"bench-{key}",
                customer_id=key,
                channel="phone",
                direction="in",
                opened_at=now - timedelta(minutes=key % 1_000_000 + 60),
                solved_at=None if key % OPEN == 0 else now - timedelta(minutes=key % 1_000_000),
                text="The parcel has not come",
            )
            for key in keys[::5]
        ),
        Contact.objects.bulk_create,
    )
    _in_parts(
        (
            Promise(
                code=f"bench-{key}",
                customer_id=key,
                due_at=now - timedelta(minutes=key % 100_000),
                kept_at=None if key % OPEN == 0 else now,
                text="Call back",
            )
            for key in keys[::10]
        ),
        Promise.objects.bulk_create,
    )
    _in_parts(
        (Note(customer_id=key, text="Prefers mornings", actor="user:1") for key in keys[::10]),
        Note.objects.bulk_create,
    )
    for start in range(0, min(ENTRIES, len(keys)), ENTRIES_AT_ONCE):
        # In one transaction PostgreSQL keeps every state of the row that numbers them, and walks through all of them.
        with transaction.atomic():
            for key in keys[start : start + ENTRIES_AT_ONCE]:
                audit.write("note.added", by=audit.COMMAND, subject=f"customer:{key}")
    settle()


def _in_parts(rows: Iterator[Any], write: Any) -> None:
    while part := list(islice(rows, AT_ONCE)):
        write(part)

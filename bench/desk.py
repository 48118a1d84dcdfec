"""What a firm of that size has beside its orders: names, contacts, promises, notes and entries of the log."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OPEN = 500
"""One contact and one promise of so many are open."""
ENTRIES = 20_000
AT_ONCE = 10_000
ENTRIES_AT_ONCE = 500

GIVEN = (
    *("Anna", "Bjørn", "Clara", "David", "Elin", "Frank", "Greta", "Håkon", "Ines", "Jürgen", "Kari", "Lars"),
    *("Marie", "Nils", "Olaf", "Petra", "Ragnhild", "Sven", "Tove", "Ulf", "Vera", "Wolfgang", "Yngve"),
)
BEGUN = (
    *(
        "Ander",
        "Berg",
        "Dahl",
        "Eichen",
        "Falken",
        "Gjerd",
        "Hansen",
        "Iser",
        "Jensen",
        "Kirch",
        "Lind",
        "Møller",
    ),
    *("Nord", "Ødegå", "Peter", "Rosen", "Schwarz", "Tann", "Vinter", "Weber", "Zwei"),
)
ENDED = (
    *(
        "rud",
        "mann",
        "stad",
        "bakk",
        "hof",
        "feld",
        "heim",
        "vik",
        "land",
        "stein",
        "quist",
        "brekke",
        "gård",
    ),
    *("by", "seth", "moen", "lie", "nes", "haug"),
)
SHOPS = ("Oslo", "Bergen", "Hamburg", "Kiel", "København", "Malmö")


def fill_desk() -> None:
    """Fill the records; give each fifth a contact, each tenth a promise and a note; write into the log."""
    from django.db import connection, transaction
    from django.utils import timezone

    from treue.app.core import audit
    from treue.app.customers.models import Contact, Customer, Note, Promise
    from treue.app.measuring.writing import settle

    now = timezone.now()
    keys = list(Customer.objects.order_by("id").values_list("id", flat=True))
    with connection.cursor() as cursor:
        _fill_records(cursor)
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


def _fill_records(cursor: Any) -> None:
    """Give everybody a name, an address and a group, each seventh a company, each third a further column."""
    name = " || ".join(
        [
            _one_of(GIVEN, "id * 7919"),
            "' '",
            _one_of(BEGUN, "id * 104729 / 64"),
            _one_of(ENDED, "id * 1299709 / 4096"),
        ]
    )
    shop = _one_of([f'{{"shop": "{shop}"}}' for shop in SHOPS], "id / 3")
    cast = "CAST({} AS jsonb)" if cursor.db.vendor == "postgresql" else "{}"
    cursor.execute(
        f"UPDATE customers_customer SET name = {name}, search_text = lower(code || ' ' || {name}), "
        f"company = CASE WHEN id % 7 = 0 THEN {name} || ' AS' ELSE '' END, "
        f"segment = {_one_of(['Wholesale', *['Retail'] * 39], 'id')}, "
        f"attributes = CASE WHEN id % 3 = 0 THEN {cast.format(shop)} ELSE attributes END"
    )
    address = "'person' || CAST(id AS text) || '@post' || CAST(id % 30 AS text) || '.example'"
    cursor.execute(
        "INSERT INTO customers_contactpoint (customer_id, kind, typed, normal, added_at) "
        f"SELECT id, 'email', {address}, {address}, CURRENT_TIMESTAMP FROM customers_customer"
    )


def _one_of(texts: Sequence[str], number: str) -> str:
    """Return the SQL that takes one of some texts by a number."""
    cases = " ".join(f"WHEN {place} THEN '{text}'" for place, text in enumerate(texts))
    return f"CASE ({number}) % {len(texts)} {cases} END"


def _in_parts(rows: Iterator[Any], write: Any) -> None:
    while part := list(islice(rows, AT_ONCE)):
        write(part)

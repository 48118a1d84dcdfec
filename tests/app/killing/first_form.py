"""A database in its first form, with rows in every table that has to do with people, and what an upgrade keeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import chain

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from treue.app.core import audit
from treue.app.core.backups import upgrade

FIRST = [("core", "0002_append_only"), ("customers", "0001_initial"), ("measuring", "0001_initial")]
MARKED = ("customers", "0002_blocked")
"""The change that made the table of who was erased, which has to keep its rows as much as any."""
AT = datetime(2026, 1, 1, tzinfo=UTC)
CHANGED = {"customers_customer": {"search_text"}}
"""Columns that a change means to write anew."""
STAFF = ("core_auditentry", "core_audithead", "core_user")
BEFORE_OTHERS = ("Customer", "ImportedFile", "Run")
"""What rows of other tables name."""
FEW = {"Run": 1, "ImportedFile": 1}
MANY = {
    "Customer", "ContactPoint", "ExternalId", "Purchase", "Contact", "Promise", "Score", "Consent", "Note", "Blocked",
}  # fmt: skip
"""What a large firm has a row of for each of its people; of everything else 200 rows are enough."""


def change_to(targets):
    with upgrade.all_or_nothing():
        upgrade.change_to(targets)


def models_at(*targets):
    """Return the models of people and of their scores in the form of that time, those first that others name."""
    apps = MigrationExecutor(connection).loader.project_state(targets).apps
    found = [one for app in ("customers", "measuring") for one in apps.get_app_config(app).get_models()]
    return sorted(found, key=lambda model: model.__name__ not in BEFORE_OTHERS), apps


def value_of(field, k):
    """Return what stands in a column of the k-th row: nothing in every fourth, where nothing may stand there."""
    if field.is_relation:
        return 1 if field.related_model.__name__ in FEW else k
    if field.null and k % 4 == 0:
        return None
    if field.choices:
        return field.choices[k % len(field.choices)][0]
    kind = field.get_internal_type()
    if kind in {"CharField", "TextField"}:
        return f"{k} ☂ {field.name}"[: field.max_length]
    return {
        "JSONField": {"file": f"ä {k}", "share": 0.25},
        "DateTimeField": AT + timedelta(days=k % 700, microseconds=k),
        "DateField": (AT + timedelta(days=k % 700)).date(),
        "BooleanField": k % 3 == 0,
        "FloatField": k / 8,
    }.get(kind, k)


def merges(k):
    """Let every tenth record be merged into the one before."""
    yield from ({"loser_id": k, "winner_id": k - 1, "undone_at": None},) if k % 10 == 0 else ()


def points(k):
    """Give each an address and a telephone."""
    for kind, text in (("email", f"k{k}@firm.example"), ("phone", f"+47{k:08}")):
        yield {"kind": kind, "typed": text, "normal": text}


SPECIAL = {
    "Merge": merges,
    "ContactPoint": points,
    "Contract": lambda k: ({"currency": "NOK"},),
    "Purchase": lambda k: ({"currency": "EUR"},),
}


def rows_of(model, k):
    """Return the rows of a model that are of the k-th person."""
    fields = [one for one in model._meta.concrete_fields if not (one.primary_key and one.name == "id")]
    values = {one.attname: value_of(one, k) for one in fields}
    return (model(**{**values, **more}) for more in SPECIAL.get(model.__name__, lambda _: ({},))(k))


def put(model, persons):
    most = persons if model.__name__ in MANY else min(persons, 200)
    numbers = range(1, 1 + FEW.get(model.__name__, most))
    rows = chain.from_iterable(rows_of(model, k) for k in numbers)
    model.objects.bulk_create(rows, batch_size=500)


def fill(persons):
    """Bring an empty database to the first form and put people into it, with the words of that time.

    Those who were erased are added in the next form, which made a table for them.
    """
    change_to(FIRST)
    models, apps = models_at(*FIRST)
    user = {"id": 7, "password": "x", "email": "ines@firm.example", "name": "Ines", "role": "owner"}
    apps.get_model("core", "User").objects.create(**user)
    for model in models:
        put(model, persons)
    for k in range(min(persons, 200)):
        audit.write("customer.seen", by=audit.SYSTEM, subject=f"customer:{k}", detail={"share": 0.25})
    change_to([MARKED])
    put(models_at(*FIRST, MARKED)[1].get_model("customers", "Blocked"), persons)


def kept():
    """Return the tables that an upgrade leaves as they are, each with its key."""
    models, _ = models_at(*FIRST, MARKED)
    return {one._meta.db_table: one._meta.pk.column for one in models} | {
        table: "number" if table == "core_auditentry" else "id" for table in STAFF
    }


def leaves():
    """Return the tables whose rows no others name, each with its key."""
    models, _ = models_at(*FIRST, MARKED)
    return {one._meta.db_table: one._meta.pk.column for one in models if one.__name__ not in BEFORE_OTHERS}


def columns():
    """Return the columns of the tables that an upgrade leaves as they are."""
    with connection.cursor() as cursor:
        return {
            table: sorted(
                {one.name for one in connection.introspection.get_table_description(cursor, table)}
                - CHANGED.get(table, set())
            )
            for table in kept()
        }


def told(wanted):
    """Return how many rows there are, and a sum over these columns of all of them, table by table."""
    found, keys = {}, kept()
    with connection.cursor() as cursor:
        for table, names in wanted.items():
            cursor.execute(
                f"SELECT {', '.join(map(connection.ops.quote_name, names))} FROM {table} ORDER BY {keys[table]}"
            )
            rows, count = sha256(), 0
            for row in cursor.fetchall():
                rows.update(repr(row).encode())
                count += 1
            found[table] = count, rows.hexdigest()
    return found

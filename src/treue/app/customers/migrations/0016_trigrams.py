"""An index of every three letters side by side in names, groups and addresses, kept by the database itself.

On SQLite it hangs on triggers: a change that makes one of the tables anew has to add them again. On PostgreSQL the
expression is that of :mod:`treue.app.customers.trigrams`, which finds nothing by index if the two differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import migrations, models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLES = {
    "customers_customer": ("name", "company", "country", "language", "segment", "acquired_via"),
    "customers_contactpoint": ("typed", "normal"),
}


def in_sqlite(table: str, columns: tuple[str, ...]) -> Iterator[str]:
    """Yield what makes and fills the index of a table, and keeps it."""
    index, names = f"{table}_trigrams", ", ".join(columns)

    def padded(row: str) -> str:
        return ", ".join(f"{row}{column} || '  '" for column in columns)

    def filled(row: str) -> str:
        return f"{' || '.join(f'{row}{column}' for column in columns)} <> ''"

    # FTS5 counts its rows: what is not in it must not be taken out of it.
    new = f"INSERT INTO {index}(rowid, {names}) SELECT new.id, {padded('new.')} WHERE {filled('new.')}"
    old = (
        f"INSERT INTO {index}({index}, rowid, {names}) SELECT 'delete', old.id, {padded('old.')} "
        f"WHERE {filled('old.')}"
    )
    other = " OR ".join(f"old.{column} IS NOT new.{column}" for column in columns)
    yield (
        f"CREATE VIRTUAL TABLE {index} USING fts5({names}, content='', columnsize=0, detail=column, "
        "tokenize='trigram')"
    )
    yield f"CREATE VIRTUAL TABLE {index}_words USING fts5vocab({index}, instance)"
    yield f"INSERT INTO {index}(rowid, {names}) SELECT id, {padded('')} FROM {table} WHERE {filled('')}"
    yield f"CREATE TRIGGER {index}_new AFTER INSERT ON {table} WHEN {filled('new.')} BEGIN {new}; END"
    yield f"CREATE TRIGGER {index}_old AFTER DELETE ON {table} WHEN {filled('old.')} BEGIN {old}; END"
    yield (
        f"CREATE TRIGGER {index}_changed AFTER UPDATE OF {names} ON {table} WHEN {other} "
        f"BEGIN {old}; {new}; END"
    )


def in_postgres(table: str, columns: tuple[str, ...]) -> str:
    """Return what makes the index of a table."""
    cut = " || ".join(
        rf"""regexp_replace(substr(lower(({column} || '  ') COLLATE "C"), {start}), '(.{{3}})', """
        rf"E'{place}\\1\x01', 'g') || E'\x01'"
        for place, column in enumerate(columns)
        for start in (1, 2, 3)
    )
    return (
        f"CREATE INDEX {table}_trigrams ON {table} USING gin "
        rf"((array_to_tsvector(array_remove(string_to_array({cut}, E'\x01'), '')))) "
        f"WHERE {' || '.join(columns)} <> ''"
    )


def add(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    """Add the indexes of the database at hand."""
    for table, columns in TABLES.items():
        if editor.connection.vendor == "sqlite":
            for statement in in_sqlite(table, columns):
                editor.execute(statement)
        else:
            editor.execute(in_postgres(table, columns))


class Migration(migrations.Migration):
    """Add the indexes, and one of the levels of expertise; groups are found by their trigrams."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("customers", "0015_found_by_index")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.RunPython(add, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                fields=["expertise"], name="customers_expertise", condition=models.Q(expertise__gt="")
            ),
        ),
        migrations.RemoveIndex(model_name="customer", name="customers_c_segment_78093c_idx"),
    ]

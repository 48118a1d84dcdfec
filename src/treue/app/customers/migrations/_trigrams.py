"""Make an index of every three letters side by side in some texts of a table, kept by the database itself.

On SQLite it hangs on triggers: a change that makes the table anew has to add them again. On PostgreSQL the expression
is that of :mod:`treue.app.customers.trigrams`, which finds nothing by index if the two differ. Changes of version
call this: what it writes for a table must stay as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

    Texts = tuple[tuple[str, ...], ...]

PAD = "'  '"


def add(editor: BaseDatabaseSchemaEditor, tables: Mapping[str, Texts]) -> None:
    """Add the index of each table, in place of one that it may have: its texts, each of columns put together."""
    for table, texts in tables.items():
        statements = in_sqlite if editor.connection.vendor == "sqlite" else in_postgres
        for statement in statements(table, texts):
            editor.execute(statement)


def in_sqlite(table: str, texts: Texts) -> Iterator[str]:
    """Yield what makes and fills the index of a table, and keeps it; a text has the name of its first column."""
    index, names = f"{table}_trigrams", ", ".join(columns[0] for columns in texts)
    every = [column for columns in texts for column in columns]

    def padded(row: str) -> str:
        return ", ".join(" || ".join(f"{row}{column} || {PAD}" for column in columns) for columns in texts)

    def filled(row: str) -> str:
        return f"{' || '.join(f'{row}{column}' for column in every)} <> ''"

    # FTS5 counts its rows: what is not in it must not be taken out of it.
    new = f"INSERT INTO {index}(rowid, {names}) SELECT new.id, {padded('new.')} WHERE {filled('new.')}"
    old = (
        f"INSERT INTO {index}({index}, rowid, {names}) SELECT 'delete', old.id, {padded('old.')} "
        f"WHERE {filled('old.')}"
    )
    other = " OR ".join(f"old.{column} IS NOT new.{column}" for column in every)
    for change in ("new", "old", "changed"):
        yield f"DROP TRIGGER IF EXISTS {index}_{change}"
    yield f"DROP TABLE IF EXISTS {index}_words"
    yield f"DROP TABLE IF EXISTS {index}"
    yield (
        f"CREATE VIRTUAL TABLE {index} USING fts5({names}, content='', columnsize=0, detail=column, "
        "tokenize='trigram')"
    )
    yield f"CREATE VIRTUAL TABLE {index}_words USING fts5vocab({index}, instance)"
    yield f"INSERT INTO {index}(rowid, {names}) SELECT id, {padded('')} FROM {table} WHERE {filled('')}"
    yield f"CREATE TRIGGER {index}_new AFTER INSERT ON {table} WHEN {filled('new.')} BEGIN {new}; END"
    yield f"CREATE TRIGGER {index}_old AFTER DELETE ON {table} WHEN {filled('old.')} BEGIN {old}; END"
    yield (
        f"CREATE TRIGGER {index}_changed AFTER UPDATE OF {', '.join(every)} ON {table} WHEN {other} "
        f"BEGIN {old}; {new}; END"
    )


def in_postgres(table: str, texts: Texts) -> Iterator[str]:
    """Yield what makes the index of a table."""
    cut = " || ".join(
        rf"""regexp_replace(substr(lower((({f" || {PAD} || ".join(columns)}) || {PAD}) COLLATE "C"), {start}), """
        rf"'(.{{3}})', E'{place}\\1\x01', 'g') || E'\x01'"
        for place, columns in enumerate(texts)
        for start in (1, 2, 3)
    )
    every = " || ".join(column for columns in texts for column in columns)
    yield f"DROP INDEX IF EXISTS {table}_trigrams"
    yield (
        f"CREATE INDEX {table}_trigrams ON {table} USING gin "
        rf"((array_to_tsvector(array_remove(string_to_array({cut}, E'\x01'), '')))) "
        f"WHERE {every} <> ''"
    )

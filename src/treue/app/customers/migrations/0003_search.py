"""An index of the words in names, addresses and ids, kept by the database itself.

On SQLite it hangs on triggers: a change that makes the table of customers anew has to add them again. On PostgreSQL
the expression is that of :mod:`treue.app.customers.search`, which finds nothing by index if the two differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import migrations

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

NEW = "INSERT INTO customers_search(rowid, search_text) VALUES (new.id, new.search_text)"
OLD = (
    "INSERT INTO customers_search(customers_search, rowid, search_text) "
    "VALUES ('delete', old.id, old.search_text)"
)
SQLITE = (
    """CREATE VIRTUAL TABLE customers_search USING fts5(search_text, content='customers_customer',
       content_rowid='id', columnsize=0, tokenize='unicode61 remove_diacritics 0')""",
    "INSERT INTO customers_search(customers_search) VALUES ('rebuild')",
    f"CREATE TRIGGER customers_search_new AFTER INSERT ON customers_customer BEGIN {NEW}; END",
    f"CREATE TRIGGER customers_search_old AFTER DELETE ON customers_customer BEGIN {OLD}; END",
    f"""CREATE TRIGGER customers_search_changed AFTER UPDATE OF search_text ON customers_customer
        BEGIN {OLD}; {NEW}; END""",
)
POSTGRES = (
    r"""CREATE INDEX customers_search ON customers_customer USING gin ((array_to_tsvector(array_remove(
        regexp_split_to_array(search_text, E'[\\s!-/:-@\\[-`{-~]+'), ''))))""",
)


def add(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    """Add the index of the database at hand."""
    for statement in SQLITE if editor.connection.vendor == "sqlite" else POSTGRES:
        editor.execute(statement)


class Migration(migrations.Migration):
    """Add the index."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("customers", "0002_blocked")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.RunPython(add, migrations.RunPython.noop)
    ]

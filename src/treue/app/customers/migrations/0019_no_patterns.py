"""Drop what Django adds for patterns to every unique text on PostgreSQL: a second index of each order's number.

Nothing but the import of credit notes asks for numbers by how they begin, among those of returns, and each import of
orders wrote them twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import migrations

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def drop(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    """Drop those of the columns ``code``, but that of returns."""
    if editor.connection.vendor != "postgresql":
        return
    with editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() "
            r"AND tablename LIKE 'customers\_%' AND tablename <> 'customers_return' "
            r"AND indexname LIKE '%\_code\_%\_like'"
        )
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        editor.execute(f"DROP INDEX {editor.quote_name(name)}")


class Migration(migrations.Migration):
    """Drop them."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("customers", "0018_ids_by_value")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.RunPython(drop, migrations.RunPython.noop),
    ]

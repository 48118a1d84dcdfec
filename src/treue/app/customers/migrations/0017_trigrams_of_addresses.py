"""An index of every three letters side by side in addresses: as they were typed and in their one form, as one text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import migrations

from treue.app.customers.migrations import _trigrams

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLES = {"customers_contactpoint": (("typed", "normal"),)}


def add(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    """Add it."""
    _trigrams.add(editor, TABLES)


class Migration(migrations.Migration):
    """Add the index."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("customers", "0016_trigrams")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.RunPython(add, migrations.RunPython.noop),
    ]

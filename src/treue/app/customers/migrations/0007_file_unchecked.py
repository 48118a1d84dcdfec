"""PostgreSQL no longer looks up the file of each order of an import, which has just written that file itself.

SQLite checks in passing, and would have to write the whole table anew to leave it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import django.db.models.deletion
from django.db import migrations, models

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

LOOSE = models.ForeignKey(
    "customers.ImportedFile",
    null=True,
    on_delete=django.db.models.deletion.SET_NULL,
    db_index=False,
    db_constraint=False,
)


def loosen(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    """Remove the foreign key on PostgreSQL."""
    if editor.connection.vendor != "postgresql":
        return
    purchase = apps.get_model("customers", "Purchase")
    new = LOOSE.clone()
    new.set_attributes_from_name("file")
    new.model = purchase
    new.remote_field.model = apps.get_model("customers", "ImportedFile")
    editor.alter_field(purchase, purchase._meta.get_field("file"), new)  # noqa: SLF001


class Migration(migrations.Migration):
    """Remove it."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("customers", "0006_restricted")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(loosen, migrations.RunPython.noop)],
            state_operations=[migrations.AlterField("purchase", "file", LOOSE.clone())],
        )
    ]

"""An index of every three letters side by side in names and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import migrations, models

from treue.app.customers.migrations import _trigrams

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLES = {
    "customers_customer": (
        ("name",),
        ("company",),
        ("country",),
        ("language",),
        ("segment",),
        ("acquired_via",),
    ),
}


def add(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    """Add it."""
    _trigrams.add(editor, TABLES)


class Migration(migrations.Migration):
    """Add the index, and one of the levels of expertise; groups are found by their trigrams."""

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

"""Sort names with large letters beside small ones on SQLite too, by an index in that order."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models

from treue.app.customers.folded import ByLetters


class Migration(migrations.Migration):
    """Make the index of names anew."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("customers", "0019_no_patterns")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.RemoveIndex(model_name="customer", name="customers_c_name_f018e2_idx"),
        migrations.AddIndex(
            model_name="customer", index=models.Index(ByLetters("name"), name="customers_name")
        ),
    ]

"""Keep of which promises it is not known whether they were kept, and index only what is open."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the column, and make the index anew."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("customers", "0012_contact_known")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddField("promise", "kept_known", models.BooleanField(default=True)),
        migrations.RemoveIndex("promise", "customers_p_kept_at_e722ab_idx"),
        migrations.AddIndex(
            "promise",
            models.Index(
                condition=models.Q(kept_at__isnull=True, kept_known=True),
                fields=["due_at", "id"],
                name="promises_open",
            ),
        ),
    ]

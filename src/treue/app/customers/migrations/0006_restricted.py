"""Find who is restricted by index: lists leave them out."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the index."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("customers", "0005_visit_by_browser")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddIndex(
            "customer",
            models.Index(fields=["id"], name="restricted_customers", condition=models.Q(restricted=True)),
        )
    ]

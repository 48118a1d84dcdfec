"""Find who objected to scores by index: what is shown of scores leaves them out."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the index."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("customers", "0007_file_unchecked")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddIndex(
            "customer",
            models.Index(fields=["id"], name="objecting_customers", condition=models.Q(no_profiling=True)),
        )
    ]

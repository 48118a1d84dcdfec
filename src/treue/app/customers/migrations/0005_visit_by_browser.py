"""Find the visits of a browser by index: who is erased or given a copy is looked for by them, too."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the index."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("customers", "0004_phone_words")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddIndex(
            "visit",
            models.Index(
                fields=["anonymous_id"],
                name="visit_by_browser",
                condition=models.Q(anonymous_id__isnull=False),
            ),
        )
    ]

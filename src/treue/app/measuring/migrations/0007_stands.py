"""Count and list who is a customer now, and who ever was, without reading the scores of all."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the index."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("measuring", "0006_parts")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddIndex(
            "score",
            models.Index(
                fields=["run", "stands", "last_on", "customer"],
                name="score_stands",
                condition=models.Q(stands__isnull=False),
            ),
        )
    ]

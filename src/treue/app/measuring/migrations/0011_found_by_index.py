"""Find by an index whom a filter by the expected worth or the days to the second purchase leaves."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add two indexes."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("measuring", "0010_limits_ahead")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddIndex(
            model_name="score",
            index=models.Index(
                fields=["run", "value_ahead", "customer"],
                condition=models.Q(value_ahead__isnull=False),
                name="score_ahead",
            ),
        ),
        migrations.AddIndex(
            model_name="score",
            index=models.Index(
                fields=["run", "again_days", "customer"],
                condition=models.Q(again_days__isnull=False),
                name="score_again",
            ),
        ),
    ]

"""Keep how many customers a saved filter held, and of which day the scores were."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the columns."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("customers", "0010_search_merged")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddField("segment", "counted", models.BigIntegerField(blank=True, null=True)),
        migrations.AddField("segment", "counted_as_of", models.DateField(blank=True, null=True)),
    ]

"""What contracts bring, how likely they end, and why."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the columns."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("measuring", "0004_gaps")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddField("score", "yearly_amount", models.BigIntegerField(null=True, blank=True)),
        migrations.AddField("score", "ends_on", models.DateField(null=True, blank=True)),
        migrations.AddField("score", "loss_share", models.FloatField(null=True, blank=True)),
        migrations.AddField("score", "reasons", models.JSONField(null=True, blank=True)),
    ]

"""Keep between which numbers the purchases of a year lie, as one customer's page says how unsure they are."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add two columns; scores of the next night fill them."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("measuring", "0009_ahead")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddField("score", "orders_ahead_low", models.PositiveIntegerField(null=True, blank=True)),
        migrations.AddField("score", "orders_ahead_high", models.PositiveIntegerField(null=True, blank=True)),
    ]

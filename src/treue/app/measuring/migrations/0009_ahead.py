"""Keep what the expected worth of a year is made of, so that a customer's page can show it."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add two columns; scores of the next night fill them."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("measuring", "0008_fewer_indexes")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddField("score", "orders_ahead", models.FloatField(null=True, blank=True)),
        migrations.AddField("score", "order_worth", models.BigIntegerField(null=True, blank=True)),
    ]

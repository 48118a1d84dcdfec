"""How many gaps of a customer's own are known: below three, the usual gap is that of all."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the number."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("measuring", "0003_sorts")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddField("score", "gaps_count", models.PositiveIntegerField(null=True, blank=True))
    ]

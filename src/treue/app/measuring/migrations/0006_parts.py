"""Which part of which figure each customer is, so that a figure leads to the customers it counts."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the columns, and an index for each of the lists."""

    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("customers", "0008_objecting"),
        ("measuring", "0005_contracts"),
    ]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddField(
            model_name="score",
            name="again_days",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="score",
            name="asked",
            field=models.CharField(blank=True, max_length=10, null=True),
        ),
        migrations.AddField(
            model_name="score",
            name="part",
            field=models.CharField(blank=True, max_length=10, null=True),
        ),
        migrations.AddField(
            model_name="score",
            name="paying",
            field=models.CharField(blank=True, max_length=10, null=True),
        ),
        migrations.AddField(
            model_name="score",
            name="silence",
            field=models.CharField(blank=True, max_length=10, null=True),
        ),
        migrations.AddField(
            model_name="score",
            name="stands",
            field=models.CharField(blank=True, max_length=10, null=True),
        ),
        migrations.AddIndex(
            model_name="score",
            index=models.Index(
                condition=models.Q(("part__isnull", False)),
                fields=["run", "part", "net_amount", "customer"],
                name="score_part",
            ),
        ),
        migrations.AddIndex(
            model_name="score",
            index=models.Index(
                condition=models.Q(("silence__isnull", False)),
                fields=["run", "silence", "net_amount", "customer"],
                name="score_silence",
            ),
        ),
        migrations.AddIndex(
            model_name="score",
            index=models.Index(
                condition=models.Q(("paying__isnull", False)),
                fields=["run", "paying", "net_amount", "customer"],
                name="score_paying",
            ),
        ),
    ]

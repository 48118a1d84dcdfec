"""Write scores faster: fewer indexes, and two that hold only who is in them.

Scores that stand there keep 0 for who neither rose nor fell; those of the next night have null.
"""

from __future__ import annotations

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

MOVED = models.Q(moved__isnull=False)
ON_THE_CARE_LIST = models.Q(care_rank__isnull=False)


class Migration(migrations.Migration):
    """Change the indexes."""

    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("customers", "0011_segment_counts"),
        ("measuring", "0007_stands"),
    ]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.RemoveIndex("score", "measuring_s_run_id_c6cfc3_idx"),
        migrations.RemoveIndex("score", "score_moved"),
        migrations.AlterField("score", "moved", models.SmallIntegerField(null=True, blank=True)),
        migrations.AddIndex(
            "score", models.Index(fields=["run", "care_rank"], name="score_care", condition=ON_THE_CARE_LIST)
        ),
        migrations.AddIndex(
            "score",
            models.Index(
                fields=["run", "moved", "net_amount", "customer"], name="score_moved", condition=MOVED
            ),
        ),
        migrations.AddConstraint(
            "score", models.UniqueConstraint(fields=["customer", "run"], name="score_once_per_customer")
        ),
        migrations.RemoveConstraint("score", "score_once_per_run"),
        migrations.AlterField(
            "score",
            "customer",
            models.ForeignKey(
                "customers.Customer",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="scores",
                db_index=False,
            ),
        ),
    ]

"""Keep of which contacts it is not known whether they were answered or solved, and index only what is open."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the columns, and make the index anew."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("customers", "0011_segment_counts")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddField("contact", "reply_known", models.BooleanField(default=True)),
        migrations.AddField("contact", "solution_known", models.BooleanField(default=True)),
        migrations.RemoveIndex("contact", "contacts_open"),
        migrations.AddIndex(
            "contact",
            models.Index(
                condition=models.Q(solved_at__isnull=True, solution_known=True),
                fields=["opened_at", "id"],
                name="contacts_open",
            ),
        ),
    ]

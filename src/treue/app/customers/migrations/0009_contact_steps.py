"""Keep what staff say of a contact with its time, and find what is open by index."""

from __future__ import annotations

from typing import ClassVar

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the table and the index."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("customers", "0008_objecting")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.CreateModel(
            "ContactStep",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("answered", "Answered"), ("solved", "Solved"), ("reopened", "Reopened")],
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("actor", models.CharField(max_length=60)),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="customers.contact",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            "contact",
            models.Index(
                condition=models.Q(solved_at__isnull=True), fields=["opened_at", "id"], name="contacts_open"
            ),
        ),
    ]

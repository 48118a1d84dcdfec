"""A piece of work that is ordered while it is being done is done once more."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the mark."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("core", "0004_audit_grows")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddField("job", "again", models.BooleanField(default=False))
    ]

"""Drop two indexes of scores where an earlier form of the change before this one made them."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    """Of first purchases and days of silence, few seldom fit, and each index costs a part of every night."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("measuring", "0011_found_by_index")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.RunSQL(f"DROP INDEX IF EXISTS {name}", migrations.RunSQL.noop)
        for name in ("score_first", "score_silent")
    ]

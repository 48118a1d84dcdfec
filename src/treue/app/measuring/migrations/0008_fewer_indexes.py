"""Write scores faster: fewer indexes, and two that hold only who is in them.

Scores that stand there keep 0 for who neither rose nor fell; those of the next night have null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import django.db.models.deletion
from django.db import migrations, models

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

MOVED = models.Q(moved__isnull=False)
ON_THE_CARE_LIST = models.Q(care_rank__isnull=False)
CHANGES: list[migrations.operations.base.Operation] = [
    migrations.RemoveIndex("score", "measuring_s_run_id_c6cfc3_idx"),
    migrations.RemoveIndex("score", "score_moved"),
    migrations.AlterField("score", "moved", models.SmallIntegerField(null=True, blank=True)),
    migrations.AddIndex(
        "score", models.Index(fields=["run", "care_rank"], name="score_care", condition=ON_THE_CARE_LIST)
    ),
    migrations.AddIndex(
        "score",
        models.Index(fields=["run", "moved", "net_amount", "customer"], name="score_moved", condition=MOVED),
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


class AllAtOnce(migrations.SeparateDatabaseAndState):
    """Make the table anew once on SQLite, where four of the changes would do so, each with a dozen indexes."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Change the table from one state to the other."""
        if schema_editor.connection.vendor != "sqlite":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        editor: Any = schema_editor
        editor._remake_table(to_state.apps.get_model(app_label, "Score"))  # noqa: SLF001


class Migration(migrations.Migration):
    """Change the indexes."""

    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("customers", "0011_segment_counts"),
        ("measuring", "0007_stands"),
    ]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        AllAtOnce(database_operations=CHANGES, state_operations=CHANGES)
    ]

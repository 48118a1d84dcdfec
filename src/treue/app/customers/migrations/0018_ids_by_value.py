"""Find a customer's number in whichever system it is one: the constraint's index begins with the number."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Make the constraint anew, in the other order."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("customers", "0017_trigrams_of_addresses")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.RemoveConstraint(model_name="externalid", name="external_id_once"),
        migrations.AddConstraint(
            model_name="externalid",
            constraint=models.UniqueConstraint(fields=["value", "system"], name="external_id_once"),
        ),
    ]

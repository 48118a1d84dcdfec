"""Let telephone numbers that are already there be found by any of their digits."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import migrations

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

BATCH = 400


def add(apps: Any, _editor: BaseDatabaseSchemaEditor) -> None:
    """Add what follows each digit of a number to what a search looks through."""
    customers = apps.get_model("customers", "Customer").objects
    points = apps.get_model("customers", "ContactPoint").objects.filter(kind="phone").order_by("customer_id")
    rows = points.values_list("customer_id", "customer__search_text", "normal").iterator(chunk_size=BATCH)
    changed = []
    for (key, text), numbers in groupby(rows, lambda row: row[:2]):
        digits = [number.removeprefix("+") for *_, number in numbers]
        words = [one[start:] for one in digits for start in range(1, len(one) - 3)]
        changed.append(customers.model(pk=key, search_text=" ".join([text, *dict.fromkeys(words)]).strip()))
    for start in range(0, len(changed), BATCH):
        customers.bulk_update(changed[start : start + BATCH], ["search_text"])


class Migration(migrations.Migration):
    """Add the words."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("customers", "0003_search")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.RunPython(add, migrations.RunPython.noop)
    ]

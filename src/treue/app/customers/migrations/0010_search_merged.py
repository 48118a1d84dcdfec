"""Find whoever stayed by all that is known of the records merged into it, as later merges do."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations


def add(apps: Any, _editor: Any) -> None:
    """Add what merged records are found by to what their customers are."""
    customers = apps.get_model("customers", "Customer").objects
    merges = apps.get_model("customers", "Merge").objects.filter(undone_at=None)
    above = dict(merges.values_list("loser_id", "winner_id"))
    for loser in sorted(above):
        more = customers.values_list("search_text", flat=True).get(pk=loser)
        one, seen = loser, {loser}
        while one in above and above[one] not in seen:
            one = above[one]
            seen.add(one)
            mine = customers.values_list("search_text", flat=True).get(pk=one)
            words = dict.fromkeys(f"{mine} {more}".split())
            customers.filter(pk=one).update(search_text=" ".join(words))


class Migration(migrations.Migration):
    """Write them."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("customers", "0009_contact_steps")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.RunPython(add, migrations.RunPython.noop)
    ]

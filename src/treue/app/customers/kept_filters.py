"""Keep filters of customers under a name, and forget them."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from treue.app.core import audit
from treue.app.core.wrong import Wrong
from treue.app.customers import conditions
from treue.app.customers.models import Segment
from treue.app.customers.services import written
from treue.kernel.language import message


@transaction.atomic
def save_segment(
    name: str, tree: Any, *, by: audit.Actor, attributes: frozenset[str] = frozenset()
) -> Segment:
    """Keep conditions under a name; the same name replaces what it held.

    Raises
    ------
    WrongArgument
        When there is no name, or no condition.
    """
    checked = conditions.check(tree, attributes)
    if not checked["groups"]:
        raise Wrong(message("A filter needs at least one condition to be kept"))
    made, _ = Segment.objects.update_or_create(
        name=written(name, message("Name"), 100), defaults={"conditions": checked, "actor": audit.name_of(by)}
    )
    audit.write("segment.saved", by=by, subject=f"segment:{made.pk}")
    return made


@transaction.atomic
def delete_segment(segment: Segment, *, by: audit.Actor) -> None:
    """Forget a saved filter; no customer changes."""
    audit.write("segment.deleted", by=by, subject=f"segment:{segment.pk}")
    segment.delete()

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
    name: str,
    tree: Any,
    *,
    by: audit.Actor,
    attributes: frozenset[str] = frozenset(),
    of_others: bool = False,
) -> Segment:
    """Keep conditions under a name; the same name replaces what it held.

    Parameters
    ----------
    name : str
        Of the filter.
    tree : object
        Its conditions, as somebody sent them.
    by : User or str
        Who saves it.
    attributes : frozenset of str
        Further columns that there are.
    of_others : bool
        Whether a filter that somebody else saved may be replaced.

    Returns
    -------
    Segment
        The filter.

    Raises
    ------
    WrongArgument
        When there is no name, or no condition, or the name is that of somebody else's filter.
    """
    checked = conditions.check(tree, attributes)
    if not checked["groups"]:
        raise Wrong(message("A filter needs at least one condition to be kept"))
    actor = audit.name_of(by)
    # The lock lets of two who save under one name at once the second see whose it is.
    kept, new = Segment.objects.select_for_update().get_or_create(
        name=written(name, message("Name"), 100), defaults={"conditions": checked, "actor": actor}
    )
    if not new:
        if kept.actor != actor and not of_others:
            raise Wrong(message("A filter of this name was saved by somebody else; choose another name"))
        kept.conditions, kept.actor = checked, actor
        kept.save(update_fields=["conditions", "actor"])
    detail = {} if new else {"replaced": True}
    audit.write("segment.saved", by=by, subject=f"segment:{kept.pk}", detail=detail)
    return kept


@transaction.atomic
def delete_segment(segment: Segment, *, by: audit.Actor) -> None:
    """Forget a saved filter; no customer changes."""
    audit.write("segment.deleted", by=by, subject=f"segment:{segment.pk}")
    segment.delete()

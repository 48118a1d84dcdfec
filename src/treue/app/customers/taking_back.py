"""Take back what staff wrote by mistake: a note, a promise or a contact, which is deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from treue.app.core import audit
from treue.app.core.models import Role, User
from treue.app.core.wrong import Wrong
from treue.app.customers.models import Contact, ContactStep, Note, Promise
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import Model

ENTRIES: Final[dict[str, type[Note | Promise | Contact]]] = {
    "note": Note,
    "promise": Promise,
    "contact": Contact,
}
"""What can be taken back: kind of the entry to its table."""
FROM_A_FILE: Final = message(
    "This came with a file and is not taken back here; it would come again with the file"
)
OF_ANOTHER: Final = message("Only who wrote this, an owner or a manager takes it back")
OTHERS_GO_ON: Final = message(
    "Somebody else wrote down what became of this contact; only an owner or a manager takes it back"
)


def written_here(entry: Model) -> bool:
    """Whether somebody with an account wrote an entry; what came with a file has no such name."""
    return str(getattr(entry, "actor", "")).startswith("user:")


def why_not(entry: Model, by: User, steps_by: Iterable[str] = ()) -> str:
    """Return why somebody may not take an entry back, in a sentence; empty where they may.

    Parameters
    ----------
    entry : Note, Promise or Contact
        What was written.
    by : User
        Who wants to take it back.
    steps_by : iterable of str
        Who wrote down what became of it, as ``user:7``.

    Returns
    -------
    str
        The English words of the sentence.
    """
    if not written_here(entry):
        return FROM_A_FILE
    if by.role in {Role.OWNER, Role.MANAGER}:
        return ""
    me = audit.name_of(by)
    if getattr(entry, "actor", "") != me:
        return OF_ANOTHER
    return OTHERS_GO_ON if any(actor != me for actor in steps_by) else ""


@transaction.atomic
def take_back(kind: str, entry: Model, *, by: User) -> bool:
    """Delete what was written by mistake, with all that was said of it.

    Parameters
    ----------
    kind : {"note", "promise", "contact"}
        What it is.
    entry : Note, Promise or Contact
        Which.
    by : User
        Who takes it back.

    Returns
    -------
    bool
        False where it was taken back already: of two who press at once, one writes the audit log.

    Raises
    ------
    Wrong
        When it came with a file, or somebody else wrote it, or wrote down what became of it, and `by` is
        neither owner nor manager.
    """
    model = ENTRIES[kind]
    # Whoever says something of the same entry meanwhile waits.
    held = model.objects.select_for_update().filter(pk=entry.pk).first()
    if held is None:
        return False
    steps = ContactStep.objects.filter(contact=held.pk) if kind == "contact" else ContactStep.objects.none()
    reason = why_not(held, by, steps.values_list("actor", flat=True))
    if reason:
        raise Wrong(reason)
    number, customer = held.pk, held.customer_id
    held.delete()
    audit.write(f"{kind}.taken_back", by=by, subject=f"customer:{customer}", detail={kind: number})
    return True

"""Write down that a customer and the firm spoke, and what became of it: answered, solved, opened again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone

from treue.app.core import audit
from treue.app.core.wrong import Wrong
from treue.app.customers.models import Contact, ContactStep, Customer
from treue.app.customers.services import NOT_OFFERED, new_code, subject_of, written
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

OUTBOUND: Final = ("out", "outbound", "outgoing")
"""What the direction says of a contact that the firm began, in files too."""
STATES: Final = {
    "waiting": message("nobody answered yet"),
    "answered": message("answered, still open"),
    "solved": message("solved"),
}
"""How far a contact is when it is written down."""
NOT_YET: Final = message("That time is still to come; write down what has happened")
BEFORE_IT_BEGAN: Final = message("That is before the contact began")
BEFORE_ANSWERED: Final = message("That is before it was answered")
BEFORE_SOLVED: Final = message("That is before it was solved")
BEFORE_REOPENED: Final = message("That is before it was opened again")


@transaction.atomic
def add_contact(
    customer: Customer,
    *,
    channel: str,
    direction: str,
    text: str,
    by: audit.Actor,
    own_fault: bool = False,
    state: str = "answered",
    at: datetime | None = None,
) -> Contact:
    """Write down that a customer and the firm spoke.

    Parameters
    ----------
    customer : Customer
        Who.
    channel, direction : str
        On which way, and who began: ``in`` the customer, ``out`` the firm.
    text : str
        What it was about.
    by : User or str
        Who writes it down.
    own_fault : bool
        Whether it is a mistake of the firm.
    state : {"waiting", "answered", "solved"}
        How far it is. Only what a customer began is ever answered for the first time.
    at : datetime, optional
        When it was; now unless told.

    Returns
    -------
    Contact
        As it was written.

    Raises
    ------
    Wrong
        When the channel, the direction or the state is none, the time is still to come, or nothing was written.
    """
    if channel not in Contact.Channel.values:
        raise Wrong(NOT_OFFERED, what=message("Channel"), value=channel)
    if direction not in {"in", "out"}:
        raise Wrong(NOT_OFFERED, what=message("Who began"), value=direction)
    if state not in STATES:
        raise Wrong(NOT_OFFERED, what=message("How far it is"), value=state)
    at = _past(at)
    made = Contact.objects.create(
        code=new_code("contact"),
        customer=customer,
        channel=channel,
        direction=direction,
        opened_at=at,
        first_reply_at=at if direction == "in" and state != "waiting" else None,
        solved_at=at if state == "solved" else None,
        own_fault=own_fault,
        text=written(text, message("Text")),
        actor=audit.name_of(by),
    )
    audit.write("contact.added", by=by, subject=subject_of(customer), detail={"channel": channel})
    return made


@transaction.atomic
def take_step(contact: Contact, kind: str, *, by: audit.Actor, at: datetime | None = None) -> bool:
    """Say that a contact was answered for the first time, solved, or opened again.

    Parameters
    ----------
    contact : Contact
        Which.
    kind : {"answered", "solved", "reopened"}
        What happened.
    by : User or str
        Who says so.
    at : datetime, optional
        When it happened; now unless told.

    Returns
    -------
    bool
        False where it stood so already: of two who press at once, one writes. Nor is anything written where the
        contact was taken back meanwhile.

    Raises
    ------
    Wrong
        When the time is still to come, or before what must come first.
    """
    if kind not in ContactStep.Kind.values:
        raise Wrong(NOT_OFFERED, what=message("What happened"), value=kind)
    at = _past(at)
    # Whoever says something of the same contact meanwhile waits.
    held = Contact.objects.select_for_update(no_key=True).filter(pk=contact.pk).first()
    if held is None or not allowed(held, kind):
        return False
    for earlier, words in _before(held, kind):
        if at < earlier:
            raise Wrong(words)
    if kind == ContactStep.Kind.REOPENED:
        _answer(held, held.solved_at)
        held.solved_at = None
        held.reopened_count = (held.reopened_count or 0) + 1
    elif kind == ContactStep.Kind.ANSWERED:
        held.first_reply_at, held.reply_known = at, True
    else:
        held.solved_at = at
        _answer(held, at)
    # Whatever is said, it is solved now or it is not.
    held.solution_known = True
    held.save(
        update_fields=["first_reply_at", "solved_at", "reopened_count", "reply_known", "solution_known"]
    )
    ContactStep.objects.create(contact=held, kind=kind, at=at, actor=audit.name_of(by))
    audit.write(f"contact.{kind}", by=by, subject=f"customer:{held.customer_id}", detail={"contact": held.pk})
    return True


def _answer(contact: Contact, solved_at: datetime | None) -> None:
    """Let what is solved without a word before be answered at that moment, unless it may have been long before."""
    if not began_by_us(contact) and contact.first_reply_at is None and contact.reply_known:
        contact.first_reply_at = solved_at


def began_by_us(contact: Contact) -> bool:
    """Whether the firm began a contact: nobody waits for a first answer."""
    return (contact.direction or "").casefold() in OUTBOUND


def allowed(contact: Contact, kind: str) -> bool:
    """Whether something can be said of a contact as it stands."""
    if kind == ContactStep.Kind.ANSWERED:
        open_still = contact.first_reply_at is None and contact.solved_at is None
        return open_still and not began_by_us(contact)
    # Of what nobody knows to be open or solved, either may be said.
    return not contact.solution_known or (contact.solved_at is None) == (kind == ContactStep.Kind.SOLVED)


def _before(contact: Contact, kind: str) -> Iterator[tuple[datetime, str]]:
    """Yield what must lie before a step, and what is said where it does not."""
    yield contact.opened_at, BEFORE_IT_BEGAN
    if kind == ContactStep.Kind.REOPENED and contact.solved_at is not None:
        yield contact.solved_at, BEFORE_SOLVED
    if kind == ContactStep.Kind.SOLVED:
        if contact.first_reply_at is not None:
            yield contact.first_reply_at, BEFORE_ANSWERED
        reopened = contact.steps.filter(kind=ContactStep.Kind.REOPENED).order_by("-at").first()
        if reopened is not None:
            yield reopened.at, BEFORE_REOPENED


def _past(at: datetime | None) -> datetime:
    now = timezone.now()
    if at is not None and at > now:
        raise Wrong(NOT_YET)
    return at or now

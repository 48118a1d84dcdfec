"""What is done about a customer's data: switches, copies, erasure, requests; each deed stands in the audit log."""

from __future__ import annotations

from calendar import monthrange
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone

from treue.app.core import audit
from treue.app.core.addresses import normal_phone
from treue.app.core.models import Job
from treue.app.core.wrong import Wrong
from treue.app.customers import suppression
from treue.app.customers.merging import SWITCHES
from treue.app.customers.models import Customer
from treue.app.customers.services import subject_of
from treue.app.privacy import copying, erasing
from treue.app.privacy.declared import declared_by_model
from treue.app.privacy.models import Request
from treue.app.privacy.whole import Person
from treue.kernel.errors import WrongArgument
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from treue.app.privacy.erasing import Erased

LONGEST_REASON: Final = 300
EXTENSION_MONTHS: Final = 2


@transaction.atomic
def set_switch(customer: Customer, name: str, value: bool, *, by: audit.Actor) -> bool:  # noqa: FBT001
    """Turn one of a customer's switches on or off, for all records that are this customer.

    Who says no to scores has none a moment later, in any run.

    Parameters
    ----------
    customer : Customer
        Whose.
    name : {"no_marketing", "no_profiling", "restricted"}
        Which.
    value : bool
        On or off.
    by : User or str
        Who does it.

    Returns
    -------
    bool
        Whether anything changed.

    Raises
    ------
    Wrong
        When there is no such switch, or the customer is gone.
    """
    if name not in SWITCHES:
        raise Wrong(message("“{name}” is no switch of a customer"), name=name[:40])
    person = Person.of(customer)
    changed = Customer.objects.filter(pk__in=person.ids, **{name: not value}).update(**{name: value})
    scores = 0
    if name == "no_profiling" and value:
        scores = declared_by_model()["measuring.Score"].rows(person.ids).delete()[0]
    if changed:
        audit.write(
            "customer.switched",
            by=by,
            subject=subject_of(person.customer),
            detail={"switch": name, "on": value, "records": changed, "scores_deleted": scores},
        )
    setattr(customer, name, value)
    return bool(changed)


def access_copy(customer: Customer, *, by: audit.Actor) -> bytes:
    """Return a ZIP with everything that is kept of a customer, as JSON and as a page to read.

    Parameters
    ----------
    customer : Customer
        Whose; records that are the same customer are in it too.
    by : User or str
        Who takes it out.

    Returns
    -------
    bytes
        The ZIP; nothing of it is written to disk.

    Raises
    ------
    Wrong
        When the customer is gone.
    """
    person = Person.of(customer)
    made = copying.zipped(person)
    audit.write(
        "customer.copied", by=by, subject=subject_of(person.customer), detail={"records": len(person.ids)}
    )
    return made


def erase(customer: Customer, *, by: audit.Actor) -> Erased:
    """Erase all that is kept of a customer, and keep files from bringing it back.

    Parameters
    ----------
    customer : Customer
        Who; records that are the same customer go too.
    by : User or str
        Who does it.

    Returns
    -------
    Erased
        Counts, without a name.

    Raises
    ------
    Wrong
        When the customer is gone, or a file is being brought in.
    """
    return erasing.erase_person(Person.of(customer), by=by)


def erase_again(more: Iterable[str] = ()) -> int:
    """Erase again whoever an older backup brought back.

    Parameters
    ----------
    more : iterable of str
        Marks beside those in the database and in the home folder.

    Returns
    -------
    int
        How many customers.
    """
    marks = erasing.keep_list(more)
    suppression.keep_marks(marks)
    count = erasing.erase_again(by=audit.COMMAND)
    Job.objects.filter(kind=erasing.ERASE_AGAIN, state=Job.State.WAITING).update(
        state=Job.State.DONE, finished_at=timezone.now(), share=1.0
    )
    return count


@transaction.atomic
def let_back(typed: str, country: str, *, by: audit.Actor) -> bool:
    """Let files bring back somebody who was erased, by the whole id or address.

    Parameters
    ----------
    typed : str
        An id, an e-mail address or a telephone number.
    country : str
        Whose numbers need no ``+``.
    by : User or str
        Who does it.

    Returns
    -------
    bool
        Whether there was a mark.
    """
    values = suppression.values_of_code(typed.strip())
    with suppress(WrongArgument):
        values.append((suppression.PHONE, normal_phone(typed, country)))
    removed = suppression.unblock(values)
    transaction.on_commit(lambda: erasing.forget_in_list(values))
    if removed:
        audit.write("customer.let_back", by=by, detail={"marks": removed})
    return bool(removed)


def month_later(day: date, months: int = 1) -> date:
    """Return the same day of a later month, or its last day.

    Examples
    --------
    >>> month_later(date(2026, 1, 31))
    datetime.date(2026, 2, 28)
    """
    month = day.year * 12 + day.month - 1 + months
    year, month = divmod(month, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@transaction.atomic
def add_request(kind: str, received_on: date, customer: Customer | None, *, by: audit.Actor) -> Request:
    """Write down what a person asked for; it is due a month later.

    Raises
    ------
    Wrong
        When the kind is none, or the day lies ahead.
    """
    if kind not in Request.Kind.values:
        raise Wrong(message("“{kind}” is nothing that can be asked for"), kind=kind[:40])
    if received_on > timezone.now().date():
        raise Wrong(message("The day lies ahead; a request was received today or before"))
    made = Request.objects.create(
        kind=kind,
        customer=customer,
        received_on=received_on,
        due_on=month_later(received_on),
        actor=audit.name_of(by),
    )
    audit.write("privacy.request_added", by=by, subject=f"request:{made.pk}", detail={"kind": kind})
    return made


@transaction.atomic
def extend_request(request: Request, because: str, *, by: audit.Actor) -> None:
    """Give a request two months more, once, with the reason that the person is told.

    Raises
    ------
    Wrong
        When there is no reason, or it was extended or answered before.
    """
    reason = because.replace("\x00", "").strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise Wrong(
            message("Write the reason in at most {most} characters; the person must be told"),
            most=LONGEST_REASON,
        )
    due = month_later(request.received_on, 1 + EXTENSION_MONTHS)
    changed = Request.objects.filter(pk=request.pk, closed_at=None, extended_because="").update(
        extended_because=reason, due_on=due
    )
    if not changed:
        raise Wrong(message("This request was extended or answered before"))
    audit.write("privacy.request_extended", by=by, subject=f"request:{request.pk}")


@transaction.atomic
def close_request(request: Request, outcome: str, *, by: audit.Actor) -> bool:
    """Say how a request was answered; False where somebody had said so before.

    Raises
    ------
    Wrong
        When the outcome is none.
    """
    if outcome not in Request.Outcome.values or not outcome:
        raise Wrong(message("“{outcome}” is no answer"), outcome=outcome[:40])
    changed = Request.objects.filter(pk=request.pk, closed_at=None).update(
        closed_at=timezone.now(), outcome=outcome
    )
    if changed:
        audit.write(
            "privacy.request_closed", by=by, subject=f"request:{request.pk}", detail={"outcome": outcome}
        )
    return bool(changed)

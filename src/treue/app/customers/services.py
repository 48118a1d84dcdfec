"""Write down what staff do with a customer; each deed and its audit entry are one transaction."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from treue.app.core import audit
from treue.app.core.addresses import normal_email, normal_phone
from treue.app.core.models import Firm, Role
from treue.app.core.wrong import Wrong
from treue.app.customers import merging, search, suppression
from treue.app.customers.condition_fields import ATTRIBUTE
from treue.app.customers.importing.services import refuse_in_demo
from treue.app.customers.models import (
    ContactPoint,
    Customer,
    ExternalId,
    Merge,
    Note,
    Promise,
)
from treue.app.customers.queries import one_with_merged, winner_of
from treue.kernel.language import LANGUAGES, message

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

TOO_LONG: Final = message("{what}: {count} characters are written, {most} fit")
NOT_OFFERED: Final = message("{what}: “{value}” is none of those on offer")
ERASED: Final = message(
    "“{address}” belongs to somebody who was erased; an owner can let them back on the page Privacy, under "
    "“Somebody comes back”"
)
FOR_AN_OWNER: Final = message("“{address}” cannot be added here; an owner has to look at this address")
LABELS: Final = {
    "name": message("Name"),
    "company": message("Company"),
    "language": message("Language"),
    "country": message("Country"),
    "expertise": message("Level of expertise"),
    "segment": message("Group"),
    "acquired_via": message("Won through"),
    "boundaries": message("What holds in dealings with this customer"),
}
LONGEST_TEXT: Final = 10_000
SHORT: Final = 200


def new_code(kind: str) -> str:
    """Return an id of our own for something that came from no file."""
    return f"treue-{kind}-{secrets.token_hex(8)}"


def subject_of(customer: Customer) -> str:
    """Return how a customer is named in the audit log."""
    return f"customer:{customer.pk}"


def written(text: str, what: str, longest: int = LONGEST_TEXT) -> str:
    """Return a text without spaces around it, or say that it is missing or too long.

    Raises
    ------
    WrongArgument
        When there is none, or it is longer than it may be.
    """
    found = text.replace("\x00", "").strip()
    if not found:
        raise Wrong(message("{what}: nothing is written; write at least a word"), what=what)
    if len(found) > longest:
        raise Wrong(TOO_LONG, what=what, count=len(found), most=longest)
    return found


@transaction.atomic
def add_customer(
    name: str, *, email: str = "", phone: str = "", country: str = "", by: audit.Actor
) -> Customer:
    """Make the record of a customer that came from no file.

    Raises
    ------
    WrongArgument
        When the name is missing or an address cannot be, or belongs to another customer or to one who was erased,
        or the invented customers of the demonstration are here, with whom a real one would be removed.
    """
    # Whoever erases waits in this order too: marks of the erased, then the end of the log.
    suppression.wait_for_erasures()
    # Held until the record is there: a demonstration that begins meanwhile finds it.
    list(Firm.objects.select_for_update(no_key=True).filter(id=1))
    refuse_in_demo()
    made = Customer.objects.create(
        code=new_code("customer"),
        name=written(name, message("Name"), SHORT),
        country=country,
        first_seen_at=timezone.now(),
    )
    ExternalId.objects.create(customer=made, value=made.code)
    audit.write("customer.added", by=by, subject=subject_of(made))
    for kind, address in ((ContactPoint.Kind.EMAIL, email), (ContactPoint.Kind.PHONE, phone)):
        if address.strip():
            add_contact_point(made, kind, address, country=country, by=by)
    search.refresh([made.pk])
    return made


EDITABLE: Final = {
    "name": 200,
    "company": 200,
    "language": 20,
    "country": 60,
    "expertise": 10,
    "segment": SHORT,
    "acquired_via": SHORT,
    "boundaries": LONGEST_TEXT,
}
"""What staff may change of a record, and how many characters fit."""


@transaction.atomic
def change_record(customer: Customer, values: Mapping[str, str], *, by: audit.Actor) -> list[str]:
    """Change what a record says of a customer.

    Parameters
    ----------
    customer : Customer
        Whose.
    values : mapping of str to str
        Some of :data:`EDITABLE`, and ``attribute:NAME`` of further columns that the record has.
    by : User or str
        Who does it.

    Returns
    -------
    list of str
        Names of what changed.

    Raises
    ------
    WrongArgument
        When a value cannot be.
    """
    changed = []
    for name, longest in EDITABLE.items():
        if name not in values:
            continue
        value = values[name].replace("\x00", "").strip()
        if len(value) > longest:
            raise Wrong(TOO_LONG, what=LABELS[name], count=len(value), most=longest)
        if name == "expertise" and value not in Customer.Expertise.values:
            raise Wrong(NOT_OFFERED, what=LABELS[name], value=value)
        changes = getattr(customer, name) != value
        if changes and name == "language" and value and value not in LANGUAGES and not value.isalpha():
            raise Wrong(message("Language: “{value}” is none; it would be right as de"), value=value)
        if changes:
            setattr(customer, name, value)
            changed.append(name)
    own = _changed_attributes(customer, values)
    if own:
        changed.append("attributes")
    if changed:
        customer.save(update_fields=changed)
        search.refresh([customer.pk])
        audit.write("customer.changed", by=by, subject=subject_of(customer), detail={"fields": changed})
    return changed


def _changed_attributes(customer: Customer, values: Mapping[str, str]) -> bool:
    """Write what somebody typed into the further columns that a record has.

    An emptied one stays as empty: the next file would bring back what is not there.
    """
    now = Customer.objects.select_for_update().values_list("attributes", flat=True).get(pk=customer.pk) or {}
    fresh = dict(now)
    for name in now:
        typed = values.get(f"{ATTRIBUTE}{name}")
        if typed is None:
            continue
        value = typed.replace("\x00", "").strip()
        if len(value) > LONGEST_TEXT:
            raise Wrong(TOO_LONG, what=name, count=len(value), most=LONGEST_TEXT)
        fresh[name] = value
    if fresh == now:
        return False
    customer.attributes = fresh
    return True


@transaction.atomic
def add_contact_point(
    customer: Customer, kind: str, address: str, *, country: str = "", by: audit.Actor
) -> ContactPoint:
    """Add an address at which a customer can be reached.

    Raises
    ------
    WrongArgument
        When it cannot be an address, or another customer has it, or somebody who was erased had it.
    """
    typed = address.strip()[:254]
    normal = normal_email(typed) if kind == ContactPoint.Kind.EMAIL else normal_phone(typed, country)
    suppression.wait_for_erasures()
    if suppression.blocked([(str(kind), normal)]):
        raise Wrong(ERASED if _sees_everybody(by) else FOR_AN_OWNER, address=typed)
    try:
        with transaction.atomic():
            point = ContactPoint.objects.create(
                customer=customer, kind=ContactPoint.Kind(kind), typed=typed, normal=normal
            )
    except IntegrityError as error:
        holder = ContactPoint.objects.select_related("customer").get(kind=kind, normal=normal).customer
        if holder == customer:
            raise Wrong(message("“{address}” stands here already"), address=typed) from error
        if not _sees_everybody(by) and merging.is_restricted(holder):
            # To all others it is as if there were nobody, or somebody who was erased.
            raise Wrong(FOR_AN_OWNER, address=typed) from error
        raise Wrong(
            message("“{address}” belongs to another customer; merge the two records if they are one"),
            address=typed,
        ) from error
    search.refresh([customer.pk])
    audit.write(
        "customer.contact_point_added", by=by, subject=subject_of(customer), detail={"kind": str(kind)}
    )
    return point


def _sees_everybody(by: audit.Actor) -> bool:
    """Whether somebody may know of a customer who is restricted; commands and files may."""
    return isinstance(by, str) or by.role == Role.OWNER


@transaction.atomic
def remove_contact_point(point: ContactPoint, *, by: audit.Actor) -> None:
    """Remove an address of a customer."""
    customer, kind = point.customer, point.kind
    point.delete()
    search.refresh([customer.pk])
    audit.write("customer.contact_point_removed", by=by, subject=subject_of(customer), detail={"kind": kind})


@transaction.atomic
def add_promise(customer: Customer, text: str, due_at: datetime, *, by: audit.Actor) -> Promise:
    """Write down what was promised and by when.

    Raises
    ------
    WrongArgument
        When nothing was written, or the time is past.
    """
    if due_at <= timezone.now():
        raise Wrong(message("The time is past; a promise is due later than now"))
    made = Promise.objects.create(
        code=new_code("promise"),
        customer=customer,
        due_at=due_at,
        text=written(text, message("Text"), 500),
        actor=audit.name_of(by),
    )
    audit.write("promise.added", by=by, subject=subject_of(customer), detail={"promise": made.pk})
    return made


@transaction.atomic
def keep_promise(promise: Promise, *, by: audit.Actor) -> bool:
    """Say that a promise was kept; False where somebody had said so before."""
    kept = Promise.objects.filter(pk=promise.pk, kept_at=None).update(kept_at=timezone.now(), kept_known=True)
    if kept:
        audit.write(
            "promise.kept", by=by, subject=f"customer:{promise.customer_id}", detail={"promise": promise.pk}
        )
    return bool(kept)


@transaction.atomic
def add_note(customer: Customer, text: str, *, by: audit.Actor) -> Note:
    """Write a note on a customer.

    Raises
    ------
    WrongArgument
        When nothing was written.
    """
    made = Note.objects.create(
        customer=customer, text=written(text, message("Text")), actor=audit.name_of(by)
    )
    audit.write("note.added", by=by, subject=subject_of(customer))
    return made


@transaction.atomic
def merge(loser: Customer, winner: Customer, *, by: audit.Actor) -> Merge:
    """Say that two records are one customer; it can be undone.

    Raises
    ------
    WrongArgument
        When they are the same record, or one is merged already.
    """
    if loser.pk == winner.pk:
        raise Wrong(message("A record cannot be merged with itself; choose another"))
    # Whoever merges one of the two at the same time waits for the other's word.
    both = Customer.objects.filter(pk__in=[loser.pk, winner.pk]).order_by("pk")
    list(both.select_for_update(no_key=True))
    if winner_of(loser) is not None or winner_of(winner) is not None:
        raise Wrong(message("One of the two is merged into another already; part those first"))
    made = Merge.objects.create(loser=loser, winner=winner, actor=audit.name_of(by))
    # Who said no to something says so for the one customer that both are.
    turned = merging.spread(one_with_merged(winner))
    for one in (loser, winner):
        one.refresh_from_db(fields=merging.SWITCHES)
    search.refresh([winner.pk])
    detail = {"loser": loser.pk, **({"switched": turned} if turned else {})}
    audit.write("customer.merged", by=by, subject=subject_of(winner), detail=detail)
    return made


@transaction.atomic
def undo_merge(merged: Merge, *, by: audit.Actor) -> bool:
    """Part two records again; False where somebody had done so before."""
    undone = Merge.objects.filter(pk=merged.pk, undone_at=None).update(undone_at=timezone.now())
    if undone:
        search.refresh([merged.winner_id, merged.loser_id])
        audit.write(
            "customer.merge_undone",
            by=by,
            subject=f"customer:{merged.winner_id}",
            detail={"loser": merged.loser_id},
        )
    return bool(undone)

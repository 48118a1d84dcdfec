"""Read what waits for somebody: promises, contacts, mistakes of the firm's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from treue.app.customers.contact_desk import OUTBOUND
from treue.app.customers.models import Contact, Customer, Promise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from django.db.models import QuerySet


def promises_open(until: datetime | None = None, *, since: datetime | None = None) -> QuerySet[Promise]:
    """Return the promises known not to be kept, due between two instants where they are told, the earliest first."""
    due = Promise.objects.filter(kept_at=None, kept_known=True, customer__restricted=False)
    if until is not None:
        due = due.filter(due_at__lt=until)
    if since is not None:
        due = due.filter(due_at__gte=since)
    return due.order_by("due_at", "pk")


def contacts_open(*, waiting: bool = False) -> QuerySet[Contact]:
    """Return the contacts that are known to be unsolved, what has waited longest first.

    Parameters
    ----------
    waiting : bool
        Only those of which it is known that nobody has answered yet.
    """
    found = _unsolved()
    if waiting:
        found = begun_by_customers(found).filter(first_reply_at=None, reply_known=True)
    return found.order_by("opened_at", "id")


def replies_unknown() -> QuerySet[Contact]:
    """Return the open contacts that customers began of which nobody knows whether they were answered."""
    return begun_by_customers(_unsolved()).filter(reply_known=False)


def begun_by_customers(found: QuerySet[Contact]) -> QuerySet[Contact]:
    """Return those of some contacts that the firm did not begin itself."""
    ours = Q()
    for word in OUTBOUND:
        ours |= Q(direction__iexact=word)
    return found.exclude(Q(direction__isnull=False) & ours)


def _unsolved() -> QuerySet[Contact]:
    # The few who are restricted are looked up by index, and left out of the many.
    restricted = Customer.objects.filter(restricted=True).values("id")
    return Contact.objects.filter(solved_at=None, solution_known=True).exclude(customer__in=restricted)


def open_faults(people: Mapping[int, Sequence[int]]) -> dict[int, Contact]:
    """Return of each customer the oldest mistake of our own that is not solved, whichever record it stands on."""
    whose = {one: key for key, ids in people.items() for one in ids}
    found = Contact.objects.filter(
        customer_id__in=list(whose), own_fault=True, solved_at=None, solution_known=True
    )
    return {whose[one.customer_id]: one for one in found.order_by("-opened_at", "-pk")}

"""Customers of whom nothing was heard for so long that they are erased: who they are, asked again as it is done."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, OuterRef, Q

from treue.app.core import audit
from treue.app.customers.importing import left_over
from treue.app.customers.merging import tops_of_all
from treue.app.customers.models import Customer
from treue.app.privacy import erasing
from treue.app.privacy.declared import rows_of
from treue.app.privacy.whole import Person

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

MOST_A_NIGHT: Final = 2_000
"""Silent customers are erased one by one; the rest waits for the next night."""
EVENTS: Final = {
    "purchases": "ordered_at",
    "contracts": "started_on",
    "visits": "at",
    "contacts": "opened_at",
    "promises": "made_at",
    "answers": "answered_at",
    "referrals": "invited_at",
    "mentions": "at",
    "returns": "returned_at",
    "notes": "written_at",
    "consents": "at",
    "care_steps": "at",
}
"""Relations of a customer, and when each happened: a customer is silent since the last of them."""


class NotSilentError(Exception):
    """Something was heard of a customer since the list of the silent was made."""


def silent(days: int, now: datetime) -> list[int]:
    """Return the ids of customers of whom nothing was heard for so long, under whichever of their records.

    Parameters
    ----------
    days : int
        For how long.
    now : datetime
        The instant.

    Returns
    -------
    list of int
        Of the records under which they are shown, in order. A contract that goes on in any record, an open
        request about their data, or a restriction keeps a customer.
    """
    tops = tops_of_all()
    quiet = set(_quiet(days, now).values_list("pk", flat=True))
    kept = {top for one, top in tops.items() if one not in quiet}
    old = _long_known(days, now).values_list("pk", flat=True)
    return [pk for pk in old.order_by("pk") if pk in quiet and pk not in tops and pk not in kept]


def erase_silent(days: int, now: datetime) -> int:
    """Erase them, each after a last look; returns how many."""

    def erase(customer: Customer) -> bool:
        if not Customer.objects.filter(pk=customer.pk).exists():
            return False
        person = Person.of(customer)

        def look() -> None:
            # On PostgreSQL a row that points at one of these waits; SQLite lets one write at a time anyway.
            list(Customer.objects.select_for_update().filter(pk__in=person.ids).order_by("pk"))
            if not _still_silent(customer, person, days, now):
                raise NotSilentError

        if not _still_silent(customer, person, days, now):
            return False
        try:
            # No mark: whoever comes back after years is welcome.
            erasing.erase_person(person, by=audit.SYSTEM, block=False, why="silent", look=look, swept=True)
        except NotSilentError:
            return False
        return True

    found = Customer.objects.filter(pk__in=silent(days, now)[:MOST_A_NIGHT])
    left_over.remove_all_waiting(now)
    return erasing.erase_each(found.order_by("pk"), erase)


def _still_silent(customer: Customer, person: Person, days: int, now: datetime) -> bool:
    """Whether a customer is silent now, is shown under its own record, and has the records it had."""
    return (
        Customer.objects.filter(pk=customer.pk).exists()
        and Person.of(customer) == person
        and person.customer.pk == customer.pk
        and _quiet(days, now).filter(pk__in=person.ids).count() == len(person.ids)
        and _long_known(days, now).filter(pk=customer.pk).exists()
    )


def _quiet(days: int, now: datetime) -> QuerySet[Customer]:
    """Return the records by which nothing is known that keeps a customer."""
    edge = now - timedelta(days=days)
    found = Customer.objects.filter(restricted=False)
    for relation, column in EVENTS.items():
        limit: Any = edge.date() if column.endswith("_on") else edge
        found = found.filter(~Exists(_events(relation).filter(**{f"{column}__gte": limit})))
    going_on = _events("contracts").filter(Q(ended_on=None) | Q(ended_on__gte=edge.date()))
    asked = _events("privacy_requests").filter(closed_at=None)
    return found.filter(~Exists(going_on), ~Exists(asked))


def _long_known(days: int, now: datetime) -> QuerySet[Customer]:
    """Return the records that were written down so long ago, or ever bought; the others are silent since then."""
    ever = Exists(_events("purchases")) | Exists(_events("contracts"))
    return Customer.objects.filter(Q(created_at__lt=now - timedelta(days=days)) | ever)


def _events(relation: str) -> QuerySet[Any]:
    known: Any = Customer._meta.get_field(relation)  # noqa: SLF001  (Django's own door to what a model is)
    found: QuerySet[Any] = rows_of(known.related_model._meta.label).filter(  # noqa: SLF001
        **{known.field.attname: OuterRef("pk")}
    )
    return found

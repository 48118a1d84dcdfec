"""What stands in the records of one customer: its own, and those that were merged into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from treue.app.customers.models import ContactPoint, Customer, ExternalId

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record.

    Parameters
    ----------
    id : int
        Which.
    name : str
        What it is called.
    merged : bool
        Whether it was merged into the one that is shown.
    boundaries : str
        What holds in dealings with this customer, as it stands here.
    points : list of ContactPoint
        Addresses and numbers.
    external_ids : list of ExternalId
        Ids in other systems.
    attributes : mapping of str to str
        Further columns.
    """

    id: int
    name: str
    merged: bool
    boundaries: str
    points: list[ContactPoint]
    external_ids: list[ExternalId]
    attributes: Mapping[str, Any]


def records_of(found: Customer, ids: Sequence[int]) -> list[Record]:
    """Return a customer's own record and all that were merged into it; three questions however many they are.

    Parameters
    ----------
    found : Customer
        Whose page it is.
    ids : sequence of int
        Its own and those of the records merged into it.
    """
    merged = Customer.objects.filter(pk__in=[one for one in ids if one != found.pk]).order_by("pk")
    points: dict[int, list[ContactPoint]] = {one: [] for one in ids}
    known: dict[int, list[ExternalId]] = {one: [] for one in ids}
    for point in ContactPoint.objects.filter(customer_id__in=ids).order_by("id"):
        points[point.customer_id].append(point)
    for external in ExternalId.objects.filter(customer_id__in=ids).order_by("id"):
        known[external.customer_id].append(external)
    return [
        Record(
            id=one.pk,
            name=str(one),
            merged=one.pk != found.pk,
            boundaries=one.boundaries,
            points=points[one.pk],
            external_ids=known[one.pk],
            attributes=one.attributes or {},
        )
        for one in (found, *merged)
    ]


def first_addresses(people: Mapping[int, Sequence[int]]) -> dict[tuple[int, str], str]:
    """Return the first e-mail address and the first number of each customer, its own before those of merged records.

    Parameters
    ----------
    people : mapping of int to sequence of int
        Each customer with all records that are one with it, its own first.

    Returns
    -------
    dict of (int, str) to str
        ``(customer, "email")`` and ``(customer, "phone")`` to what was typed.
    """
    whose = {one: (place, key) for key, ids in people.items() for place, one in enumerate(ids)}
    points = ContactPoint.objects.filter(customer_id__in=list(whose)).order_by("id")
    best: dict[tuple[int, str], tuple[int, str]] = {}
    for owner, kind, typed in points.values_list("customer_id", "kind", "typed"):
        place, key = whose[owner]
        if (key, kind) not in best or place < best[key, kind][0]:
            best[key, kind] = (place, typed)
    return {key: typed for key, (_place, typed) in best.items()}

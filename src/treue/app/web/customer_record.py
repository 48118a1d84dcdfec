"""What stands in the records of one customer: its own, and those that were merged into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from treue.app.customers.models import Consent, ContactPoint, Customer, ExternalId
from treue.app.customers.words import CHANNELS, PURPOSES, coded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from treue.kernel.language import Language

LONGEST_SOURCE: Final = 80
"""Letters of the words of a consent; all of them stand on the timeline."""


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
    acquired_via : str
        Through what the customer was won.
    first_seen_at : datetime or None
        Since when the record is known.
    """

    id: int
    name: str
    merged: bool
    boundaries: str
    points: list[ContactPoint]
    external_ids: list[ExternalId]
    attributes: Mapping[str, Any]
    acquired_via: str
    first_seen_at: datetime | None


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
            acquired_via=one.acquired_via,
            first_seen_at=one.first_seen_at,
        )
        for one in (found, *merged)
    ]


def consents_told(found: Customer, ids: Sequence[int], place: ZoneInfo, language: Language) -> list[str]:
    """Return which consents hold now, each since when and by which words, over all records of a customer.

    The newest word on each purpose and channel decides. Who gets no marketing has none that allows it.

    Parameters
    ----------
    found : Customer
        Whose page it is.
    ids : sequence of int
        Its own and those of the records merged into it.
    place : ZoneInfo
        The firm's zone.
    language : Language
        In which the words are.
    """
    since: dict[tuple[str, str], Consent] = {}
    for one in Consent.objects.filter(customer_id__in=ids).order_by("at", "pk"):
        if one.given:
            since.setdefault((one.purpose, one.channel), one)
        else:
            since.pop((one.purpose, one.channel), None)
    _, told = language.gettext, []
    for (purpose, channel), one in sorted(since.items()):
        if purpose == "marketing" and found.no_marketing:
            continue
        words = _(
            "{purpose}, {channel}, since {day}",
            purpose=coded(PURPOSES, purpose, language),
            channel=coded(CHANNELS, channel, language),
            day=language.date(one.at.astimezone(place).date()),
        )
        source = one.text if len(one.text) <= LONGEST_SOURCE else f"{one.text[:LONGEST_SOURCE]}…"
        told.append(f"{words} ({source})" if source else words)
    return told


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

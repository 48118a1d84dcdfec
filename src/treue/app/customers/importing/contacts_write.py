"""People of a file become customers with addresses, and consents where they are proved: some hundreds at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q
from django.utils import timezone

from treue.app.customers import merging, search
from treue.app.customers.models import Consent, ContactPoint, Customer, ExternalId, Merge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from treue.app.customers.importing.contact_consents import Consented
    from treue.app.customers.importing.contact_files import Person
    from treue.app.customers.importing.contacts_in import People

PURPOSE: Final = "newsletter"
BATCH: Final = 400
"""SQLite takes at most so many values of a list in one query."""
FILLED: Final = (
    "name",
    "company",
    "language",
    "country",
    "segment",
    "acquired_via",
    "first_seen_at",
    "attributes",
)


@dataclass(slots=True)
class Written:
    """How many rows of each table are new, and the rows that turned out to be of two customers."""

    customers: int = 0
    contact_points: int = 0
    consents: int = 0
    filled: int = 0
    conflicts: list[Person] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Owner:
    """Whose a row is; without a number as long as the customer is not made."""

    code: str = ""
    pk: int = 0
    root: int = 0
    """The record under which this one stands, where records were merged."""


_Owners = dict[tuple[str, str], _Owner]


def write_people(people: People, actor: str) -> Written:
    """Write people down; call it in a transaction.

    Parameters
    ----------
    people : People
        What was read.
    actor : str
        ``import:12``.

    Returns
    -------
    Written
        What is new.
    """
    written = Written()
    for start in range(0, len(people.persons), BATCH):
        _write(people.persons[start : start + BATCH], people.layout.source, actor, written)
    return written


def _write(persons: list[Person], source: str, actor: str, written: Written) -> None:
    rows = _matched(persons, written)
    made = _make([owner for _, owner in rows if not owner.pk], written)
    closed = _closed({owner.pk for _, owner in rows})
    _note(rows, made, closed, written)
    _fill([(person, owner) for person, owner in rows if owner.pk not in closed], made, written)
    _consents(rows, source, actor, written)
    search.refresh({owner.pk for _, owner in rows})


def _matched(persons: list[Person], written: Written) -> list[tuple[Person, _Owner]]:
    """Find whose each row is; rows of two customers are left out."""
    owners = _owners(persons)
    new: dict[str, _Owner] = {}
    rows = []
    for person in persons:
        keys = _keys(person)
        known = [owners[key] for key in keys if key in owners]
        if len({owner.root or owner for owner in known}) > 1:
            written.conflicts.append(person)
            continue
        if known:
            owner = known[0]
        else:
            code = _code(person)
            owner = new.setdefault(code, _Owner(code))
        for key in keys:
            owners.setdefault(key, owner)
        if person.phone:
            # As if the row had been in an earlier file: one that says nothing else finds its telephone there too.
            owners.setdefault(("phone", person.phone), owner)
        rows.append((person, owner))
    return rows


def _code(person: Person) -> str:
    """Return the id of a new record, which nobody else may have: a shared telephone is none where there is another."""
    if person.code and not person.system:
        return person.code
    own = f"{person.system}:{person.code}" if person.code else ""
    return (person.email or own or person.phone)[:200]


def _keys(person: Person) -> list[tuple[str, str]]:
    """Return what tells who somebody is; a telephone may be shared by many and counts only where nothing else does."""
    keys = []
    if person.code:
        keys.append((f"id:{person.system}", person.code))
    if person.email:
        keys.append(("email", person.email))
    if person.phone and not keys:
        keys.append(("phone", person.phone))
    return keys


def _owners(persons: list[Person]) -> _Owners:
    """Return who has the ids and addresses of some people already."""
    found: dict[tuple[str, str], int] = {}
    for kind in ("email", "phone"):
        wanted = {getattr(person, kind) for person in persons} - {""}
        points = ContactPoint.objects.filter(kind=kind, normal__in=wanted).values_list(
            "normal", "customer_id"
        )
        found.update({(kind, normal): customer for normal, customer in points})
    for system in {person.system for person in persons}:
        wanted = {person.code for person in persons if person.system == system} - {""}
        ids = ExternalId.objects.filter(system=system, value__in=wanted).values_list("value", "customer_id")
        found.update({(f"id:{system}", value): customer for value, customer in ids})
    # A file of orders may have known them by their address alone, before it was a contact point.
    wanted = {person.email for person in persons} - {""}
    codes = ExternalId.objects.filter(system="", value__in=wanted).values_list("value", "customer_id")
    for value, customer in codes:
        found.setdefault(("email", value), customer)
    numbers = sorted(set(found.values()))
    tops: dict[int, int] = {}
    for start in range(0, len(numbers), BATCH):
        tops |= merging.tops_of(numbers[start : start + BATCH])
    one = {pk: _Owner(pk=pk, root=tops[pk]) for pk in numbers}
    return {key: one[pk] for key, pk in found.items()}


def _make(owners: list[_Owner], written: Written) -> list[_Owner]:
    """Make the customers who are new; returns those whose id is to be written down."""
    new = list({id(owner): owner for owner in owners}.values())
    if not new:
        return []
    codes = [owner.code for owner in new]
    there = set(Customer.objects.filter(code__in=codes).values_list("code", flat=True))
    fresh = [Customer(code=code) for code in codes if code not in there]
    Customer.objects.bulk_create(fresh, ignore_conflicts=True)
    written.customers += len(fresh)
    numbers = dict(Customer.objects.filter(code__in=codes).values_list("code", "pk"))
    for owner in new:
        owner.pk = numbers[owner.code]
    return new


def _closed(ids: set[int]) -> set[int]:
    """Return those whose record is restricted: no file changes it."""
    return set(Customer.objects.filter(pk__in=ids, restricted=True).values_list("pk", flat=True))


def _note(rows: list[tuple[Person, _Owner]], made: list[_Owner], closed: set[int], written: Written) -> None:
    """Write down ids and addresses that are new; of who is restricted ids alone.

    By its id a later row finds the record that is restricted, instead of making one that is not.
    """
    ids = {("", owner.code): owner.pk for owner in made}
    for person, owner in rows:
        if person.code:
            ids.setdefault((person.system, person.code), owner.pk)
    ExternalId.objects.bulk_create(
        [ExternalId(system=system, value=value, customer_id=pk) for (system, value), pk in ids.items()],
        ignore_conflicts=True,
    )
    points: dict[tuple[str, str], ContactPoint] = {}
    for person, owner in rows:
        for kind, normal in (("email", person.email), ("phone", person.phone)):
            if normal and owner.pk not in closed:
                point = ContactPoint(kind=kind, normal=normal, customer_id=owner.pk, typed=person.typed[kind])
                points.setdefault((kind, normal), point)
    for kind in ("email", "phone"):
        wanted = [normal for one, normal in points if one == kind]
        there = ContactPoint.objects.filter(kind=kind, normal__in=wanted).values_list("normal", flat=True)
        for normal in list(there):
            del points[kind, normal]
    ContactPoint.objects.bulk_create(points.values(), ignore_conflicts=True)
    written.contact_points += len(points)


def _fill(rows: list[tuple[Person, _Owner]], made: list[_Owner], written: Written) -> None:
    """Fill in what is not known of somebody; what staff wrote stays."""
    # Locked, so that nobody writes between the look and the deed.
    mine = Customer.objects.select_for_update().filter(pk__in={owner.pk for _, owner in rows})
    there = {one.pk: one for one in mine.only(*FILLED)}
    changed: dict[int, Customer] = {}
    for person, owner in rows:
        customer, filled = there[owner.pk], False
        told: dict[str, Any] = {**person.texts, "first_seen_at": person.first_seen_at}
        for name, value in told.items():
            if value and not getattr(customer, name):
                setattr(customer, name, value)
                filled = True
        more = {name: text for name, text in person.attributes.items() if name not in customer.attributes}
        if more:
            customer.attributes |= more
        if filled or more:
            changed[customer.pk] = customer
    # What a new record begins with was no gap.
    written.filled += len(changed.keys() - {owner.pk for owner in made})
    Customer.objects.bulk_update(changed.values(), FILLED, batch_size=100)


def _consents(rows: list[tuple[Person, _Owner]], source: str, actor: str, written: Written) -> None:
    """Add consents and withdrawals that are not known; the newest decides whether advertising may be sent."""
    told = [(person, owner.pk, one) for person, owner in rows for one in person.consents]
    if not told:
        return
    known: dict[int, list[tuple[Any, bool]]] = {}
    own = Consent.objects.filter(customer_id__in={pk for _, pk, _ in told}, purpose=PURPOSE, channel="email")
    for pk, at, given in own.order_by("at", "id").values_list("customer_id", "at", "given"):
        known.setdefault(pk, []).append((at, given))
    new, forbidding = [], set()
    for person, pk, one in told:
        before = known.setdefault(pk, [])
        newest = before[-1] if before else None
        at = one.at or timezone.now()
        if (at, one.given) in before or (one.at is None and newest is not None and not newest[1]):
            continue
        new.append(_row_of(person, pk, one, at, source, actor))
        if not one.given and (newest is None or newest[0] <= at):
            forbidding.add(pk)
        before.append((at, one.given))
        before.sort(key=lambda entry: entry[0])
    Consent.objects.bulk_create(new)
    written.consents += len(new)
    _forbid(forbidding)


def _row_of(person: Person, pk: int, one: Consented, at: Any, source: str, actor: str) -> Consent:
    return Consent(
        customer_id=pk,
        purpose=PURPOSE,
        channel="email",
        given=one.given,
        address=person.typed.get("email", ""),
        at=at,
        text=one.text or source,
        proof=one.proof,
        actor=actor,
    )


def _forbid(ids: Iterable[int]) -> None:
    """Let those get no advertising, with all records that are the same customer."""
    mine = set(ids)
    if not mine:
        return
    pairs = Merge.objects.filter(Q(loser__in=mine) | Q(winner__in=mine), undone_at=None)
    merged = {pk for pair in pairs.values_list("loser_id", "winner_id") for pk in pair} & mine
    for customer in Customer.objects.filter(pk__in=merged):
        mine |= set(merging.whole_of(customer))
    whole = sorted(mine)
    for start in range(0, len(whole), BATCH):
        Customer.objects.filter(pk__in=whole[start : start + BATCH]).update(no_marketing=True)

"""People of a file become customers with addresses, and consents where they are proved."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone

from treue.app.customers import merging, search
from treue.app.customers.importing.contact_files import Layout, Person, assured, layout_of, person_of
from treue.app.customers.importing.contact_words import NO_PHONE, NO_PROOF, REASONS
from treue.app.customers.models import Consent, ContactPoint, Customer, ExternalId
from treue.engine.duckdb import DuckDBEngine, quoted
from treue.history.checks import Ledger
from treue.history.reading import SetAside
from treue.history.sources import files
from treue.kernel.errors import WrongTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

PURPOSE: Final = "newsletter"
BATCH: Final = 400
"""SQLite takes at most so many values of a list in one query."""


@dataclass(slots=True)
class People:
    """What a file of people holds.

    Parameters
    ----------
    persons : list of Person
        Rows that can be used.
    rows_read : int
        Rows of the file.
    engine : DuckDBEngine
        Where the rows set aside are.
    ledger : Ledger
        The rows set aside.
    layout : Layout
        How the file is laid out.
    notes : list
        Sentences with their values, to be said in the reader's language.
    """

    persons: list[Person]
    rows_read: int
    engine: DuckDBEngine
    ledger: Ledger
    layout: Layout
    notes: list[dict[str, Any]] = field(default_factory=list)


def read_people(
    path: str,
    choices: Mapping[str, Any],
    country: str,
    tell: Callable[[str, float], None],
    engine: DuckDBEngine,
) -> People:
    """Read a file of people.

    Parameters
    ----------
    path : str
        The file.
    choices : mapping
        Field to column, where a person has said so.
    country : str
        Of telephone numbers without a ``+``.
    tell : callable
        Takes what is being done and the share done.
    engine : DuckDBEngine
        Where the rows go.

    Returns
    -------
    People
        Rows that can be used, and those set aside.

    Raises
    ------
    WrongTable
        When it holds no people.
    """
    ledger = Ledger(engine)
    with tempfile.TemporaryDirectory(prefix="treue-people-") as folder:
        file = files.list_files([path]).files[0]
        raw = next(files.read_raw(engine, file, Path(folder)), None)
        layout = layout_of(raw.headers, choices) if raw is not None else None
        if raw is None or layout is None:
            raise WrongTable(
                f"{file.label}: no column holds an e-mail address or telephone number; say which one does"
            )
        ledger.add(raw.rejected)
        found = People([], raw.rows + len(raw.rejected), engine, ledger, layout)
        phones = 0
        aside: list[SetAside] = []
        for number, (line, row) in enumerate(_rows(engine, raw.table, len(raw.headers))):
            if number % 1_000 == 0:
                tell("reading", number / (raw.rows + 1))
            person, reason, value = person_of(layout, line, row, country)
            if person is None:
                aside.append(set_aside(file.label, line, reason, value, row))
                continue
            phones += reason == "phone"
            found.persons.append(person)
        ledger.add(aside)
    if phones:
        found.notes.append({"text": NO_PHONE, "count": phones})
    if column := assured(layout):
        found.notes.append({"text": NO_PROOF, "column": column})
    return found


def set_aside(label: str, line: int, reason: str, value: str, row: Iterable[str | None]) -> SetAside:
    """Return a row that is set aside, with the reason in a sentence."""
    words = REASONS[reason] + (f" ({value[:80]})" if value else "")
    return SetAside(
        path=label, line=line, reason=reason, message=words, row=", ".join(cell or "" for cell in row)[:500]
    )


def _rows(engine: DuckDBEngine, table: str, width: int) -> Iterator[tuple[int, tuple[str | None, ...]]]:
    cells = ", ".join(f"c{i}" for i in range(width))
    reader = engine.connection.sql(
        f"SELECT line, {cells} FROM {quoted(table)} ORDER BY line"
    ).to_arrow_reader(10_000)
    for batch in reader:
        columns = [column.to_pylist() for column in batch.columns]
        for line, *row in zip(*columns, strict=True):
            yield line, tuple(row)


@dataclass(slots=True)
class Written:
    """How many rows of each table are new, and the rows that turned out to be of two customers."""

    customers: int = 0
    contact_points: int = 0
    consents: int = 0
    filled: int = 0
    conflicts: list[Person] = field(default_factory=list)


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
        _write(people.persons[start : start + BATCH], people.layout, actor, written)
    return written


def set_conflicts_aside(people: People, written: Written, label: str) -> None:
    """Set aside the rows whose number and address belong to two customers.

    Parameters
    ----------
    people : People
        What was read.
    written : Written
        What came of it.
    label : str
        Name of the file.
    """
    people.ledger.add(
        [
            set_aside(label, one.line, "two_customers", "", [one.code, one.typed.get("email", "")])
            for one in written.conflicts
        ]
    )


def _write(persons: list[Person], layout: Layout, actor: str, written: Written) -> None:
    owners = _owners(persons)
    touched: set[int] = set()
    for person in persons:
        keys = _keys(person)
        known = [owners[key] for key in keys if key in owners]
        if len(set(known)) > 1:
            written.conflicts.append(person)
            continue
        if known:
            customer_id = known[0]
        else:
            code = (person.code if not person.system else "") or person.email or person.phone
            code = code or f"{person.system}:{person.code}"
            customer, made = Customer.objects.get_or_create(code=code[:200])
            customer_id, written.customers = customer.pk, written.customers + made
            ExternalId.objects.get_or_create(
                system="", value=customer.code, defaults={"customer_id": customer_id}
            )
        touched.add(customer_id)
        _note(person, customer_id, owners, written)
        _fill(person, customer_id, written)
        for one in person.consents:
            written.consents += _consent(person, customer_id, one, layout.source, actor)
    search.refresh(touched)


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


def _owners(persons: list[Person]) -> dict[tuple[str, str], int]:
    """Return who has the ids and addresses of some people already."""
    owners: dict[tuple[str, str], int] = {}
    for kind in ("email", "phone"):
        wanted = {getattr(person, kind) for person in persons} - {""}
        points = ContactPoint.objects.filter(kind=kind, normal__in=wanted).values_list(
            "normal", "customer_id"
        )
        owners.update({(kind, normal): customer for normal, customer in points})
    for system in {person.system for person in persons}:
        wanted = {person.code for person in persons if person.system == system} - {""}
        ids = ExternalId.objects.filter(system=system, value__in=wanted).values_list("value", "customer_id")
        owners.update({(f"id:{system}", value): customer for value, customer in ids})
    # A file of orders may have known them by their address alone, before it was a contact point.
    wanted = {person.email for person in persons} - {""}
    codes = ExternalId.objects.filter(system="", value__in=wanted).values_list("value", "customer_id")
    for value, customer in codes:
        owners.setdefault(("email", value), customer)
    return owners


def _note(person: Person, customer_id: int, owners: dict[tuple[str, str], int], written: Written) -> None:
    """Write down ids and addresses that are new."""
    if person.code:
        ExternalId.objects.get_or_create(
            system=person.system, value=person.code, defaults={"customer_id": customer_id}
        )
    for kind in ("email", "phone"):
        normal = getattr(person, kind)
        if normal:
            _, made = ContactPoint.objects.get_or_create(
                kind=kind, normal=normal, defaults={"customer_id": customer_id, "typed": person.typed[kind]}
            )
            written.contact_points += made
    owners.update(dict.fromkeys(_keys(person), customer_id))


def _fill(person: Person, customer_id: int, written: Written) -> None:
    """Fill in what is not known of somebody; what staff wrote stays."""
    filled = False
    for name, text in person.texts.items():
        if text:
            filled |= bool(Customer.objects.filter(pk=customer_id, **{name: ""}).update(**{name: text}))
    written.filled += filled


def _consent(person: Person, customer_id: int, one: Any, source: str, actor: str) -> int:
    """Add a consent or withdrawal unless it is known; the newest decides whether advertising may be sent."""
    own = Consent.objects.filter(customer_id=customer_id, purpose=PURPOSE, channel="email")
    newest = own.order_by("-at", "-id").first()
    at = one.at or timezone.now()
    if own.filter(given=one.given, at=at).exists() or (one.at is None and newest and not newest.given):
        return 0
    Consent.objects.create(
        customer_id=customer_id,
        purpose=PURPOSE,
        channel="email",
        given=one.given,
        address=person.typed.get("email", ""),
        at=at,
        text=source,
        proof=one.proof,
        actor=actor,
    )
    if not one.given and (newest is None or newest.at <= at):
        whole = merging.whole_of(Customer.objects.get(pk=customer_id))
        Customer.objects.filter(pk__in=whole).update(no_marketing=True)
    return 1

"""Rows of those who were erased are left out of every file, and nothing of them is written down again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from treue.app.customers import suppression
from treue.app.customers.importing.contact_words import REASONS, SHARED_PHONE
from treue.app.customers.importing.stable_ids import credit_of
from treue.app.customers.importing.targets import PEOPLE, TARGETS
from treue.app.customers.models import Blocked
from treue.engine.duckdb import quoted
from treue.engine.seam import fresh_name
from treue.history.reading import SetAside
from treue.kernel.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from treue.app.customers.importing.contact_files import Person
    from treue.app.customers.importing.contacts_in import People
    from treue.app.customers.importing.history_files import HistoryFile

ERASED: Final = "erased"
"""The reason for which such a row is set aside; its words are in no report, for they would be kept again."""
BATCH_ROWS: Final = 50_000
WITH_ORDERS: Final = ("order_lines", "returns")
"""Tables whose rows belong to an order."""


def leave_out(found: HistoryFile, more: Iterable[str] = ()) -> None:
    """Set aside the rows of those who were erased, without their words.

    Parameters
    ----------
    found : HistoryFile
        What was read; its tables lose the rows.
    more : iterable of str
        Ids of those of whom the files say an address by which they are known to be erased.
    """
    if not suppression.anybody():
        return
    named = {target.table: [target.columns[name] for name in target.people] for target in TARGETS}
    named[PEOPLE.table] = ["customer_id"]
    named = {table: columns for table, columns in named.items() if table in found.tables and columns}
    codes = _erased_codes(found, named) | set(more)
    if not codes:
        return
    engine = found.engine
    gone = engine.load(pa.table({"code": pa.array(sorted(codes), pa.string())}), "erased")
    orders = ""
    if "purchases" in named:
        orders = fresh_name("erased_orders")
        source = quoted(found.tables["purchases"])
        engine.connection.execute(
            f"CREATE TEMP TABLE {quoted(orders)} AS SELECT order_id FROM {source} "
            f"WHERE customer_id IN (SELECT code FROM {quoted(gone)})"
        )
    theirs = {
        table: " OR ".join(f"{quoted(column)} IN (SELECT code FROM {quoted(gone)})" for column in columns)
        for table, columns in named.items()
    }
    for table in WITH_ORDERS:
        if orders and table in found.tables:
            of_order = f"order_id IN (SELECT order_id FROM {quoted(orders)})"
            theirs[table] = f"{theirs[table]} OR {of_order}" if table in theirs else of_order
    count = _count(found, theirs)
    if count:
        found.unusable += count
        found.reasons[ERASED] = found.reasons.get(ERASED, 0) + count
    for table, condition in theirs.items():
        _take_out(found, table, condition)


def _erased_codes(found: HistoryFile, named: dict[str, list[str]]) -> set[str]:
    """Return the ids in the files of those who were erased."""
    parts = [
        f"SELECT {quoted(column)} AS code FROM {quoted(found.tables[table])}"
        for table, columns in named.items()
        for column in columns
    ]
    query = f"SELECT DISTINCT code FROM ({' UNION ALL '.join(parts)}) WHERE code IS NOT NULL"
    erased: set[str] = set()
    for batch in found.engine.connection.sql(query).to_arrow_reader(BATCH_ROWS):
        known = {
            code: suppression.values_of_code(code.replace("\0", ""))
            for code in batch.column("code").to_pylist()
        }
        gone = suppression.blocked(value for values in known.values() for value in values)
        erased.update(code for code, values in known.items() if not gone.isdisjoint(values))
    return erased


def _count(found: HistoryFile, theirs: dict[str, str]) -> int:
    """Return how many rows of files are theirs: one row may have become an order, a line and a return."""
    connection = found.engine.connection

    def number(query: str) -> int:
        return int(connection.execute(query).fetchall()[0][0])

    def rows(table: str, more: str = "true") -> str:
        return f"FROM {quoted(found.tables[table])} t WHERE ({theirs[table]}) AND {more}"

    kept = found.reading.rows.get("purchases")
    if kept is None:
        assembled = "contracts" in found.reading.rows
        return sum(
            number(f"SELECT count(*) {rows(table)}")
            for table in theirs
            if not (assembled and table == PEOPLE.table)
        )
    known = f"IN (SELECT id FROM {quoted(kept)})"
    ids = {"purchases": "t.order_id", "order_lines": "t.order_id", "returns": "t.order_id"}
    count = 0
    for table in theirs:
        if table not in ids:
            count += 0 if table == PEOPLE.table else number(f"SELECT count(*) {rows(table)}")
            continue
        # What came as a canonical table is a row of its own.
        own = f"NOT coalesce({ids[table]} {known} OR {ids[table]} LIKE 'row-%', false)"
        if table == "returns":
            own += f" AND NOT coalesce({credit_of('t')} {known} OR {credit_of('t')} LIKE 'row-%', false)"
        count += number(f"SELECT count(*) {rows(table, own)}")
    found_ids = [f"SELECT t.order_id AS id {rows('purchases')}"] if "purchases" in theirs else []
    if "returns" in theirs:
        found_ids.append(f"SELECT {credit_of('t')} AS id {rows('returns')}")
    if found_ids:
        union = f"(SELECT DISTINCT id FROM ({' UNION ALL '.join(found_ids)}) WHERE id IS NOT NULL)"
        count += number(f"SELECT count(*) FROM {quoted(kept)} k SEMI JOIN {union} i ON i.id = k.id")
        count += number(f"SELECT count(*) FROM {union} WHERE id LIKE 'row-%'")
    return count


def _take_out(found: HistoryFile, table: str, theirs: str) -> None:
    engine, source = found.engine, quoted(found.tables[table])
    name = fresh_name("kept")
    engine.connection.execute(
        f"CREATE TEMP TABLE {quoted(name)} AS SELECT * FROM {source} WHERE ({theirs}) IS NOT TRUE"
    )
    found.tables[table] = name


def leave_people_out(people: People) -> None:
    """Set aside the people of a file who were erased, without their words; call it in the transaction.

    A telephone may be shared: of whom only that is marked, the rest is kept.

    Parameters
    ----------
    people : People
        What was read; it loses those persons.
    """
    suppression.wait_for_erasures()
    if not suppression.anybody():
        return
    known = [(person, _values(person)) for person in people.persons]
    gone = suppression.blocked(value for _, values in known for value in values)
    people.persons = [person for person, values in known if gone.isdisjoint(values)]
    lines = [person.line for person, values in known if not gone.isdisjoint(values)]
    people.ledger.add(
        [
            SetAside(path=people.label, line=line, reason=ERASED, message=REASONS[ERASED], row="")
            for line in lines
        ]
    )
    _leave_phones_out(people)


def _leave_phones_out(people: People) -> None:
    """Take the telephones of those who were erased from people who share them."""
    phones = {person.phone for person in people.persons} - {""}
    gone = {phone for _, phone in suppression.blocked((suppression.PHONE, phone) for phone in phones)}
    sharing = [person for person in people.persons if person.phone in gone]
    for person in sharing:
        person.phone = ""
        person.typed.pop("phone", None)
    if sharing:
        people.notes.append({"text": SHARED_PHONE, "count": len(sharing)})


def _values(person: Person) -> list[suppression.Value]:
    values = suppression.values_of_code(person.code, person.system) if person.code else []
    values += [(suppression.EMAIL, person.email)] if person.email else []
    return values + ([(suppression.PHONE, person.phone)] if person.phone and not values else [])


def erased_so_far() -> int:
    """Return how many marks there are, to notice an erasure that happens while a file is read."""
    return Blocked.objects.count()


def refuse_if_somebody_was_erased(before: int) -> None:
    """Let the import begin anew where an erasure came in between; call it in the transaction that writes.

    Raises
    ------
    Refused
        When there are more marks than when the file was read.
    """
    suppression.wait_for_erasures()
    if erased_so_far() > before:
        raise Refused("a customer was erased while this file was read; bring it in again")

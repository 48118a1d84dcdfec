"""One transaction takes over what waits: people first, then what happened with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db import models as fields
from django.utils import timezone

from treue.app.customers.importing import cells
from treue.app.customers.importing.targets import PEOPLE, Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.backends.utils import CursorWrapper

    from treue.app.customers.importing.staging import Staging


def land_people(cursor: CursorWrapper, staging: Staging) -> tuple[int, int]:
    """Find everybody by id or address, and make those who are new.

    Parameters
    ----------
    cursor : CursorWrapper
        In the transaction.
    staging : Staging
        Holds ``people``; gets ``found``, from number to customer.

    Returns
    -------
    tuple of (int, int)
        How many are new, and in how many a gap was filled.
    """
    people, found = staging.name("people"), staging.name("found")
    kind = "" if staging.vendor == "sqlite" else " PRIMARY KEY"
    key = "INTEGER PRIMARY KEY" if staging.vendor == "sqlite" else f"BIGINT{kind}"
    cursor.execute(f"CREATE TABLE {found} (number {key}, customer_id BIGINT, known SMALLINT NOT NULL)")
    cursor.execute(
        f"INSERT INTO {found} SELECT p.number, coalesce(e.customer_id, c.customer_id), "
        "CASE WHEN e.customer_id IS NULL THEN 0 ELSE 1 END "
        f"FROM {people} p LEFT JOIN customers_externalid e ON e.system = '' AND e.value = p.code "
        "LEFT JOIN customers_contactpoint c ON c.kind = 'email' AND c.normal = p.email ORDER BY p.number"
    )
    told = [name for name in PEOPLE.columns if name != "code"]
    columns = ["code", "search_text", *told, "attributes"]
    chosen = ", ".join(_staged(PEOPLE, name) for name in columns)
    others = [one for one in PEOPLE.defaults() if one.name not in columns]
    names = ", ".join([*columns, *(str(one.column) for one in others)])
    constants = "".join(f", {cells.literal(one.get_default(), staging.vendor)}" for one in others)
    cursor.execute(
        f"INSERT INTO customers_customer ({names}) SELECT {chosen}{constants} FROM {people} s "
        f"JOIN {found} f ON f.number = s.number WHERE f.customer_id IS NULL AND s.leader = s.number "
        "ORDER BY s.number ON CONFLICT DO NOTHING"
    )
    made = cursor.rowcount
    cursor.execute(
        f"UPDATE {found} SET customer_id = c.id FROM {people} p, customers_customer c WHERE p.number = {found}.number "
        f"AND c.code = p.code AND {found}.customer_id IS NULL"
    )
    cursor.execute(
        f"UPDATE {found} SET customer_id = l.customer_id FROM {people} p, {found} l WHERE p.number = {found}.number "
        f"AND l.number = p.leader AND {found}.customer_id IS NULL"
    )
    _note_ids(cursor, people, found, staging.vendor)
    return made, _fill_people(cursor, staging)


def _staged(target: Target, name: str) -> str:
    """Return SQL of a waiting value; JSON waits as text."""
    column = f"s.{target.column(name)}"
    if isinstance(target.field_of(name), fields.JSONField) and connection.vendor == "postgresql":
        return f"{column}::jsonb"
    return column


def _note_ids(cursor: CursorWrapper, people: str, found: str, vendor: str) -> None:
    """Write down the ids under which they came, and the addresses that are ids; of who is restricted ids alone.

    By its id a later row finds the record that is restricted, instead of making one that is not.
    """
    free = "JOIN customers_customer c ON c.id = f.customer_id AND NOT c.restricted"
    cursor.execute(
        "INSERT INTO customers_externalid (customer_id, system, value) "
        f"SELECT f.customer_id, '', p.code FROM {people} p JOIN {found} f ON f.number = p.number "
        "WHERE f.known = 0 ORDER BY p.number ON CONFLICT DO NOTHING"
    )
    cursor.execute(
        "INSERT INTO customers_contactpoint (customer_id, kind, typed, normal, added_at) "
        f"SELECT f.customer_id, 'email', p.code, p.email, {cells.literal(timezone.now(), vendor)} "
        f"FROM {people} p JOIN {found} f ON f.number = p.number {free} "
        "WHERE f.known = 0 AND p.email IS NOT NULL ORDER BY p.number ON CONFLICT DO NOTHING"
    )


def _fill_people(cursor: CursorWrapper, staging: Staging) -> int:
    """Fill what was not known of those who were there already; no file changes who is restricted."""
    people, found = staging.name("people"), staging.name("found")
    if staging.vendor == "sqlite":
        merged = "json_patch(s.attributes, customers_customer.attributes)"
        # Compared by name: the text differs by the order of the columns too.
        named = "SELECT key FROM json_each(customers_customer.attributes)"
        more = f"(s.attributes <> '{{}}' AND EXISTS (SELECT 1 FROM json_each(s.attributes) WHERE key NOT IN ({named})))"
    else:
        merged = "s.attributes::jsonb || customers_customer.attributes"
        more = f"({merged} <> customers_customer.attributes)"
    gaps = [more]
    changes = [f"attributes = {merged}"]
    for name in PEOPLE.fills:
        own = f"customers_customer.{name}"
        empty = f"{own} IS NULL" if name == "first_seen_at" else f"{own} = ''"
        given = f"s.{name} IS NOT NULL" if name == "first_seen_at" else f"s.{name} <> ''"
        changes.append(f"{name} = CASE WHEN {empty} THEN s.{name} ELSE {own} END")
        gaps.append(f"({empty} AND {given})")
    cursor.execute(
        f"UPDATE customers_customer SET {', '.join(changes)} FROM {people} s, {found} f "
        "WHERE s.told = 1 AND f.number = s.number AND customers_customer.id = f.customer_id "
        f"AND NOT customers_customer.restricted AND ({' OR '.join(gaps)})"
    )
    return int(cursor.rowcount)


def land(
    cursor: CursorWrapper,
    staging: Staging,
    target: Target,
    more: dict[str, Any],
    settled: dict[str, str],
    leave_out: Callable[[int], None],
) -> tuple[int, int]:
    """Take over the rows of one table.

    Parameters
    ----------
    cursor : CursorWrapper
        In the transaction, after the people.
    staging : Staging
        Holds a table of the target's name.
    target : Target
        Where they go.
    more : dict
        Columns and values that all rows have, as ``file_id``.
    settled : dict of str to str
        Fields that do not wait with the rows, and the SQL constant of each.
    leave_out : callable
        Takes how many rows are new, before any gap is filled: what contradicts the records no longer waits then.

    Returns
    -------
    tuple of (int, int)
        How many rows are new, and in how many a gap was filled.
    """
    waiting = staging.name(target.table)
    names = [*target.columns, *(["attributes"] if target.attributes else [])]
    persons = {target.column(name): f"p{k}" for k, name in enumerate(target.people)}
    columns = [target.column(name) for name in names]
    values = {
        column: settled.get(name)
        or (f"{persons[column]}.customer_id" if column in persons else _staged(target, name))
        for column, name in zip(columns, names, strict=True)
    }
    constants = {
        str(one.column): cells.literal(one.get_default(), staging.vendor)
        for one in target.defaults()
        if one.column not in values and one.column not in more
    }
    constants |= {name: cells.literal(given, staging.vendor) for name, given in more.items()}
    found = staging.name("found")
    joins = "".join(
        f" LEFT JOIN {found} {alias} ON {alias}.number = s.{column}" for column, alias in persons.items()
    )
    where = "true"
    if target.table == "merges":
        where = _new_merge(values)
    elif target.table == "returns":
        where = _new_return()
    cursor.execute(
        f"INSERT INTO {target.name} ({', '.join([*values, *constants])}) "
        f"SELECT {', '.join([*values.values(), *constants.values()])} FROM {waiting} s{joins} WHERE {where} "
        "ON CONFLICT DO NOTHING"
    )
    added = int(cursor.rowcount)
    leave_out(added)
    if target.table == "returns":
        _drop_refunds_of_cancelled(cursor, waiting)
        return added, _raise_refunds(cursor, waiting)
    fills = [target.column(name) for name in target.fills if name not in settled]
    nothing = cells.literal(plain=False, vendor=staging.vendor)
    tells = [target.column(name) for name in target.tells if settled.get(name) != nothing]
    return added, _fill(cursor, target, waiting, joins, values, fills, tells) if fills or tells else 0


def _raise_refunds(cursor: CursorWrapper, waiting: str) -> int:
    """Take the larger amount where more of an order was refunded since an earlier export."""
    cursor.execute(
        f"UPDATE customers_return SET amount = s.amount FROM {waiting} s WHERE customers_return.code = s.code "
        "AND s.code LIKE 'refund:%' AND s.amount > customers_return.amount"
    )
    return int(cursor.rowcount)


def _drop_refunds_of_cancelled(cursor: CursorWrapper, waiting: str) -> None:
    """Forget what was refunded of an order that has been cancelled since: all of it went back, once."""
    cursor.execute(
        "DELETE FROM customers_return WHERE code LIKE 'refund:%' AND purchase_code IN "
        f"(SELECT s.purchase_code FROM {waiting} s WHERE s.code LIKE 'cancelled:%')"
    )


def _new_merge(values: dict[str, str]) -> str:
    return (
        f"{values['loser_id']} <> {values['winner_id']} AND NOT EXISTS (SELECT 1 FROM customers_merge m "
        f"WHERE m.loser_id = {values['loser_id']} AND m.winner_id = {values['winner_id']} "
        "AND m.merged_at = s.merged_at)"
    )


def _new_return() -> str:
    """Leave out a refund of what was cancelled: files differ in what they tell."""
    return (
        "NOT (s.code LIKE 'refund:%' AND EXISTS (SELECT 1 FROM customers_return r "
        "WHERE r.purchase_code = s.purchase_code AND r.code LIKE 'cancelled:%'))"
    )


def _fill(
    cursor: CursorWrapper,
    target: Target,
    waiting: str,
    joins: str,
    values: dict[str, str],
    names: list[str],
    tells: list[str],
) -> int:
    """Fill what an earlier file left empty or did not tell; what is there stays."""
    given = ", ".join(f"{values[name]} AS {name}" for name in (*names, *tells))
    keys = [target.column(name) for name in target.key]
    key = ", ".join(f"{values[name]} AS k{place}" for place, name in enumerate(keys))
    same = " AND ".join(f"{target.name}.{name} = n.k{place}" for place, name in enumerate(keys))
    # What staff have said since a file was written stays as they said it.
    unless = {target.column(name): condition for name, condition in target.said_since.items()}
    new = {
        name: f"CASE WHEN {unless[name]} THEN NULL ELSE n.{name} END" if name in unless else f"n.{name}"
        for name in names
    }
    changes = [f"{name} = coalesce({target.name}.{name}, {new[name]})" for name in names]
    gaps = [f"({target.name}.{name} IS NULL AND {new[name]} IS NOT NULL)" for name in names]
    changes += [f"{name} = ({target.name}.{name} OR n.{name})" for name in tells]
    gaps += [f"(n.{name} AND NOT {target.name}.{name})" for name in tells]
    told = " OR ".join(
        [*(f"{values[name]} IS NOT NULL" for name in names), *(values[name] for name in tells)]
    )
    cursor.execute(
        f"UPDATE {target.name} SET {', '.join(changes)} FROM "
        f"(SELECT {key}, {given} FROM {waiting} s{joins} WHERE {told}) n WHERE {same} AND ({' OR '.join(gaps)})"
    )
    return int(cursor.rowcount)

"""Files of visits, contacts, promises, answers, referrals or mentions under headers of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from treue.engine.duckdb import quoted
from treue.engine.seam import fresh_name
from treue.history.sources.amounts import text_of
from treue.history.sources.canonical import SQL_TYPES, CanonicalFile
from treue.history.sources.columns import NAMES, plain_name
from treue.history.sources.layout import PLAIN
from treue.history.sources.recognition import choices_of, mapped
from treue.history.sources.stage import Builder
from treue.kernel.errors import WrongTable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from treue.engine.duckdb import DuckDBEngine
    from treue.history.checks import Ledger
    from treue.history.settings import Settings
    from treue.history.sources.raw import RawTable
    from treue.history.tables import Column, Table

SAME: Final = {
    "visits": ("customer_id", "at"),
    "contacts": ("customer_id", "opened_at", "channel"),
    "promises": ("customer_id", "made_at", "due_at"),
    "answers": ("customer_id", "survey"),
    "referrals": ("referrer_id", "invited_at"),
    "mentions": ("customer_id", "at", "kind"),
}
"""What makes a row without a number the same row in every file: nothing that a later file may fill, and nothing that is
found only where somebody says so, for that may be said of one file and not of the next."""
WHICH: Final = ("asked_at", "answered_at", "wave")
"""The first of these that a file of answers has tells one answer to a survey from another."""
PEOPLE: Final = frozenset({"customer_id", "referrer_id", "referred_id", "anonymous_id"})
CALLED: Final = {
    "customer_id": "customer", "referrer_id": "customer", "channel": "channel",
    "at": "time", "opened_at": "time", "made_at": "time", "invited_at": "time", "answered_at": "time",
}  # fmt: skip
"""Columns that are called as those of orders are."""
MAY_COME: Final = frozenset({"due_at"})
"""Times that may be still to come."""
VALUES: Final = {
    "direction": {
        "in": "eingehend eingang inngående innkommende inn incoming inbound",
        "out": "ausgehend ausgang utgående ut outgoing outbound",
    },
    "kind": {
        "recommendation": "empfehlung lob anbefaling ros",
        "complaint": "beschwerde klage",
        "signup": "anmeldung registrierung registrering",
    },
}
"""What is said in other words than a measure looks for."""
TOLD: Final = "told_"
"""What stands before the names of columns while they are read: some are words of SQL."""
YES, NO = "true yes y ja j 1 wahr sann x", "false no n nein nei 0 falsch usann"


def stage_events(
    engine: DuckDBEngine, raw: RawTable, table: Table, settings: Settings, mapping: Mapping[str, str],
    ledger: Ledger, today: date | None,
) -> CanonicalFile:  # fmt: skip
    """Return a file as the table that a person says it is.

    Columns are found by the table's own names, by those that orders have too, and as the person says. Rows without a
    number of their own get one made from what they say, with a running number among equals.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the rows go.
    raw : RawTable
        The rows as texts; they are let go of.
    table : Table
        What they are.
    settings : Settings
        Its zone is that of times without an offset.
    mapping : mapping of str to str
        Canonical column to the file's own, and ``dates``.
    ledger : Ledger
        Takes the rows set aside.
    today : datetime.date or None
        What happened after this local day is set aside.

    Returns
    -------
    CanonicalFile
        The rows that are sound.

    Raises
    ------
    WrongTable
        When a column that the table requires is not found, or a column that was named is not there.
    """
    found = _columns_of(raw, table, mapping)
    key = table.key[0]
    lacking = [name for name in table.required if name not in found and name != key]
    seen = ", ".join(repr(header) for header in raw.headers[:30])
    if lacking:
        said = ",".join(f"{name}=COLUMN" for name in lacking)
        raise WrongTable(
            f"{raw.label}: for the table {table.name} no column was recognised for: {', '.join(lacking)}. "
            f"The columns are {seen}. Say which is which with --map table={table.name},{said}"
        )
    ledger.add(raw.rejected)
    builder = Builder(engine, raw, settings, choices_of(mapping, PLAIN), found, raw.table)
    as_read = {column.name: _read(builder, column, today) for column in table.columns if column.name in found}
    same = ", ".join(f"coalesce(CAST({as_read[name]} AS VARCHAR), '')" for name in _same(table, found))
    builder.columns["treue_same"] = f"md5(concat_ws(chr(31), {same}))"
    staged = builder.build(ledger)
    name = fresh_name(table.name)
    engine.connection.execute(
        f"CREATE TEMP TABLE {quoted(name)} AS SELECT {_cells(table, found)} FROM {quoted(staged)} "
        "WHERE reason IS NULL ORDER BY line"
    )
    engine.drop(staged)
    rows = raw.rows + len(raw.rejected)
    raw.release(engine)
    untold = table.untold(found).values()
    notes = [f"The file has no column {column}; what it would say is unknown." for column in untold]
    return CanonicalFile(
        label=raw.label, name=table.name, view=name, rows=rows, attributes=(), source="plain",
        columns={column: raw.headers[place] for column, place in found.items()},
        notes=[*raw.notes, *dict.fromkeys(builder.notes), *notes],
    )  # fmt: skip


def _columns_of(raw: RawTable, table: Table, mapping: Mapping[str, str]) -> dict[str, int]:
    """Return the place of each column of the table that the file has."""
    found = mapped(raw.headers, mapping)
    for name, header in mapping.items():
        if name in table.schema.names and name not in found:
            seen = ", ".join(raw.headers[:30])
            raise WrongTable(f"map {name}={header}: no file has a column {header!r}; the columns are {seen}")
    plain = [plain_name(header) for header in raw.headers]
    for column in table.columns:
        words = [plain_name(column.name), *map(str.casefold, NAMES.get(CALLED.get(column.name, ""), ()))]
        free = (plain.index(word) for word in words if word in plain)
        place = next((place for place in free if place not in found.values()), None)
        if column.name not in found and place is not None:
            found[column.name] = place
    return found


def _read(builder: Builder, column: Column, today: date | None) -> str:
    """Read a column; return SQL of what the file says in it, whatever the firm's zone is."""
    name, place = column.name, builder.found[column.name]
    told, text, cell = TOLD + name, text_of(place), f"c{place}"
    if name in PEOPLE or name.endswith("_id"):
        reason, missing = ("bad_customer", "no_customer") if name in PEOPLE else ("bad_order", None)
        builder.identifier(name, told, reason, missing if column.required else None)
        return builder.columns[told]
    if column.type == "instant":
        last = None if name in MAY_COME else today
        as_read = builder.time(name, told, last, required=column.required)
        if not column.required:
            builder.checks.append(("bad_time", f"{text} IS NOT NULL AND {told} IS NULL", cell))
        return as_read
    if column.type == "text":
        builder.text(name, told)
        builder.columns[told] = _in_our_words(name, builder.columns[told])
    else:
        builder.columns[told] = _other(column, text)
        builder.checks.append(("bad_value", f"{text} IS NOT NULL AND {told} IS NULL", cell))
    if column.required:
        builder.checks.append(("missing", f"{told} IS NULL", cell))
    return builder.columns[told]


def _in_our_words(name: str, text: str) -> str:
    cases = " ".join(
        f"WHEN lower({text}) IN ({_list(words)}) THEN '{value}'"
        for value, words in VALUES.get(name, {}).items()
    )
    return f"CASE {cases} ELSE {text} END" if cases else text


def _other(column: Column, text: str) -> str:
    if column.type == "flag":
        return f"CASE WHEN lower({text}) IN ({_list(YES)}) THEN true WHEN lower({text}) IN ({_list(NO)}) THEN false END"
    number = f"try_cast(replace({text}, ',', '.') AS DOUBLE)"
    if column.type == "number":
        return f"CASE WHEN isfinite({number}) THEN {number} END"
    return f"try_cast(CASE WHEN regexp_matches({text}, '^[0-9]+$') THEN {text} END AS BIGINT)"


def _list(words: str) -> str:
    return ", ".join(f"'{word}'" for word in words.split())


def _same(table: Table, found: Mapping[str, int]) -> list[str]:
    which = [name for name in WHICH if name in found][:1] if table.name == "answers" else []
    return [name for name in (*SAME[table.name], *which) if name in found]


def _cells(table: Table, found: Mapping[str, int]) -> str:
    """Return the columns of the table; a row without a number gets one."""
    cells = []
    made = "'row-' || treue_same || '-' || row_number() OVER (PARTITION BY treue_same ORDER BY line)"
    for column in table.columns:
        told = TOLD + column.name if column.name in found else f"CAST(NULL AS {SQL_TYPES[column.type]})"
        if column.name == table.key[0]:
            told = f"coalesce({told}, {made})"
        cells.append(f"{told} AS {quoted(column.name)}")
    return ", ".join([*cells, *(f"false AS {quoted(mark)}" for mark in table.untold(found))])

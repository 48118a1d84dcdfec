"""Rows whose number stands in the records for another customer: two systems count from one, each for itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from treue.app.customers.importing.order_conflicts import roots, whens, words, write_down
from treue.app.customers.importing.stable_ids import credit_of
from treue.engine.duckdb import quoted

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

    from treue.app.customers.importing.history_files import HistoryFile
    from treue.app.customers.importing.staging import Staging
    from treue.app.customers.importing.targets import Target

CONFLICT: Final = "number_conflict"
BATCH_ROWS: Final = 10_000
MADE: Final = re.compile("(credit:)?row-[0-9a-f]{32}-[0-9]+(:.*)?|(cancelled|refund):.*", re.DOTALL)
"""The number of a row that has none of its own: made from what it says, or from that of its order."""
READ_AS: Final = {
    "contracts": (
        "contracts",
        "k.id = r.contract_id AND k.started_on = r.started_on AND k.customer_id = r.customer_id",
    ),
    # The lines of one note may give back for several orders, and only some of them be in conflict.
    "returns": (
        "purchases",
        f"k.id = {credit_of('r')} AND k.credited = r.customer_id AND k.credited_order IS NOT DISTINCT FROM r.order_id",
    ),
}
"""Canonical table to the one as whose rows its own were read, and how a row is told among those."""


def set_aside(
    cursor: CursorWrapper, found: HistoryFile, staging: Staging, target: Target, added: int
) -> None:
    """Set aside rows whose number stands in the records for another customer.

    Call it after the rows have landed, which left those out, and before what is there is filled from them, which
    would write what happened with one customer into the record of another.

    Parameters
    ----------
    cursor : CursorWrapper
        In the transaction.
    found : HistoryFile
        What was read; it counts and keeps the rows set aside.
    staging : Staging
        Holds the rows; it loses those.
    target : Target
        Where they went.
    added : int
        How many were new. Where all were, none is in conflict with any.
    """
    waiting = staging.name(target.table)
    cursor.execute(f"SELECT count(*) FROM {waiting}")
    if cursor.fetchone()[0] == added:
        return
    rows = _conflicts(cursor, found, staging, target)
    if not rows:
        return
    place = "rowid = %s" if staging.vendor == "sqlite" else "ctid = %s::tid"
    cursor.executemany(f"DELETE FROM {waiting} WHERE {place}", [(row[0],) for row in rows])
    _write_down(found, target, {row[1:] for row in rows})


def _conflicts(
    cursor: CursorWrapper, found: HistoryFile, staging: Staging, target: Target
) -> list[tuple[Any, ...]]:
    """Return place, key and customers (by the id of the file) of rows that are those of somebody else there."""
    names = [target.column(name) for name in target.people]
    place = "s.rowid" if staging.vendor == "sqlite" else "CAST(s.ctid AS varchar(40))"
    key = [f"CAST(s.{target.column(name)} AS varchar(400))" for name in target.key]
    given = [f"p{k}.code, f{k}.customer_id, t.{name}" for k, name in enumerate(names)]
    same = " AND ".join(f"t.{target.column(name)} = s.{target.column(name)}" for name in target.key)
    joins = "".join(
        f" LEFT JOIN {staging.name('found')} f{k} ON f{k}.number = s.{name}"
        f" LEFT JOIN {staging.name('people')} p{k} ON p{k}.number = s.{name}"
        for k, name in enumerate(names)
    )
    differ = " OR ".join(f"f{k}.customer_id <> t.{name}" for k, name in enumerate(names))
    cursor.execute(
        f"SELECT {', '.join([place, *key, *given])} FROM {staging.name(target.table)} s "
        f"JOIN {target.name} t ON {same}{joins} WHERE {differ}"
    )
    width = 1 + len(key)
    suspects = []
    while rows := cursor.fetchmany(BATCH_ROWS):
        suspects += [row for row in rows if not MADE.fullmatch(row[1])]
    root = roots(cursor, found, staging) if suspects else {}
    return [
        (*row[:width], *row[width::3])
        for row in suspects
        if any(
            None not in pair and root.get(pair[0], pair[0]) != root.get(pair[1], pair[1])
            for pair in zip(row[width + 1 :: 3], row[width + 2 :: 3], strict=True)
        )
    ]


def _write_down(found: HistoryFile, target: Target, rows: set[tuple[str | None, ...]]) -> None:
    """Keep the rows in the list of those set aside, by file and line where they are known, and count them."""
    engine, table = found.engine, found.tables[target.table]
    has = engine.columns(table)
    columns = [target.columns[name] for name in (*target.key, *target.people)]
    gone = engine.load(
        pa.table(
            {
                f"g{place}": pa.array([row[place] for row in rows], pa.string())
                for place in range(len(columns))
            }
        ),
        "number_conflicts",
    )
    same = " AND ".join(
        f"replace(CAST(t.{quoted(name)} AS VARCHAR), chr(0), '') IS NOT DISTINCT FROM g.g{place}"
        for place, name in enumerate(columns)
        if name in has
    )
    theirs = (
        f"SELECT t.*, {words(found, target.table)} AS words FROM {quoted(table)} t "
        f"WHERE EXISTS (SELECT 1 FROM {quoted(gone)} g WHERE {same})"
    )
    path, line, joins, own = f"'{target.table}'", "0", "", f"r.{quoted(target.columns[target.key[0]])}"
    if target.table == "returns":
        own = f"coalesce({credit_of('r')}, {own})"
    read_as, same_row = READ_AS.get(target.table, ("", ""))
    if read_as in found.reading.rows:
        files = [file for file in found.reading.files if file.source != "canonical"]
        labels = [file.path for file in files if read_as in file.tables]
        path, line = f"coalesce(CASE k.file {whens(labels)} END, {path})", "coalesce(k.line, 0)"
        joins = f" LEFT JOIN {quoted(found.reading.rows[read_as])} k ON {same_row}"
    write_down(found, CONFLICT, f"SELECT {path}, {line}, {own}, r.words FROM ({theirs}) r{joins}")
    engine.drop(gone)

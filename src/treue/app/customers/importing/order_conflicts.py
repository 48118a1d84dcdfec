"""Orders whose number belongs to another order of the records: two systems count from one, each for itself."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from treue.app.core.models import Firm
from treue.app.customers.importing.stable_ids import credit_of
from treue.app.customers.models import Merge
from treue.engine.duckdb import quoted
from treue.history.checks import REASONS
from treue.history.tables import TELLS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.backends.utils import CursorWrapper

    from treue.app.customers.importing.history_files import HistoryFile
    from treue.app.customers.importing.staging import Staging

CONFLICT: Final = "order_conflict"
BATCH_ROWS: Final = 10_000
MADE: Final = re.compile("row-[0-9a-f]{32}-[0-9]+")
"""The id of an order without a number; whoever has the same one is the same order."""


def set_aside(cursor: CursorWrapper, found: HistoryFile, staging: Staging, number: int, added: int) -> None:
    """Set aside orders whose number stands in the records for another person or day, with all that is theirs.

    Call it after the purchases have landed, which left those orders out, and before their lines and returns
    land, which would become those of the order of that other person.

    Parameters
    ----------
    cursor : CursorWrapper
        In the transaction.
    found : HistoryFile
        What was read; it counts and keeps the rows set aside.
    staging : Staging
        Holds the purchases; lines and returns lose rows.
    number : int
        Of the imported file.
    added : int
        How many purchases were new. Where all were, none is in conflict with any.
    """
    cursor.execute(f"SELECT count(*) FROM {staging.name('purchases')}")
    if cursor.fetchone()[0] == added:
        return
    codes = _conflicts(cursor, found, staging, number)
    if codes:
        _leave_out(cursor, found, staging, codes)
        _write_down(found, codes)


def _conflicts(cursor: CursorWrapper, found: HistoryFile, staging: Staging, number: int) -> list[str]:
    """Return the numbers of orders that stand in the records for another person or another day."""
    # Nearly all that is there already is the same to the second; only what differs needs the exact look.
    cursor.execute(
        "SELECT s.code, f.customer_id, p.customer_id, s.ordered_at, p.ordered_at "
        f"FROM {staging.name('purchases')} s JOIN {staging.name('found')} f ON f.number = s.customer_id "
        "JOIN customers_purchase p ON p.code = s.code "
        f"WHERE (p.customer_id <> f.customer_id OR p.ordered_at <> s.ordered_at) "
        f"AND (p.file_id IS NULL OR p.file_id <> {int(number)})"
    )
    suspects = []
    zone = ZoneInfo(Firm.the().timezone)
    while rows := cursor.fetchmany(BATCH_ROWS):
        for code, customer, known, at, known_at in rows:
            same_day = _day(at, zone) == _day(known_at, zone)
            if not MADE.fullmatch(code) and (customer != known or not same_day):
                suspects.append((code, customer, known, same_day))
    if not suspects:
        return []
    root = roots(cursor, found, staging)
    return sorted(
        {
            code
            for code, customer, known, same_day in suspects
            if not same_day or root.get(customer, customer) != root.get(known, known)
        }
    )


def _day(at: datetime | str, zone: ZoneInfo) -> object:
    instant = datetime.fromisoformat(at) if isinstance(at, str) else at
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(zone).date()


def roots(cursor: CursorWrapper, found: HistoryFile, staging: Staging) -> dict[int, int]:
    """Return one record of each person who has several: as merged in the records, and in this very file.

    Parameters
    ----------
    cursor : CursorWrapper
        In the transaction.
    found : HistoryFile
        What was read.
    staging : Staging
        Holds the merges of the file, if any, and ``found``.

    Returns
    -------
    dict of int to int
        Record to one of those that are the same person.
    """
    pairs: list[tuple[int, int]] = list(
        Merge.objects.filter(undone_at=None).values_list("loser_id", "winner_id")
    )
    if "merges" in found.tables:
        holds = "" if "undone_at" in found.settled["merges"] else " WHERE s.undone_at IS NULL"
        cursor.execute(
            f"SELECT l.customer_id, w.customer_id FROM {staging.name('merges')} s "
            f"JOIN {staging.name('found')} l ON l.number = s.loser_id "
            f"JOIN {staging.name('found')} w ON w.number = s.winner_id{holds}"
        )
        pairs += cursor.fetchall()
    return _joined(pairs)


def _joined(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Return the same number for all that hang together.

    Examples
    --------
    >>> _joined([(1, 2), (3, 2), (5, 6)])
    {1: 2, 3: 2, 5: 6, 2: 2, 6: 6}
    """
    into: dict[int, int] = {}

    def last(one: int) -> int:
        while into.get(one, one) != one:
            one = into[one]
        return one

    for loser, winner in pairs:
        into[last(loser)] = last(winner)
    return {one: last(one) for one in [*into, *into.values()]}


def _leave_out(cursor: CursorWrapper, found: HistoryFile, staging: Staging, codes: list[str]) -> None:
    """Let lines and returns of those orders not land."""
    gone = staging.name("conflicts")
    cursor.execute(f"CREATE TABLE {gone} (code VARCHAR(200) PRIMARY KEY)")
    cursor.executemany(f"INSERT INTO {gone} VALUES (%s)", [(code,) for code in codes])
    for table in ("order_lines", "returns"):
        if table in found.tables:
            cursor.execute(
                f"DELETE FROM {staging.name(table)} WHERE purchase_code IN (SELECT code FROM {gone})"
            )
    cursor.execute(f"DROP TABLE {gone}")


def _write_down(found: HistoryFile, codes: list[str]) -> None:
    """Keep the rows in the list of those set aside, by file and line where they are known, and count them."""
    engine = found.engine
    gone = engine.load(pa.table({"code": pa.array(codes, pa.string())}), "order_conflicts")
    theirs = {
        table: f"(SELECT t.*, {words(found, table)} AS words FROM {quoted(found.tables[table])} t "
        f"WHERE replace(t.order_id, chr(0), '') IN (SELECT code FROM {quoted(gone)}))"
        for table in ("purchases", "order_lines", "returns")
        if table in found.tables
    }
    kept = found.reading.rows.get("purchases")
    known = f"(SELECT id FROM {quoted(kept)})" if kept else "(SELECT NULL WHERE false)"
    if kept:
        labels = [file.path for file in found.reading.files if file.source != "canonical"]
        path = whens(labels)
        ids = f"SELECT order_id AS id, words FROM {theirs['purchases']}"
        if "returns" in theirs:
            ids += f" UNION ALL SELECT {credit_of('r')}, words FROM {theirs['returns']} r"
        one = f"SELECT id, min(words) AS words FROM ({ids}) WHERE id IS NOT NULL GROUP BY id"
        write_down(
            found,
            CONFLICT,
            f"SELECT CASE k.file {path} END, k.line, k.id, o.words FROM {quoted(kept)} k JOIN ({one}) o USING (id)",
        )
    # What came as a canonical table is a row of its own, as is a credit whose row had no number.
    own = f"coalesce(t.order_id IN {known}, false)"
    for table, rows in theirs.items():
        read = own
        if table == "returns":
            kind = "split_part(t.return_id, ':', 1) IN ('cancelled', 'refund')"
            read = f"({own} AND {kind} OR coalesce({credit_of('t')} IN {known}, false))"
        write_down(
            found, CONFLICT, f"SELECT '{table}', 0, t.order_id, t.words FROM {rows} t WHERE NOT {read}"
        )
    engine.drop(gone)


def whens(labels: Sequence[str]) -> str:
    """Return the branches of a CASE of SQL from the place of a file to its name."""
    return " ".join(f"WHEN {place} THEN {_text(label)}" for place, label in enumerate(labels))


def words(found: HistoryFile, table: str) -> str:
    """Return SQL of what stands in a row ``t`` of a canonical table, cut as in the list of those set aside."""
    has = found.engine.columns(found.tables[table])
    # Marks of what a file does not tell do not stand in it.
    columns = ", ".join(f"t.{quoted(name)}" for name in has if name not in TELLS.get(table, {}))
    return f"left(concat_ws(', ', {columns}), 500)"


def write_down(found: HistoryFile, reason: str, rows: str) -> None:
    """Add rows to those set aside.

    Parameters
    ----------
    found : HistoryFile
        What was read; it counts them.
    reason : str
        Why.
    rows : str
        Query of path, line, number and words.
    """
    ledger = str(found.reading.set_aside_table)
    message = f"{_text(REASONS[reason])} || ' (' || id || ')'"
    added = found.engine.connection.execute(
        f"INSERT INTO {quoted(ledger)} SELECT path, line, '{reason}', {message}, words "
        f"FROM ({rows}) t(path, line, id, words)"
    ).fetchall()
    count = int(added[0][0])
    found.unusable += count
    found.reasons[reason] = found.reasons.get(reason, 0) + count


def _text(plain: str) -> str:
    return "'" + plain.replace("'", "''") + "'"

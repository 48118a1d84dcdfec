"""Credit notes that are there already: one file names their order, another does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from treue.app.customers.importing.order_conflicts import roots

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

    from treue.app.customers.importing.history_files import HistoryFile
    from treue.app.customers.importing.staging import Staging

BATCH_ROWS: Final = 10_000


def leave_out_known(cursor: CursorWrapper, found: HistoryFile, staging: Staging) -> None:
    """Let credit notes not land that the records hold for the same customer, with their order or without.

    The same number for another customer is another credit note.

    Parameters
    ----------
    cursor : CursorWrapper
        In the transaction, before the returns land.
    found : HistoryFile
        What was read.
    staging : Staging
        Holds the returns; it loses those.
    """
    least, below = (">=", "<") if staging.vendor == "sqlite" else ("~>=~", "~<~")
    place = "s.rowid" if staging.vendor == "sqlite" else "CAST(s.ctid AS varchar(40))"
    waiting = f"{staging.name('returns')} s LEFT JOIN {staging.name('found')} f ON f.number = s.customer_id"
    there = f"SELECT {place}, f.customer_id, r.customer_id FROM {waiting} JOIN customers_return r ON "
    cursor.execute(
        f"{there} r.code {least} (s.code || ':') AND r.code {below} (s.code || ';') "
        "WHERE s.code LIKE 'credit:%' AND s.purchase_code IS NULL "
        f"UNION ALL {there} r.code = substr(s.code, 1, length(s.code) - length(s.purchase_code) - 1) "
        "WHERE s.code LIKE 'credit:%' AND s.purchase_code IS NOT NULL"
    )
    known: list[Any] = []
    others = []
    while rows := cursor.fetchmany(BATCH_ROWS):
        for row, own, theirs in rows:
            if own == theirs or None in {own, theirs}:
                known.append(row)
            else:
                others.append((row, own, theirs))
    root = roots(cursor, found, staging) if others else {}
    known += [row for row, own, theirs in others if root.get(own, own) == root.get(theirs, theirs)]
    if known:
        one = "rowid = %s" if staging.vendor == "sqlite" else "ctid = %s::tid"
        cursor.executemany(
            f"DELETE FROM {staging.name('returns')} WHERE {one}", [(row,) for row in dict.fromkeys(known)]
        )

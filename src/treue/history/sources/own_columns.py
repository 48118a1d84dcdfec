"""Which canonical table a file is by its columns, where neither its name nor a folder says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from treue.history.sources.columns import match_names
from treue.history.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treue.history.tables import Table

WHOLE_ONLY: Final = frozenset(
    {"customers"}
    | {table.name for table in TABLES.values() if any(column.type == "money" for column in table.columns)}
)
"""Tables that anybody's file of orders, contracts or people may look like; amounts of such are in whole euros."""
EVENTS: Final = ("visits", "contacts", "promises", "answers", "referrals", "mentions")
"""Tables that a file may be said to hold, under headers of its own."""
OF_ORDERS: Final = ("order", "amount", "price")
"""A file that has one of these may be a list of orders, whatever it is called."""


def suffices(table: Table, headers: Sequence[str], *, in_folder: bool) -> bool:
    """Return whether a text file that is called as a table is that table.

    Parameters
    ----------
    table : Table
        What its name stands for.
    headers : sequence of str
        Its columns.
    in_folder : bool
        Whether the user named the folder and not the file; a folder of tables was written as one.

    Returns
    -------
    bool
        In a folder, whether the required columns are there. Alone, a table with amounts or of customers must have
        every column; any other the required ones, and no further one that tells of orders.
    """
    if not set(table.required) <= set(headers):
        return False
    if in_folder:
        return True
    if table.name in WHOLE_ONLY:
        return set(table.schema.names) <= set(headers)
    further = [header for header in headers if header not in table.schema.names]
    return not match_names(further, OF_ORDERS, {})


def table_of_columns(headers: Sequence[str]) -> Table | None:
    """Return the one canonical table of which all these columns are, with the required ones among them.

    Examples
    --------
    >>> table_of_columns(["promise_id", "customer_id", "made_at", "due_at"]).name
    'promises'
    >>> table_of_columns(["customer_id", "ordered_at", "net_amount"]) is None
    True
    """
    found = [
        table
        for table in TABLES.values()
        if table.name not in WHOLE_ONLY and set(table.required) <= set(headers) <= set(table.schema.names)
    ]
    return found[0] if len(found) == 1 else None


def likest(stem: str, headers: Sequence[str]) -> tuple[Table, tuple[str, ...]] | None:
    """Return the canonical table that a file would be with some columns more, and those columns.

    Parameters
    ----------
    stem : str
        The file's name without folder and endings.
    headers : sequence of str
        Its columns.

    Returns
    -------
    tuple of (Table, tuple of str) or None
        A table after which the file is called, else one of which it has two columns that no file of orders has.
        None where it lacks nothing, or looks like none of them.
    """
    best, most = None, 1
    for table in TABLES.values():
        if table.name in WHOLE_ONLY:
            continue
        own = len({*table.schema.names} & {*headers} - {"customer_id"}) + 100 * (stem == table.name)
        if own > most:
            best, most = table, own
    if best is None or match_names(headers, OF_ORDERS, {}):
        return None
    missing = tuple(name for name in best.required if name not in headers)
    return (best, missing) if missing else None

"""Rows without an id of their own get one from what they say, so that they have it in every file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.engine.duckdb import quoted
from treue.engine.seam import fresh_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from treue.engine.duckdb import DuckDBEngine
    from treue.history.reading import Reading

LONGEST = 200


def with_stable_ids(engine: DuckDBEngine, tables: Mapping[str, str], reading: Reading) -> dict[str, str]:
    """Replace the ids that the reader made from name and line of a file.

    Such an id says where a row stood: the same order in another file would be another order, and another
    order in another file of the same name would be the same. In its place comes one made from customer, time
    and amount, with a running number among equals; the time and the amount are those that stand in the file, so
    that another time zone or another rate makes no other order of it.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the tables are.
    tables : mapping of str to str
        Canonical table to engine table.
    reading : Reading
        How the files were read; it knows the rows without a number, and learns the new ids of the orders for which
        others give money back.

    Returns
    -------
    dict of str to str
        Canonical table to engine table.
    """
    result = dict(tables)
    rows, orders = _without_number(engine, reading, "purchases"), None
    if rows is not None:
        orders = _new_ids(
            engine, f"{quoted(rows)} r SEMI JOIN {quoted(tables['purchases'])} p ON p.order_id = r.id"
        )
        result["purchases"] = _renamed(engine, tables["purchases"], "order_id", orders)
        reading.rows["purchases"] = _renamed(engine, reading.rows["purchases"], "credited_order", orders)
        if "order_lines" in tables:
            result["order_lines"] = _renamed(engine, tables["order_lines"], "order_id", orders)
    if "returns" in tables:
        result["returns"] = _returns(engine, tables["returns"], orders, rows)
    contracts = _without_number(engine, reading, "contracts")
    if contracts is not None:
        ids = _new_ids(engine, f"{quoted(contracts)} r")
        result["contracts"] = _renamed(engine, tables["contracts"], "contract_id", ids)
    return result


def _without_number(engine: DuckDBEngine, reading: Reading, table: str) -> str | None:
    """Return a view of the rows that had no id, with what they say; None where every row had one."""
    if table not in reading.rows:
        return None
    query = f"SELECT id, content FROM {quoted(reading.rows[table])} WHERE content IS NOT NULL"
    found = engine.connection.execute(f"{query} LIMIT 1").fetchall()
    return engine.view(query, "without_number") if found else None


def _new_ids(engine: DuckDBEngine, source: str) -> str:
    """Return a table of the ids that were made up and those that come in their place."""
    name = fresh_name("ids")
    engine.connection.execute(
        f"CREATE TEMP TABLE {quoted(name)} AS SELECT r.id AS old, 'row-' || r.content || '-' || "
        f"row_number() OVER (PARTITION BY r.content ORDER BY len(r.id), r.id) AS new FROM {source}"
    )
    return name


def _renamed(engine: DuckDBEngine, table: str, column: str, ids: str) -> str:
    return engine.view(
        f"SELECT t.* REPLACE (coalesce(i.new, t.{column}) AS {column}) FROM {quoted(table)} t "
        f"LEFT JOIN {quoted(ids)} i ON i.old = t.{column}",
        "renamed",
    )


def credit_of(returns: str) -> str:
    """Return SQL of the id of the row that gave money back; NULL where a return is none of those.

    The library writes it before the order: credit:C9:17, or credit:C9 where no order was found.

    Parameters
    ----------
    returns : str
        Alias of the table of returns.
    """
    own = f"substr({returns}.return_id, 8)"
    order = f"':' || {returns}.order_id"
    return (
        f"CASE WHEN NOT starts_with({returns}.return_id, 'credit:') THEN NULL "
        f"WHEN {returns}.order_id IS NOT NULL AND ends_with({own}, {order}) "
        f"THEN left({own}, length({own}) - length({order})) ELSE {own} END"
    )


def _returns(engine: DuckDBEngine, table: str, orders: str | None, rows: str | None) -> str:
    """Return the returns with the new ids of their orders and of themselves; none is too long to be kept."""
    source, order_id, return_id = f"{quoted(table)} t", "t.order_id", "t.return_id"
    if orders is not None and rows is not None:
        source += f" LEFT JOIN {quoted(orders)} o ON o.old = t.order_id"
        order_id = "coalesce(o.new, t.order_id)"
        credits_ = f"(SELECT DISTINCT {credit_of('t')} AS id FROM {quoted(table)} t)"
        ids = _new_ids(engine, f"{quoted(rows)} r SEMI JOIN {credits_} c ON c.id = r.id")
        source += f" LEFT JOIN {quoted(ids)} c ON c.old = {credit_of('t')}"
        # The library writes the order behind the kind: cancelled:17, refund:17, credit:C9:17.
        return_id = (
            f"CASE WHEN c.new IS NOT NULL THEN 'credit:' || c.new || coalesce(':' || {order_id}, '') "
            "WHEN o.new IS NOT NULL AND ends_with(t.return_id, ':' || t.order_id) "
            "THEN left(t.return_id, length(t.return_id) - length(t.order_id)) || o.new ELSE t.return_id END"
        )
    short = f"CASE WHEN length(id) > {LONGEST} THEN left(id, 160) || '-' || md5(id) ELSE id END"
    return engine.view(
        f"SELECT * EXCLUDE (id) REPLACE ({short} AS return_id) FROM (SELECT t.* REPLACE ({order_id} AS order_id), "
        f"{return_id} AS id FROM {source})",
        "returns",
    )

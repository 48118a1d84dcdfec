"""Rows without an id of their own get one from what they say, so that they have it in every file."""

from __future__ import annotations

import re
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
    and amount, with a running number among equals.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the tables are.
    tables : mapping of str to str
        Canonical table to engine table.
    reading : Reading
        How the files were read; it knows what made-up ids begin with.

    Returns
    -------
    dict of str to str
        Canonical table to engine table.
    """
    result = dict(tables)
    stems = "|".join(re.escape(file.stem) for file in reading.files if file.stem).replace("'", "''")
    orders = None
    if stems and "purchases" in tables:
        source = quoted(tables["purchases"])
        orders = _new_ids(engine, source, "order_id", stems, "customer_id, ordered_at, net_amount")
        result["purchases"] = _renamed(engine, tables["purchases"], "order_id", orders)
        if "order_lines" in tables:
            result["order_lines"] = _renamed(engine, tables["order_lines"], "order_id", orders)
    if "returns" in tables:
        result["returns"] = _returns(engine, tables["returns"], orders, stems)
    if stems and "contracts" in tables:
        parts = "customer_id, started_on, coalesce(monthly_amount, 0)"
        ids = _new_ids(engine, quoted(tables["contracts"]), "contract_id", stems, parts)
        result["contracts"] = _renamed(engine, tables["contracts"], "contract_id", ids)
    return result


def _new_ids(engine: DuckDBEngine, source: str, column: str, stems: str, parts: str) -> str:
    """Return a table of the ids that were made up and those that come in their place."""
    name = fresh_name("ids")
    engine.connection.execute(
        f"CREATE TEMP TABLE {quoted(name)} AS SELECT {column} AS old, 'row-' || md5(concat_ws(chr(31), {parts})) "
        f"|| '-' || row_number() OVER (PARTITION BY {parts} ORDER BY len({column}), {column}) AS new "
        f"FROM {source} WHERE regexp_full_match({column}, '({stems}):[0-9]+')"
    )
    return name


def _is_empty(engine: DuckDBEngine, table: str) -> bool:
    return not engine.connection.execute(f"SELECT 1 FROM {quoted(table)} LIMIT 1").fetchall()


def _renamed(engine: DuckDBEngine, table: str, column: str, ids: str) -> str:
    if _is_empty(engine, ids):
        return table
    return engine.view(
        f"SELECT t.* REPLACE (coalesce(i.new, t.{column}) AS {column}) FROM {quoted(table)} t "
        f"LEFT JOIN {quoted(ids)} i ON i.old = t.{column}",
        "renamed",
    )


def _returns(engine: DuckDBEngine, table: str, orders: str | None, stems: str) -> str:
    """Return the returns with the new ids of their orders and of themselves; none is too long to be kept."""
    source, order_id, return_id = f"{quoted(table)} t", "t.order_id", "t.return_id"
    if orders is not None:
        source += f" LEFT JOIN {quoted(orders)} o ON o.old = t.order_id"
        order_id = "coalesce(o.new, t.order_id)"
        # The library writes the order behind the kind: cancelled:17, refund:17, credit:C9:17.
        return_id = (
            "CASE WHEN o.new IS NOT NULL AND ends_with(t.return_id, ':' || t.order_id) "
            "THEN left(t.return_id, length(t.return_id) - length(t.order_id)) || o.new ELSE t.return_id END"
        )
    if stems:
        own = f"regexp_extract(return_id, '^credit:(({stems}):[0-9]+)(:|$)', 1)"
        credits_ = (
            f"(SELECT {own} AS credit_id, any_value(customer_id) AS customer_id, min(returned_at) AS returned_at, "
            f"sum(amount) AS amount FROM {quoted(table)} WHERE {own} <> '' GROUP BY 1)"
        )
        ids = _new_ids(engine, credits_, "credit_id", stems, "customer_id, returned_at, amount")
        source += f" LEFT JOIN {quoted(ids)} c ON c.old = {own.replace('return_id', 't.return_id')}"
        return_id = (
            f"CASE WHEN c.new IS NOT NULL THEN 'credit:' || c.new || coalesce(':' || {order_id}, '') "
            f"ELSE {return_id} END"
        )
    short = f"CASE WHEN length(id) > {LONGEST} THEN left(id, 160) || '-' || md5(id) ELSE id END"
    return engine.view(
        f"SELECT * EXCLUDE (id) REPLACE ({short} AS return_id) FROM (SELECT t.* REPLACE ({order_id} AS order_id), "
        f"{return_id} AS id FROM {source})",
        "returns",
    )

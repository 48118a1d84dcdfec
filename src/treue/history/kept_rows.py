"""Which row of which file became what, for whoever has to tell a row of one reading from that of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.engine.duckdb import quoted
from treue.engine.seam import fresh_name

if TYPE_CHECKING:
    from treue.engine.duckdb import DuckDBEngine


def keep_orders(engine: DuckDBEngine, work: str, base: str, credit: str, linked: str | None) -> str:
    """Keep which row became which order, and what those say that have no number.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the rows are.
    work : str
        Staged rows of all files, without those set aside.
    base : str
        Currency of rows that name none.
    credit : str
        SQL of the rows that give money back.
    linked : str or None
        Table of the rows that give money back and their orders, where there are any.

    Returns
    -------
    str
        Engine table with ``file``, ``line``, ``id``, ``content``, ``credited`` and ``credited_order`` (see
        :attr:`Reading.rows`).
    """
    content = _content("customer_id, treue_read_at, amount", base)
    source, order = quoted(work), "NULL::VARCHAR"
    if linked is not None:
        orders = (
            f"SELECT file, line, min(order_id) AS credited_order FROM {quoted(linked)} GROUP BY file, line"
        )
        source, order = f"{source} LEFT JOIN ({orders}) USING (file, line)", "credited_order"
    return _kept(
        engine,
        f"SELECT file, line, order_id AS id, CASE WHEN NOT named THEN {content} END AS content, "
        f"CASE WHEN {credit} THEN customer_id END AS credited, {order} AS credited_order FROM {source}",
    )


def keep_contracts(engine: DuckDBEngine, rows: str, base: str) -> str:
    """Keep which row became which contract, and what those say that have no number.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the rows are.
    rows : str
        Query of the typed rows of all files.
    base : str
        Currency of rows that name none.

    Returns
    -------
    str
        Engine table with ``file``, ``line``, ``id``, ``started_on``, ``customer_id`` and ``content`` (see
        :attr:`Reading.rows`).
    """
    content = _content("customer_id, CAST(started_at AS DATE), coalesce(amount, 0)", base)
    return _kept(
        engine,
        "SELECT file, line, coalesce(contract_id, made_up) AS id, CAST(started_at AS DATE) AS started_on, customer_id, "
        f"CASE WHEN contract_id IS NULL THEN {content} END AS content FROM ({rows}) "
        "QUALIFY row_number() OVER (PARTITION BY id, started_at ORDER BY file, line) = 1",
    )


def _kept(engine: DuckDBEngine, query: str) -> str:
    table = fresh_name("kept_rows")
    engine.connection.execute(f"CREATE TEMP TABLE {quoted(table)} AS {query}")
    return table


def _content(columns: str, base: str) -> str:
    """Return SQL of a digest of what a row says, before zones and rates come into it."""
    return f"md5(concat_ws(chr(31), {columns}, coalesce(currency, '{base}')))"

"""Typed rows of contracts and customers become their canonical tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.engine.duckdb import quoted
from treue.engine.seam import fresh_name
from treue.history.kept_rows import keep_contracts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treue.engine.duckdb import DuckDBEngine
    from treue.history.checks import Ledger
    from treue.history.orders import Money
    from treue.history.sources.stage import StagedFile


_CONTRACT = {
    "contract_id": "VARCHAR",
    "customer_id": "VARCHAR",
    "started_at": "TIMESTAMP",
    "ended_at": "TIMESTAMP",
    "end_reason": "VARCHAR",
    "amount": "DECIMAL(28,6)",
    "currency": "VARCHAR",
}
_CUSTOMER = {
    "customer_id": "VARCHAR",
    "first_seen_at": "TIMESTAMP",
    "acquired_via": "VARCHAR",
    "country": "VARCHAR",
    "language": "VARCHAR",
    "segment": "VARCHAR",
}


def _union(
    engine: DuckDBEngine, staged: Sequence[StagedFile], columns: dict[str, str]
) -> tuple[str, list[str]]:
    """Return SQL of the rows of all files with one set of columns, and the attributes."""
    attributes = list(dict.fromkeys(name for one in staged for name in one.attributes))
    parts = []
    for number, one in enumerate(staged):
        given = engine.columns(one.table)
        cells = [
            f"CAST({quoted(n) if n in given else 'NULL'} AS {kind}) AS {n}" for n, kind in columns.items()
        ]
        cells += [
            f"{quoted(a) if a in one.attributes else 'NULL::VARCHAR'} AS {quoted(a)}" for a in attributes
        ]
        stem = one.raw.stem.replace("'", "''")
        parts.append(
            f"SELECT {', '.join(cells)}, {number} AS file, line, '{stem}:' || line AS made_up "
            f"FROM {quoted(one.table)} WHERE reason IS NULL"
        )
    return " UNION ALL ".join(parts), attributes


def _set_aside(engine: DuckDBEngine, staged: Sequence[StagedFile], table: str, ledger: Ledger) -> None:
    for number, one in enumerate(staged):
        bad = f"SELECT line, trouble AS reason FROM {quoted(table)} WHERE file = {number} AND trouble IS NOT NULL"
        ledger.add_query(one.raw.label, one.raw.table, len(one.raw.headers), bad, "''")
    engine.connection.execute(f"DELETE FROM {quoted(table)} WHERE trouble IS NOT NULL")
    for column in ("file", "line", "trouble", "made_up"):
        engine.connection.execute(f"ALTER TABLE {quoted(table)} DROP COLUMN {column}")


def assemble_contracts(
    engine: DuckDBEngine,
    staged: Sequence[StagedFile],
    money: Money,
    ledger: Ledger,
    kept: dict[str, str] | None = None,
) -> str:
    """Return the canonical table of contracts; a second spell with the same key is set aside.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the rows are.
    staged : sequence of StagedFile
        One per file, in the order given.
    money : Money
        How amounts become minor units.
    ledger : Ledger
        Takes duplicates.
    kept : dict, optional
        Takes, as ``contracts``, a table of which row became which contract (see :attr:`Reading.rows`).

    Returns
    -------
    str
        Engine table.
    """
    union, attributes = _union(engine, staged, _CONTRACT)
    table = fresh_name("contracts")
    key = "PARTITION BY coalesce(contract_id, made_up), started_at ORDER BY file, line"
    own = "".join(f", {quoted(name)}" for name in attributes)
    engine.connection.execute(
        f"CREATE TEMP TABLE {quoted(table)} AS SELECT coalesce(contract_id, made_up) AS contract_id, customer_id, "
        "CAST(started_at AS DATE) AS started_on, CAST(ended_at AS DATE) AS ended_on, end_reason, "
        f"{money.minor('amount')} AS monthly_amount, '{money.base}' AS currency{own}, file, line, made_up, "
        f"CASE WHEN row_number() OVER ({key}) > 1 THEN 'duplicate' END AS trouble FROM ({union})"
    )
    _set_aside(engine, staged, table, ledger)
    if kept is not None:
        kept["contracts"] = keep_contracts(engine, union, money.base)
    return table


def assemble_customers(engine: DuckDBEngine, staged: Sequence[StagedFile], ledger: Ledger) -> str:
    """Return the canonical table of customers; a second row of a customer is set aside."""
    union, _ = _union(engine, staged, _CUSTOMER)
    table = fresh_name("customers")
    engine.connection.execute(
        f"CREATE TEMP TABLE {quoted(table)} AS SELECT *, CASE WHEN row_number() OVER "
        f"(PARTITION BY customer_id ORDER BY file, line) > 1 THEN 'duplicate' END AS trouble FROM ({union})"
    )
    _set_aside(engine, staged, table, ledger)
    return table

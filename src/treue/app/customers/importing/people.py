"""Everybody whom a file names, each once, with a number by which what happened finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from treue.app.core.addresses import normal_email
from treue.app.customers.importing import cells
from treue.app.customers.importing.targets import PEOPLE, TARGETS
from treue.app.customers.search import spelled
from treue.engine.duckdb import quoted
from treue.engine.seam import fresh_name
from treue.history.tables import TABLES
from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from treue.engine.duckdb import DuckDBEngine

LONGEST: Final = 200
CANONICAL: Final = frozenset(column.name for column in TABLES["customers"].columns)


def gather(engine: DuckDBEngine, tables: Mapping[str, str]) -> str:
    """Number everybody whom the tables name.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the tables are.
    tables : mapping of str to str
        Canonical table to engine table.

    Returns
    -------
    str
        Engine table with ``number`` (0, 1, …), ``code``, ``email`` (normalised, where the code is an address),
        ``leader`` (the first number with that address, else its own) and ``search_text``.
    """
    named = {target.table: [target.columns[name] for name in target.people] for target in TARGETS}
    named["customers"] = ["customer_id"]
    parts = [
        f"SELECT {quoted(column)} AS code FROM {quoted(tables[table])}"
        for table, columns in named.items()
        if table in tables
        for column in columns
    ]
    union = " UNION ALL ".join(parts) or "SELECT NULL::VARCHAR AS code WHERE false"
    bare = fresh_name("people")
    engine.connection.execute(
        f"CREATE TEMP TABLE {quoted(bare)} AS SELECT row_number() OVER (ORDER BY code) - 1 AS number, code FROM "
        f"(SELECT DISTINCT replace(code, chr(0), '') AS code FROM ({union}) "
        f"WHERE code <> '' AND length(code) <= {LONGEST})"
    )
    addresses = engine.load(_addresses(engine, bare), "addresses")
    table = fresh_name("people")
    engine.connection.execute(
        f"CREATE TEMP TABLE {quoted(table)} AS SELECT p.number, p.code, a.email, "
        "coalesce(min(p.number) OVER (PARTITION BY coalesce(a.email, '#' || p.number)), p.number) AS leader, "
        "coalesce(a.search_text, lower(p.code)) AS search_text "
        f"FROM {quoted(bare)} p LEFT JOIN {quoted(addresses)} a USING (number)"
    )
    engine.drop(bare)
    engine.drop(addresses)
    return table


def _addresses(engine: DuckDBEngine, people: str) -> pa.Table:
    """Return number, address and search text of those whose id is an address or is not plain ASCII."""
    query = (
        f"SELECT number, code FROM {quoted(people)} WHERE contains(code, '@') OR strlen(code) > length(code)"
    )
    found = engine.connection.sql(query).to_arrow_table()
    codes = found["code"].to_pylist()
    emails = [_email(code) for code in codes]
    texts = [
        spelled(" ".join(dict.fromkeys([code.casefold(), *([email] if email else [])])))
        for code, email in zip(codes, emails, strict=True)
    ]
    return pa.table(
        {
            "number": found["number"],
            "email": pa.array(emails, pa.string()),
            "search_text": pa.array(texts, pa.string()),
        }
    )


def _email(code: str) -> str | None:
    if "@" not in code:
        return None
    try:
        return normal_email(code)
    except WrongArgument:
        return None


def staged_sql(engine: DuckDBEngine, people: str, tables: Mapping[str, str], vendor: str) -> str:
    """Return SQL of the people as they are staged, with what a table of customers says about them.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the tables are.
    people : str
        What :func:`gather` made.
    tables : mapping of str to str
        Canonical table to engine table.
    vendor : {"sqlite", "postgresql"}
        Which database it is for.

    Returns
    -------
    str
        A query; one row per number.
    """
    own = "p.number, p.code, p.email, p.leader, p.search_text"
    names = [name for name in PEOPLE.columns if name != "code"]
    if "customers" not in tables:
        nothing = ", ".join(f"{_nothing(name, vendor)} AS {name}" for name in names)
        return f"SELECT {own}, {nothing}, '{{}}' AS attributes, 0::BIGINT AS told FROM {quoted(people)} p ORDER BY number"
    further = [name for name in engine.columns(tables["customers"]) if name not in CANONICAL]
    told = ", ".join(f"{cells.value(PEOPLE, name, vendor)} AS {name}" for name in names)
    kept = f"coalesce({cells.attributes(further)}, '{{}}')"
    first = f"SELECT * FROM {quoted(tables['customers'])} QUALIFY row_number() OVER (PARTITION BY customer_id) = 1"
    return (
        f"SELECT {own}, {told}, {kept} AS attributes, (t.customer_id IS NOT NULL)::BIGINT AS told "
        f"FROM {quoted(people)} p LEFT JOIN ({first}) t ON t.customer_id = p.code ORDER BY number"
    )


def _nothing(name: str, vendor: str) -> str:
    if name != "first_seen_at":
        return "''"
    return "CAST(NULL AS VARCHAR)" if vendor == "sqlite" else "CAST(NULL AS TIMESTAMPTZ)"

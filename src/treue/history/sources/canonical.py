"""Folders of canonical tables: files named as the tables, with their columns, read as they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from treue.engine.duckdb import quoted
from treue.engine.seam import fresh_name
from treue.history.reading import FileReading
from treue.history.sources import files
from treue.history.sources.amounts import LARGEST, text_of
from treue.history.sources.columns import attribute_name, is_personal
from treue.history.sources.own_columns import suffices
from treue.history.sources.parquet import complete, literal, single_value, within
from treue.history.tables import TABLES, TELLS, Table
from treue.kernel.errors import WrongTable, was_interrupted

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence
    from pathlib import Path

    from treue.engine.duckdb import DuckDBEngine
    from treue.history.checks import Ledger
    from treue.history.orders import Money
    from treue.history.sources.raw import RawTable

SQL_TYPES = {
    "text": "VARCHAR",
    "instant": "TIMESTAMP",
    "date": "DATE",
    "money": "BIGINT",
    "count": "BIGINT",
    "number": "DOUBLE",
    "flag": "BOOLEAN",
}
AMOUNTS = {
    "purchases": ("net_amount", "margin_amount", "discount_amount"),
    "contracts": ("monthly_amount",),
    "returns": ("amount",),
    "order_lines": ("unit_amount",),
}
LARGEST_MINOR = LARGEST * 100
"""The largest amount of a plain file in cents; a table does not say how many digits its currency has."""
OF_AN_ORDER = frozenset({"returns", "order_lines"})


@dataclass(slots=True, kw_only=True)
class CanonicalFile:
    """One file that is a canonical table.

    Parameters
    ----------
    label : str
        The file as the user named it.
    name : str
        Canonical table.
    view : str
        Engine table or view with all canonical columns and the attributes.
    rows : int
        Rows of the file.
    attributes : tuple of str
        Columns beyond the canonical ones.
    columns : dict of str to str
        Canonical column to the file's own, of those that the file has.
    currencies : set of str
        Codes in the column ``currency``.
    notes : list of str
        What was decided.
    source : str
        How it was recognised.
    """

    label: str
    name: str
    view: str
    rows: int
    attributes: tuple[str, ...]
    columns: dict[str, str]
    currencies: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    source: str = "canonical"

    def reading(self, set_aside: int) -> FileReading:
        """Return the record of the file."""
        return FileReading(
            path=self.label, source=self.source, tables=(self.name,), rows_read=self.rows,
            accepted=self.rows - set_aside, set_aside=set_aside, columns=self.columns,
            attributes=self.attributes, notes=tuple(self.notes),
        )  # fmt: skip


def table_of(file: files.InputFile) -> Table | None:
    """Return the canonical table that a file's name stands for, if any."""
    return TABLES.get(file.stem) if file.kind != "excel" else None


def read_canonical(
    engine: DuckDBEngine, file: files.InputFile, table: Table, folder: Path, ledger: Ledger
) -> CanonicalFile | None:
    """Return a canonical file, or None where its columns are not those of the table.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the view goes.
    file : InputFile
        The file.
    table : Table
        What its name stands for.
    folder : Path
        A folder for a converted copy.
    ledger : Ledger
        Takes rows without a required value.

    Returns
    -------
    CanonicalFile or None
        None also where amounts have decimals, because then they are no minor units, and where a text file that was
        named alone may be anybody's (:func:`~treue.history.sources.own_columns.suffices`): then the file is plain.
    """
    if file.kind == "parquet":
        return _read_parquet(engine, file, table, ledger)
    raw = next(files.read_raw(engine, file, folder))
    if not suffices(table, raw.headers, in_folder=file.in_folder) or not _whole_amounts(engine, raw, table):
        raw.release(engine)
        return None
    return from_texts(engine, raw, table, ledger)


def from_texts(engine: DuckDBEngine, raw: RawTable, table: Table, ledger: Ledger) -> CanonicalFile:
    """Return a canonical file of rows that are texts.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the view goes.
    raw : RawTable
        The rows; they are let go of.
    table : Table
        What they are; they have its required columns.
    ledger : Ledger
        Takes rows without a required value.

    Returns
    -------
    CanonicalFile
        The rows that are sound.
    """
    ledger.add(raw.rejected)
    places = {header: place for place, header in enumerate(raw.headers)}
    expressions = {c.name: _from_text(places.get(c.name), c.type) for c in table.columns}
    kept, dropped = _others(table, raw.headers)
    expressions |= {name: text_of(places[header]) for name, header in kept.items()}
    expressions |= dict.fromkeys(table.untold(raw.headers), "false")
    wrong = [
        (c.name, f"{expressions[c.name]} IS NULL AND {text_of(places[c.name])} IS NOT NULL")
        for c in table.columns
        if c.name in places and c.type != "text"
    ]
    missing = [f"{text_of(places[name])} IS NULL" for name in table.required]
    reason = f"CASE WHEN {' OR '.join(missing)} THEN 'missing' "
    reason += f"WHEN {' OR '.join(f'({test})' for _, test in wrong)} THEN 'bad_value' " if wrong else ""
    reason += f"WHEN {_beyond(table, expressions)} THEN 'bad_amount' END"
    cells = ", ".join(f"{expression} AS {quoted(name)}" for name, expression in expressions.items())
    stage = fresh_name(table.name)
    engine.connection.execute(
        f"CREATE TEMP TABLE {quoted(stage)} AS SELECT line, {cells}, {reason} AS reason FROM {quoted(raw.table)}"
    )
    bad = f"SELECT line, reason FROM {quoted(stage)} WHERE reason IS NOT NULL"
    ledger.add_query(raw.label, raw.table, len(raw.headers), bad, "''")
    names = ", ".join(quoted(name) for name in expressions)
    view = engine.view(f"SELECT {names} FROM {quoted(stage)} WHERE reason IS NULL", table.name)
    raw.release(engine)
    return CanonicalFile(
        label=raw.label, name=table.name, view=view, rows=raw.rows + len(raw.rejected), attributes=tuple(kept),
        columns=_same_names(table, raw.headers),
        currencies=_currencies(engine, view, table), notes=[*raw.notes, *_notes(table, dropped, raw.headers)],
    )  # fmt: skip


def _from_text(place: int | None, kind: str) -> str:
    if place is None:
        return f"CAST(NULL AS {SQL_TYPES[kind]})"
    text = text_of(place)
    if kind == "text":
        return text
    if kind == "instant":
        return f"CAST(try_cast({text} AS TIMESTAMPTZ) AS TIMESTAMP)"
    if kind in {"money", "count"}:
        return f"try_cast(CASE WHEN regexp_matches({text}, '^[-+]?[0-9]+$') THEN {text} END AS BIGINT)"
    return f"try_cast({text} AS {SQL_TYPES[kind]})"


def _whole_amounts(engine: DuckDBEngine, raw: RawTable, table: Table) -> bool:
    """Return whether all amounts are whole numbers, as minor units are."""
    amounts = [c.name for c in table.columns if c.type == "money" and c.name in raw.headers]
    texts = [text_of(raw.headers.index(name)) for name in amounts]
    if not texts:
        return True
    test = " OR ".join(f"regexp_matches({text}, '[0-9][.,][0-9]')" for text in texts)
    query = f"SELECT count(*) FROM {quoted(raw.table)} WHERE {test}"
    return bool(engine.connection.execute(query).fetchone() == (0,))


def _beyond(table: Table, expressions: Mapping[str, str]) -> str:
    """Return SQL of whether an amount is larger than any in a plain file may be; sums of such would not fit."""
    tests = [
        f"{expressions[c.name]} NOT BETWEEN {-LARGEST_MINOR} AND {LARGEST_MINOR}"
        for c in table.columns
        if c.type == "money"
    ]
    return f"coalesce({' OR '.join(tests) or 'false'}, false)"


def _others(table: Table, headers: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return attribute name to header of the columns beyond the canonical ones, and those not kept."""
    canonical = {column.name for column in table.columns}
    kept: dict[str, str] = {}
    dropped = []
    for header in headers:
        if header in canonical:
            continue
        if is_personal(header):
            dropped.append(header)
            continue
        name = attribute_name(header)
        while name in kept or name in canonical or name in TELLS.get(table.name, {}):
            name += "_2"
        kept[name] = header
    return kept, dropped


def _notes(table: Table, dropped: Sequence[str], headers: Container[str]) -> list[str]:
    notes = []
    if any(column.type == "money" for column in table.columns):
        notes.append(
            "Read as a canonical table: amounts are whole minor units (cents, øre), instants are UTC."
        )
    if dropped:
        notes.append("Not kept, because they may describe persons: " + ", ".join(dropped) + ".")
    untold = table.untold(headers).values()
    return notes + [f"The file has no column {column}; what it would say is unknown." for column in untold]


def _read_parquet(
    engine: DuckDBEngine, file: files.InputFile, table: Table, ledger: Ledger
) -> CanonicalFile | None:
    """Make a view over a Parquet file; its own statistics tell whether values are missing."""
    from pyarrow.parquet import read_metadata  # only who reads such a file pays for it

    try:
        meta = read_metadata(file.path)
        source = f"read_parquet({literal(file.path)}, file_row_number=true)"
        described = engine.connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    except (pa.ArrowException, duckdb.Error, OSError) as error:
        if was_interrupted(error):
            raise
        raise WrongTable(f"{file.label}: this is not a Parquet file; write it again or give a CSV") from error
    kinds = {row[0]: row[1] for row in described if row[0] != "file_row_number"}
    if not set(table.required) <= kinds.keys():
        return None
    for column in table.columns:
        if column.type == "money" and kinds.get(column.name, "BIGINT").startswith(
            ("DOUBLE", "FLOAT", "DECIMAL", "VARCHAR")
        ):
            return None
    expressions = {c.name: _typed(c.name, kinds.get(c.name), SQL_TYPES[c.type]) for c in table.columns}
    kept, dropped = _others(table, list(kinds))
    expressions |= {name: f"CAST({quoted(header)} AS VARCHAR)" for name, header in kept.items()}
    expressions |= dict.fromkeys(table.untold(kinds), "false")
    cast = [c.name for c in table.columns if c.name in kinds and kinds[c.name] != SQL_TYPES[c.type]]
    tests = [f"{quoted(name)} IS NULL" for name in table.required if name not in cast]
    tests += [
        f"{expressions[n]} IS NULL" + ("" if n in table.required else f" AND {quoted(n)} IS NOT NULL")
        for n in cast
    ]
    wrong, beyond = " OR ".join(f"({test})" for test in tests) or "false", _beyond(table, expressions)
    cells = ", ".join(f"{expression} AS {quoted(name)}" for name, expression in expressions.items())
    where = ""
    money = [column.name for column in table.columns if column.type == "money"]
    if cast or not complete(meta, table.required) or not within(meta, money, LARGEST_MINOR):
        why = f"CASE WHEN {wrong} THEN 'missing' ELSE 'bad_amount' END"
        bad = f"SELECT file_row_number + 2 AS line, {why} AS reason FROM {source} WHERE {wrong} OR {beyond}"
        texts = ", ".join(f"CAST({quoted(name)} AS VARCHAR) AS c{i}" for i, name in enumerate(kinds))
        raw = engine.view(f"SELECT file_row_number + 2 AS line, {texts} FROM {source}", "view_rows")
        ledger.add_query(file.label, raw, len(kinds), bad, "''")
        engine.connection.execute(f"DROP VIEW {quoted(raw)}")
        where = f" WHERE NOT coalesce({wrong}, true) AND NOT {beyond}"
    view = engine.view(f"SELECT {cells} FROM read_parquet({literal(file.path)}){where}", file.stem)
    currencies = single_value(meta, "currency") if "currency" in kinds else set()
    if currencies is None:
        currencies = _currencies(engine, view, table)
    return CanonicalFile(
        label=file.label, name=table.name, view=view, rows=meta.num_rows, attributes=tuple(kept),
        columns=_same_names(table, kinds), currencies=currencies, notes=_notes(table, dropped, kinds),
    )  # fmt: skip


def _same_names(table: Table, headers: Container[str]) -> dict[str, str]:
    return {column.name: column.name for column in table.columns if column.name in headers}


def _typed(name: str, given: str | None, wanted: str) -> str:
    if given is None:
        return f"CAST(NULL AS {wanted})"
    return quoted(name) if given == wanted else f"try_cast({quoted(name)} AS {wanted})"


def _currencies(engine: DuckDBEngine, view: str, table: Table) -> set[str]:
    if "currency" not in {column.name for column in table.columns}:
        return set()
    query = f"SELECT DISTINCT upper(currency) FROM {quoted(view)} WHERE currency IS NOT NULL"
    return {row[0] for row in engine.connection.execute(query).fetchall()}


def join_tables(
    engine: DuckDBEngine, tables: Mapping[str, str], found: Sequence[CanonicalFile], money: Money
) -> dict[str, str]:
    """Return one engine table per canonical table, from canonical files and from those read otherwise.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the tables are.
    tables : mapping of str to str
        Tables made from other sources.
    found : sequence of CanonicalFile
        Canonical files.
    money : Money
        The currency; amounts of others are converted.

    Returns
    -------
    dict of str to str
        Canonical table name to engine table.
    """
    result = dict(tables)
    names = dict.fromkeys(file.name for file in found)
    for name in names:
        parts = [_converted(engine, file, money, found) for file in found if file.name == name]
        if name in tables:
            parts.append(tables[name])
        result[name] = parts[0] if len(parts) == 1 else _union(engine, parts, name)
    return result


def _union(engine: DuckDBEngine, parts: Sequence[str], name: str) -> str:
    return engine.view(" UNION ALL BY NAME ".join(f"SELECT * FROM {quoted(part)}" for part in parts), name)


def _converted(
    engine: DuckDBEngine, file: CanonicalFile, money: Money, found: Sequence[CanonicalFile]
) -> str:
    """Return the file's view with amounts in the history's currency."""
    foreign = [code for code in money.factors if code != money.base]
    if not foreign or file.name not in AMOUNTS:
        return file.view
    source, currency = f"SELECT *, upper(currency) AS treue_code FROM {quoted(file.view)}", ""
    if file.name in OF_AN_ORDER:
        # Lines and returns have no currency of their own; they are in that of their order.
        orders = " UNION ALL ".join(
            f"SELECT order_id, upper(currency) AS treue_code FROM {quoted(one.view)}"
            for one in found
            if one.name == "purchases"
        )
        if not orders:
            return file.view
        source = (
            f"SELECT r.*, o.treue_code FROM {quoted(file.view)} r LEFT JOIN ({orders}) o USING (order_id)"
        )
    else:
        currency = f", '{money.base}' AS currency"
    changed = ", ".join(f"{_at_rate(column, foreign, money)} AS {column}" for column in AMOUNTS[file.name])
    columns = f"SELECT * EXCLUDE (treue_code) REPLACE ({changed}{currency}) FROM ({source})"
    return engine.view(columns, file.name)


def _at_rate(column: str, foreign: Sequence[str], money: Money) -> str:
    """Return SQL of an amount of minor units at the rate of the row's currency."""
    cases = " ".join(
        f"WHEN '{code}' THEN round_even({column}::DOUBLE * {money.between(code):f}, 0)::BIGINT"
        for code in foreign
    )
    return f"(CASE treue_code {cases} ELSE {column} END)"

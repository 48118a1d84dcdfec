"""Parquet files of any columns: read as texts like every other file, typed numbers stay sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from treue.engine.duckdb import quoted
from treue.engine.seam import fresh_name
from treue.history.sources.raw import RawTable, trimmed, unique_headers
from treue.kernel.errors import WrongTable, was_interrupted

if TYPE_CHECKING:
    from pathlib import Path

    from treue.engine.duckdb import DuckDBEngine

NUMBERS = (
    "BIGINT",
    "INTEGER",
    "SMALLINT",
    "TINYINT",
    "UBIGINT",
    "UINTEGER",
    "HUGEINT",
    "DOUBLE",
    "FLOAT",
    "DECIMAL",
)


def literal(path: Path) -> str:
    """Return a path as an SQL text; signs that would match several files match only themselves."""
    escaped = "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path))
    return "'" + escaped.replace("'", "''") + "'"


def _cell(name: str, kind: str) -> str:
    return trimmed(quoted(name)) if kind == "VARCHAR" else f"CAST({quoted(name)} AS VARCHAR)"


def read_parquet(engine: DuckDBEngine, path: Path, label: str) -> RawTable:
    """Return the rows of a Parquet file as texts; line numbers are row numbers with a header as line 1.

    Raises
    ------
    WrongTable
        When the file is no Parquet file.
    """
    source = f"read_parquet({literal(path)}, file_row_number=true)"
    try:
        described = engine.connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        rows = engine.connection.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0]
    except duckdb.Error as error:
        if was_interrupted(error):
            raise
        raise WrongTable(f"{path.name}: this is not a Parquet file; write it again or give a CSV") from error
    named = [(row[0], row[1]) for row in described if row[0] != "file_row_number"]
    cells = ", ".join(f"{_cell(name, kind)} AS c{i}" for i, (name, kind) in enumerate(named))
    view = fresh_name("view_parquet")
    engine.connection.execute(
        f"CREATE TEMP VIEW {quoted(view)} AS SELECT file_row_number + 2 AS line, {cells} FROM {source}"
    )
    typed = frozenset(i for i, (_, kind) in enumerate(named) if kind.startswith(NUMBERS))
    headers = unique_headers([name for name, _ in named])
    stem = path.name.split(".")[0]
    return RawTable(label=label, stem=stem, table=view, headers=headers, rows=rows, typed=typed, drop=(view,))

"""Parquet files of any columns: read as texts like every other file, typed numbers stay sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from treue.engine.duckdb import quoted
from treue.engine.seam import fresh_name
from treue.history.sources.raw import RawTable, trimmed, unique_headers
from treue.kernel.errors import WrongTable, was_interrupted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow.parquet as pq

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


def complete(meta: pq.FileMetaData, names: Sequence[str]) -> bool:
    """Return whether the file's statistics prove that no value of some columns is missing."""
    return all(
        statistics is not None and statistics.has_null_count and statistics.null_count == 0
        for name in names
        for statistics in _statistics(meta, name)
    )


def within(meta: pq.FileMetaData, names: Sequence[str], largest: int) -> bool:
    """Return whether the file's statistics prove that no number of some columns is beyond the largest."""
    found = [one for name in names for one in _statistics(meta, name)]
    return all(
        one is not None
        and (one.num_values == 0 or (one.has_min_max and -largest <= one.min <= one.max <= largest))
        for one in found
    )


def single_value(meta: pq.FileMetaData, name: str) -> set[str] | None:
    """Return the only value of a column where the file's statistics show that there is one."""
    values: set[str] = set()
    for statistics in _statistics(meta, name):
        if statistics is None or not statistics.has_min_max or statistics.min != statistics.max:
            return None
        values.add(statistics.min)
    return values if len(values) == 1 else None


def _statistics(meta: pq.FileMetaData, name: str) -> list[pq.Statistics | None]:
    """Return the statistics of a column in each row group."""
    found = []
    for number in range(meta.num_row_groups):
        group = meta.row_group(number)
        for place in range(group.num_columns):
            column = group.column(place)
            if column.path_in_schema == name:
                found.append(column.statistics)
    return found

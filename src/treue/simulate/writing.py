"""Canonical tables as files: the same columns give the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from treue.history.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from treue.simulate.calendar import Calendar

FileFormat = Literal["parquet", "csv"]

ROW_GROUP_ROWS = 250_000


class TableFiles:
    """The files of the tables asked for, opened as the first rows come.

    Parameters
    ----------
    folder : pathlib.Path
        Where the files go; must exist.
    tables : sequence of str
        Names of the tables to write; rows of others are dropped.
    file_format : str
        ``parquet`` or ``csv``.
    """

    def __init__(self, folder: Path, tables: Sequence[str], file_format: FileFormat) -> None:
        self.folder = folder
        self.rows = dict.fromkeys(tables, 0)
        self._format = file_format
        self._writers: dict[str, Any] = {}

    def __enter__(self) -> Self:
        for name in self.rows:
            self._open(name)
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self._writers.values():
            writer.close()

    def __contains__(self, table: str) -> bool:
        return table in self.rows

    def path(self, table: str) -> Path:
        """Return the file of a table."""
        return self.folder / f"{table}.{self._format}"

    def write(self, table: str, **columns: pa.Array) -> None:
        """Append rows; columns in any order, every column of the canonical table once."""
        schema = TABLES[table].schema
        rows = pa.Table.from_arrays([columns[name] for name in schema.names], schema=schema)
        self.rows[table] += rows.num_rows
        if self._format == "parquet":
            self._writers[table].write_table(rows, row_group_size=ROW_GROUP_ROWS)
        else:
            self._writers[table].write(rows.cast(_csv_schema(schema)))

    def _open(self, table: str) -> None:
        schema = TABLES[table].schema
        path = self.path(table)
        if self._format == "parquet":
            few = [name for name in schema.names if pa.types.is_string(schema.field(name).type)]
            few = [name for name in few if not name.endswith("_id") and name != "code"]
            self._writers[table] = pa.parquet.ParquetWriter(
                path, schema, compression="zstd", compression_level=1, use_dictionary=few, version="2.6"
            )
            return
        sink = path.open("wb")
        sink.write((",".join(schema.names) + "\n").encode())
        options = pa.csv.WriteOptions(include_header=False, quoting_style="none")
        self._writers[table] = _CsvFile(
            sink, pa.csv.CSVWriter(sink, _csv_schema(schema), write_options=options)
        )


class _CsvFile:
    """A CSV writer that closes its file too."""

    def __init__(self, sink: Any, writer: Any) -> None:
        self._sink = sink
        self._writer = writer

    def write(self, rows: pa.Table) -> None:
        self._writer.write_table(rows)

    def close(self) -> None:
        self._writer.close()
        self._sink.close()


def _csv_schema(schema: pa.Schema) -> pa.Schema:
    """Return the schema with instants in whole seconds, which are written without a fraction."""
    seconds = pa.timestamp("s")
    return pa.schema([f.with_type(seconds) if pa.types.is_timestamp(f.type) else f for f in schema])


def ids(prefix: str, numbers: NDArray[np.int64], digits: int) -> pa.Array:
    """Return texts such as ``K000042``; null where the number is negative.

    The bytes are laid out at once: a Python string per row would cost more than the simulation.
    """
    width = len(prefix) + digits
    letters = np.empty((numbers.size, width), dtype=np.uint8)
    letters[:, : len(prefix)] = np.frombuffer(prefix.encode("ascii"), dtype=np.uint8)
    rest = np.maximum(numbers, 0).astype(np.int64)
    for place in range(width - 1, len(prefix) - 1, -1):
        rest, digit = np.divmod(rest, 10)
        letters[:, place] = digit + ord("0")
    offsets = np.arange(numbers.size + 1, dtype=np.int32) * width
    filled = pa.StringArray.from_buffers(numbers.size, pa.py_buffer(offsets), pa.py_buffer(letters))
    missing = numbers < 0
    if not missing.any():
        return filled
    return pa.compute.if_else(pa.array(missing), pa.scalar(None, pa.string()), filled)


def texts(values: Sequence[str], places: NDArray[np.int64]) -> pa.Array:
    """Return ``values[place]`` for every place; null where the place is negative."""
    indices = pa.array(places.astype(np.int32), mask=places < 0)
    return pa.array(list(values), pa.string()).take(indices)


def same(value: str, rows: int) -> pa.Array:
    """Return a column that holds one text throughout."""
    return pa.repeat(pa.scalar(value, pa.string()), rows)


def instants(calendar: Calendar, days: NDArray[np.float64]) -> pa.Array:
    """Return UTC instants; null where the day is NaN."""
    missing = np.isnan(days)
    return pa.array(calendar.instants(np.nan_to_num(days)), mask=missing).cast(pa.timestamp("us"))


def dates(numbers: NDArray[np.int64]) -> pa.Array:
    """Return dates of day numbers since 1970; null where the number is negative."""
    return pa.array(numbers.astype(np.int32), mask=numbers < 0).cast(pa.date32())


def numbers_or_null(values: NDArray[np.float64]) -> pa.Array:
    """Return numbers; null where NaN."""
    return pa.array(values, mask=np.isnan(values))

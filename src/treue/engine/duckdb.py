"""The engine of one machine: DuckDB, with a memory limit and a folder to spill into."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

import duckdb

from treue.engine.compile import compiler
from treue.engine.seam import Column, Engine, Frame, fresh_name
from treue.kernel.errors import WrongArgument, WrongTable

if TYPE_CHECKING:
    import pyarrow as pa

_SPARK_TYPES = {
    "VARCHAR": "string",
    "BIGINT": "bigint",
    "INTEGER": "int",
    "SMALLINT": "smallint",
    "TINYINT": "tinyint",
    "UTINYINT": "smallint",
    "USMALLINT": "int",
    "UINTEGER": "bigint",
    "UBIGINT": "decimal(20,0)",
    "HUGEINT": "decimal(38,0)",
    "DOUBLE": "double",
    "FLOAT": "float",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}

# A sorted list per customer takes a fifth of the memory of a window over all rows, and less time. Equal days lie
# side by side in it, so the first of them is the one that is later than the element before.
_DAYS_IN_ORDER = """
SELECT customer_id, day, previous_day, first_day, last_day
FROM (
  SELECT customer_id, unnest(days) AS day, unnest(list_prepend(NULL, days[:-2])) AS previous_day,
         days[1] AS first_day, days[-1] AS last_day
  FROM (SELECT customer_id, list_sort(list(day)) AS days FROM ({days}) GROUP BY customer_id)
)
WHERE previous_day IS NULL OR previous_day < day
"""


def quoted(name: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


class DuckDBEngine(Engine):
    """DuckDB in this process.

    Parameters
    ----------
    memory_limit : str, optional
        For example ``4GB``; DuckDB spills to disk beyond it. Default: 70 % of the machine's memory.
    threads : int, optional
        Default: all processors.
    spill_folder : str, optional
        Where to spill; default: a temporary folder that is removed at the end.

    Raises
    ------
    WrongArgument
        When DuckDB does not understand the memory limit.
    """

    name = "duckdb"

    def __init__(
        self, memory_limit: str | None = None, threads: int | None = None, spill_folder: str | None = None
    ) -> None:
        self._compiler = compiler("duckdb")
        self.F = self._compiler.F
        self.Window = self._compiler.Window
        self._spill = None if spill_folder else tempfile.TemporaryDirectory(prefix="treue-")
        folder = spill_folder or (self._spill.name if self._spill else "")
        config: dict[str, Any] = {"temp_directory": folder, "preserve_insertion_order": "false"}
        if memory_limit:
            config["memory_limit"] = memory_limit
        if threads:
            config["threads"] = threads
        try:
            self.connection = duckdb.connect(config=config)
        except duckdb.Error as error:
            if self._spill:
                self._spill.cleanup()
            raise WrongArgument(
                f"memory_limit={memory_limit!r} is not understood; write for example 4GB or 500MB"
            ) from error
        self.connection.execute("SET TimeZone = 'UTC'")
        self._columns: dict[str, dict[str, str]] = {}
        # What a table was made of tells its columns without asking.
        self._names: dict[str, list[str]] = {}

    def frame(self, table: str) -> Frame:
        return self._compiler.frame(table, self._names.get(table) or self.columns(table))

    def staged(self, frame: Frame, hint: str) -> Frame:
        table = self.view(self._compiler.sql(frame), hint)
        self._names[table] = frame.columns
        return self.frame(table)

    def persist(self, frame: Frame, hint: str) -> str:
        table = fresh_name(hint)
        self.connection.execute(f"CREATE TEMP TABLE {quoted(table)} AS {self._compiler.sql(frame)}")
        self._names[table] = frame.columns
        return table

    def load(self, arrow: pa.Table, hint: str) -> str:
        table = fresh_name(hint)
        self.connection.register("treue_incoming", arrow)
        try:
            self.connection.execute(f"CREATE TEMP TABLE {quoted(table)} AS SELECT * FROM treue_incoming")
        finally:
            self.connection.unregister("treue_incoming")
        self._names[table] = arrow.column_names
        return table

    def view(self, sql: str, hint: str) -> str:
        """Name the DuckDB query `sql` (over Parquet files, say) as a table; nothing is copied.

        The name holds the word `hint`.
        """
        table = fresh_name(hint)
        self.connection.execute(f"CREATE TEMP VIEW {quoted(table)} AS {sql}")
        return table

    def count_different(self, value: Column) -> Column:
        # DuckDB keeps a hash table of all pairs for COUNT(DISTINCT); a list per group is a third of that.
        return self.F.call_function("list_unique", self.F.collect_list(value))

    def days_in_order(self, days: Frame) -> Frame:
        return self.frame(self.view(_DAYS_IN_ORDER.format(days=self._compiler.sql(days)), "days_in_order"))

    def arrow_in_order(self, frame: Frame, text: str) -> pa.Table:
        return self.arrow(frame.orderBy(text))  # DuckDB compares texts byte by byte

    def arrow(self, frame: Frame) -> pa.Table:
        return self.connection.sql(self._compiler.sql(frame)).to_arrow_table()

    def sql(self, frame: Frame) -> str:
        """Return the SQL that a frame becomes."""
        return self._compiler.sql(frame)

    def drop(self, table: str) -> None:
        self.connection.execute(f"DROP TABLE IF EXISTS {quoted(table)}")
        self._columns.pop(table, None)
        self._names.pop(table, None)

    def columns(self, table: str) -> dict[str, str]:
        if table not in self._columns:
            try:
                rows = self.connection.execute(f"DESCRIBE {quoted(table)}").fetchall()
            except duckdb.CatalogException as error:
                raise WrongTable(
                    f"table={table!r} is not there; it was dropped, or another engine made it"
                ) from error
            self._columns[table] = {row[0]: _SPARK_TYPES.get(row[1], row[1].lower()) for row in rows}
        return self._columns[table]

    def close(self) -> None:
        self.connection.close()
        if self._spill:
            self._spill.cleanup()

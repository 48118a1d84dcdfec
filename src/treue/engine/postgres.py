"""The engine inside a firm's PostgreSQL: reductions run there, only their results travel (ADBC)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.engine.compile import compiler
from treue.engine.seam import Column, Engine, Frame, fresh_name
from treue.kernel.errors import WrongTable

if TYPE_CHECKING:
    import pyarrow as pa

_SPARK_TYPES = {
    "text": "string",
    "character varying": "string",
    "bigint": "bigint",
    "integer": "int",
    "smallint": "smallint",
    "double precision": "double",
    "real": "float",
    "boolean": "boolean",
    "date": "date",
    "numeric": "decimal(38,6)",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamp",
}


class PostgresEngine(Engine):
    """PostgreSQL through ADBC.

    Parameters
    ----------
    uri : str
        For example ``postgresql://user@host/database``. Tables are temporary: nothing stays behind.
    """

    name = "postgres"

    def __init__(self, uri: str) -> None:
        from adbc_driver_postgresql import dbapi

        self._compiler = compiler("postgres")
        self.F = self._compiler.F
        self.Window = self._compiler.Window
        self._connection = dbapi.connect(uri, autocommit=True)
        self._columns: dict[str, dict[str, str]] = {}
        self._execute("SET TIME ZONE 'UTC'")

    def _execute(self, sql: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(sql)

    def _fetch(self, sql: str) -> pa.Table:
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetch_arrow_table()

    def frame(self, table: str) -> Frame:
        return self._compiler.frame(table, self.columns(table))

    def staged(self, frame: Frame, hint: str) -> Frame:
        view = fresh_name(hint)
        self._execute(f'CREATE TEMP VIEW "{view}" AS {self._compiler.sql(frame)}')
        return self.frame(view)

    def persist(self, frame: Frame, hint: str) -> str:
        table = fresh_name(hint)
        self._execute(f'CREATE TEMP TABLE "{table}" AS {self._compiler.sql(frame)}')
        self._execute(f'ANALYZE "{table}"')
        return table

    def load(self, arrow: pa.Table, hint: str) -> str:
        table = fresh_name(hint)
        with self._connection.cursor() as cursor:
            cursor.adbc_ingest(table, arrow, mode="create", temporary=True)
        self._execute(f'ANALYZE "{table}"')
        return table

    def arrow(self, frame: Frame) -> pa.Table:
        return self._fetch(self._compiler.sql(frame))

    def sql(self, frame: Frame) -> str:
        """Return the SQL that a frame becomes."""
        return self._compiler.sql(frame)

    def first_by(self, value: str, key: str) -> Column:
        return self.F.expr(f"(ARRAY_AGG(`{value}` ORDER BY `{key}`))[0]")

    def drop(self, table: str) -> None:
        self._execute(f'DROP TABLE IF EXISTS "{table}" CASCADE')
        self._columns.pop(table, None)

    def columns(self, table: str) -> dict[str, str]:
        if table not in self._columns:
            rows = self._fetch(
                "SELECT column_name::text AS name, data_type::text AS type FROM information_schema.columns "
                f"WHERE table_name = '{table}' ORDER BY ordinal_position"
            ).to_pylist()
            if not rows:
                raise WrongTable(f"table={table!r} is not there; it was dropped, or another engine made it")
            self._columns[table] = {row["name"]: _SPARK_TYPES.get(row["type"], row["type"]) for row in rows}
        return self._columns[table]

    def close(self) -> None:
        self._connection.close()

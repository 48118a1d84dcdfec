"""Where the rows of a file wait, all of them, until one transaction takes them over.

On SQLite that is a file of its own beside the database: nothing of it is written twice, and what a killed import
left is simply removed. On PostgreSQL it is a few unlogged tables.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import quote, urlencode

from django.db import connection

from treue.app import environment
from treue.app.customers.importing.places import remove_staging, staging_file

if TYPE_CHECKING:
    import pyarrow as pa
    from django.db.backends.utils import CursorWrapper

CACHE_KILOBYTES: Final = 262_144
"""Pages of the indexes that SQLite keeps at hand while it takes rows over."""


class Staging:
    """Tables that wait, on the side of the database that Django speaks to.

    Parameters
    ----------
    number : int
        Of the imported file; two imports do not meet.
    purpose : str
        What waits, one word: part of the names of tables.
    """

    def __init__(self, number: int, purpose: str = "import") -> None:
        self.vendor = connection.vendor
        self._prefix = f"{purpose}_{int(number)}"
        self._names: list[str] = []
        self._adbc: Any = None
        self._attached = False
        self._place = (int(number), purpose)
        self.file = staging_file(number, purpose)

    def name(self, table: str) -> str:
        """Return the name of a waiting table in SQL of the database."""
        return f"{self._prefix}.{table}" if self.vendor == "sqlite" else f'"{self._prefix}_{table}"'

    def __enter__(self) -> Self:
        if self.vendor == "sqlite":
            from adbc_driver_sqlite import dbapi

            environment.private_folder(self.file.parent)
            remove_staging(*self._place)
            self.file.touch(mode=0o600)
            self._adbc = dbapi.connect(f"file:{quote(str(self.file))}", autocommit=True)
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE"):
                self._tell(f"PRAGMA {pragma}")
        else:
            from adbc_driver_postgresql import dbapi

            self._adbc = dbapi.connect(postgres_address(), autocommit=True)
            for name in self._left_over():
                self._tell(f'DROP TABLE "{name}"')
        return self

    def __exit__(self, *_: object) -> None:
        self._close()
        if self._attached and not connection.in_atomic_block:
            with connection.cursor() as cursor:
                cursor.execute(f"DETACH DATABASE {self._prefix}")
                cursor.execute("PRAGMA cache_size=-2000")
                cursor.execute("PRAGMA foreign_keys=ON")
        remove_staging(*self._place)
        if self.vendor != "sqlite":
            with contextlib.suppress(Exception), connection.cursor() as cursor:
                for table in self._names:
                    cursor.execute(f"DROP TABLE IF EXISTS {self.name(table)}")

    def keep(self, table: str, rows: pa.RecordBatchReader | pa.Table) -> int:
        """Let rows wait; the columns are theirs.

        Parameters
        ----------
        table : str
            Name of the waiting table; it is made where it is not there yet.
        rows : pyarrow.RecordBatchReader or pyarrow.Table
            The rows.

        Returns
        -------
        int
            How many.
        """
        with self._adbc.cursor() as cursor:
            if self.vendor == "sqlite":
                return int(cursor.adbc_ingest(table, rows, mode="create_append"))
            name = self.name(table).strip('"')
            if table not in self._names:
                self._names.append(table)
                cursor.adbc_ingest(name, rows.schema.empty_table(), mode="create")
                cursor.execute(f'ALTER TABLE "{name}" SET UNLOGGED')
            return int(cursor.adbc_ingest(name, rows, mode="append"))

    def ready(self) -> None:
        """Close the side of the writer and let Django's connection see the tables."""
        if self.vendor != "sqlite":
            for table in self._names:
                self._tell(f"ANALYZE {self.name(table)}")
            self._close()
            return
        self._close()
        with connection.cursor() as cursor:
            cursor.execute(f"ATTACH DATABASE %s AS {self._prefix}", [str(self.file)])
            self._attached = True
            if connection.in_atomic_block:
                return
            # Whatever is written into the waiting tables needs no safety, and what comes from them refers to
            # rows that the same transaction has looked up.
            cursor.execute(f"PRAGMA {self._prefix}.synchronous=OFF")
            cursor.execute(f"PRAGMA {self._prefix}.journal_mode=OFF")
            cursor.execute(f"PRAGMA cache_size=-{CACHE_KILOBYTES}")
            cursor.execute("PRAGMA foreign_keys=OFF")

    def drop(self, cursor: CursorWrapper) -> None:
        """Remove the waiting tables with the transaction that took them over."""
        if self.vendor != "sqlite":
            # Whom the rows belong to was looked up in a table beside them.
            for table in (*self._names, "found"):
                cursor.execute(f"DROP TABLE IF EXISTS {self.name(table)}")
            self._names.clear()

    def _tell(self, statement: str) -> None:
        with self._adbc.cursor() as cursor:
            cursor.execute(statement)

    def _left_over(self) -> list[str]:
        with self._adbc.cursor() as cursor:
            cursor.execute(
                "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = current_schema() "
                f"AND starts_with(tablename, '{self._prefix}_')"
            )
            return [row[0] for row in cursor.fetchall()]

    def _close(self) -> None:
        if self._adbc is not None:
            self._adbc.close()
            self._adbc = None


def postgres_address() -> str:
    """Return the address of the database that Django speaks to, for ADBC.

    Returns
    -------
    str
        As ``postgresql:///name?host=…``; it may hold a password and is never shown.
    """
    given = connection.settings_dict
    parts = {
        "host": given["HOST"],
        "port": given["PORT"],
        "user": given["USER"],
        "password": given["PASSWORD"],
        # How far the other side is trusted holds for every connection.
        **given["OPTIONS"],
    }
    query = urlencode({name: str(text) for name, text in parts.items() if text}, quote_via=quote)
    return f"postgresql:///{quote(str(given['NAME']))}?{query}"

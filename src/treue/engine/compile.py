"""Frames without a connection: sqlframe is used only to turn PySpark calls into SQL.

sqlframe keeps one active session per process and wants a live connection. Treue gives each dialect
one session with a connection that does nothing, registers the columns of each table itself, and
executes the SQL on a connection of its own. So any number of engines can live side by side, no frame
outlives a connection, and building a frame never asks the database.
"""

from __future__ import annotations

import copy
import importlib
import threading
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from treue.engine.seam import Frame

_LOCK = threading.RLock()


class _NoConnection:
    """Stands where sqlframe wants a database connection; accepts everything, does nothing."""

    description = None

    def cursor(self) -> _NoConnection:
        return self

    def execute(self, *_: Any, **__: Any) -> _NoConnection:
        return self

    def create_function(self, *_: Any, **__: Any) -> _NoConnection:
        return self

    def fetchall(self) -> list[Any]:
        return []


def _numbered(frames: Any) -> Any:
    """Return a class of frames that number the steps of a query.

    sqlframe names each step by a hash of its whole SQL text, which it writes for that purpose only: an eighth of
    the time of a report on a small file.
    """
    numbers = count(1)

    class NumberedFrame(frames):  # type: ignore[misc]
        def _create_hash_from_expression(self, _: object) -> str:
            return f"step_{next(numbers)}"

    return NumberedFrame


class Compiler:
    """Builds frames for one SQL dialect and turns them into SQL text.

    Parameters
    ----------
    dialect : {"duckdb", "postgres"}
        Which sqlframe package and SQL dialect to use.
    """

    def __init__(self, dialect: str) -> None:
        package = importlib.import_module(f"sqlframe.{dialect}")
        session = {"duckdb": "DuckDBSession", "postgres": "PostgresSession"}[dialect]
        self.dialect = dialect
        self.F = importlib.import_module(f"sqlframe.{dialect}.functions")
        self.Window = package.Window
        with _LOCK:
            self._session = getattr(package, session)(conn=_NoConnection())
            self._session._df = _numbered(self._session._df)  # noqa: SLF001  (there is no public way)

    def frame(self, table: str, columns: dict[str, str]) -> Frame:
        """Return a frame over `table`, whose `columns` are given (name to Spark type)."""
        with _LOCK:
            session = copy.copy(self._session)  # makes this dialect the active one
            session.catalog.add_table(table, columns)
            return session.read.table(table)

    def sql(self, frame: Frame) -> str:
        """Return the SQL of a frame, unoptimised: the database's own planner does that better."""
        with _LOCK:
            copy.copy(self._session)
            text: str = frame.sql(dialect=self.dialect, optimize=False, pretty=False)
            return text


_COMPILERS: dict[str, Compiler] = {}


def compiler(dialect: str) -> Compiler:
    """Return the one compiler of a dialect in this process."""
    with _LOCK:
        if dialect not in _COMPILERS:
            _COMPILERS[dialect] = Compiler(dialect)
        return _COMPILERS[dialect]

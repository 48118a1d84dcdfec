"""Frames without a connection: sqlframe is used only to turn PySpark calls into SQL.

sqlframe keeps one active session per process and wants a live connection. Treue gives each dialect
one session with a connection that does nothing, names the columns of each table itself, and
executes the SQL on a connection of its own. So any number of engines can live side by side, no frame
outlives a connection, and building a frame never asks the database.
"""

from __future__ import annotations

import copy
import importlib
import threading
from typing import TYPE_CHECKING, Any

from treue.engine.light import light_session, unburden
from treue.engine.steps import in_order, steps_of, table_frame

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlglot import exp

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
        unburden(self.F)
        self.Window = package.Window
        with _LOCK:
            self._session = light_session(getattr(package, session))(conn=_NoConnection())

    def frame(self, table: str, columns: Iterable[str]) -> Frame:
        """Return a frame over `table`, the names of whose `columns` are given."""
        with _LOCK:
            session = copy.copy(self._session)  # makes this dialect the active one
            return table_frame(session, table, columns)

    def sql(self, frame: Frame) -> str:
        """Return the SQL of a frame, unoptimised: the database's own planner does that better."""
        with _LOCK:
            copy.copy(self._session)
            query = frame.expression.copy()
            before = in_order(steps_of(query))
            query.set("with_", None)
            frame._set_display_names(query)  # noqa: SLF001
            texts = [(step.name, step.text(self._write)) for step in before]
            named = ", ".join(f'"{name}" AS ({text})' for name, text in texts if text is not None)
            return f"WITH {named} {self._write(query)}" if named else self._write(query)

    def _write(self, query: exp.Expr) -> str:
        return query.sql(dialect=self.dialect, copy=False, identify=True)


_COMPILERS: dict[str, Compiler] = {}


def compiler(dialect: str) -> Compiler:
    """Return the one compiler of a dialect in this process."""
    with _LOCK:
        if dialect not in _COMPILERS:
            _COMPILERS[dialect] = Compiler(dialect)
        return _COMPILERS[dialect]

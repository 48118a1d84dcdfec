"""What every file becomes first: a table of texts with line numbers in the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from treue.engine.duckdb import quoted
from treue.engine.seam import fresh_name
from treue.kernel.guard import OWN_WORDS, Guards, sql_unguarded, unguarded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from treue.engine.duckdb import DuckDBEngine
    from treue.history.reading import SetAside

BATCH = 20_000
_SPACES = "chr(9) || chr(10) || chr(13) || ' ' || chr(160)"


def trimmed(text: str, *, every_space: bool = True, guards: Guards = Guards.NOWHERE) -> str:
    """Return SQL of a text without space around it, NULL where nothing is left.

    Taking off blanks alone is far cheaper than taking off tabs and line ends too; a guard against spreadsheets
    is looked for only where a file may have some.
    """
    bare = f"trim({text}, {_SPACES})" if every_space else f"trim({text})"
    return f"nullif(trim({sql_unguarded(bare, guards)}, {_SPACES}), '')" if guards else f"nullif({bare}, '')"


@dataclass(slots=True, kw_only=True)
class RawTable:
    """The rows of one file (or sheet) as text, before anything is understood.

    Parameters
    ----------
    label : str
        The file as the user named it, with the sheet where there is one.
    stem : str
        The file's name without folder and endings; part of made-up ids.
    table : str
        Engine table with ``line`` and the cells ``c0``, ``c1``, ...; without space around them, and NULL
        where nothing is left.
    headers : list of str
        Names of the columns.
    rows : int
        Rows in the table.
    rejected : list of SetAside
        Records that could not even be split into cells.
    typed : frozenset of int
        Columns that were numbers in the file, so that their decimal sign is known.
    notes : list of str
        What was decided so far.
    drop : tuple of str
        Engine tables and views to drop afterwards.
    """

    label: str
    stem: str
    table: str
    headers: list[str]
    rows: int
    rejected: list[SetAside] = field(default_factory=list)
    typed: frozenset[int] = frozenset()
    notes: list[str] = field(default_factory=list)
    drop: tuple[str, ...] = ()

    def sample(self, engine: DuckDBEngine, rows: int = 500) -> list[tuple[str | None, ...]]:
        """Return the cells of the first rows."""
        cells = ", ".join(f"left(c{i}, 200)" for i in range(len(self.headers)))
        query = f"SELECT {cells} FROM {quoted(self.table)} LIMIT {rows}"
        return engine.connection.execute(query).fetchall()

    def release(self, engine: DuckDBEngine) -> None:
        """Forget the texts once the rows are part of the history."""
        for name in self.drop:
            kind = "VIEW" if name.startswith("treue_view") else "TABLE"
            engine.connection.execute(f"DROP {kind} IF EXISTS {quoted(name)}")


def unique_headers(cells: Sequence[str | None]) -> list[str]:
    """Return usable column names: blank ones are numbered, repeated ones get a number behind.

    Examples
    --------
    >>> unique_headers(["Date", "", "date", "Date"])
    ['Date', 'column 2', 'date (2)', 'Date (3)']
    """
    names: list[str] = []
    seen: set[str] = set()
    for place, cell in enumerate(cells, start=1):
        plain = " ".join((cell or "").split())[:100] or f"column {place}"
        name, number = plain, 1
        while name.casefold() in seen:
            number += 1
            name = f"{plain} ({number})"
        seen.add(name.casefold())
        names.append(name)
    return names


def without_own(headers: Sequence[str]) -> list[str]:
    """Return the columns of a file without those at the end in which Treue said why a row was set aside.

    Examples
    --------
    >>> without_own(["Date", "Amount", "Treue: line", "Treue: reason"])
    ['Date', 'Amount']
    """
    kept = list(headers)
    while len(kept) > 1 and kept[-1].startswith(OWN_WORDS):
        kept.pop()
    return kept


def load_rows(
    engine: DuckDBEngine,
    rows: Iterable[tuple[int, Sequence[str | None]]],
    width: int,
    *,
    guards: Guards = Guards.NOWHERE,
) -> tuple[str, int]:
    """Keep numbered rows of texts as an engine table, in bounded memory.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the table goes.
    rows : iterable of (int, sequence of str or None)
        Line number and exactly `width` cells.
    width : int
        Number of columns.
    guards : Guards
        Where cells may have guards against spreadsheets, which are taken off.

    Returns
    -------
    tuple of (str, int)
        Name of the table and its number of rows.
    """
    names = ["line", *(f"c{i}" for i in range(width))]
    schema = pa.schema([("line", pa.int64()), *((name, pa.string()) for name in names[1:])])
    table = fresh_name("raw")
    columns = ", ".join(f"{name} {'BIGINT' if name == 'line' else 'VARCHAR'}" for name in names)
    engine.connection.execute(f"CREATE TEMP TABLE {quoted(table)} ({columns})")
    total = 0
    batch: list[tuple[int, Sequence[str | None]]] = []
    size = 0

    def flush() -> None:
        lines = pa.array([line for line, _ in batch], pa.int64())
        cells = zip(*(cells for _, cells in batch), strict=True)
        arrays = [lines, *(_texts(column, guards) for column in cells)]
        engine.connection.register("treue_incoming", pa.Table.from_arrays(arrays, schema=schema))
        engine.connection.execute(f"INSERT INTO {quoted(table)} SELECT * FROM treue_incoming")
        engine.connection.unregister("treue_incoming")
        batch.clear()

    for row in rows:
        batch.append(row)
        size += sum(len(cell) for cell in row[1] if cell)
        total += 1
        if len(batch) >= BATCH or size > 50_000_000:
            flush()
            size = 0
    if batch:
        flush()
    return table, total


def _texts(column: Sequence[str | None], guards: Guards) -> pa.Array:
    """Return trimmed texts as Arrow; half characters (lone surrogates) become a question mark."""
    clean = [cell.strip() or None if cell else None for cell in column]
    if guards:
        clean = [unguarded(cell, guards).strip() or None if cell else None for cell in clean]
    try:
        return pa.array(clean, pa.string())
    except (UnicodeEncodeError, pa.ArrowInvalid):
        return pa.array([cell and cell.encode("utf-8", "replace").decode() for cell in clean], pa.string())

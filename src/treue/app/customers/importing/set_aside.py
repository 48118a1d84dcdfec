"""The rows that could not be used, whole and under their own columns, for whoever mends them and brings them in again."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from treue.app import environment
from treue.app.customers import suppression
from treue.app.customers.importing.contact_words import REASONS as CONTACT_REASONS
from treue.app.customers.importing.erased import ERASED
from treue.app.customers.importing.places import folder_of, set_aside_file
from treue.app.customers.importing.set_aside_lines import HEADS, REST, ROW
from treue.engine.duckdb import quoted
from treue.engine.seam import fresh_name
from treue.history.checks import REASONS as READER_REASONS
from treue.history.sources import files
from treue.kernel.errors import TreueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treue.app.customers.models import ImportedFile
    from treue.engine.duckdb import DuckDBEngine
    from treue.history.sources.raw import RawTable

BATCH_ROWS: Final = 10_000
LONGEST: Final = 254
"""No address and no id is longer."""


@dataclass(slots=True)
class Whole:
    """The rows set aside as they stand in their files.

    Parameters
    ----------
    engine : DuckDBEngine
        Where they are.
    table : str
        Engine table with ``path``, ``line`` and ``cells``.
    headers : dict of str to list of str
        File to its columns.
    """

    engine: DuckDBEngine
    table: str
    headers: dict[str, list[str]]


def whole_rows(
    engine: DuckDBEngine, paths: Sequence[str], ledger: str | None, had: Whole | None = None
) -> Whole:
    """Read again the rows that were set aside, with all their cells.

    The reader keeps the beginning of each, which is enough to see what is wrong and not to mend it.

    Parameters
    ----------
    engine : DuckDBEngine
        Where they go.
    paths : sequence of str
        The files.
    ledger : str or None
        Engine table of the rows set aside.
    had : Whole, optional
        Those that were read before; only what is missing is added.

    Returns
    -------
    Whole
        Rows of those who were erased are not among them.
    """
    whole = had or Whole(engine, fresh_name("whole"), {})
    if had is None:
        engine.connection.execute(
            f"CREATE TEMP TABLE {quoted(whole.table)} (path VARCHAR, line BIGINT, cells VARCHAR[])"
        )
    wanted = _missing(whole, ledger)
    if not wanted:
        return whole
    with tempfile.TemporaryDirectory(prefix="treue-set-aside-") as folder:
        for file in files.list_files(paths).files:
            if not any(label == file.label or label.startswith(f"{file.label}[") for label in wanted):
                continue
            try:
                for raw in files.read_raw(engine, file, Path(folder)):
                    _keep(whole, raw, str(ledger))
            except TreueError:
                # It was read a moment ago; what can be told of its rows is in the ledger.
                continue
    return whole


def _missing(whole: Whole, ledger: str | None) -> set[str]:
    """Return the files of which rows are wanted."""
    if ledger is None:
        return set()
    query = (
        f"SELECT DISTINCT l.path FROM {quoted(ledger)} l ANTI JOIN {quoted(whole.table)} w USING (path, line) "
        f"WHERE l.line > 0 AND l.reason <> '{ERASED}'"
    )
    return {row[0] for row in whole.engine.connection.execute(query).fetchall()}


def _keep(whole: Whole, raw: RawTable, ledger: str) -> None:
    connection = whole.engine.connection
    whole.headers[raw.label] = raw.headers
    lines = f"(SELECT DISTINCT line FROM {quoted(ledger)} WHERE path = ? AND reason <> '{ERASED}')"
    cells = ", ".join(f"coalesce(CAST(r.c{place} AS VARCHAR), '')" for place in range(len(raw.headers)))
    had = f"(SELECT line FROM {quoted(whole.table)} WHERE path = ?)"
    connection.execute(
        f"INSERT INTO {quoted(whole.table)} SELECT ?, r.line, [{cells}] FROM {quoted(raw.table)} r "
        f"WHERE r.line IN (SELECT line FROM {lines}) AND r.line NOT IN {had}",
        [raw.label] * 3,
    )
    rejected = [one for one in raw.rejected if one.cells]
    if rejected:
        incoming = pa.table(
            {
                "line": pa.array([one.line for one in rejected], pa.int64()),
                "cells": pa.array([list(one.cells) for one in rejected], pa.list_(pa.string())),
            }
        )
        loaded = whole.engine.load(incoming, "rejected")
        connection.execute(
            f"INSERT INTO {quoted(whole.table)} SELECT ?, r.line, r.cells FROM {quoted(loaded)} r "
            f"WHERE r.line NOT IN {had}",
            [raw.label] * 2,
        )
    raw.release(whole.engine)


def write_set_aside(file: ImportedFile, engine: DuckDBEngine, table: str | None, whole: Whole) -> None:
    """Keep all rows set aside, to be said in the language of whoever asks for them.

    Parameters
    ----------
    file : ImportedFile
        Whose rows.
    engine : DuckDBEngine
        Where they are.
    table : str or None
        Engine table of the rows.
    whole : Whole
        The same with all their cells.
    """
    path = set_aside_file(file)
    if table is None or not engine.connection.execute(f"SELECT 1 FROM {quoted(table)} LIMIT 1").fetchall():
        # Those of an earlier reading are none of this one.
        path.unlink(missing_ok=True)
        return
    environment.private_folder(folder_of(file))
    part = path.with_suffix(".part")
    query = (
        f"SELECT l.path, l.line, l.reason, l.message, l.row, w.cells FROM {quoted(table)} l "
        f"LEFT JOIN {quoted(whole.table)} w ON w.path = l.path AND w.line = l.line AND l.reason <> '{ERASED}' "
        "ORDER BY l.path, l.line"
    )
    rows = engine.connection.sql(query).to_arrow_reader(BATCH_ROWS)
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    with part.open("w", encoding="utf-8", newline="") as page:
        writer = csv.writer(page)
        writer.writerows([HEADS, label, *headers] for label, headers in whole.headers.items())
        for batch in rows:
            told = [_kept(*row) for row in zip(*(one.to_pylist() for one in batch.columns), strict=True)]
            writer.writerows(_without_erased(told))
    part.replace(path)


def _kept(
    label: str, line: int, reason: str, told: str | None, row: str | None, cells: list[str] | None
) -> list[Any]:
    value = value_in(reason, told or "")
    if cells is None:
        return [REST, label, line, reason, value, row or ""]
    return [ROW, label, line, reason, value, *cells]


def _without_erased(rows: list[list[Any]]) -> list[list[Any]]:
    """Take the words out of rows that name somebody who was erased, whatever else was wrong with them."""
    if not suppression.anybody():
        return rows
    known = [
        {
            value
            for cell in {*row[4:]}
            if 0 < len(cell) <= LONGEST
            for value in suppression.values_of_code(cell)
        }
        for row in rows
    ]
    gone = suppression.blocked(value for values in known for value in values)
    return [
        row if gone.isdisjoint(values) else [REST, *row[1:4], "", ""]
        for row, values in zip(rows, known, strict=True)
    ]


def value_in(code: str, message: str) -> str:
    """Return the value that was wrong, as the reader's sentence has it in brackets; empty where it names none.

    Examples
    --------
    >>> value_in("bad_email", "not a valid e-mail address (nobody)"), value_in("no_time", "there is no date")
    ('nobody', '')
    """
    sentence = CONTACT_REASONS.get(code) or READER_REASONS.get(code) or ""
    rest = message.removeprefix(sentence).strip()
    return rest[1:-1] if rest.startswith("(") and rest.endswith(")") and sentence else ""

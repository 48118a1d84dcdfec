"""Text tables: which character separates cells, where the header is, and the rows."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import duckdb

from treue.engine.duckdb import quoted
from treue.engine.seam import fresh_name
from treue.history.reading import SetAside
from treue.history.sources.columns import known_headers, looks_like_data
from treue.history.sources.raw import RawTable, load_rows, trimmed, unique_headers, without_own
from treue.history.sources.records import LONGEST_LINE, Record, read_records, split_line
from treue.history.sources.text_file import TextFile, open_text
from treue.kernel.errors import WrongTable, was_interrupted
from treue.kernel.guard import Guards, guards_in, unguarded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from treue.engine.duckdb import DuckDBEngine

SEPARATORS = (",", ";", "\t", "|")
WIDEST = 2000
MOST_KEPT = 64 * 1024 * 1024
"""So many characters are kept of rows that cannot be split into the columns."""
FEWEST_BETWEEN_BLANKS = 3
"""Two words on every line may be a list of names; three columns are what orders need."""


def read_delimited(engine: DuckDBEngine, path: Path, label: str, folder: Path) -> RawTable:
    """Return the rows of a CSV or TSV file as texts.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the rows go.
    path : Path
        The file, packed with gzip or not.
    label : str
        The file as the user named it.
    folder : Path
        A folder for a converted copy.

    Returns
    -------
    RawTable
        Rows with the number of their first line; the header is line 1.

    Raises
    ------
    WrongTable
        When the file is empty or cannot be opened.
    """
    text = _with_tabs(open_text(path, folder), folder)
    separator, skip = _separator(text)
    head = next(read_records(text.path, separator, WIDEST, skip, pad=False), None)
    if head is None or head.reason:
        raise WrongTable(f"{path.name}: no header was found; the first row must name the columns")
    skip, head, notes = _below_title(text, separator, skip, head)
    cells = head.cells
    notes += text.notes
    header_lines = _header_lines(text, separator, skip)
    first_line = skip + header_lines + 1
    if looks_like_data(cells):
        first_line = skip + 1
        width = len(cells)
        cells = [""] * width
        notes += ("The file has no header; the columns are known by their content.",)
    guards = guards_in(cells) if text.apostrophes else Guards.NOWHERE
    headers = unique_headers([unguarded(cell, guards) for cell in cells])
    fast = _fast(engine, text, separator, len(headers), first_line, guards=guards)
    rejected: list[SetAside] = []
    drop: tuple[str, ...]
    if fast is None:
        kept = _kept(read_records(text.path, separator, len(headers), first_line - 1), label, rejected)
        table, rows = load_rows(engine, kept, len(headers), guards=guards)
        drop = (table,)
    else:
        table, rows, drop = fast
    return RawTable(
        label=label, stem=path.name.split(".")[0], table=table, headers=without_own(headers), rows=rows,
        rejected=rejected, notes=list(notes), drop=drop,
    )  # fmt: skip


def _kept(records: Iterator[Record], label: str, rejected: list[SetAside]) -> Iterator[tuple[int, list[str]]]:
    """Yield records with cells; note the others as set aside."""
    kept = 0
    for record in records:
        if record.reason is None:
            yield record.line, record.cells
        else:
            kept += sum(map(len, record.whole or ()))
            rejected.append(
                SetAside(
                    path=label,
                    line=record.line,
                    reason=record.reason,
                    message=record.message,
                    row=record.cells[0][:500].replace("\0", "\ufffd").rstrip("\r\n"),
                    # A file in which every line is broken is not kept in memory as a whole.
                    cells=tuple(record.whole or ()) if kept <= MOST_KEPT else (),
                )
            )


def _first_lines(text: TextFile, number: int = 60) -> list[str]:
    with text.path.open(encoding="utf-8-sig", errors="replace", newline=None) as file:
        lines = islice(iter(lambda: file.readline(1_000_000), ""), number)
        return [line for line in lines if line.strip()]


def _with_tabs(text: TextFile, folder: Path) -> TextFile:
    """Return a file whose columns stand apart by blanks with tabs in their place; any other as it is."""
    lines = _first_lines(text)
    widths = {len(line.split()) for line in lines}
    if (
        len(lines) < 2
        or len(widths) != 1
        or any(sign in line for line in lines for sign in (*SEPARATORS, '"'))
    ):
        return text
    width = widths.pop()
    if width < FEWEST_BETWEEN_BLANKS:
        return text
    copy = folder / f"{len(list(folder.iterdir()))}.txt"
    with (
        text.path.open(encoding="utf-8-sig", errors="replace", newline=None) as old,
        copy.open("w", encoding="utf-8", newline="\n") as new,
    ):
        for line in old:
            parts = line.split()
            # With a part missing or too many, nobody can say which column is which: the row stays whole.
            new.write(("\t".join(parts) if len(parts) == width else " ".join(parts)) + "\n")
    note = "The columns stand apart by blanks; a row with more or fewer parts than the first was set aside."
    return replace(open_text(copy, folder), notes=(*text.notes, note))


def _separator(text: TextFile) -> tuple[str, int]:
    """Return the separator, and 1 where the first line is Excel's `sep=;`."""
    lines = _first_lines(text)
    if lines and lines[0].lower().startswith("sep=") and len(lines[0].strip("\r\n")) == 5:
        return lines[0][4], 1
    best = (-1.0, ",")
    for separator in SEPARATORS:
        rows = [cells for cells in (split_line(line, separator) for line in lines) if cells]
        if not rows:
            continue
        width = max(len(row) for row in rows[:10])
        if width < 2:
            continue
        same = sum(len(row) == width for row in rows) / len(rows)
        known = max(known_headers(row) for row in rows[:10])
        best = max(best, (10 * known + same + width / 1000, separator), key=lambda pair: pair[0])
    return best[1], 0


def _below_title(
    text: TextFile, separator: str, skip: int, head: Record
) -> tuple[int, Record, tuple[str, ...]]:
    """Look past lines of a single cell above the header (a title, a date of export)."""
    if sum(bool(cell.strip()) for cell in head.cells) != 1 or known_headers(head.cells):
        return skip, head, ()
    for record in islice(read_records(text.path, separator, WIDEST, skip, pad=False), 1, 10):
        if record.reason:
            break
        if known_headers(record.cells) >= 2:
            note = f"Lines 1 to {record.line - 1 + skip} above the header were left out."
            return record.line - 1, record, (note,)
        if sum(bool(cell.strip()) for cell in record.cells) > 1:
            break
    return skip, head, ()


def _header_lines(text: TextFile, separator: str, skip: int) -> int:
    """Return how many lines the header takes, with blank lines above it."""
    records = islice(read_records(text.path, separator, WIDEST, skip, pad=False), 2)
    first = next(records)
    lines = first.line - skip
    with text.path.open(encoding="utf-8-sig", errors="replace", newline=None) as file:
        taken = "".join(islice(file, skip + lines - 1, skip + lines))
        while split_line(taken, separator) is None and (more := file.readline(LONGEST_LINE)):
            taken += more
            lines += 1
            if lines > 100:
                break
    return lines


def _fast(
    engine: DuckDBEngine, text: TextFile, separator: str, width: int, first_line: int, *, guards: Guards
) -> tuple[str, int, tuple[str, ...]] | None:
    """Read a well-formed file with DuckDB, or return None where not every line is accounted for.

    Strict reading stops at the first irregularity, and rows must equal lines: then row and line
    numbers run in step, and the careful reader is not needed.
    """
    if not text.regular or text.lines < first_line:
        return None
    table, view = fresh_name("raw"), fresh_name("view_raw")
    columns = {f"c{i}": "VARCHAR" for i in range(width)}
    connection = engine.connection
    cells = ", ".join(
        f"{trimmed(name, every_space=text.spaces, guards=guards)} AS {name}" for name in columns
    )
    connection.execute("SET preserve_insertion_order = true")
    try:
        connection.execute(
            f"CREATE TEMP TABLE {quoted(table)} AS SELECT {cells} FROM read_csv(?, auto_detect=false, "
            f"header=false, skip={first_line - 1}, delim=?, quote='\"', escape='\"', columns={columns}, "
            f"strict_mode=true, nullstr='')",
            [str(text.path), separator],
        )
        rows = _count(engine, f"SELECT count(*) FROM {quoted(table)}")
    except (duckdb.Error, RuntimeError) as error:
        if was_interrupted(error):
            raise
        connection.execute(f"DROP TABLE IF EXISTS {quoted(table)}")
        return None
    finally:
        connection.execute("SET preserve_insertion_order = false")
    if rows != text.lines - first_line + 1:
        connection.execute(f"DROP TABLE {quoted(table)}")
        return None
    empty = " AND ".join(f"{name} IS NULL" for name in columns)
    blank = _count(engine, f"SELECT count(*) FROM {quoted(table)} WHERE {empty}")
    where = f" WHERE NOT ({empty})" if blank else ""
    connection.execute(
        f"CREATE TEMP VIEW {quoted(view)} AS "
        f"SELECT rowid + {first_line} AS line, {', '.join(columns)} FROM {quoted(table)}{where}"
    )
    return view, rows - blank, (view, table)


def _count(engine: DuckDBEngine, query: str) -> int:
    row = engine.connection.execute(query).fetchone()
    return int(row[0]) if row else 0

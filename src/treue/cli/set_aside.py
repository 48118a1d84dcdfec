"""The file of rows that could not be used, each with its line and the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from treue.cli.files import NewFile
    from treue.history.history import History
    from treue.history.reading import SetAside

COLUMNS = ("path", "line", "reason", "message", "row")
BATCH_ROWS = 10_000


def rows_set_aside(history: History) -> Iterator[SetAside]:
    """Yield every row that was set aside, in the order of the files.

    Parameters
    ----------
    history : History
        With the record of how it was read.

    Yields
    ------
    SetAside
        One per row.
    """
    from treue.history.reading import SetAside

    reading = history.reading
    if reading is None:
        return
    if reading.set_aside_table is None:
        yield from reading.examples
        return
    frame = history.engine.frame(reading.set_aside_table)
    table = history.engine.arrow(frame.select(*COLUMNS).orderBy("path", "line"))
    for batch in table.to_batches(max_chunksize=BATCH_ROWS):
        for row in batch.to_pylist():
            yield SetAside(**{name: row[name] for name in COLUMNS})


def write_set_aside(history: History, file: NewFile) -> None:
    """Write all rows set aside as CSV.

    Parameters
    ----------
    history : History
        With the record of how it was read.
    file : NewFile
        Where to.
    """
    from treue.kernel.spreadsheet_line import spreadsheet_line

    # The byte order mark tells spreadsheets that the file is UTF-8.
    with file.part.open("w", encoding="utf-8-sig", newline="") as page:
        page.write(",".join(COLUMNS) + "\r\n")
        for row in rows_set_aside(history):
            page.write(spreadsheet_line([row.path, row.line, row.reason, row.message or "", row.row or ""]))


def is_set_aside_file(path: Path) -> bool:
    """Whether a file is one that an earlier run wrote."""
    try:
        with path.open(encoding="utf-8-sig") as page:
            return page.readline().strip() == ",".join(COLUMNS)
    except (OSError, UnicodeDecodeError):
        return False

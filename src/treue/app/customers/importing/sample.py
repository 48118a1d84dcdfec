"""The first rows of a file as they stand there, under its own headings."""

from __future__ import annotations

import gzip
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from treue.engine.duckdb import DuckDBEngine, quoted
from treue.history.sources import files
from treue.kernel.errors import WrongTable

if TYPE_CHECKING:
    from treue.history.sources.raw import RawTable

ROWS: Final = 20
CELL: Final = 80
BYTES: Final = 1_000_000
"""So much of a text file is enough for its first rows."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The beginning of a file.

    Parameters
    ----------
    headers : list of str
        Its columns.
    rows : list of list of str
        At most 20, cells cut at 80 characters.
    """

    headers: list[str]
    rows: list[list[str]]


def sample_of(path: str | Path) -> Sample:
    """Read the beginning of a file.

    Parameters
    ----------
    path : str or Path
        A file; of a folder the first that can be read, of a workbook the first sheet.

    Returns
    -------
    Sample
        Headings and rows.

    Raises
    ------
    WrongTable
        When it cannot be read.
    """
    file = files.list_files([path]).files[0]
    with DuckDBEngine(threads=1) as engine, tempfile.TemporaryDirectory(prefix="treue-sample-") as name:
        folder = Path(name)
        if file.kind in {"delimited", "json"}:
            short = folder / file.path.name.removesuffix(".gz")
            _beginning(file.path, short)
            file = files.InputFile(short, file.label, file.kind, in_folder=False)
        raw = next(files.read_raw(engine, file, folder), None)
        if raw is None:
            raise WrongTable(f"{file.label}: there are no rows in it")
        return Sample(raw.headers, first_rows(engine, raw))


def first_rows(engine: DuckDBEngine, raw: RawTable) -> list[list[str]]:
    """Return the first rows of a table of texts."""
    cells = ", ".join(f"left(CAST(c{i} AS VARCHAR), {CELL})" for i in range(len(raw.headers)))
    query = f"SELECT {cells} FROM {quoted(raw.table)} ORDER BY line LIMIT {ROWS}"
    found = engine.connection.execute(query).fetchall()
    return [[(cell or "").replace("\0", "") for cell in row] for row in found]


def _beginning(path: Path, short: Path) -> None:
    """Copy the first lines of a file, unpacked; the last one, cut in the middle, is left out."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path) if packed else path.open("rb") as opened:
            start = opened.read(BYTES)
    except (OSError, EOFError) as error:
        raise WrongTable(f"{path.name}: the file cannot be read ({error}); pack it again") from error
    if (
        len(start) == BYTES
        and (end := start.rfind(b"\n")) > 0
        and start[:2] not in {b"\xff\xfe", b"\xfe\xff"}
    ):
        start = start[: end + 1]
    short.write_bytes(start)

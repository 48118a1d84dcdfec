"""How large a table a workbook's reader would make: a few cells far apart would take all memory there is.

Readers of workbooks make the whole rectangle from the first cell to the last. A file of a thousand bytes may hold
one cell in the first row and one in the last of a million. So the cells are counted before any is read; what a file
says of its own extent is not believed.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, Final

from treue.history.sources.workbook_records import of_xls, of_xlsb
from treue.kernel.errors import WrongTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PIECE: Final = 1 << 20
ALWAYS: Final = 5_000_000
"""So many places are read however few of them are filled."""
PLACES_PER_CELL: Final = 20

_CELL: Final = re.compile(rb"<(?:\w+:)?c[\s>/]")
_USUAL: Final = b'<c r="'
_PLACED: Final = re.compile(rb"""<(?:\w+:)?c\s(?:[^<>]*?\s)?r\s*=\s*["']([A-Za-z]{1,3})(\d{1,7})["']""")
_ROW_OR_CELL: Final = re.compile(rb"""<(?:\w+:)?(?:(row)\b(?:[^<>]*?\sr\s*=\s*["'](\d{1,7})["'])?|c[\s>/])""")
_DIGITS: Final = b"0123456789"
_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_REPEATED: Final = re.compile(
    rb"""<table:(?:(table-row)|(?:covered-)?table-cell)\b([^<>]*)>|(</table:table-row)"""
)
_TIMES: Final = re.compile(rb"""table:number-(?:rows|columns)-repeated\s*=\s*["'](\d+)["']""")


def refuse_emptiness(path: Path) -> None:
    """Refuse a workbook whose cells lie so far apart that reading it would take far more memory than it holds.

    Parameters
    ----------
    path : Path
        The workbook.

    Raises
    ------
    WrongTable
        With the name of the file; also when its parts cannot be read.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(_OLD)) == _OLD:
                for one in of_xls(path.read_bytes()):
                    _refuse(path, *one)
                return
        with zipfile.ZipFile(path) as book:
            for name in book.namelist():
                extent = next((one for named, one in _BY_NAME if named.search(name)), None)
                if extent is not None:
                    with book.open(name) as part:
                        _refuse(path, *extent(part))
    except (
        OSError,
        ValueError,
        EOFError,
        RuntimeError,
        struct.error,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise WrongTable(
            f"{path.name}: the workbook cannot be opened ({error}); save it again as .xlsx or CSV"
        ) from error


def _refuse(path: Path, places: int, cells: int) -> None:
    if places > max(ALWAYS, PLACES_PER_CELL * cells):
        raise WrongTable(
            f"{path.name}: of {places:,} places in a sheet only {cells:,} are filled; delete what stands far outside "
            "of the table, or save it as CSV"
        )


def _tags(part: IO[bytes]) -> Iterator[bytes]:
    """Yield pieces of XML in which no tag is cut."""
    rest = b""
    while piece := part.read(PIECE):
        whole, mark, rest = (rest + piece).rpartition(b"<")
        yield whole
        rest = mark + rest
    yield rest


def _of_xlsx(part: IO[bytes]) -> tuple[int, int]:
    """Return how many places the rectangle of the cells has, and how many cells there are."""
    last_row = last_column = cells = row = column = 0
    for piece in _tags(part):
        usual = piece.count(_USUAL)
        rows: set[bytes] = set()
        columns: set[bytes] = set()
        if usual == piece.count(b"<c") and b":c" not in piece:
            # As nearly all programs write them: far faster than patterns, and no cell is overlooked.
            cells += usual
            placed = [one[:10].partition(b'"')[0] for one in piece.split(_USUAL)[1:]]
            rows, columns = {one.lstrip(_LETTERS) for one in placed}, {one.rstrip(_DIGITS) for one in placed}
        else:
            cells += len(_CELL.findall(piece))
            for letters, number in _PLACED.findall(piece):
                columns.add(letters)
                rows.add(number)
            # Cells that do not say where they stand: behind the one before, in the row that the row says.
            for match in _ROW_OR_CELL.finditer(piece):
                if match[1]:
                    row, column = int(match[2] or row + 1), 0
                else:
                    column += 1
                    last_row, last_column = max(last_row, row), max(last_column, column)
        last_row = max(last_row, *map(int, rows), 0)
        last_column = max(last_column, *map(_column, columns), 0)
    return last_row * last_column, cells


def _column(letters: bytes) -> int:
    """Return the number of a column.

    Examples
    --------
    >>> [_column(letters) for letters in (b"A", b"z", b"AA", b"XFD")]
    [1, 26, 27, 16384]
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _of_ods(part: IO[bytes]) -> tuple[int, int]:
    """Return the same of a document in which a cell or a row stands for many of its kind."""
    cells = rows = columns = filled = height = widest = empty = 0
    for piece in _tags(part):
        for match in _REPEATED.finditer(piece):
            said, over = match[2] or b"", bool(match[3])
            alone = said.endswith(b"/")
            times = int(found[1]) if b"-repeated" in said and (found := _TIMES.search(said)) else 1
            if match[1]:
                rows, columns, filled = times, 0, 0
            elif not over:
                columns += times
                if not alone or b"office:" in said:
                    cells, filled = cells + 1, columns
            if over or (match[1] and alone):
                # Empty rows count only where others follow.
                height, empty = (height + empty + rows, 0) if filled else (height, empty + rows)
                widest = max(widest, filled)
    return height * widest, cells


_OLD: Final = b"\xd0\xcf\x11\xe0"
"""How .xls begins."""
_BY_NAME: Final[tuple[tuple[re.Pattern[str], Callable[[IO[bytes]], tuple[int, int]]], ...]] = (
    (re.compile(r"^content\.xml$"), _of_ods),
    (re.compile(r"\.xml$", re.IGNORECASE), _of_xlsx),
    (re.compile(r"sheet[^/]*\.bin$", re.IGNORECASE), of_xlsb),
)
"""By the names of the parts: whoever reads workbooks looks into a file, whatever its own name says."""

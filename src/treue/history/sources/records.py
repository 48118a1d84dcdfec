"""Records of a text file whose quotes, line ends or widths cannot be trusted.

DuckDB reads well-formed files. This reader takes the others, line by line: a bad quote costs one
line, never the rest of the file, and every record keeps the number of its first line.
"""

from __future__ import annotations

import csv
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST_LINE = 32 * 1024 * 1024
LONGEST_RECORD_LINES = 1000


class Record(NamedTuple):
    """One record: its first line, its cells, or the reason why it has none, and what can be told of it."""

    line: int
    cells: list[str]
    reason: str | None
    message: str
    whole: list[str] | None = None


class _Lines:
    """Numbered lines of a file that can be looked at ahead and given back."""

    def __init__(self, path: Path) -> None:
        self._file = path.open(encoding="utf-8-sig", errors="replace", newline=None)
        self._ahead: deque[str] = deque()
        self.number = 0

    def close(self) -> None:
        self._file.close()

    def _read(self) -> str:
        line = self._file.readline(LONGEST_LINE)
        if len(line) == LONGEST_LINE and not line.endswith("\n"):
            while (more := self._file.readline(LONGEST_LINE)) and not more.endswith("\n"):
                pass
        return line

    def take(self) -> str:
        """Return the next line, or an empty text at the end."""
        line = self._ahead.popleft() if self._ahead else self._read()
        if line:
            self.number += 1
        return line

    def peek(self, first: str) -> Iterator[str]:
        """Yield `first` and the lines after it, which stay to be taken."""
        yield first
        seen = 0
        size = len(first)
        while seen < LONGEST_RECORD_LINES and size < LONGEST_LINE:
            if seen == len(self._ahead):
                line = self._read()
                if not line:
                    return
                self._ahead.append(line)
            size += len(self._ahead[seen])
            yield self._ahead[seen]
            seen += 1

    def skip(self, lines: int) -> None:
        for _ in range(lines):
            self.take()


def split_line(line: str, separator: str) -> list[str] | None:
    """Return the cells of one line, or None where a quote is left open."""
    text = line.rstrip("\r\n")
    if '"' not in text:
        return text.split(separator)
    _allow_huge_cells()
    try:
        return next(csv.reader([text], delimiter=separator, strict=True), [])
    except csv.Error as error:
        if "unexpected end" in str(error):
            return None
        try:
            return next(csv.reader([text], delimiter=separator), [])
        except csv.Error:
            return None


def _allow_huge_cells() -> None:
    if csv.field_size_limit() < LONGEST_LINE:
        csv.field_size_limit(LONGEST_LINE)


def read_records(
    path: Path, separator: str, width: int, skip: int = 0, *, pad: bool = True
) -> Iterator[Record]:
    """Yield every record of a text file; blank lines are none.

    Parameters
    ----------
    path : Path
        A UTF-8 file.
    separator : str
        One character between cells.
    width : int
        Cells of the header. Shorter records are filled up, longer ones are refused unless the
        surplus is empty.
    skip : int
        Lines to leave out at the top.
    pad : bool
        Whether short records are filled up.

    Yields
    ------
    Record
        In the order of the file.
    """
    lines = _Lines(path)
    try:
        lines.skip(skip)
        while line := lines.take():
            if not line.strip() and (separator != "\t" or not line.strip("\r\n\t ")):
                continue
            number = lines.number
            if len(line) >= LONGEST_LINE:
                yield Record(
                    number, [line[:500]], "too_long", f"the line is longer than {LONGEST_LINE:,} characters"
                )
                continue
            record = _record(lines, line, number, separator, width, pad=pad)
            if record.reason is None and not any(map(str.strip, record.cells)):
                continue
            yield record
    finally:
        lines.close()


def _record(lines: _Lines, line: str, number: int, separator: str, width: int, *, pad: bool) -> Record:
    cells = split_line(line, separator)
    if cells is None:
        _allow_huge_cells()
        reader = csv.reader(lines.peek(line), delimiter=separator, strict=True)
        try:
            cells = next(reader)
        except csv.Error:
            cells = []
        if len(cells) != width and (pad or not cells):
            message = "a quotation mark is opened and not closed"
            return Record(number, [line[:500]], "unbalanced_quote", message, [line.rstrip("\r\n")])
        lines.skip(reader.line_num - 1)
    if "\0" in line:
        whole = [cell.replace("\0", "") for cell in cells]
        return Record(number, [line[:500]], "nul_byte", "the row holds NUL bytes", whole)
    if len(cells) > width:
        if any(map(str.strip, cells[width:])):
            message = f"the row has {len(cells)} cells where the header has {width}"
            return Record(number, [line[:500]], "too_many_cells", message, cells)
        cells = cells[:width]
    return Record(number, cells + [""] * (width - len(cells)) if pad else cells, None, "")

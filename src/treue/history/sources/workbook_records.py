"""How far the cells of binary workbooks reach: of .xlsb, and of .xls, which is a little file system of its own."""

from __future__ import annotations

import struct
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

CELLS_OF_XLSB: Final = frozenset(range(2, 12))
"""A cell with a value, or with a formula and its value."""
CELLS_OF_XLS: Final = frozenset({0x0002, 0x0003, 0x0004, 0x0005, 0x0006, 0x00BD, 0x00D6, 0x00FD} | {
    0x0202, 0x0203, 0x0204, 0x0205, 0x0206, 0x027E, 0x0406
})  # fmt: skip
SEVERAL: Final = 0x00BD
"""Several numbers of a row in one record, the last column at its end."""
BEGIN: Final = frozenset({0x0009, 0x0209, 0x0409, 0x0809})
"""A sheet, or what stands before all of them, begins."""
END_OF_CHAIN: Final = 0xFFFFFFFA
"""From here on, numbers of sectors mean something else."""
STREAMS: Final = frozenset({"workbook", "book"})


def of_xlsb(part: IO[bytes]) -> tuple[int, int]:
    """Return how many places the rectangle of a sheet's cells has, and how many cells there are."""
    data = part.read()
    at = row = last_row = last_column = cells = 0
    while at < len(data):
        kind, at = _number(data, at, 2)
        length, at = _number(data, at, 4)
        if kind == 0 and length >= 4:
            (row,) = struct.unpack_from("<I", data, at)
        elif kind in CELLS_OF_XLSB and length >= 4:
            (column,) = struct.unpack_from("<I", data, at)
            cells, last_row, last_column = cells + 1, max(last_row, row + 1), max(last_column, column + 1)
        at += length
    return last_row * last_column, cells


def _number(data: bytes, at: int, most: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, and where it ends."""
    value = 0
    for place in range(most):
        if at >= len(data):
            raise ValueError("a record is cut off")
        value |= (data[at] & 0x7F) << 7 * place
        at += 1
        if not data[at - 1] & 0x80:
            break
    return value, at


def of_xls(file: bytes) -> Iterator[tuple[int, int]]:
    """Yield the same of each sheet of an .xls.

    Parameters
    ----------
    file : bytes
        All of it.

    Raises
    ------
    ValueError, struct.error
        When it is not one.
    """
    for stream in _streams(file):
        rows = columns = cells = at = 0
        while at + 4 <= len(stream):
            kind, length = struct.unpack_from("<HH", stream, at)
            if kind in BEGIN:
                yield rows * columns, cells
                rows = columns = cells = 0
            elif kind in CELLS_OF_XLS and length >= 4 and at + 4 + length <= len(stream):
                row, column = struct.unpack_from("<HH", stream, at + 4)
                if kind == SEVERAL:
                    cells += max(length - 6, 6) // 6 - 1
                    (column,) = struct.unpack_from("<H", stream, at + 2 + length)
                cells, rows, columns = cells + 1, max(rows, row + 1), max(columns, column + 1)
            at += 4 + length
        yield rows * columns, cells


def _streams(file: bytes) -> Iterator[bytes]:
    """Yield what stands in the parts of a compound file in which a workbook may be ([MS-CFB])."""
    sector_shift, mini_shift = struct.unpack_from("<HH", file, 0x1E)
    first_of_folder, _, cutoff, first_mini = struct.unpack_from("<IIII", file, 0x30)
    (first_more,) = struct.unpack_from("<I", file, 0x44)
    if sector_shift not in {9, 12} or mini_shift != 6:
        raise ValueError("it has sectors of an unknown size")
    size = 1 << sector_shift

    def sector(number: int) -> bytes:
        return file[(number + 1) * size : (number + 2) * size]

    def chain(first: int, table: list[int]) -> Iterator[int]:
        seen = 0
        while first < END_OF_CHAIN and first < len(table) and seen <= len(table):
            yield first
            first, seen = table[first], seen + 1

    def numbers(data: bytes) -> list[int]:
        return list(struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4]))

    tables, more, seen = numbers(file[0x4C:0x200]), first_more, 0
    while more < END_OF_CHAIN and seen < len(file) // size:
        *found, more = numbers(sector(more)) or [END_OF_CHAIN]
        tables, seen = tables + found, seen + 1
    next_of = [n for one in tables if one < END_OF_CHAIN for n in numbers(sector(one))]
    folder = b"".join(sector(one) for one in chain(first_of_folder, next_of))
    entries = [folder[at : at + 128] for at in range(0, len(folder) - 127, 128)]
    if not entries:
        raise ValueError("it has no list of its parts")
    small = b"".join(sector(one) for one in chain(struct.unpack_from("<I", entries[0], 116)[0], next_of))
    next_small = numbers(b"".join(sector(one) for one in chain(first_mini, next_of)))
    for entry in entries:
        length, kind = struct.unpack_from("<HB", entry, 64)
        if kind != 2 or entry[: max(length - 2, 0)].decode("utf-16-le", "replace").casefold() not in STREAMS:
            continue
        first, whole = struct.unpack_from("<II", entry, 116)
        if whole < cutoff:
            pieces = (small[one << mini_shift : (one + 1) << mini_shift] for one in chain(first, next_small))
        else:
            pieces = (sector(one) for one in chain(first, next_of))
        yield b"".join(pieces)

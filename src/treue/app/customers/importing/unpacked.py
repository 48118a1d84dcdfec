"""How large a packed file becomes, counted by unpacking it a piece at a time: what it says of itself may be a lie."""

from __future__ import annotations

import gzip
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Final

import duckdb

from treue.engine.duckdb import DuckDBEngine, quoted
from treue.history.sources.parquet import literal
from treue.history.sources.text_file import GZIP_RATIO, SMALL_GZIP
from treue.kernel.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

PIECE: Final = 1 << 20
TIMES_UNPACKED: Final = 4
"""A packed file may become at most so many times the size that an upload may have."""
SMALL_BOOK: Final = 100_000_000
BOOK_RATIO: Final = 40
"""A workbook may become 40 times as large, or 100 MB; a sheet of different words becomes about ten times as large."""
LOCAL_HEADER: Final = struct.Struct("<4s5H3I2H")
UNCHECKED: Final = "the file is packed in a way that cannot be checked; save it again as .xlsx or CSV"
PARQUET_MEMORY: Final = "150MB"
LENGTH: Final = {"VARCHAR": "strlen", "BLOB": "octet_length"}
"""What counts the bytes of a column without a copy of it: few bytes of a file may stand for gigabytes of copies."""


def check_size(path: Path, most_bytes: int) -> None:
    """Refuse a packed file that would become enormous.

    Parameters
    ----------
    path : Path
        The file.
    most_bytes : int
        How large an upload may be.

    Raises
    ------
    Refused
        When it unpacks to more than four times that, or to far more than any table does.
    """
    if not path.is_file():
        return
    most = most_bytes * TIMES_UNPACKED
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(0)
        if head[:2] == b"\x1f\x8b":
            most = min(most, max(SMALL_GZIP, GZIP_RATIO * path.stat().st_size))
            _check(_gzip_pieces(file), most)
        elif head == b"PK\x03\x04":
            most = min(most, max(SMALL_BOOK, BOOK_RATIO * path.stat().st_size))
            _check(_zip_pieces(file), most)
        elif head == b"PAR1":
            _check_parquet(path, most)


def _check(sizes: Iterator[int], most: int) -> None:
    total = 0
    for size in sizes:
        total += size
        if total > most:
            raise Refused(_too_large(most))


def _too_large(most: int) -> str:
    return f"the file unpacks to more than {most // 1_000_000:,} MB; divide it, or give it unpacked in parts"


def _gzip_pieces(file: BinaryIO) -> Iterator[int]:
    try:
        with gzip.open(file) as unpacked:
            while piece := unpacked.read(PIECE):
                yield len(piece)
    except (OSError, EOFError, zlib.error):
        return  # the reader says what is wrong with it


def _zip_pieces(file: BinaryIO) -> Iterator[int]:
    """Yield what each part becomes; Python's own reader would stop where the part says that it ends."""
    try:
        parts = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return  # the reader says what is wrong with it
    for part in parts:
        if part.compress_type == zipfile.ZIP_STORED:
            yield max(part.file_size, part.compress_size)
        elif part.compress_type == zipfile.ZIP_DEFLATED:
            yield from _inflated(file, part.header_offset)
        else:
            raise Refused(UNCHECKED)


def _inflated(file: BinaryIO, start: int) -> Iterator[int]:
    file.seek(start)
    head = file.read(LOCAL_HEADER.size)
    if len(head) < LOCAL_HEADER.size or not head.startswith(b"PK\x03\x04"):
        raise Refused(UNCHECKED)
    *_, name, more = LOCAL_HEADER.unpack(head)
    file.seek(name + more, 1)
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    packed = b""
    try:
        while not inflate.eof and (packed := inflate.unconsumed_tail or file.read(PIECE)):
            yield len(inflate.decompress(packed, PIECE))
    except zlib.error:
        return


def _check_parquet(path: Path, most: int) -> None:
    """Refuse a Parquet file of which few bytes stand for very many rows or very long texts."""
    source = literal(path)
    with DuckDBEngine(threads=1) as engine:
        connection = engine.connection
        try:
            connection.execute(f"SET memory_limit = '{PARQUET_MEMORY}'")
            rows, columns, size = connection.execute(
                "SELECT (SELECT sum(num_rows) FROM parquet_file_metadata(" + source + ")), "
                "count(DISTINCT path_in_schema), sum(total_uncompressed_size) "
                f"FROM parquet_metadata({source})"
            ).fetchall()[0]
            if max((rows or 0) * (columns or 0), size or 0) > most:
                raise Refused(_too_large(most))
            described = connection.execute(f"DESCRIBE SELECT * FROM read_parquet({source})").fetchall()
            texts = [
                f"coalesce({LENGTH[kind]}({quoted(name)}), 0)"
                for name, kind, *_ in described
                if kind in LENGTH
            ]
            if texts:
                lengths = " + ".join(texts)
                total = connection.execute(f"SELECT sum({lengths}) FROM read_parquet({source})").fetchall()
                if (total[0][0] or 0) > most:
                    raise Refused(_too_large(most))
        except duckdb.OutOfMemoryException as error:
            raise Refused(_too_large(most)) from error
        except duckdb.Error:
            return  # the reader says what is wrong with it

"""Bytes of a text file become UTF-8 that DuckDB can read, whatever they were before."""

from __future__ import annotations

import codecs
import gzip
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from treue.kernel.errors import Refused, WrongTable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK = 4 * 1024 * 1024
SMALL_GZIP = 200 * 1024 * 1024
GZIP_RATIO = 200
"""A packed file may grow 200-fold, or to 200 MB; what grows more was made to fill a disk."""


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text file as UTF-8, with what one pass over its bytes found.

    Parameters
    ----------
    path : Path
        Where the UTF-8 text lies: the file itself where it was UTF-8 already.
    lines : int
        Physical lines, without empty ones at the end.
    regular : bool
        Whether line ends are uniform and no NUL occurs, so that a strict fast reader may try.
    spaces : bool
        Whether tabs, hard spaces or quotes occur, so that more than blanks can stand around a cell.
    apostrophes : bool
        Whether apostrophes occur, so that cells may be guarded against spreadsheets.
    notes : tuple of str
        What was decided about the encoding.
    """

    path: Path
    lines: int
    regular: bool
    spaces: bool
    apostrophes: bool
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Counts:
    """Line ends of the bytes seen so far."""

    feeds: int = 0
    returns: int = 0
    pairs: int = 0
    zeros: int = 0
    spaces: int = 0
    apostrophes: int = 0
    last: int = -1
    trailing: int = 0

    def add(self, block: bytes) -> None:
        self.feeds += block.count(b"\n")
        self.returns += block.count(b"\r")
        self.pairs += block.count(b"\r\n") + (self.last == 13 and block[:1] == b"\n")
        self.zeros += block.count(b"\0")
        self.spaces += block.count(b"\t") + block.count(b"\xa0") + block.count(b'"')
        self.apostrophes += block.count(b"'")
        bare = block.rstrip(b"\r\n")
        ends = block[len(bare) :].count(b"\n")
        self.trailing = ends + (0 if bare else self.trailing)
        self.last = block[-1]

    @property
    def lines(self) -> int:
        return self.feeds - self.trailing + 1

    @property
    def regular(self) -> bool:
        return not self.zeros and self.returns == self.pairs and self.pairs in (0, self.feeds)

    def text_file(self, path: Path, notes: tuple[str, ...]) -> TextFile:
        return TextFile(path, self.lines, self.regular, bool(self.spaces), bool(self.apostrophes), notes)


def _blocks(path: Path) -> Iterator[bytes]:
    """Yield the unpacked bytes of a file."""
    with path.open("rb") as plain:
        packed = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        if not packed:
            while block := plain.read(BLOCK):
                yield block
            return
        limit = max(SMALL_GZIP, GZIP_RATIO * path.stat().st_size)
        total = 0
        with gzip.open(plain) as unpacked:
            while block := unpacked.read(BLOCK):
                total += len(block)
                if total > limit:
                    raise Refused(
                        f"{path.name}: the packed file grows beyond {limit:,} bytes; unpack it first"
                    )
                yield block


def open_text(path: Path, folder: Path) -> TextFile:
    """Return a file as UTF-8 text.

    UTF-8 with or without a byte order mark is taken as it is. UTF-16 is converted. In any other file
    each line that is not UTF-8 is read as Windows-1252.

    Parameters
    ----------
    path : Path
        The file, packed with gzip or not.
    folder : Path
        A folder for the converted copy.

    Returns
    -------
    TextFile
        The text and its line counts.

    Raises
    ------
    WrongTable
        When the file cannot be opened, is empty, or is no text.
    """
    try:
        return _open(path, folder)
    except (OSError, EOFError, zlib.error) as error:
        raise WrongTable(
            f"{path.name}: the file cannot be read ({error}); check the name and the file"
        ) from error


def _open(path: Path, folder: Path) -> TextFile:
    counts = _Counts()
    decoder = codecs.getincrementaldecoder("utf-8")()
    head = b""
    packed = _is_packed(path)
    valid = True
    for block in _blocks(path):
        if not head:
            head = block[:4096]
        counts.add(block)
        if valid:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                valid = False
    if not head.strip(b"\xef\xbb\xbf\r\n\t \0"):
        raise WrongTable(f"{path.name}: the file is empty; give a file with a header and rows")
    if valid and decoder.getstate()[0]:
        valid = False
    wide = _wide_encoding(head)
    if wide is None and valid and not packed and (counts.returns == counts.pairs or counts.feeds):
        return counts.text_file(path, ())
    copy = folder / f"{len(list(folder.iterdir()))}.txt"
    notes = _convert(path, copy, wide, valid=valid)
    if wide is None and valid and packed:
        return counts.text_file(copy, notes)
    again = _Counts()
    for block in _blocks(copy):
        again.add(block)
    return again.text_file(copy, notes)


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _wide_encoding(head: bytes) -> str | None:
    """Return the name of a two-byte encoding, from the mark or from where the zeros stand."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if len(head) >= 8 and max(even, odd) > 0.4 * len(head) / 2 and min(even, odd) < 0.1 * len(head) / 2:
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def _convert(path: Path, copy: Path, wide: str | None, *, valid: bool) -> tuple[str, ...]:
    """Write a file as UTF-8 and say what its encoding was."""
    with copy.open("wb") as out:
        if wide is not None:
            _convert_wide(path, out, wide)
            return ("The file is UTF-16 text.",)
        if valid:
            for block in _blocks(path):
                out.write(block)
            return ()
        strange = _convert_lines(path, out)
    return (f"{strange:,} lines are not UTF-8 and were read as Windows-1252 (Western European) text.",)


def _convert_wide(path: Path, out: BinaryIO, wide: str) -> None:
    decoder = codecs.getincrementaldecoder(wide)(errors="replace")
    out.writelines(decoder.decode(block).encode("utf-8", "replace") for block in _blocks(path))
    out.write(decoder.decode(b"", final=True).encode("utf-8", "replace"))


def _convert_lines(path: Path, out: BinaryIO) -> int:
    """Write each line as UTF-8; return how many were not UTF-8 before."""
    strange = 0
    rest = b""
    for block in _blocks(path):
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            text, odd = _utf8(line)
            out.write(text + b"\n")
            strange += odd
    text, odd = _utf8(rest)
    out.write(text)
    return strange + odd


def _utf8(line: bytes) -> tuple[bytes, bool]:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        # The five bytes that Windows-1252 leaves open stand for themselves, as in Latin-1.
        text = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in line)
        return text.encode("utf-8"), True
    return line, False

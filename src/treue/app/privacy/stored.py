"""Files in the home folder that may hold persons: what is kept of each, for how long, and how it is found.

A file of rows is not mended: the rows are in the database, so the file as a whole is removed as soon as it holds
somebody who is erased.
"""

from __future__ import annotations

import codecs
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings

from treue.app.core import workplace
from treue.app.customers.models import ImportedFile
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from treue.app.privacy.whole import Words

CHUNK: Final = 1024 * 1024
LOOK: Final = 64 * 1024
NAME: Final = 32 * 1024
"""No name is longer in bytes, whatever signs a file writes it with."""
AGAIN: Final = 2 * NAME
"""So much of a piece is read again with the next."""
BETWEEN: Final = (b"\n", b",", b";", b"\t", b"|", b" ")
"""Where a piece may end without cutting a word."""
PACKED: Final = (b"\x1f\x8b", b"PK", b"PAR1", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""How files begin that are no plain text, even where no zero stands in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file or folder of the home folder.

    Parameters
    ----------
    name : str
        As it is called there; ``*`` at the end stands for any ending.
    what : str
        What it is.
    persons : bool
        Whether customers stand in it.
    kept : str
        As for tables: ``stays``, or the name of a rule of retention.
    """

    name: str
    what: str
    persons: bool
    kept: str


HOME_FILES: Final = (
    Kept(name="treue.sqlite3*", what=message("The database"), persons=True, kept="customer"),
    Kept(
        name="imports",
        what=message("Files that were brought in, and their rows set aside"),
        persons=True,
        kept="uploads",
    ),
    Kept(
        name="incoming",
        what=message("Files that somebody put on the server to bring in"),
        persons=True,
        kept="uploads",
    ),
    Kept(name="uploads", what=message("Files on their way in"), persons=True, kept="uploads"),
    Kept(name="cycles", what=message("Scores on their way in"), persons=True, kept="uploads"),
    Kept(name="backups", what=message("Backups"), persons=True, kept="backups"),
    Kept(name="secret-key", what=message("The secret that signs sessions"), persons=False, kept="stays"),
    Kept(
        name="erasure-key",
        what=message("The key of the marks of erased customers"),
        persons=False,
        kept="stays",
    ),
    Kept(
        name="erased*",
        what=message("The marks of erased customers, outside of the database"),
        persons=False,
        kept="stays",
    ),
    Kept(
        name="backup-recipients",
        what=message("The public keys that backups are encrypted for"),
        persons=False,
        kept="stays",
    ),
    Kept(
        name="charts", what=message("The program that charts in a browser need"), persons=False, kept="stays"
    ),
)
"""Everything that may lie in the home folder."""
SEARCHED: Final = ("imports", "incoming", "uploads")
"""Folders whose files are searched when somebody is erased."""


def home() -> Path:
    """Return the home folder."""
    return Path(settings.HOME)


def undeclared() -> list[str]:
    """Return the names in the home folder of which nothing is declared."""
    known = [one.name for one in HOME_FILES]
    return sorted(
        path.name
        for path in home().iterdir()
        if not any(
            path.name == name or (name.endswith("*") and path.name.startswith(name[:-1])) for name in known
        )
    )


def files() -> Iterator[Path]:
    """Yield the files that may hold persons, but for those of work that is being done: they go with it."""
    for folder in SEARCHED:
        yield from (
            path
            for path in sorted((home() / folder).rglob("*"))
            if path.is_file() and not path.is_symlink() and not _is_at_work(path)
        )


def _is_at_work(path: Path) -> bool:
    return any(part.startswith(workplace.BEGINNING) for part in path.relative_to(home()).parts)


def holds(path: Path, words: Words) -> bool:
    """Whether a file names somebody; a file that is no plain text counts as if it did.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    words : Words
        What the person is called.

    Returns
    -------
    bool
        Also True where the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            start = file.read(LOOK)
            if b"\0" in start or start.startswith(PACKED):
                return True
            file.seek(0)
            for piece in _pieces(file):
                if any(words.stand_in(text) for text in _texts_of(piece.replace(b"\0", b""))):
                    return True
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _texts_of(raw: bytes) -> list[str]:
    """Return a piece as UTF-8, and where not all of it is, as Windows-1252 too: files are read line by line so."""
    try:
        return [raw.decode()]
    except UnicodeDecodeError:
        return [raw.decode("utf-8", "replace"), raw.decode("cp1252", "replace")]


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield a file in pieces that end between two words, each with the end of the one before."""
    piece = b""
    while block := file.read(CHUNK):
        piece += block
        low = max(0, len(piece) - AGAIN)
        end = max(piece.rfind(sign, low) for sign in BETWEEN) + 1 or len(piece)
        yield piece[:end]
        begin = max(0, end - AGAIN)
        if begin:
            places = [place for sign in BETWEEN if (place := piece.find(sign, begin, begin + NAME)) >= 0]
            begin = min(places, default=begin)
        piece = piece[begin:]
    yield piece


def remove_files_naming(words: Words) -> list[Path]:
    """Remove the files that name somebody; returns which."""
    removed = []
    for path in files():
        if holds(path, words):
            path.unlink(missing_ok=True)
            removed.append(path)
    _remove_empty_folders()
    return removed


def outside() -> list[str]:
    """Return the names of files on the server, outside of the home folder, that were brought in by their path."""
    found = ImportedFile.objects.exclude(path="").values_list("path", flat=True)
    return sorted(
        path for path in set(found) if not Path(path).is_relative_to(home()) and Path(path).exists()
    )


def older_than(days: int, now: datetime) -> list[Path]:
    """Return the files that lie in the home folder for longer than they may."""
    edge = (now - timedelta(days=days)).timestamp()
    old = []
    for path in files():
        with suppress(FileNotFoundError):  # another may just have removed it
            if path.stat().st_mtime < edge:
                old.append(path)
    return old


def remove(paths: list[Path]) -> int:
    """Remove files; returns how many there were."""
    for path in paths:
        path.unlink(missing_ok=True)
    _remove_empty_folders()
    return len(paths)


def age_days(path: Path, now: datetime) -> float:
    """Return for how many days a file has lain there unchanged."""
    return (now - datetime.fromtimestamp(path.stat().st_mtime, UTC)).total_seconds() / 86_400


def _remove_empty_folders() -> None:
    for folder in sorted((home() / "imports").glob("*")):
        if folder.is_dir() and not any(folder.rglob("*")):
            shutil.rmtree(folder, ignore_errors=True)

"""Where the files of imports lie in the home folder; only this account may look there."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings

if TYPE_CHECKING:
    from treue.app.customers.models import ImportedFile

LONGEST_NAME: Final = 100


def folder_of(file: ImportedFile) -> Path:
    """Return the folder of an import in the home folder."""
    return Path(settings.HOME) / "imports" / str(int(file.pk))


def set_aside_file(file: ImportedFile) -> Path:
    """Return where the rows set aside of an import lie, or would lie."""
    return folder_of(file) / "set-aside.rows"


def staging_file(number: int, purpose: str = "import") -> Path:
    """Return where the rows of an import, or of other work that is named, wait on SQLite."""
    return Path(settings.HOME) / f"{purpose}s" / f"{purpose}_{int(number)}.staging"


def remove_staging(number: int, purpose: str = "import") -> None:
    """Remove what a killed import, or other work that is named, has left waiting on SQLite."""
    file = staging_file(number, purpose)
    for ending in ("", "-journal", "-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)


def upload_of(file: ImportedFile) -> Path | None:
    """Return where the copy of an upload lies, or None where the file is one of the server."""
    path = Path(file.path)
    return path if path.parent == folder_of(file) / "upload" else None


def is_there(file: ImportedFile) -> bool:
    """Whether the bytes of an import still lie where they lay, so that it can be read and brought in."""
    paths = file.reading.get("paths") or [file.path]
    return all(path and Path(path).exists() for path in paths)


def harmless_name(name: str) -> str:
    """Return a name under which a file may lie, with the beginning and the endings that say what it is.

    Parameters
    ----------
    name : str
        As it was called where it came from.

    Returns
    -------
    str
        Letters, digits, blanks and ``._-`` only; at most 100 characters.

    Examples
    --------
    >>> harmless_name("../../etc/passwd"), harmless_name("Bestellungen März (2).csv.gz"), harmless_name("..")
    ('passwd', 'Bestellungen März 2.csv.gz', 'file')
    """
    last = re.split(r"[/\\\\]", unicodedata.normalize("NFC", name))[-1]
    kept = re.sub(r"[^\w. -]", "", last).strip(". ")
    stem, dot, endings = kept.partition(".")
    return f"{stem[: LONGEST_NAME - 20]}{dot}{endings[-19:]}" or "file"

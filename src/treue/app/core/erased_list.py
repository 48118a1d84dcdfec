"""The marks of erased customers outside of the database: one writer at a time, and never half a list."""

from __future__ import annotations

import fcntl
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from treue.app import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

LIST_FILE: Final = "erased"
LOCK_FILE: Final = "erased.lock"
PART: Final = "erased.*.part"


@contextmanager
def held(home: Path) -> Iterator[set[str]]:
    """Give the marks of the list while nobody else may change it; what is changed in them is written at the end.

    Parameters
    ----------
    home : pathlib.Path
        The home folder.

    Yields
    ------
    set of str
        All marks of the list.
    """
    environment.private_folder(home)
    lock = os.open(home / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        file = home / LIST_FILE
        known = set(file.read_text(encoding="ascii").split()) if file.exists() else set()
        marks = set(known)
        yield marks
        if marks != known:
            _write(file, marks)
    finally:
        # The lock goes with the file that holds it.
        os.close(lock)


def _write(file: Path, marks: set[str]) -> None:
    for left in file.parent.glob(PART):
        left.unlink()
    handle, part = tempfile.mkstemp(prefix="erased.", suffix=".part", dir=file.parent)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write("".join(f"{mark}\n" for mark in sorted(marks)))
        out.flush()
        os.fsync(out.fileno())
    Path(part).replace(file)

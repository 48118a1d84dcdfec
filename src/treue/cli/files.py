"""Files a command writes: whole or not at all, and never over what it reads."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from collections.abc import Sequence


class NewFile:
    """A file that appears under its name only when it is complete.

    Until :meth:`put` it lives in a hidden file beside; if the command ends before, whatever had the
    name keeps it.

    Parameters
    ----------
    path : Path
        Where it will be.
    option : str
        What the user named it with, for the message.
    inputs : sequence of Path
        Files and folders that are read; they are never written over.

    Raises
    ------
    WrongArgument
        When nothing can be written there.
    """

    def __init__(self, path: Path, option: str, inputs: Sequence[Path] = ()) -> None:
        self.path = path
        if path.is_dir():
            raise WrongArgument(f"{option}={str(path)!r} is a folder; give the name of a file in it")
        for given in inputs:
            if path.exists() and given.exists() and path.samefile(given):
                raise WrongArgument(
                    f"{option}={str(path)!r} would write over a file that is read; give another name"
                )
        if not path.parent.exists():
            raise WrongArgument(
                f"{option}={str(path)!r} lies in a folder that does not exist; make {str(path.parent)!r} first"
            )
        self._option = option
        # Named before it is made, so that whoever cleans up knows it from the first moment.
        self._stem = f".{path.name[:100]}."
        self.part = path.with_name(f"{self._stem}{secrets.token_hex(4)}.part")
        self._held: int | None = None

    def make(self) -> None:
        """Make the hidden file, which proves that the place can be written.

        What runs that were killed have left of the same name is removed.

        Raises
        ------
        WrongArgument
            When it cannot.
        """
        try:
            self._held = os.open(self.part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
            # A run that looks for what others left may hold it for a moment.
            _lock(self._held, wait=True)
            self._remove_left_over()
        except OSError as error:
            raise WrongArgument(
                f"{self._option}={str(self.path)!r} cannot be written ({(error.strerror or str(error)).lower()}); "
                "choose another place"
            ) from error

    def write(self, text: str) -> None:
        """Write the whole content; it is not yet under its name."""
        with self.part.open("w", encoding="utf-8", newline="") as file:
            file.write(text)

    def put(self) -> None:
        """Give the content its name, at once."""
        with self.part.open("rb") as file:
            os.fsync(file.fileno())
        self._let_go()
        self.part.replace(self.path)

    def drop(self) -> None:
        """Forget the content if it was not put."""
        self._let_go()
        with contextlib.suppress(OSError):
            self.part.unlink(missing_ok=True)

    def _let_go(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def _remove_left_over(self) -> None:
        """Remove hidden files of the same name whose run is no more: the system has taken its lock away."""
        ours = re.compile(re.escape(self._stem) + r"[0-9a-f]{8}\.part")
        for other in self.part.parent.iterdir():
            if other != self.part and ours.fullmatch(other.name):
                with contextlib.suppress(OSError):
                    _remove_unless_held(other)

    def __enter__(self) -> Self:
        self.make()
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()


def _lock(file: int, *, wait: bool) -> None:
    """Hold a file for as long as this run lives; without waiting, raise where another run holds it."""
    if sys.platform != "win32":  # There an open file cannot be removed, which serves as well.
        import fcntl

        # Where a file system knows no locks, nothing is taken for left over and nothing is removed.
        with contextlib.suppress(OSError) if wait else contextlib.nullcontext():
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def _remove_unless_held(path: Path) -> None:
    file = os.open(path, os.O_WRONLY)
    try:
        _lock(file, wait=False)
        if sys.platform != "win32":
            path.unlink()
    finally:
        os.close(file)
    if sys.platform == "win32":
        path.unlink()


def beside(path: Path, what: str) -> Path:
    """Return the name of a companion file.

    Examples
    --------
    >>> beside(Path("out/report.html"), "care.csv").as_posix()
    'out/report-care.csv'
    """
    return path.with_name(f"{path.stem}-{what}")

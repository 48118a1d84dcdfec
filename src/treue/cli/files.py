"""Files a command writes: whole or not at all, and never over what it reads."""

from __future__ import annotations

import contextlib
import os
import secrets
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
        self.part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")

    def make(self) -> None:
        """Make the hidden file, which proves that the place can be written.

        Raises
        ------
        WrongArgument
            When it cannot.
        """
        try:
            os.close(os.open(self.part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
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
        self.part.replace(self.path)

    def drop(self) -> None:
        """Forget the content if it was not put."""
        with contextlib.suppress(OSError):
            self.part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        self.make()
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()


def beside(path: Path, what: str) -> Path:
    """Return the name of a companion file.

    Examples
    --------
    >>> beside(Path("out/report.html"), "care.csv").as_posix()
    'out/report-care.csv'
    """
    return path.with_name(f"{path.stem}-{what}")

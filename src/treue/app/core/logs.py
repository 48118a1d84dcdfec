"""What the server's log says of an error: its kind and its place, never its words, which may hold somebody's."""

from __future__ import annotations

import copy
import errno
import logging
import re
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

log = logging.getLogger("treue.failed")

PARTS_OF_PATH: Final = 4
SECRET: Final = re.compile(r"(/welcome/)[^/\s?]+")
"""An address that opens an account to whoever reads it."""


class Sparing(logging.Formatter):
    """Writes a line of the log; of an error it tells the kind and where it happened.

    The text of an error repeats what somebody typed or what a file holds: a database says which address is there
    already, an engine which cell is no number. Logs are kept for longer than customers and read by more people.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and below it the places of the error."""
        spared = copy.copy(record)
        spared.exc_text = None  # another handler may have written the whole text there
        if isinstance(spared.args, tuple):
            spared.args = tuple(
                kind_of(one) if isinstance(one, BaseException) else one for one in spared.args
            )
        if isinstance(spared.msg, BaseException):
            spared.msg = kind_of(spared.msg)
        return SECRET.sub(r"\1…", super().format(spared))

    def formatException(self, ei: Any) -> str:  # noqa: N802  (logging calls it so)
        """Return the kinds and places of an error and of what led to it, the first one first."""
        return "\n".join(line for error in _chain(ei[1]) for line in _told(error))


def kind_of(error: BaseException) -> str:
    """Return the kind of an error: its class, and what a database or the system call it.

    Examples
    --------
    >>> kind_of(ValueError("zita@firm.example")), kind_of(FileNotFoundError(2, "no such file", "/zita.csv"))
    ('ValueError', 'FileNotFoundError (ENOENT)')
    """
    name = type(error).__qualname__
    if type(error).__module__ != "builtins":
        name = f"{type(error).__module__}.{name}"
    marks = [getattr(error, "sqlstate", None), getattr(error, "sqlite_errorname", None)]
    marks.append(getattr(getattr(error, "diag", None), "constraint_name", None))
    if isinstance(error, OSError) and error.errno:
        marks.append(errno.errorcode.get(error.errno))
    said = ", ".join(str(one) for one in marks if one)
    return f"{name} ({said})" if said else name


def _chain(error: BaseException) -> list[BaseException]:
    """Return an error and those that led to it, the first one first."""
    found: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in found:
        found.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return found[::-1]


def _told(error: BaseException) -> Iterator[str]:
    yield f"  {kind_of(error)}"
    for frame in traceback.extract_tb(error.__traceback__, limit=-30):
        # A path of this machine says little more than its end.
        place = Path(*Path(frame.filename).parts[-PARTS_OF_PATH:])
        yield f"    at {place}:{frame.lineno} in {frame.name}"


def spare_the_rest() -> None:
    """Let errors that nobody caught be told in the same way, in this process and its threads."""

    def of_process(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        log.critical("this process ended with an error", exc_info=(kind, error, trace))

    def of_thread(told: threading.ExceptHookArgs) -> None:
        if told.exc_value is not None:
            log.critical("a thread ended with an error", exc_info=told.exc_value)

    sys.excepthook = of_process
    threading.excepthook = of_thread

"""The errors Treue raises on purpose.

Every message names the thing (``name=value``), says what is wrong, and says what would
be right. The command line prints the message as one line and exits with status 2.
"""

from __future__ import annotations


class TreueError(Exception):
    """Anything Treue refuses to do, with a message a person can act on."""


class WrongTable(TreueError):
    """A table lacks a column, or a column holds values of the wrong kind."""


class WrongArgument(TreueError):
    """An argument or option has a value that cannot be right."""


class NotEnoughData(TreueError):
    """The data are sound but too few for what was asked."""


class DidNotConverge(TreueError):
    """A model could not be fitted; the message says what in the data prevents it."""


class Refused(TreueError):
    """The request is understood and will not be carried out, with the reason."""


def was_interrupted(error: BaseException) -> bool:
    """Whether an error is DuckDB's way to say that somebody stopped the work: no fault of what it was doing."""
    return type(error).__name__ == "InterruptException" or (
        isinstance(error, RuntimeError) and "interrupt" in str(error).lower()
    )

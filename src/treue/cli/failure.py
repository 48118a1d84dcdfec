"""Every way a command can end badly, as one line and an exit status."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING, Any

import typer

from treue.kernel.errors import TreueError, was_interrupted

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

DONE = 0
DESERVES_A_LOOK = 1
REFUSED = 2
STOPPED = 130
TERMINATED = 143
NOBODY_READS = 141


class PipeClosedError(Exception):
    """Whoever read the output has gone; there is nothing left to say to anyone."""


def exit_status(returned: object) -> int:
    """Return the exit status that a command's return value stands for."""
    return returned if isinstance(returned, int) else DONE


def one_line(text: str) -> str:
    """Return a message without line breaks and control characters, so that it stays one line."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(plain.split())


def complain(message: str) -> None:
    """Print one line ``treue: …`` to the error stream."""
    try:
        sys.stderr.write(f"treue: {one_line(message)}\n")
        sys.stderr.flush()
    except OSError:
        # Nobody listens there either; the exit status still tells.
        return


def run_guarded(work: Callable[[], int], *, debug: bool) -> int:
    """Run `work`; turn whatever it raises into one line and an exit status.

    Parameters
    ----------
    work : callable
        Returns an exit status.
    debug : bool
        Whether to print the traceback first.

    Returns
    -------
    int
        The exit status.
    """
    previous = {signal.SIGTERM: signal.signal(signal.SIGTERM, _stop)}
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        previous[signal.SIGINT] = signal.signal(signal.SIGINT, _stop)
    try:
        status = work()
        sys.stdout.flush()
    except PipeClosedError:
        status = NOBODY_READS
    except BrokenPipeError:
        let_go_of_stdout()
        status = NOBODY_READS
    except typer.TyperException as error:
        complain(_usage(error))
        status = REFUSED
    except (KeyboardInterrupt, typer.Abort):
        status = STOPPED
    except Exception as error:  # noqa: BLE001  (a person must never see a traceback unasked)
        if was_interrupted(error):
            status = STOPPED
        else:
            if debug:
                traceback.print_exc()
            complain(sentence(error))
            status = REFUSED
    finally:
        _forget_put_off()
        for number, handler in previous.items():
            signal.signal(number, handler)
    if status == STOPPED:
        complain("stopped; files that were there before are as they were")
    return status


def _stop(number: int, frame: FrameType | None) -> None:
    """End what is going on; where a module is just being imported, as soon as it is there.

    Modules in C do not bear an error in the midst of their making: some end the process with a dump.
    """
    if _imports(frame) and hasattr(signal, "setitimer"):
        _PUT_OFF.append(signal.signal(signal.SIGALRM, lambda _, later: _stop(number, later)))
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        return
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    # Unwinding removes half-written files and the folder that DuckDB spills into.
    raise SystemExit(TERMINATED)


_PUT_OFF: list[Any] = []
"""What the alarm did before a stop was put off, the first time first."""


def _forget_put_off() -> None:
    """Let no stop that was put off come after the command has ended."""
    if _PUT_OFF:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, _PUT_OFF[0])
        _PUT_OFF.clear()


def _imports(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def let_go_of_stdout() -> None:
    """Point the output at nothing, so that the interpreter's last flush cannot fail."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        return
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, descriptor)
    os.close(nothing)


def _usage(error: typer.TyperException) -> str:
    message = error.format_message().replace("Value error, ", "").rstrip(".?")
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "treue"
    return f"{message[:1].lower()}{message[1:]}; `{path} --help` shows what there is"


def sentence(error: Exception) -> str:
    """Return what went wrong and what to do about it, in one sentence.

    Parameters
    ----------
    error : Exception
        Anything that was raised.

    Returns
    -------
    str
        Without a full stop.
    """
    if isinstance(error, TreueError):
        return str(error)
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryException":
        return (
            "the memory is not enough for these files; close other programs, or give --memory-limit "
            "(for example 2GB) so that more is done on the disk"
        )
    if isinstance(error, OSError):
        return _of_the_system(error)
    kind = type(error).__name__
    return (
        f"something went wrong that Treue did not expect ({kind}: {str(error)[:300]}); "
        "run the same command with --debug and report what it prints"
    )


def _of_the_system(error: OSError) -> str:
    name = f"{error.filename}: " if error.filename else ""
    what = (error.strerror or str(error)).lower()
    mends: dict[type[OSError], str] = {
        FileNotFoundError: "check the spelling of the path",
        IsADirectoryError: "give a file, not a folder",
        NotADirectoryError: "a part of the path is a file, not a folder",
        FileExistsError: "give another name",
        PermissionError: "ask for the right to use it, or choose another place",
    }
    mend = mends.get(type(error), "check the disk and the path, then run the command again")
    return f"{name}{what}; {mend}"

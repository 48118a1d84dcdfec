"""A second process of this program that works while the first goes on: Python computes in one thread at a time.

``concurrent.futures`` has processes too, but its own wait for their end when a person presses Ctrl-C, and a program
without a guarded main part would be started again by them.
"""

from __future__ import annotations

import contextlib
import pickle
import subprocess
import sys
import threading
from concurrent.futures import Future
from functools import cached_property
from importlib import import_module
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import IO

    Begin = Callable[..., Callable[[], Any]]
    """Begins work, given a function of a module and its arguments; what it returns waits for the result."""


class _EndedError(Exception):
    """The other process is no longer there."""


class Aside:
    """A process that does one piece of work after the other, each begun here and asked for later.

    It starts with the first piece. Where it cannot work, the work is done here when its result is asked for.
    """

    def __init__(self) -> None:
        self._begun: SimpleQueue[Future[Any]] = SimpleQueue()

    @cached_property
    def _process(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Whoever presses Ctrl-C ends this process, and this one ends the other.
            start_new_session=True,
        )

    @cached_property
    def _reader(self) -> threading.Thread:
        # It reads at once what is told, else both processes could wait for each other with full pipes. It is
        # a daemon, because nothing may keep this process from ending.
        reader = threading.Thread(target=self._read, name="treue-aside", daemon=True)
        reader.start()
        return reader

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "_process" not in self.__dict__:
            return
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def begin(self, work: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
        """Begin a piece of work.

        Parameters
        ----------
        work : callable
            A function of a module.
        *arguments
            What it is given; they are copied into the other process.

        Returns
        -------
        callable
            Waits for the result and returns it, or raises what the work raised.
        """
        future: Future[Any] = Future()
        self._begun.put(future)
        process, reader = self._process, self._reader
        try:
            _put(process.stdin, (work.__module__, work.__qualname__, arguments))
        except OSError:
            return lambda: work(*arguments)

        def result() -> Any:
            # The reader leaves nobody waiting who was in line when the process ended.
            while not future.done() and reader.is_alive():
                with contextlib.suppress(TimeoutError):
                    future.exception(timeout=0.1)
            if not future.done() or isinstance(future.exception(), _EndedError):
                return work(*arguments)
            return future.result()

        return result

    def _read(self) -> None:
        while True:
            try:
                done, value = _take(self._process.stdout)
            except (OSError, EOFError, ValueError, pickle.UnpicklingError):
                break
            future = self._begun.get()
            if done:
                future.set_result(value)
            else:
                future.set_exception(value)
        with contextlib.suppress(Empty):
            while True:
                self._begun.get_nowait().set_exception(_EndedError())


def serve(asked: IO[bytes], told: IO[bytes]) -> None:
    """Do what is asked until nothing more comes.

    Parameters
    ----------
    asked : binary file
        The pieces of work, from :meth:`Aside.begin`.
    told : binary file
        Gets their results.
    """
    while True:
        try:
            module, name, arguments = _take(asked)
        except EOFError:
            return
        try:
            answer = (True, getattr(import_module(module), name)(*arguments))
        except Exception as error:  # noqa: BLE001  (it is raised where the result is asked for)
            answer = (False, error)
        _put(told, answer)


def _put(file: IO[bytes] | None, value: Any) -> None:
    if file is None:
        raise OSError("the process is closed")
    pickle.dump(value, file, protocol=pickle.HIGHEST_PROTOCOL)
    file.flush()


def _take(file: IO[bytes] | None) -> Any:
    if file is None:
        raise OSError("the process is closed")
    # Both ends are this program.
    return pickle.load(file)  # noqa: S301


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)

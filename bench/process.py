"""Programs run one at a time, with their wall-clock time and the most memory they held."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process went: seconds, the most memory that it and its children held together in GB, and what it printed."""

    seconds: float
    gigabytes: float
    printed: str


class FailedError(Exception):
    """A process ended with an error."""


def run(arguments: list[str], allowed: tuple[int, ...] = (0,), python: str = sys.executable) -> Ended:
    """Run Python with the arguments, this one or that of another environment, and wait for its end."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begin = time.perf_counter()
        process = subprocess.Popen([python, *arguments], cwd=ROOT, stdout=out, stderr=err)
        together = Together(process.pid)
        # wait4 tells the resources of exactly this child.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        together.stop()
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode not in allowed:
            raise FailedError(
                f"{' '.join(arguments)}: status {process.returncode}\n{err.read().decode()[-2000:]}"
            )
        # Linux counts kilobytes, macOS bytes.
        unit = 1e9 if sys.platform == "darwin" else 1e6
        return Ended(seconds, max(usage.ru_maxrss / unit, together.gigabytes), out.read().decode())


class Together(threading.Thread):
    """Looks ten times a second how much memory a process and its children hold, where the system tells it."""

    def __init__(self, number: int) -> None:
        super().__init__(daemon=True)
        self.gigabytes = 0.0
        self._number = number
        self._ended = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._ended.wait(0.1):
            self.gigabytes = max(self.gigabytes, held(self._number) / 1e9)

    def stop(self) -> None:
        self._ended.set()
        self.join()


def held(number: int) -> int:
    """Return how many bytes of memory a process and its children hold; 0 where the system does not tell."""
    return sum(_resident(one) for one in _with_children(number))


def _with_children(number: int) -> list[int]:
    try:
        children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
    except OSError:
        return [number]
    return [number, *(one for child in children for one in _with_children(int(child)))]


def _resident(number: int) -> int:
    try:
        return int(Path(f"/proc/{number}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0

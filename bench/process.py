"""Programs run one at a time, with their wall-clock time and the most memory they held."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process went: seconds, the largest resident memory in GB, and what it printed."""

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
        # wait4 tells the resources of exactly this child.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode not in allowed:
            raise FailedError(
                f"{' '.join(arguments)}: status {process.returncode}\n{err.read().decode()[-2000:]}"
            )
        # Linux counts kilobytes, macOS bytes.
        unit = 1e9 if sys.platform == "darwin" else 1e6
        return Ended(seconds, usage.ru_maxrss / unit, out.read().decode())

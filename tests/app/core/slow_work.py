"""Work that takes long and keeps something on the disk meanwhile; a test ends the process that does it."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb


@contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="treue-") as name:
        Path(os.environ["TEST_TOLD"]).write_text(name)
        yield


def sleep(_working):
    with folder():
        time.sleep(60)


def count(_working):
    with folder():
        # With one thread only: what others are at DuckDB waits for, and the signal has to wait as well.
        query = "SELECT sum(hash(range)) FROM range(1_000_000_000_000)"
        duckdb.connect(config={"threads": 1}).execute(query).fetchall()


def deaf(_working):
    with folder():
        while True:
            with suppress(SystemExit):
                time.sleep(60)

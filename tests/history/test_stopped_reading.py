"""A stop while files are read is a stop, and not taken for a fault of the file."""

from __future__ import annotations

import inspect
import sys
import threading
import time

import pytest

from treue.engine.duckdb import DuckDBEngine
from treue.history.read import read_files
from treue.history.settings import Settings
from treue.history.sources import delimited
from treue.kernel.errors import was_interrupted


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "orders.csv"
    rows = "".join(f"c{k % 9000},2024-01-{k % 28 + 1:02d},{k % 90}.50,o{k}\n" for k in range(300_000))
    path.write_text("customer,date,amount,order\n" + rows, encoding="utf-8")
    return path


def lines_that_read():
    """Return the lines of the fast reader up to where it deals with errors."""
    lines, first = inspect.getsourcelines(delimited._fast)
    return range(first, first + next(k for k, line in enumerate(lines) if "except" in line))


def line_of(thread, name):
    frame = sys._current_frames().get(thread)
    while frame is not None and frame.f_code.co_name != name:
        frame = frame.f_back
    return frame.f_lineno if frame is not None else None


def test_a_stop_in_the_fast_reader_does_not_make_it_read_on_with_care(large):
    reader, over, reading = threading.get_ident(), threading.Event(), lines_that_read()
    with DuckDBEngine() as engine:

        def stop():
            while not over.is_set():
                if line_of(reader, "_fast") in reading:
                    engine.connection.interrupt()
                time.sleep(0.001)

        thread = threading.Thread(target=stop)
        thread.start()
        try:
            with pytest.raises(Exception, match="nterrupt") as caught:
                read_files([large], Settings(), engine=engine)
        finally:
            over.set()
            thread.join()
        assert was_interrupted(caught.value)

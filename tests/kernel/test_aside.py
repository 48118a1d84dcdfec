from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from treue.kernel.aside import Aside
from treue.kernel.errors import WrongArgument
from treue.models.catalogue import find_model


@pytest.fixture(scope="module")
def aside():
    with Aside() as process:
        yield process


def test_work_is_done_in_another_process_and_asked_for_later(aside):
    elsewhere = aside.begin(os.getpid)
    assert elsewhere() != os.getpid()
    assert aside.begin(math.hypot, 3.0, 4.0)() == 5.0


def test_what_the_work_raises_is_raised_where_its_result_is_asked_for(aside):
    begun = aside.begin(find_model, "bg-mbd")
    with pytest.raises(WrongArgument, match="bg-mbd"):
        begun()
    assert aside.begin(math.sqrt, 4.0)() == 2.0


def test_a_process_that_died_leaves_the_work_to_this_one():
    with Aside() as process:
        other = process.begin(os.getpid)()
        os.kill(other, 9)
        assert process.begin(os.getpid)() == os.getpid()


def test_a_process_that_cannot_start_leaves_the_work_to_this_one(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Aside() as process:
        assert process.begin(math.sqrt, 9.0)() == 3.0


def test_a_file_in_the_folder_is_no_module_of_the_program(tmp_path, monkeypatch):
    (tmp_path / "pickle.py").write_text("raise SystemExit(3)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with Aside() as process:
        assert process.begin(os.getpid)() != os.getpid()


def test_nothing_starts_before_there_is_work():
    with Aside() as process:
        assert "_process" not in vars(process)


def test_the_other_process_ends_with_the_one_that_needs_it():
    lines = [
        "import os, signal",
        "from treue.kernel.aside import Aside",
        "print(Aside().begin(os.getpid)(), flush=True)",
        "os.kill(os.getpid(), signal.SIGKILL)",
    ]
    killed = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False, timeout=30
    )
    other = int(killed.stdout)
    end = time.monotonic() + 20
    while is_running(other):
        assert time.monotonic() < end, f"process {other} is still there"
        time.sleep(0.05)


def is_running(number):
    try:
        os.kill(number, 0)
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"

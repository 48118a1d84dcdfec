from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("kill.py")

# Parts of the program, which finds them beside itself; they hold no tests.
collect_ignore = [path.name for path in PROGRAM.parent.glob("*.py") if not path.name.startswith("test_")]


def killed(case, kills, seed, where):
    """Run the program that kills; return what it counted."""
    ended = subprocess.run(
        [sys.executable, str(PROGRAM), case, str(kills), str(seed)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3_000:]
    found = json.loads(ended.stdout.splitlines()[-1])
    sys.stdout.write(f"{case} on {where}: {found}\n")
    return found


@pytest.fixture
def kill(real_database):
    """Give a function that kills a piece of work so many times, and returns what was counted and what was wrong."""
    return lambda case, kills, seed=1: killed(case, kills, seed, real_database)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def kill_empty(request, empty_database):
    """Give the same in an empty database."""
    with empty_database(request.param):
        yield lambda case, kills, seed=1: killed(case, kills, seed, request.param)

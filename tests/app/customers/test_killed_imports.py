from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("killed.py")


def kill(folder, points, how="treue", seed=1):
    """Kill so many imports in a process of their own; return how often what went wrong."""
    command = [sys.executable, str(PROGRAM), str(folder), str(points), str(seed), how]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=3_000, check=False)
    assert ended.returncode == 0, ended.stderr[-3_000:]
    return json.loads(ended.stdout.splitlines()[-1])


@pytest.mark.slow_on_postgres
def test_an_import_killed_anywhere_leaves_all_or_nothing_and_completes(real_database, tmp_path):
    found = kill(tmp_path, 10)
    assert found["trouble"] == {}
    assert found["alive"] >= 3


@pytest.mark.slow_on_postgres
def test_the_proof_finds_an_import_that_writes_row_by_row(real_database, tmp_path):
    assert kill(tmp_path, 6, "careless")["trouble"]["half"] >= 1


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_two_hundred_killed_imports(real_database, tmp_path):
    found = kill(tmp_path, 200, seed=2)
    assert found["trouble"] == {}
    assert found["alive"] >= 100

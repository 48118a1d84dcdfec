from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("kill.py")


@pytest.fixture
def kill(real_database):
    """Give a function that kills a piece of work so many times, and returns what was counted and what was wrong."""

    def kill(case, kills, seed=1):
        ended = subprocess.run(
            [sys.executable, str(PROGRAM), case, str(kills), str(seed)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr[-3_000:]
        found = json.loads(ended.stdout.splitlines()[-1])
        sys.stdout.write(f"{case} on {real_database}: {found}\n")
        return found

    return kill

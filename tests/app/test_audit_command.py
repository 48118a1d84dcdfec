from __future__ import annotations

import subprocess
import sys

import pytest

from treue.app.core import audit
from treue.app.core.models import AuditEntry


@pytest.fixture
def treue(real_database):
    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "treue.cli", "audit", *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout.strip(), done.stderr.strip()

    for _ in range(3):
        audit.write("customer.seen", by=audit.SYSTEM)
    return run


def test_an_untouched_log(treue):
    head = audit.head()
    assert treue("head") == (0, head, "")
    assert treue("verify") == (0, f"3 entries are as they were written; head {head}", "")
    assert treue("verify", "--head", head, "--quiet") == (0, "", "")


def test_a_log_that_does_not_hold_a_kept_head(treue):
    assert treue("verify", "--head", "2:" + "0" * 64) == (1, "entry 2 is not the one whose head was kept", "")
    code, said, _ = treue("verify", "--head", "7:" + "0" * 64)
    assert (code, said) == (1, "entry 4 is missing")


def test_what_is_asked_wrongly_is_refused(treue):
    assert treue("look")[0] == 2
    assert "is no head of a log" in treue("verify", "--head", "nonsense")[2]
    assert treue("head", "--head", "x")[0] == 2
    assert AuditEntry.objects.count() == 3

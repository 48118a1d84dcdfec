"""What SECURITY.md promises: no connection, nothing left behind, no id in the figures."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# An audit hook sees what Python's own sockets are asked for, whoever asks.
GUARDED = """
import sys
def refuse(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.bind", "socket.sendto"}:
        raise SystemExit(f"a connection was wanted: {event} {arguments}")
sys.addaudithook(refuse)
from treue.cli import run
sys.exit(run(sys.argv[1:]))
"""


def environment(folder):
    return {"PATH": os.defpath, "TMPDIR": str(folder), "PYTHONWARNINGS": "error"}


def without_network():
    """Return the start of a command line that has no network at all, where the system can do that."""
    program = shutil.which("unshare")
    if program is None:
        return []
    tried = subprocess.run([program, "-rn", "true"], capture_output=True, check=False)
    return [program, "-rn"] if tried.returncode == 0 else []


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Run `treue demo` where every connection is refused; return the ended process and both folders."""
    folder, scratch = tmp_path_factory.mktemp("desk"), tmp_path_factory.mktemp("scratch")
    done = subprocess.run(
        [*without_network(), sys.executable, "-c", GUARDED, "demo"],
        cwd=folder,
        env=environment(scratch),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=200,
        check=False,
    )
    return done, folder, scratch


def test_nothing_leaves_the_machine(demo):
    done, folder, _ = demo
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "demo" / "report.html").stat().st_size > 10_000


def test_the_guard_would_see_a_connection(tmp_path):
    code = (
        GUARDED.split("from treue", maxsplit=1)[0]
        + "import socket; socket.create_connection(('127.0.0.1', 9))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "a connection was wanted" in done.stderr


def test_nothing_stays_in_the_temporary_folder(demo):
    assert list(demo[2].iterdir()) == []


def test_only_what_was_asked_for_stays(demo):
    assert [path.name for path in demo[1].iterdir()] == ["demo"]
    names = {path.name for path in (demo[1] / "demo").iterdir()}
    assert names == {"data", "home", "report.html", "report-care.csv"}


def test_a_formula_in_a_file_stays_text_in_what_is_set_aside(tmp_path):
    evil = "=HYPERLINK(A1)"
    good = "".join(f"o{day},c{day % 3},2026-01-{day:02d},10.00\n" for day in range(1, 29))
    (tmp_path / "orders.csv").write_text(
        f"order_id,customer_id,ordered_at,total\n{good}{evil},c1,never,1.00\n", encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", "treue.cli", "report", "orders.csv", "--quiet"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    with Path(tmp_path / "treue-report-set-aside.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert evil in row["row"]
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())

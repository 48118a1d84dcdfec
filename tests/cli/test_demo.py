"""What `treue demo` makes and says; what SECURITY.md promises of it: no connection, nothing left behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

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


def test_the_application_is_ready_and_how_to_start_it_is_said(demo):
    assert (demo[1] / "demo" / "home" / "treue.sqlite3").is_file()
    lines = [line.strip() for line in demo[0].stdout.splitlines()]
    assert lines[-2].endswith("serve --home demo/home --port 8000")
    assert lines[-1].startswith("Log in as ines@fjordkaffe.example with the password ")


@pytest.mark.slow
def test_what_was_looked_at_stays_when_the_demo_is_repeated(treue):
    first = treue("demo")
    assert (first.returncode, first.stderr) == (0, "")
    size = (treue.folder / "demo" / "home" / "treue.sqlite3").stat().st_size
    again = treue("demo")
    assert (again.returncode, again.stderr) == (0, "")
    # Only the password is new.
    assert again.stdout.splitlines()[-1] != first.stdout.splitlines()[-1]
    assert (treue.folder / "demo" / "home" / "treue.sqlite3").stat().st_size == size


def test_the_demo_ends_with_the_report(treue):
    done = treue("demo", "--report-only")
    assert (done.returncode, done.stderr) == (0, "")
    page = treue.folder / "demo" / "report.html"
    assert page.is_file()
    assert (treue.folder / "demo" / "report-care.csv").is_file()
    assert (treue.folder / "demo" / "data" / "truth.json").is_file()
    lines = done.stdout.splitlines()
    assert lines[-1].strip() == page.resolve().as_uri()
    assert lines[-2].split(maxsplit=1) == ["Report", "demo/report.html"]
    sentences = done.stdout.split("\n\n")[1].splitlines()
    assert len(sentences) == 3


@pytest.mark.slow
def test_the_demo_can_be_repeated_elsewhere_and_in_norwegian(treue):
    for _ in range(2):
        done = treue("demo", "prøve", "--language", "nb", "--quiet", "--report-only")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert 'lang="nb' in (treue.folder / "prøve" / "report.html").read_text(encoding="utf-8")

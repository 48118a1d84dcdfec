"""The worker outlives what goes wrong around it, and nothing of a piece of work outlives the piece of work."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connections
from django.test.utils import override_settings

from treue.app.core import jobs, worker, workplace
from treue.app.core.models import Job
from treue.cli.application import room_at_home
from treue.engine.duckdb import DuckDBEngine


@pytest.fixture
def uploads(tmp_path):
    folder = tmp_path / "uploads"
    folder.mkdir()
    with override_settings(FILE_UPLOAD_TEMP_DIR=str(folder)):
        yield folder


@contextmanager
def working():
    """Let a worker work beside the test."""
    one = worker.Worker()

    def run():
        try:
            one.run()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        one.stop()
        thread.join(20)


def wait_for(what, seconds=30):
    until = time.monotonic() + seconds
    while not what() and time.monotonic() < until:
        time.sleep(0.05)
    return what()


def state(job):
    return Job.objects.get(pk=job.pk).state


def program(path, *lines):
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_process_that_cannot_be_begun_does_not_end_the_worker(
    real_database, uploads, monkeypatch, tmp_path, caplog
):
    monkeypatch.setattr(worker, "TROUBLE_SECONDS", 0.1)
    with working() as thread:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "executable", str(tmp_path / "no such program"))
            first = jobs.order("nothing", "1")
            assert wait_for(lambda: "background work stumbled" in caplog.text)
        assert thread.is_alive()
        assert state(first) == Job.State.RUNNING
        second = jobs.order("nothing", "2")
        assert wait_for(lambda: state(second) == Job.State.FAILED)
        assert "is no kind of work" in Job.objects.get(pk=second.pk).words


def test_what_a_killed_process_kept_is_removed(real_database, uploads, monkeypatch, tmp_path):
    told = tmp_path / "told"
    lines = (f'echo "$TMPDIR" > {told}.part', 'mkdir "$TMPDIR/treue-x"', 'echo lea > "$TMPDIR/treue-x/part"')
    killed = program(tmp_path / "python", *lines, f"mv {told}.part {told}", "kill -9 $$")
    monkeypatch.setattr(sys, "executable", killed)
    with working():
        jobs.order("nothing")
        assert wait_for(told.exists)
        folder = Path(told.read_text().strip())
        assert folder.parent == uploads
        assert wait_for(lambda: not folder.exists())


def test_what_ends_itself_is_not_tried_again_and_again(real_database, uploads, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", program(tmp_path / "python", "kill -ABRT $$"))
    with working():
        job = jobs.order("nothing")
        assert wait_for(lambda: state(job) == Job.State.FAILED)
    job.refresh_from_db()
    assert (job.attempts, job.words) == (1, worker.NO_MEMORY)


def test_what_a_killed_worker_left_is_swept_while_nobody_else_works(database, uploads):
    for name in ("treue-work-old", "treue-x"):
        (uploads / name).mkdir()
        (uploads / name / "part").write_text("lea")
    (uploads / "tmpabc.upload.csv").write_text("on its way")
    mine, other = jobs.order("nothing", "1"), jobs.order("nothing", "2")
    jobs.claim(other.pk)
    jobs.claim(mine.pk)
    workplace.sweep(mine.pk)
    assert (uploads / "treue-work-old" / "part").exists()
    jobs.finish(other.pk, Job.State.DONE)
    workplace.sweep(mine.pk)
    assert sorted(path.name for path in uploads.iterdir()) == ["tmpabc.upload.csv", "treue-x"]


def test_what_a_command_works_in_is_not_swept_and_what_it_left_when_it_was_killed_is(database, uploads):
    mine = jobs.order("nothing", "1")
    jobs.claim(mine.pk)
    with workplace.folder_for_command(uploads) as folder:
        workplace.sweep(mine.pk)
        assert folder.is_dir()
    assert not folder.exists()
    killed = (
        "import os; from pathlib import Path; from treue.app.core import workplace\n"
        f"with workplace.folder_for_command(Path({str(uploads)!r})): os._exit(1)"
    )
    assert subprocess.run([sys.executable, "-c", killed], check=False).returncode == 1
    assert len(list(uploads.iterdir())) == 1
    workplace.sweep(mine.pk)
    assert list(uploads.iterdir()) == []


def test_what_a_command_spills_lies_in_the_home_folder_and_goes_with_it(uploads):
    before = tempfile.gettempdir(), os.environ.get("TMPDIR")
    with room_at_home():
        with DuckDBEngine() as engine:
            told = engine.connection.execute("SELECT current_setting('temp_directory')").fetchone()
            assert Path(told[0]).is_relative_to(uploads)
        assert Path(os.environ["TMPDIR"]).parent == uploads
    assert list(uploads.iterdir()) == []
    assert (tempfile.gettempdir(), os.environ.get("TMPDIR")) == before


CHILD = """
import django, sys
django.setup()
from treue.app.core import jobs
jobs.register("slow", "slow_work:{function}")
from treue.app.__main__ import main
main()
"""


@contextmanager
def doing(function, tmp_path):
    """Do a piece of work in a process; gives the process, its work, and the folder that it has made."""
    job = jobs.order("slow")
    jobs.claim(job.pk)
    told = tmp_path / "told"
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    settings = {"DJANGO_SETTINGS_MODULE": "treue.app.settings", "PYTHONPATH": path, "TEST_TOLD": str(told)}
    command = [sys.executable, "-c", CHILD.format(function=function), "work", str(job.pk)]
    with subprocess.Popen(command, env={**os.environ, **settings}) as child:
        try:
            assert wait_for(lambda: told.exists() and told.read_text())
            yield child, job, Path(told.read_text())
        finally:
            child.kill()


@pytest.mark.parametrize("function", ["sleep", "count"])
def test_a_process_that_is_told_to_end_tidies_up_and_its_work_has_not_failed(
    real_database, tmp_path, function
):
    with doing(function, tmp_path) as (child, job, folder):
        assert folder.exists()
        time.sleep(0.3)
        child.terminate()
        assert child.wait(20) == worker.ENDED
    assert not folder.exists()
    assert state(job) == Job.State.RUNNING


@pytest.mark.parametrize("real_database", ["sqlite"], indirect=True)
def test_a_process_that_does_not_hear_it_is_ended_all_the_same(real_database, tmp_path):
    with doing("deaf", tmp_path) as (child, job, folder):
        child.terminate()
        assert child.wait(worker.LAST_SECONDS + 10) == -signal.SIGALRM
    shutil.rmtree(folder)
    assert state(job) == Job.State.RUNNING

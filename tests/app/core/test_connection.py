"""What every connection to SQLite keeps to, so that a loss of power loses nothing and a deleted row is gone."""

from __future__ import annotations

import sqlite3

import pytest
from django.db import connection, transaction
from django.test.utils import override_settings

from treue.app import environment
from treue.app.customers.importing.staging import Staging
from treue.app.customers.models import Customer
from treue.app.measuring.models import Run

KEPT = {"synchronous": 2, "journal_mode": "wal", "secure_delete": 1}
"""2 is FULL: each commit is on the disk before it is answered."""

pytestmark = pytest.mark.parametrize("real_database", ["sqlite"], indirect=True)


@pytest.fixture
def home(tmp_path):
    with override_settings(HOME=tmp_path / "home"):
        yield tmp_path / "home"


def told():
    with connection.cursor() as cursor:
        return {name: cursor.execute(f"PRAGMA main.{name}").fetchone()[0] for name in KEPT}


def test_the_description_of_a_new_installation_is_the_one_that_is_tried_here(
    real_database, tmp_path, monkeypatch
):
    monkeypatch.delenv("TREUE_DATABASE_URL", raising=False)
    assert environment.database(tmp_path) == environment.sqlite(tmp_path / "treue.sqlite3")
    monkeypatch.setenv("TREUE_DATABASE_URL", f"sqlite://{tmp_path}/other")
    assert environment.database(tmp_path) == environment.sqlite(tmp_path / "other")


def test_what_is_committed_is_on_the_disk_and_what_is_deleted_is_written_over(real_database):
    assert told() == KEPT
    connection.close()
    assert told() == KEPT


def test_a_connection_that_keeps_less_is_seen(real_database):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=OFF")
        cursor.execute("PRAGMA secure_delete=OFF")
    assert told() == {**KEPT, "synchronous": 0, "secure_delete": 0}


@pytest.mark.parametrize("purpose", ["import", "cycle"])
def test_it_keeps_to_that_while_waiting_rows_are_beside_it_and_after(real_database, home, purpose):
    with Staging(1, purpose) as staging:
        staging.ready()
        with connection.cursor() as cursor:
            beside = {row[1] for row in cursor.execute("PRAGMA database_list").fetchall()}
        assert f"{purpose}_1" in beside
        assert told() == KEPT
        with transaction.atomic():
            assert told() == KEPT
            Run.objects.create(version="1")
        assert told() == KEPT
    assert told() == KEPT
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_a_transaction_takes_its_lock_at_its_start(real_database):
    other = sqlite3.connect(connection.settings_dict["NAME"], timeout=0, isolation_level=None)
    try:
        with transaction.atomic():
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
            assert not Customer.objects.exists()
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    finally:
        other.close()

"""The change that leaves scores with fewer indexes makes their table anew once on SQLite, and no other table than before."""

from __future__ import annotations

from importlib import import_module

from django.core.management import call_command
from django.db import connection, migrations

from treue.app.core.backups import upgrade

CHANGE = import_module("treue.app.measuring.migrations.0008_fewer_indexes")
BEFORE, AFTER = [[("measuring", name)] for name in ("0007_stands", "0008_fewer_indexes")]


def tables():
    """Return what SQLite holds of scores: the columns in any order, and the indexes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'measuring_score'")
        rows = cursor.fetchall()
    return {(kind, name, *sorted((sql or "").split(", "))) for kind, name, sql in rows if kind != "table"} | {
        word.strip("()") for kind, _, sql in rows if kind == "table" for word in sql.split(", ")
    }


def changed(targets):
    with upgrade.all_or_nothing():
        return upgrade.change_to(targets)


def test_at_once_it_leaves_what_one_change_after_another_leaves(empty_database, monkeypatch):
    found = []
    for name, kind in (("once", CHANGE.AllAtOnce), ("each", migrations.SeparateDatabaseAndState)):
        with empty_database("sqlite", name):
            changed(BEFORE)
            monkeypatch.setattr(CHANGE.Migration, "operations", [kind(CHANGE.CHANGES, CHANGE.CHANGES)])
            assert changed(AFTER)[-1:] == ["measuring.0008_fewer_indexes"]
            found.append(tables())
    once, each = found
    assert once == each


def test_on_sqlite_it_makes_the_table_anew_once(empty_database, capsys):
    with empty_database("sqlite"):
        call_command("sqlmigrate", "measuring", "0008")
    assert capsys.readouterr().out.count('CREATE TABLE "new__measuring_score"') == 1

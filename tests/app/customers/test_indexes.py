"""What no question asks for costs nothing at each import."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import connection

from treue.app.core.backups.restore import bring_back
from treue.app.core.backups.upgrade import TooOld
from treue.cli.application import prepare_database


def codes_indexed(operators):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_indexes WHERE schemaname = current_schema() "
            "AND tablename LIKE 'customers\\_%%' AND indexdef LIKE %s",
            [f"%(code{operators})%"],
        )
        return {table for (table,) in cursor.fetchall()}


@pytest.mark.parametrize("database", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_numbers_have_one_index_and_none_of_patterns(database):
    # Those of credit notes are asked by how they begin.
    assert codes_indexed(" varchar_pattern_ops") == {"customers_return"}
    assert {"customers_purchase", "customers_customer", "customers_return"} <= codes_indexed("")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT 1 FROM customers_return r JOIN (VALUES ('credit:1')) s (code) "
            "ON r.code ~>=~ (s.code || ':') AND r.code ~<~ (s.code || ';')"
        )
        assert "Index Cond: ((code ~>=~" in str(cursor.fetchall())
        # The control: this is how Django makes one.
        cursor.execute("CREATE INDEX tried ON customers_purchase (code varchar_pattern_ops)")
        assert codes_indexed(" varchar_pattern_ops") == {"customers_purchase", "customers_return"}


def test_an_sqlite_without_trigrams_is_refused_in_a_sentence(empty_database, monkeypatch):
    with empty_database("sqlite") as home:
        with monkeypatch.context() as old:
            old.setattr("sqlite3.sqlite_version_info", (3, 31, 1))
            old.setattr("sqlite3.sqlite_version", "3.31.1")
            with pytest.raises(TooOld, match=r"SQLite 3\.31\.1, and Treue needs 3\.34 or .*nothing was"):
                prepare_database()
            with pytest.raises(TooOld):
                bring_back(home / "any.treue.zip")
        assert not list((home / "backups").glob("*"))
        assert prepare_database()


def test_indexes_of_an_earlier_form_go(database):
    change = import_module("treue.app.measuring.migrations.0012_fewer_still")
    with connection.cursor() as cursor:
        for name, column in (("score_first", "first_on"), ("score_silent", "silent_days")):
            cursor.execute(f"CREATE INDEX {name} ON measuring_score (run_id, {column}, customer_id)")
        for operation in change.Migration.operations * 2:
            cursor.execute(operation.sql)
        known = set(connection.introspection.get_constraints(cursor, "measuring_score"))
    assert not known & {"score_first", "score_silent"}
    assert "score_money" in known

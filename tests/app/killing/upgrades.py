"""A database in its first form, full of people, that is brought to the form of this version and killed at it."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from cases import Case
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections
from django.db.migrations import RunSQL
from first_form import columns, fill, leaves, told
from machine import BEGUN, WRITING

from treue.app.core.backups import shelf, upgrade
from treue.app.core.backups.dump import read_backup
from treue.app.core.backups.tables import applied
from treue.cli.application import prepare_database


def unknown():
    """Return the models that Django has not noted down, as it does after changes."""
    models = {(one._meta.app_label, one._meta.model_name) for one in apps.get_models()}
    return models - set(ContentType.objects.values_list("app_label", "model"))


class Upgrade(Case):
    """The upgrade of a small firm, as `treue serve` begins with it."""

    persons = 200
    marks = (WRITING,)
    finds_writing = False
    prepares_itself = True
    again_each = 10

    def __init__(self):
        fill(self.persons)
        self.columns = columns()
        self.before = told(self.columns)
        empty = [table for table, (count, _) in self.before.items() if not count]
        assert not empty, f"an upgrade could lose all of {empty}"
        self.first = applied(connection)
        self._keep()

    def _keep(self):
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._file = Path(connection.settings_dict["NAME"])
            shutil.copy(self._file, self._file.with_suffix(".first"))

    def _bring_back(self):
        if connection.vendor == "sqlite":
            connections.close_all()
            for path in self._file.parent.glob(f"{self._file.name}-*"):
                path.unlink()
            shutil.copy(self._file.with_suffix(".first"), self._file)
            return
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        fill(self.persons)
        self.before = told(self.columns)

    def prepare(self):
        if applied(connection) != self.first:
            self._bring_back()
        for path in shelf.folder().iterdir():
            path.unlink()

    def work(self, say):
        right = upgrade.change_to

        def change(targets=None):
            say(BEGUN)
            say(WRITING)
            return right(targets)

        upgrade.change_to = change
        prepare_database()

    def _changed(self):
        now = told(self.columns)
        return [f"rows of {table} changed" for table, rows in self.before.items() if now[table] != rows]

    def wrong(self, *, acknowledged):
        found = []
        now = applied(connection)
        if now != self.first and upgrade.pending():
            found.append("half")
        if acknowledged and now == self.first:
            found.append("acknowledged and lost")
        if now != self.first and unknown():
            found.append("models that Django does not know")
        found += self._changed()
        saved, least = shelf.backups(), sum(count for count, _ in self.before.values())
        if len(saved) != 1 or sum(one.rows for one in read_backup(saved[0]).tables) < least:
            found.append("no backup")
        return found

    def again(self):
        prepare_database()
        found = self._changed()
        if upgrade.pending():
            found.append("not upgraded")
        if unknown():
            found.append("models that Django does not know")
        return found

    def at_end(self):
        found = [*self.again(), *super().at_end()]
        if list((Path(os.environ["TREUE_HOME"]) / "backups").glob("*.part")):
            shelf.remove_halves(datetime.now(UTC))
        return found


class LargeUpgrade(Upgrade):
    """The same of a firm of ten thousand people."""

    persons = 10_000


class LosingUpgrade(Upgrade):
    """One of whose changes takes a row of every table that may lose one."""

    persons = 20

    def __init__(self):
        super().__init__()
        last = import_module("treue.app.customers.migrations.0013_promise_known").Migration
        last.operations = [
            *last.operations,
            *(
                RunSQL(f"DELETE FROM {table} WHERE {key} = (SELECT min({key}) FROM {table})")
                for table, key in leaves().items()
            ),
        ]


class CarelessUpgrade(Upgrade):
    """The same, each change a transaction of its own, as Django does it."""

    def work(self, say):
        @contextmanager
        def apart():
            connection.disable_constraint_checking()
            yield
            connection.enable_constraint_checking()

        upgrade.all_or_nothing = apart
        super().work(say)

    def again(self):
        return []

    def at_end(self):
        return []

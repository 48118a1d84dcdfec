"""A database in its first form, full of people, that is brought to the form of this version and killed at it."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cases import Case
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from machine import BEGUN, WRITING

from treue.app.core import audit
from treue.app.core.backups import shelf, upgrade
from treue.app.core.backups.dump import read_backup
from treue.app.core.backups.tables import applied
from treue.cli.application import prepare_database

FIRST = [("core", "0002_append_only"), ("customers", "0001_initial"), ("measuring", "0001_initial")]
MARKED = ("customers", "0002_blocked")
AT = datetime(2026, 1, 1, tzinfo=UTC)
CHANGED = {"customers_customer": {"search_text"}}
"""Columns that a change means to write anew."""
KEPT = (
    "customers_customer",
    "customers_contactpoint",
    "customers_consent",
    "customers_externalid",
    "customers_note",
    "core_auditentry",
    "core_audithead",
    "core_user",
)


def change_to(targets):
    with upgrade.all_or_nothing():
        upgrade.change_to(targets)


def fill(persons):
    """Bring an empty database to the first form and put people into it, with the words of that time."""
    change_to(FIRST)
    apps = MigrationExecutor(connection).loader.project_state(FIRST).apps

    def put(app, name, rows):
        apps.get_model(app, name).objects.bulk_create(
            (apps.get_model(app, name)(**row) for row in rows), batch_size=500
        )

    ids = range(1, persons + 1)
    user = {"id": 7, "password": "x", "email": "ines@firm.example", "name": "Ines", "role": "owner"}
    put("core", "User", [user])
    put(
        "customers",
        "Customer",
        (
            {
                "id": k,
                "code": f"k-{k}",
                "name": f"Lea {k}",
                "no_marketing": k % 3 == 0,
                "no_profiling": k % 7 == 0,
            }
            for k in ids
        ),
    )
    put("customers", "ExternalId", ({"customer_id": k, "value": f"k-{k}"} for k in ids))
    put(
        "customers",
        "ContactPoint",
        (
            {"customer_id": k, "kind": kind, "typed": text, "normal": text}
            for k in ids
            for kind, text in (("email", f"k{k}@firm.example"), ("phone", f"+47{k:08}"))
        ),
    )
    put(
        "customers",
        "Consent",
        (
            {
                "customer_id": k, "purpose": "news", "channel": "email", "given": k % 5 != 0, "at": AT,
                "proof": {"file": f"ä {k}", "share": 0.25}, "actor": "import:1",
            }
            for k in ids
        ),
    )  # fmt: skip
    put("customers", "Note", ({"customer_id": k, "text": f"called ☂ {k}", "actor": "user:7"} for k in ids))
    for k in range(min(persons, 200)):
        audit.write("customer.seen", by=audit.SYSTEM, subject=f"customer:{k}", detail={"share": 0.25})


def columns():
    """Return the columns of the tables that an upgrade leaves as they are."""
    with connection.cursor() as cursor:
        return {
            table: sorted(
                {one.name for one in connection.introspection.get_table_description(cursor, table)}
                - CHANGED.get(table, set())
            )
            for table in KEPT
        }


def told(wanted):
    """Return a sum over all rows of these columns, table by table."""
    found = {}
    with connection.cursor() as cursor:
        for table, names in wanted.items():
            key = "number" if table == "core_auditentry" else "id"
            cursor.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY {key}")
            rows = sha256()
            for row in cursor.fetchall():
                rows.update(repr(row).encode())
            found[table] = rows.hexdigest()
    return found


class Upgrade(Case):
    """The upgrade of a small firm, as `treue serve` begins with it."""

    persons = 200
    marks = (WRITING,)
    finds_writing = False

    def __init__(self):
        fill(self.persons)
        self.columns = columns()
        self.before = told(self.columns)
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

    def wrong(self, *, acknowledged):
        found = []
        now = applied(connection)
        if now != self.first and upgrade.pending():
            found.append("half")
        if acknowledged and now == self.first:
            found.append("acknowledged and lost")
        if told(self.columns) != self.before:
            found.append("rows changed")
        saved = shelf.backups()
        if len(saved) != 1 or sum(one.rows for one in read_backup(saved[0]).tables) < 6 * self.persons:
            found.append("no backup")
        return found

    def at_end(self):
        prepare_database()
        found = super().at_end()
        if upgrade.pending() or told(self.columns) != self.before:
            found.append("not upgraded, or rows changed")
        if list((Path(os.environ["TREUE_HOME"]) / "backups").glob("*.part")):
            shelf.remove_halves(datetime.now(UTC))
        return found


class LargeUpgrade(Upgrade):
    """The same of a firm of ten thousand people."""

    persons = 10_000


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

    def at_end(self):
        return []

"""Bring a backup back into an empty place, all of it or nothing, and compare what is there then."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from treue.app import environment
from treue.app.core import audit, erased_list, jobs
from treue.app.core.backups import encryption
from treue.app.core.backups.dump import Content, Manifest, lines_in, read_backup, table_of
from treue.app.core.backups.tables import Node, lines, stored
from treue.app.core.backups.upgrade import all_or_nothing, change_to, refuse_old_sqlite
from treue.app.core.models import Firm, Job, User
from treue.app.core.models.door import OneTimeLink, RecoveryCode
from treue.kernel.errors import Refused, TreueError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY_FILE: Final = "erasure-key"
ERASE_AGAIN: Final = "erase-again"
OF_FILES: Final = ("import", "import-reading")
BATCH: Final = 2_000
NOT_ROWS: Final = frozenset({"django_migrations", "django_content_type", "auth_permission"})


class NotTheSame(TreueError):
    """What was brought back is not what the backup holds; nothing was kept of it."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back.

    Parameters
    ----------
    manifest : Manifest
        What the backup says of itself.
    changes : list of str
        Changes of the database that this version made on top.
    accounts : list of User
        Whose accounts are open now; who left since the backup is among them.
    """

    manifest: Manifest
    changes: list[str]
    accounts: list[User]


def bring_back(path: Path, tell: Callable[[str, float], None] = lambda _words, _share: None) -> Restored:
    """Bring a backup back; the system is held afterwards, and nobody is logged in.

    Parameters
    ----------
    path : pathlib.Path
        The backup.
    tell : callable
        Takes what is being done and the share done.

    Returns
    -------
    Restored
        What was brought back.

    Raises
    ------
    Refused
        When the place is not empty, or the backup is of a later version.
    NotTheSame
        When a table is not as the backup has it.
    TooOld
        When SQLite is too old for this version.
    """
    refuse_old_sqlite()
    tell("reading the backup", 0.0)
    manifest = read_backup(path)
    _refuse_what_is_unknown(manifest)
    fresh = _refuse_what_is_not_empty(manifest)
    with zipfile.ZipFile(path) as archive:
        _bring_key(archive, manifest)
        _bring_marks(archive, manifest)
        if encryption.RECIPIENTS in manifest.home:
            encryption.keep(archive.read(f"home/{encryption.RECIPIENTS}"))
        with all_or_nothing():
            if fresh:
                change_to(_last_of_each(manifest.migrations))
            whole = max(manifest.rows, 1)
            done = 0
            for content in manifest.tables:
                tell(f"table {content.name}", 0.1 + 0.8 * done / whole)
                _fill(content, lines_in(archive, content))
                done += content.rows
            connection.check_constraints()
            tell("comparing", 0.9)
            for content in manifest.tables:
                _compare(content)
            _go_on_counting(manifest)
            changes = change_to()
            Firm.the()
            Firm.objects.filter(id=1).update(held=True)
            _settle_work()
            links, codes = _end_what_opens_once()
            jobs.order(ERASE_AGAIN)
            audit.write(
                "backup.restored",
                by=audit.COMMAND,
                detail={
                    "made_at": manifest.made_at,
                    "version": manifest.version,
                    "rows": manifest.rows,
                    "links_ended": links,
                    "recovery_codes_ended": codes,
                },
            )
            accounts = list(User.objects.filter(is_active=True).order_by("name", "pk"))
    return Restored(manifest, changes, accounts)


def _end_what_opens_once() -> tuple[int, int]:
    """End links and recovery codes: whatever was used since the backup would open an account a second time."""
    at = timezone.now()
    return (
        OneTimeLink.objects.filter(used_at=None).update(used_at=at),
        RecoveryCode.objects.filter(used_at=None).update(used_at=at),
    )


def _settle_work() -> None:
    """Let nobody wait for work that was under way: its process is elsewhere, and no backup holds the files of imports."""
    at = timezone.now()
    unfinished = Job.objects.filter(state__in=[Job.State.WAITING, Job.State.RUNNING])
    unfinished.filter(kind__in=OF_FILES).update(state=Job.State.CANCELLED, finished_at=at)
    unfinished.filter(state=Job.State.RUNNING).update(state=Job.State.WAITING)
    brought_in = apps.get_model("customers", "ImportedFile")._default_manager  # noqa: SLF001
    brought_in.filter(state__in=["uploaded", "running"]).update(state="cancelled", finished_at=at)


def _refuse_what_is_unknown(manifest: Manifest) -> None:
    known = MigrationLoader(connection).disk_migrations
    unknown = [f"{app}.{name}" for app, name in manifest.migrations if (app, name) not in known]
    if unknown:
        raise Refused(
            f"this backup was made by Treue {manifest.version}, which knows more ({unknown[0]}); update Treue first"
        )


def _refuse_what_is_not_empty(manifest: Manifest) -> bool:
    """Return whether there are no tables yet; refuse a place where something is."""
    with connection.cursor() as cursor:
        indexes = _indexes_that_are_tables(cursor)
        names = [
            name
            for name in connection.introspection.table_names(cursor)
            if name not in NOT_ROWS and not name.startswith(indexes)
        ]
        for name in names:
            cursor.execute(f'SELECT 1 FROM "{name}" LIMIT 1')
            if cursor.fetchone() is not None:
                raise Refused(
                    f"this system is not empty (table {name}): restore into a new home folder or a new database"
                )
    if not names:
        return True
    seen = set(MigrationLoader(connection).applied_migrations or ())
    if seen != set(manifest.migrations):
        raise Refused(
            "this database has tables of another version: restore into a new home folder or a new database"
        )
    return False


def _indexes_that_are_tables(cursor: Any) -> tuple[str, ...]:
    """Return with what the names begin of SQLite's indexes of texts and their parts: no rows of the firm."""
    if connection.vendor != "sqlite":
        return ()
    cursor.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'")
    return tuple(name for (name,) in cursor.fetchall())


def _last_of_each(migrations: list[Node]) -> list[Node]:
    """Return the changes after which no other of the same app was made."""
    loader, made = MigrationLoader(connection), set(migrations)
    return [
        node
        for node in migrations
        if not any(
            child.key in made and child.key[0] == node[0] for child in loader.graph.node_map[node].children
        )
    ]


def _bring_key(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Put the key of the marks of erased customers back; another installation's key is not overwritten."""
    if KEY_FILE not in manifest.home:
        return
    file = environment.private_folder(Path(settings.HOME)) / KEY_FILE
    content = archive.read(f"home/{KEY_FILE}")
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(content)
    except FileExistsError:
        if file.read_bytes().strip() != content.strip():
            raise Refused(
                f"{file} is the key of another installation: restore into a new home folder"
            ) from None


def _bring_marks(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Add the marks of erased customers that lay outside of the database to those that lie here."""
    if erased_list.LIST_FILE in manifest.home:
        found = archive.read(f"home/{erased_list.LIST_FILE}").decode("ascii").split()
        with erased_list.held(Path(settings.HOME)) as marks:
            marks.update(found)


def _fill(content: Content, given: Iterator[bytes]) -> None:
    table, vendor = table_of(content), connection.vendor
    makers = [(place, stored(kind, vendor)) for place, (_, kind) in enumerate(table.columns)]
    changing = [(place, maker) for place, maker in makers if maker is not None]

    def rows() -> Iterator[list[Any]]:
        for line in given:
            row = json.loads(line)
            for place, maker in changing:
                if row[place] is not None:
                    row[place] = maker(row[place])
            yield row

    names = ", ".join(f'"{name}"' for name, _ in table.columns)
    with connection.cursor() as cursor:
        if vendor == "postgresql":
            with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
                for row in rows():
                    copy.write_row(row)
            return
        places = ", ".join(["%s"] * len(table.columns))
        batch: list[list[Any]] = []
        statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({places})'
        for row in rows():
            batch.append(row)
            if len(batch) == BATCH:
                cursor.executemany(statement, batch)
                batch.clear()
        if batch:
            cursor.executemany(statement, batch)


def _compare(content: Content) -> None:
    count, digest = fingerprint(content)
    if (count, digest) != (content.rows, content.meaning):
        raise NotTheSame(
            f"table {content.name} came back with {count} rows that are not the {content.rows} of the backup; "
            "nothing was kept"
        )


def fingerprint(content: Content) -> tuple[int, str]:
    """Return how many rows a table of the database at hand has, and the digest of what they mean."""
    table, digest, count = table_of(content), sha256(), 0
    with connection.cursor() as cursor:
        cursor.execute(table.select(connection.vendor))
        for _, compared in lines(table, _in_batches(cursor)):
            digest.update(compared.encode() + b"\n")
            count += 1
    return count, digest.hexdigest()


def _in_batches(cursor: Any) -> Iterator[tuple[Any, ...]]:
    while batch := cursor.fetchmany(BATCH):
        yield from batch


def _go_on_counting(manifest: Manifest) -> None:
    """Let numbers go on behind the last that was given, so that none means two things in the audit log."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for content in manifest.tables:
                if content.numbered and content.last:
                    cursor.execute(
                        "SELECT setval(pg_get_serial_sequence(%s, %s)::regclass, %s)",
                        [f'"{content.name}"', content.key, content.last],
                    )
            return
        for content in manifest.tables:
            if content.numbered and content.last:
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [content.name])
                cursor.execute(
                    "INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [content.name, content.last]
                )

"""Write a backup: one file, made beside its name, read back, and only then given its name."""

from __future__ import annotations

import json
import os
import sqlite3
import zipfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from django.conf import settings
from django.db import connection
from django.utils import timezone

from treue.app import environment
from treue.app.core.backups import encryption
from treue.app.core.backups.tables import VERSION, Node, Table, applied, lines, schema
from treue.kernel.errors import Refused, WrongArgument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FORMAT: Final = 1
HOME_FILES: Final = ("erasure-key", "erased", encryption.RECIPIENTS)
"""Files of the home folder that go along: the marks of who was erased, their key, and whom backups are encrypted for."""
BATCH: Final = 5_000
LEVEL: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a backup says of one table.

    Parameters
    ----------
    name, columns, key, numbered
        See :class:`treue.app.core.backups.tables.Table`.
    rows : int
        How many.
    digest : str
        SHA-256 of the lines as they stand in the file.
    meaning : str
        SHA-256 of the lines as they are compared with a database.
    last : int or None
        The last number that the database gave, of a deleted row too.
    """

    name: str
    columns: list[list[str]]
    key: str
    numbered: bool
    rows: int
    digest: str
    meaning: str
    last: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself.

    Parameters
    ----------
    format : int
        Of the file.
    version : str
        Of Treue.
    made_at : str
        UTC instant.
    database : str
        ``sqlite`` or ``postgresql``; either can be brought back into the other.
    migrations : list of (str, str)
        The changes that the database had seen.
    tables : list of Content
        Parents first.
    home : dict of str to str
        Files of the home folder and their SHA-256.
    """

    format: int
    version: str
    made_at: str
    database: str
    migrations: list[Node]
    tables: list[Content]
    home: dict[str, str]

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(table.rows for table in self.tables)


def write_backup(path: Path, tell: Callable[[str, float], None] = lambda _words, _share: None) -> Manifest:
    """Write everything that the database holds at one instant, whoever writes meanwhile.

    It is encrypted where the home folder names keys for that (:mod:`treue.app.core.backups.encryption`).

    Parameters
    ----------
    path : pathlib.Path
        The file; it must not be there yet.
    tell : callable
        Takes what is being done and the share done.

    Returns
    -------
    Manifest
        What is in it, as it was read back.

    Raises
    ------
    WrongArgument
        When there is such a file, the folder cannot be written to, or what should be a public key is none.
    Refused
        When there is nothing to back up, or the file does not hold what was written.
    """
    if path.exists():
        raise WrongArgument(f"{path} is there already; give another name")
    keys = encryption.recipients()
    tables = schema(connection) if applied(connection) else []
    if not tables:
        raise Refused("this database is empty: there is nothing to back up")
    # What can be read by anybody does not go where a copy of the encrypted file goes.
    beside = environment.private_folder(Path(settings.HOME) / "backups") if keys else path.parent
    part = beside / f"{path.name}.part"
    part.unlink(missing_ok=True)
    try:
        made = _write_part(part, tables, tell)
        tell("reading it back", 0.8)
        if read_backup(part) != made:
            raise Refused("the backup does not hold what was written: the disk is not to be trusted")
        if keys:
            tell("encrypting it", 0.9)
            _encrypt(part, path, keys)
        else:
            part.replace(path)
    finally:
        # Whatever stopped it: what can be read by anybody does not stay.
        part.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    return made


def _write_part(part: Path, tables: list[Table], tell: Callable[[str, float], None]) -> Manifest:
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            with (
                zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive,
                snapshot() as snap,
            ):
                made = _write(archive, tables, snap, tell)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise WrongArgument(f"{part} cannot be written: {error.strerror}") from error
    return made


def _encrypt(plain: Path, path: Path, keys: list[Any]) -> None:
    """Encrypt a backup to its place."""
    part = path.with_name(f"{path.name}.encrypted.part")
    try:
        encryption.encrypt(plain, part, keys)
        part.replace(path)
    except OSError as error:
        raise WrongArgument(f"{part} cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


def _write(
    archive: zipfile.ZipFile,
    tables: list[Table],
    snap: Snapshot,
    tell: Callable[[str, float], None],
) -> Manifest:
    contents = []
    for place, table in enumerate(tables):
        tell(f"table {table.name}", 0.8 * place / len(tables))
        digest, meaning, count = sha256(), sha256(), 0
        with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as out:
            for line, compared in lines(table, snap.rows(table)):
                written = line.encode() + b"\n"
                out.write(written)
                digest.update(written)
                meaning.update(written if compared is line else compared.encode() + b"\n")
                count += 1
        contents.append(
            Content(
                name=table.name,
                columns=[list(column) for column in table.columns],
                key=table.key,
                numbered=table.numbered,
                rows=count,
                digest=digest.hexdigest(),
                meaning=meaning.hexdigest(),
                last=snap.last(table) if table.numbered else None,
            )
        )
    home = {}
    for name in HOME_FILES:
        file = Path(settings.HOME) / name
        if file.exists():
            content = file.read_bytes()
            archive.writestr(f"home/{name}", content)
            home[name] = sha256(content).hexdigest()
    made = Manifest(
        format=FORMAT,
        version=VERSION,
        made_at=timezone.now().isoformat(),
        database=connection.vendor,
        migrations=applied(connection),
        tables=contents,
        home=home,
    )
    archive.writestr("manifest.json", json.dumps(asdict(made), indent=1))
    return made


class Snapshot:
    """The database at one instant, read past Django so that nobody who writes has to wait.

    Parameters
    ----------
    raw : Any
        A connection in a transaction that sees one instant.
    vendor : str
        Of which database.
    """

    def __init__(self, raw: Any, vendor: str) -> None:
        self._raw = raw
        self._vendor = vendor

    def rows(self, table: Table) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a table in order of their key."""
        named = {"name": f"backup_{table.name}"} if self._vendor == "postgresql" else {}
        cursor = self._raw.cursor(**named)
        cursor.execute(table.select(self._vendor))
        while batch := cursor.fetchmany(BATCH):
            yield from batch
        cursor.close()

    def last(self, table: Table) -> int | None:
        """Return the last number that the database gave in a table, of a deleted row too."""
        cursor = self._raw.cursor()
        if self._vendor == "postgresql":
            cursor.execute(
                "SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, %s)::regclass)",
                [f'"{table.name}"', table.key],
            )
        else:
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", [table.name])
        found = cursor.fetchone()
        cursor.close()
        return int(found[0]) if found and found[0] is not None else None


@contextmanager
def snapshot() -> Iterator[Snapshot]:
    """Give the database at one instant."""
    if connection.vendor == "sqlite":
        address = f"file:{quote(str(connection.settings_dict['NAME']))}?mode=ro"
        raw = sqlite3.connect(address, uri=True, isolation_level=None, timeout=30)
        try:
            raw.execute("BEGIN")
            raw.execute("SELECT count(*) FROM django_migrations").fetchone()
            yield Snapshot(raw, "sqlite")
        finally:
            raw.close()
        return
    import psycopg

    given = connection.settings_dict
    with psycopg.connect(
        dbname=given["NAME"],
        user=given["USER"] or None,
        password=given["PASSWORD"] or None,
        host=given["HOST"] or None,
        port=given["PORT"] or None,
        **given["OPTIONS"],
    ) as raw_postgres:
        raw_postgres.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        raw_postgres.read_only = True
        yield Snapshot(raw_postgres, "postgresql")


def read_backup(path: Path) -> Manifest:
    """Read a backup through, every row of it, and return what it says of itself.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    Manifest
        Of which all counts and digests were found right.

    Raises
    ------
    WrongArgument
        When it is no backup, not whole, or from a later version.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            told = json.loads(archive.read("manifest.json"))
            if told.get("format") != FORMAT:
                raise WrongArgument(
                    f"{path.name} was made by a later version ({told.get('version')}); update Treue first"
                )
            made = _manifest(told)
            for content in made.tables:
                if digest_in(archive, content) != (content.rows, content.digest):
                    raise WrongArgument(
                        f"{path.name} is damaged: table {content.name} is not as it was written"
                    )
            for name, digest in made.home.items():
                if sha256(archive.read(f"home/{name}")).hexdigest() != digest:
                    raise WrongArgument(f"{path.name} is damaged: file {name} is not as it was written")
    except FileNotFoundError as error:
        raise WrongArgument(f"{path} is not there; check the spelling of the path") from error
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError, TypeError) as error:
        if isinstance(error, WrongArgument):
            raise
        raise WrongArgument(f"{path.name} is no backup of Treue, or is damaged") from error
    return made


def _manifest(told: dict[str, Any]) -> Manifest:
    return Manifest(
        **{
            **told,
            "migrations": [(app, name) for app, name in told["migrations"]],
            "tables": [Content(**table) for table in told["tables"]],
        }
    )


def table_of(content: Content) -> Table:
    """Return the table that a backup tells of."""
    return Table(
        content.name, tuple((name, kind) for name, kind in content.columns), content.key, content.numbered
    )


def lines_in(archive: zipfile.ZipFile, content: Content) -> Iterator[bytes]:
    """Yield the lines of a table of a backup."""
    with archive.open(f"tables/{content.name}.jsonl") as file:
        yield from file


def digest_in(archive: zipfile.ZipFile, content: Content) -> tuple[int, str]:
    """Return how many rows of a table a backup holds, and the digest of their lines."""
    digest, count = sha256(), 0
    for line in lines_in(archive, content):
        digest.update(line)
        count += 1
    return count, digest.hexdigest()

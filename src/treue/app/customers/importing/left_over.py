"""What killed imports have left waiting: a file beside SQLite, tables in PostgreSQL; both name people."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import OperationalError, connection, transaction

from treue.app.core import jobs
from treue.app.customers.importing.places import remove_staging
from treue.app.customers.importing.targets import TARGETS
from treue.app.customers.models import ImportedFile

if TYPE_CHECKING:
    from datetime import datetime

log = logging.getLogger("treue.imports")

IMPORT: Final = "import"
LONGEST: Final = timedelta(days=1)
"""A command brings files in without a piece of work; so long it may take."""
PATIENCE: Final = "2s"
"""So long PostgreSQL waits for whoever reads a waiting table; the night tries again."""
IN_USE: Final = "55P03"
WAITING: Final = re.compile(
    f"import_([0-9]+)_({'|'.join(['people', 'told', 'found', *(target.table for target in TARGETS)])})"
)


def remove_waiting(number: int) -> None:
    """Remove what a killed import has left waiting.

    Parameters
    ----------
    number : int
        Of the imported file; nobody brings it in at this moment.
    """
    remove_staging(number)
    for name, whose in _tables():
        if whose == number:
            _drop(name)


def remove_all_waiting(now: datetime) -> int:
    """Remove what waits of every import that nobody goes on with.

    Parameters
    ----------
    now : datetime
        The instant.

    Returns
    -------
    int
        Of how many imports something was removed.
    """
    numbers = {whose for _, whose in _tables()} | _files()
    left = [number for number in sorted(numbers) if not _goes_on(number, now)]
    for number in left:
        remove_waiting(number)
    return len(left)


def _goes_on(number: int, now: datetime) -> bool:
    if jobs.unfinished(IMPORT, f"import:{number}") is not None:
        return True
    running = ImportedFile.objects.filter(pk=number, state=ImportedFile.State.RUNNING)
    return running.filter(created_at__gt=now - LONGEST).exists()


def _files() -> set[int]:
    """Return of which imports something lies beside SQLite."""
    found = (Path(settings.HOME) / "imports").glob("import_*.staging*")
    return {int(number) for path in found if (number := path.name[7:].partition(".")[0]).isdigit()}


def _tables() -> list[tuple[str, int]]:
    """Return the tables that wait in PostgreSQL, and the number of the file of each."""
    if connection.vendor == "sqlite":
        return []
    with connection.cursor() as cursor:
        # Only what is not logged is a waiting table: a database that others use too may have names like ours.
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = current_schema() AND c.relkind = 'r' AND c.relpersistence = 'u'"
        )
        names = [name for (name,) in cursor.fetchall()]
    return [(name, int(match[1])) for name in names if (match := WAITING.fullmatch(name))]


def _drop(name: str) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            cursor.execute(f'DROP TABLE IF EXISTS "{name}"')
            cursor.execute("SET LOCAL lock_timeout = DEFAULT")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != IN_USE:
            raise
        log.warning("the waiting table %s is in use; it is removed in a following night", name)

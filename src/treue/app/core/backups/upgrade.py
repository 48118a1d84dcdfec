"""Change the database as a whole or not at all."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

from django.core.management.sql import emit_post_migrate_signal
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from treue.kernel.errors import TreueError

if TYPE_CHECKING:
    from collections.abc import Iterator

OLDEST_SQLITE: Final = (3, 34)
"""The first that has an index of trigrams."""


class TooOld(TreueError):
    """The SQLite at hand is older than what the tables need."""


@contextmanager
def all_or_nothing() -> Iterator[None]:
    """Let changes of tables happen in one transaction, one process at a time.

    Whatever ends it, an error or the power, leaves the database as it was.
    """
    # SQLite's way of changing tables wants foreign keys off, and takes no word for it inside a transaction.
    connection.disable_constraint_checking()
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('treue.upgrade'))")
            yield
            connection.check_constraints()
    finally:
        connection.enable_constraint_checking()


def refuse_old_sqlite() -> None:
    """Refuse an SQLite that has no index of trigrams, before anything is changed or written.

    Raises
    ------
    TooOld
        When the database is one of SQLite, and the library at hand is too old.
    """
    if connection.vendor == "sqlite" and sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise TooOld(
            f"this Python brings SQLite {sqlite3.sqlite_version}, and Treue needs 3.34 or later: take a Python with "
            "a newer one, or a PostgreSQL database by TREUE_DATABASE_URL; nothing was changed"
        )


def pending() -> list[str]:
    """Return the names of the changes that this version wants and the database has not seen."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def change_to(targets: list[tuple[str, str]] | None = None) -> list[str]:
    """Make changes up to some, or all that this version wants; call it inside :func:`all_or_nothing`.

    Parameters
    ----------
    targets : list of (str, str), optional
        The last change of each app. Default: the newest.

    Returns
    -------
    list of str
        Names of the changes made.
    """

    def settle(step: str, *_: Any) -> None:
        if step == "apply_success" and connection.vendor == "postgresql":
            # PostgreSQL changes no table on which checks of rows are still waiting.
            connection.check_constraints()

    executor = MigrationExecutor(connection, cast("Any", settle))
    wanted = targets or executor.loader.graph.leaf_nodes()
    plan = executor.migration_plan(wanted)
    executor.migrate(wanted, plan=plan)
    if targets is None:
        # What Django notes down after changes comes with them: who was killed before it would never come back to it.
        emit_post_migrate_signal(verbosity=0, interactive=False, db=connection.alias)
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]

"""Start Django for a command, in the home folder that the command names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from treue.kernel.errors import TreueError

Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="FOLDER",
        help="Where the application keeps its database and files. Default: TREUE_HOME, else a folder of this account.",
        show_default=False,
    ),
]


class NotInstalled(TreueError):
    """The application's parts are not installed."""


def open_application(home: Path | None) -> None:
    """Set Django up for this process.

    Parameters
    ----------
    home : Path or None
        The home folder; None takes what the environment says.

    Raises
    ------
    NotInstalled
        When the application's dependencies are missing.
    """
    if home is not None:
        os.environ["TREUE_HOME"] = str(home.expanduser().absolute())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "treue.app.settings")
    try:
        import django
    except ImportError as error:
        raise NotInstalled(
            "the application needs more than the library: install it with pip install 'treue[app]'"
        ) from error
    django.setup()


def prepare_database() -> list[str]:
    """Bring the database to the form that this version needs.

    Returns
    -------
    list of str
        Names of the changes made; empty where nothing had to change.
    """
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        call_command("migrate", verbosity=0, interactive=False)
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]

"""Start Django for a command, in the home folder that the command names."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from treue.kernel.errors import Refused, TreueError

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def refuse_another_form() -> None:
    """Refuse to read a database that is not in the form of this version.

    Raises
    ------
    Refused
        With what brings it there.
    """
    from treue.app.core.backups import upgrade

    if upgrade.pending():
        raise Refused("the database is not in the form of this version; treue serve brings it there")


@contextmanager
def room_at_home() -> Iterator[None]:
    """Let what a command keeps for a while lie in the home folder: the system's temporary folder may be memory."""
    from django.conf import settings

    from treue.app.core import workplace

    before = tempfile.tempdir, os.environ.get("TMPDIR")
    with workplace.folder_for_command(Path(settings.FILE_UPLOAD_TEMP_DIR)) as folder:
        tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
        try:
            yield
        finally:
            tempfile.tempdir = before[0]
            if before[1] is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = before[1]


class UpgradeFailed(TreueError):
    """The database could not be brought to the form that this version needs; it is as it was before."""


def prepare_database() -> list[str]:
    """Bring the database to the form that this version needs, after a backup where anything is in it.

    Returns
    -------
    list of str
        Names of the changes made; empty where nothing had to change.

    Raises
    ------
    UpgradeFailed
        When a change failed; the database is as it was.
    TooOld
        When SQLite is too old for this version.
    """
    from treue.app.core.backups import upgrade

    upgrade.refuse_old_sqlite()
    if not upgrade.pending():
        return []
    saved = _backup_before_upgrade()
    try:
        with upgrade.all_or_nothing():
            made = upgrade.change_to()
    except Exception as error:
        from treue import __version__

        back = f"; the backup {saved} is whole too" if saved else ""
        raise UpgradeFailed(
            f"the database could not be brought to the form of Treue {__version__} ({error}); it is as it was: "
            f"go on with the version you had{back}, and report this"
        ) from error
    return made


def _backup_before_upgrade() -> Path | None:
    """Make a backup where there is anything to lose; the five newest of this kind are kept."""
    from django.db import connection
    from django.utils import timezone

    from treue.app.core.backups import shelf, tables
    from treue.app.core.backups.dump import write_backup

    if not tables.holds_anything(connection):
        return None
    now = timezone.now()
    shelf.remove_halves(now)
    path = shelf.folder() / shelf.name_for(now, shelf.UPGRADE)
    write_backup(path)
    shelf.keep_newest(shelf.UPGRADE, shelf.KEPT_UPGRADES)
    return path

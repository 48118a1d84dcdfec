"""Where backups lie, which there are, and how old they are."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import chain, count
from pathlib import Path
from typing import Final

from django.conf import settings

from treue.app import environment
from treue.app.core.backups import encryption

ENDING: Final = ".treue.zip"
ENCRYPTED: Final = f"{ENDING}.age"
UPGRADE: Final = "before-upgrade-"
NIGHT: Final = "nightly-"
BY_HAND: Final = "treue-"
KEPT_UPGRADES: Final = 5
SILENT_FOR: Final = timedelta(hours=1)
"""A half to which nothing was added for so long has nobody who writes it."""


def folder() -> Path:
    """Return the folder of backups in the home folder."""
    return environment.private_folder(Path(settings.HOME) / "backups")


def name_for(now: datetime, occasion: str = BY_HAND) -> str:
    """Return the name of a backup that is made now; no other has it, and none that is being written."""
    name = f"{occasion}{now.astimezone(UTC):%Y-%m-%d-%H%M%S}"
    ending = ENCRYPTED if encryption.recipients() else ENDING
    there = {path.name.removesuffix(".part") for path in folder().iterdir()}
    further = (f"{name}-{number}{ending}" for number in count(2))
    return next(one for one in chain([f"{name}{ending}"], further) if one not in there)


def backups() -> list[Path]:
    """Return the backups in the home folder, the newest first."""
    found = [path for path in folder().iterdir() if path.name.endswith((ENDING, ENCRYPTED))]
    return sorted(found, key=lambda path: (path.stat().st_mtime, path.name), reverse=True)


def made_at(path: Path) -> datetime:
    """Return when a backup was finished."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def older_than(days: int, now: datetime) -> list[Path]:
    """Return the backups that lie there for longer than they may."""
    return [path for path in backups() if made_at(path) < now - timedelta(days=days)]


def remove(paths: list[Path]) -> int:
    """Remove backups with what was noted about them; returns how many."""
    for path in paths:
        path.unlink(missing_ok=True)
        note_of(path).unlink(missing_ok=True)
    return len(paths)


def note_of(path: Path) -> Path:
    """Return the file that says when a backup was last brought back to try it."""
    return path.with_name(f"{path.name}.tried")


def keep_newest(occasion: str, most: int) -> int:
    """Remove all but the newest backups of an occasion; returns how many."""
    return remove([path for path in backups() if path.name.startswith(occasion)][most:])


def remove_halves(now: datetime) -> None:
    """Remove what a killed backup left behind; one that is being written stays."""
    for path in folder().glob("*.part"):
        with suppress(FileNotFoundError):  # another may just have given it its name
            if made_at(path) < now - SILENT_FOR:
                path.unlink()

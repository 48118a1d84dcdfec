"""Where a piece of work keeps what it needs for a while: in the home folder, and no longer than it is done."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

BEGINNING: Final = "treue-work-"
"""How the names of these folders begin; files that people send are called otherwise."""


@contextmanager
def folder_for(job_id: int) -> Iterator[str]:
    """Give a folder to a piece of work that was claimed; it is gone afterwards, also when its doer was killed.

    It lies in the home folder: an ordinary temporary folder may be memory, and others may have theirs there.

    Parameters
    ----------
    job_id : int
        The piece of work.
    """
    sweep(job_id)
    with tempfile.TemporaryDirectory(
        prefix=BEGINNING, dir=settings.FILE_UPLOAD_TEMP_DIR, ignore_cleanup_errors=True
    ) as folder:
        yield folder


@contextmanager
def folder_for_command(where: Path) -> Iterator[Path]:
    """Give a folder to a command; a worker that looks for what others left does not take it from under its hands.

    Parameters
    ----------
    where : pathlib.Path
        In which folder; that of uploads in the home folder.
    """
    with tempfile.TemporaryDirectory(prefix=BEGINNING, dir=where) as name:
        held = os.open(name, os.O_RDONLY)
        try:
            # It ends with the command, however that ends.
            fcntl.flock(held, fcntl.LOCK_SH)
            yield Path(name)
        finally:
            os.close(held)


def sweep(job_id: int) -> None:
    """Remove what is left of pieces of work whose worker was killed with them, while nobody else works.

    Parameters
    ----------
    job_id : int
        The piece of work that was claimed and has not begun.
    """
    from treue.app.core.models import Job  # a command needs a folder before it knows which database

    # Looked for first: whoever begins meanwhile makes a folder that is not among these.
    left = list(Path(settings.FILE_UPLOAD_TEMP_DIR).glob(f"{BEGINNING}*"))
    if left and not Job.objects.filter(state=Job.State.RUNNING).exclude(id=job_id).exists():
        for folder in left:
            if not _in_use(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _in_use(folder: Path) -> bool:
    """Whether somebody holds it; a folder that cannot be asked is left alone, so that no work waits for it."""
    try:
        held = os.open(folder, os.O_RDONLY)
    except OSError:
        return True
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(held)
    return False

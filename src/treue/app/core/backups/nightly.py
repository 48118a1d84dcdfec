"""A backup each night, made by the worker; only the newest few are kept."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from treue.app.core.backups import encryption, shelf
from treue.app.core.backups.dump import write_backup
from treue.kernel.errors import Refused
from treue.kernel.language import message

if TYPE_CHECKING:
    from treue.app.core.jobs import Working

FULL = message("There was no backup tonight: the disk has too little room for one more.")


def work(working: Working) -> None:
    """Make tonight's backup, then remove the oldest beyond as many as are to be kept.

    Raises
    ------
    Refused
        When the disk would be all but full with one as large as the last.
    """
    now = timezone.now()
    shelf.remove_halves(now)
    if not settings.NIGHTLY_BACKUPS:
        return
    last = next((path.stat().st_size for path in shelf.backups()), 0)
    # Where it is encrypted it lies there readable, too, until that is done.
    if shutil.disk_usage(shelf.folder()).free < (3 if encryption.recipients() else 2) * last:
        raise Refused(FULL)
    write_backup(shelf.folder() / shelf.name_for(now, shelf.NIGHT), working.tell)
    shelf.keep_newest(shelf.NIGHT, settings.NIGHTLY_BACKUPS)

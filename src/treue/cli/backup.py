"""``treue backup``: everything the application keeps, as one file that was read back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from treue.cli import options, output
from treue.cli.application import Home, open_application
from treue.cli.failure import DONE


def backup(
    *,
    home: Home = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="FILE",
            help="The file to write. Default: a new one in the folder backups of the home folder.",
            show_default=False,
        ),
    ] = None,
    new_key: Annotated[
        Path | None,
        typer.Option(
            "--new-key",
            metavar="FILE",
            help="Make a key, write it into this file, and encrypt this and every later backup for it.",
            show_default=False,
        ),
    ] = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,  # noqa: ARG001  (read before the options are)
) -> int:
    """Write everything the application keeps into one file, while it goes on working."""
    open_application(home)
    from django.utils import timezone

    from treue.app.core.backups import encryption, shelf
    from treue.app.core.backups.dump import write_backup

    if new_key:
        encryption.new_key(new_key.expanduser().absolute())
    now = timezone.now()
    shelf.remove_halves(now)
    path = to or shelf.folder() / shelf.name_for(now)
    with output.progress(quiet=quiet) as tell:
        made = write_backup(path.expanduser().absolute(), tell)
    if not quiet:
        output.say(f"Backup     {path}, {made.rows:,} rows in {len(made.tables)} tables, read back and right")
        if new_key:
            output.say(
                f"Key        {new_key} opens it, and every backup from now on. Put it into a safe place"
            )
            output.say("           off this machine: without it no backup can be read.")
        elif encryption.is_encrypted(path):
            output.say("           It is encrypted: only the secret key opens it.")
        else:
            output.say(
                "           It holds persons: keep it where only you can read it, or encrypt from now on"
            )
            output.say("           with `treue backup --new-key FILE`.")
        asks = f" --key {new_key or 'FILE'}" if encryption.is_encrypted(path) else ""
        output.say(
            f"           `treue restore {path} --try{asks}` brings it back into a place that is thrown away."
        )
    return DONE

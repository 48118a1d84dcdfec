"""``treue restore``: bring a backup back into an empty place, or only try whether it would come back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from treue.cli import options, output
from treue.cli.application import Home, open_application
from treue.cli.failure import DONE
from treue.kernel.errors import Refused, WrongArgument


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.", show_default=False)],
    *,
    home: Home = None,
    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            metavar="URL",
            help="An empty database, as postgresql://user:password@host:port/name. Default: TREUE_DATABASE_URL, "
            "else SQLite in the home folder.",
            show_default=False,
        ),
    ] = None,
    erased: Annotated[
        Path | None,
        typer.Option(
            "--erased",
            metavar="FILE",
            help="A later list of erased customers: the file erased of the home folder that was lost.",
            show_default=False,
        ),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(
            "--key",
            metavar="FILE",
            help="The file of the secret key that opens an encrypted backup.",
            show_default=False,
        ),
    ] = None,
    only_try: Annotated[
        bool,
        typer.Option(
            "--try", help="Bring it back into a place that is thrown away, and note that it came back."
        ),
    ] = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,  # noqa: ARG001  (read before the options are)
) -> int:
    """Bring a backup back into an empty place; nothing leaves it until an owner releases it."""
    path = file.expanduser().absolute()
    secret = key.expanduser().absolute() if key else None
    if only_try:
        return _try(path, secret, home, quiet=quiet)
    if database is not None:
        os.environ.pop("TREUE_DATABASE_URL_FILE", None)
        os.environ["TREUE_DATABASE_URL"] = database
    open_application(home)
    from treue.app.core.backups.encryption import readable
    from treue.app.core.backups.restore import bring_back
    from treue.app.customers import suppression
    from treue.app.privacy import services

    with output.progress(quiet=quiet) as tell, readable(path, secret) as plain:
        done = bring_back(plain, tell)
        suppression.forget_key()
        tell("erasing again", 0.95)
        again = services.erase_again(_marks(erased))
    if not quiet:
        output.say(
            f"Restored   {done.manifest.rows:,} rows of {done.manifest.made_at[:16]} UTC, each compared"
        )
        if again:
            output.say(f"Erased     {again} customers again, who were erased after this backup")
        output.say("Held       nothing leaves this system until an owner releases it under Settings;")
        output.say("           everybody logs in anew. `treue doctor` says what to look at.")
        output.say("Ended      links for a password, and recovery codes: who needs some makes new ones")
        output.say(
            f"Open       {output.counted(len(done.accounts), 'account', 'accounts')}, as in the backup:"
        )
        for account in done.accounts:
            output.say(f"           {account.name} <{account.email}>, {account.role}")
        output.say("           Close who left since the backup under Settings, People.")
    return DONE


def _marks(erased: Path | None) -> list[str]:
    if erased is None:
        return []
    marks = erased.expanduser().read_text(encoding="ascii", errors="replace").split()
    if not all(len(mark) == 64 and set(mark) <= set("0123456789abcdef") for mark in marks):
        raise WrongArgument(
            f"{erased} is no list of erased customers; it is the file erased of a home folder"
        )
    return marks


def _try(path: Path, key: Path | None, home: Path | None, *, quiet: bool) -> int:
    from treue.app import environment as app_environment
    from treue.app.core import workplace

    began = time.monotonic()
    # An ordinary temporary folder may be memory, or a disk that nobody encrypted.
    place = home.expanduser().absolute() if home else app_environment.home()
    uploads = app_environment.private_folder(app_environment.private_folder(place) / "uploads")
    # Whichever way the real database is named, the trial does not come near it.
    named = {"TREUE_DATABASE_URL", "TREUE_DATABASE_URL_FILE"}
    environment = {name: text for name, text in os.environ.items() if name not in named}
    with workplace.folder_for_command(uploads) as folder:
        command = [
            sys.executable,
            "-P",
            "-m",
            "treue.cli",
            "restore",
            str(path),
            "--home",
            str(folder),
            "--quiet",
        ]
        command += ["--key", str(key)] if key else []
        environment["TMPDIR"] = str(folder)
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603
    if done.returncode != 0:
        raise Refused(f"this backup does not come back: {done.stderr.strip().removeprefix('treue: ')}")
    seconds = time.monotonic() - began
    note = path.with_name(f"{path.name}.tried")
    note.write_text(json.dumps({"at": datetime.now(UTC).isoformat(), "seconds": round(seconds, 1)}), "utf-8")
    if not quiet:
        output.say(f"Came back  {path.name}, every row as it was, in {seconds:.0f} s")
    return DONE

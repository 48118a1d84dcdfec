"""``treue doctor``: what is configured, what is not, what deserves a look, and the next command."""

from __future__ import annotations

from pathlib import Path

import typer

from treue.app import environment
from treue.cli import options
from treue.cli.application import Home, open_application
from treue.cli.failure import DONE

LOOK = 1
MARKS = {"ok": "ok  ", "note": "note", "look": "LOOK"}
WIDTH = 16


def doctor(
    *,
    home: Home = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,  # noqa: ARG001  (read before the options are)
) -> int:
    """Say what is configured, what is not, what deserves a look, and what to do next."""
    # Asked first: whoever opens the application makes its home folder, a key and a database there.
    if missing := what_is_missing(home):
        _say("look", "home folder", *missing)
        return LOOK
    open_application(home)
    from treue.app.privacy.doctor import findings

    status = DONE
    for one in findings():
        if one.level == "look":
            status = LOOK
        elif quiet:
            continue
        _say(one.level, one.about, one.text, one.todo)
    return status


def what_is_missing(home: Path | None) -> tuple[str, str] | None:
    """Look whether an installation is there at all, and make nothing.

    Parameters
    ----------
    home : Path or None
        The home folder; None takes what the environment says.

    Returns
    -------
    tuple of str or None
        What is missing and what to do; None where there is something to look at.
    """
    folder = environment.home() if home is None else home.expanduser().absolute()
    found = environment.database(folder)
    file = Path(found["NAME"]) if found["ENGINE"].endswith("sqlite3") else None
    try:
        if file.exists() if file else folder.exists():
            return None
        empty = not folder.exists() or not any(folder.iterdir())
    except OSError:
        return None
    serve = "treue serve" if home is None else f"treue serve --home {folder}"
    if empty:
        return f"nothing is in {folder} yet", f"{serve} begins; treue demo shows an invented firm"
    return (
        f"no database is in {folder}: {file} is not there",
        f"treue restore FILE brings a backup back; else {serve} begins anew",
    )


def _say(level: str, about: str, text: str, todo: str) -> None:
    typer.echo(f"{MARKS[level]}  {about:<{WIDTH}} {text}")
    if todo:
        typer.echo(f"{'':<6}{'':<{WIDTH}} → {todo}")

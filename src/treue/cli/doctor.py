"""``treue doctor``: what is configured, what is not, what deserves a look, and the next command."""

from __future__ import annotations

import typer

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
    open_application(home)
    from treue.app.privacy.doctor import findings

    status = DONE
    for one in findings():
        if one.level == "look":
            status = LOOK
        elif quiet:
            continue
        typer.echo(f"{MARKS[one.level]}  {one.about:<{WIDTH}} {one.text}")
        if one.todo:
            typer.echo(f"{'':<6}{'':<{WIDTH}} → {one.todo}")
    return status

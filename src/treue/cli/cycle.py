"""``treue cycle``: compute figures and scores of the application now."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from treue.cli import options, output
from treue.cli.application import Home, open_application, prepare_database, room_at_home
from treue.cli.failure import DONE


def cycle(
    *,
    home: Home = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            metavar="DATE",
            formats=["%Y-%m-%d"],
            help="Last day observed. Default: yesterday where the data reach so far, else their last day.",
            show_default=False,
        ),
    ] = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,  # noqa: ARG001  (read before the options are)
) -> int:
    """Compute the application's figures and scores now, as the worker does each night."""
    open_application(home)
    prepare_database()
    from treue.app.core import audit
    from treue.app.measuring.cycle import run_now

    with room_at_home(), output.progress(quiet=quiet) as tell:
        run = run_now(tell, by=audit.COMMAND, as_of=as_of.date() if as_of else None)
    if not quiet:
        customers = output.counted(run.data["scores"], "customer", "customers")
        output.say(f"Computed   figures up to {run.as_of}, and scores of {customers}")
    return DONE

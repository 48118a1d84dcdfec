"""``treue audit``: check the log of who did what, and print its end to be kept elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer

from treue.cli import options, output
from treue.cli.application import Home, open_application, refuse_another_form
from treue.cli.failure import DONE
from treue.kernel.errors import WrongArgument

TAMPERED = 1
DEEDS = ("verify", "head")
FINDINGS = {
    "changed": "is not as it was written",
    "missing": "is missing",
    "not chained": "does not follow from the one before",
    "other": "is not the one whose head was kept",
    "head": "does not fit the kept end of the log",
}


def audit(
    deed: Annotated[
        str,
        typer.Argument(
            metavar="DEED",
            help="verify: read the whole log and check it; head: print its end.",
            show_default=False,
        ),
    ],
    *,
    head: Annotated[
        str,
        typer.Option(
            "--head", metavar="HEAD", help="A line of treue audit head that was kept, to verify against."
        ),
    ] = "",
    home: Home = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,  # noqa: ARG001  (read before the options are)
) -> int:
    """Check that the log of who did what is as it was written."""
    if deed not in DEEDS:
        raise WrongArgument(f"deed={deed!r} is none; give one of {', '.join(DEEDS)}")
    if head and deed == "head":
        raise WrongArgument("--head is for treue audit verify; treue audit head prints one")
    open_application(home)
    refuse_another_form()
    from treue.app.core import audit as log

    if deed == "head":
        typer.echo(log.head())
        return DONE
    verdict = log.verify(head)
    if verdict.first_bad is not None:
        typer.echo(f"entry {verdict.first_bad} {FINDINGS[verdict.why]}")
        return TAMPERED
    if not quiet:
        output.say(f"{verdict.entries} entries are as they were written; head {verdict.head}")
    return DONE

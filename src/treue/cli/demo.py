"""``treue demo``: simulate, check, report, and the application with an invented firm in it, in one go."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from treue.cli import options, output
from treue.cli.options import Choices, Language
from treue.cli.report import write_report
from treue.cli.serve import PORT
from treue.cli.simulate import TRUTH, in_steps
from treue.kernel.errors import Refused

CUSTOMERS = 3_000
MONTHS = 24
SEED = 1
SIMULATE_SHARE = 0.3


def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="Where everything goes; it is made if need be.")
    ] = Path("demo"),
    *,
    language: options.LanguageOption = Language.EN,
    application: Annotated[
        bool, typer.Option("--application/--report-only", help="Whether the application is made ready too.")
    ] = True,
    serve: Annotated[
        bool | None,
        typer.Option(
            "--serve/--no-serve",
            help="Whether the application is started at the end. Default: on a terminal.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", metavar="PORT", help="Port of the application.", min=0, max=65535)
    ] = PORT,
    quiet: options.Quiet = False,
    debug: options.Debug = False,  # noqa: ARG001  (read before the options are)
) -> int:
    """Simulate a firm, write its report, and start the application with an invented firm in it."""
    from treue.simulate.firm import simulate_firm

    data, page = folder / "data", folder / "report.html"
    with output.progress(quiet=quiet) as tell:
        simulate_firm(
            data,
            customers=CUSTOMERS,
            months=MONTHS,
            seed=SEED,
            progress=in_steps(lambda what, share: tell(what, SIMULATE_SHARE * share)),
        )
        outcome = write_report(
            [data],
            _choices(),
            out=page,
            json_out=None,
            language=language.value,
            tell=lambda what, share: tell(what, SIMULATE_SHARE + (1 - SIMULATE_SHARE) * share),
        )
    if not quiet:
        output.say(
            f"Simulated  {data}, {CUSTOMERS:,} customers over {MONTHS} months; the truth is in {data / TRUTH}"
        )
        output.say(f"Checked    {outcome.counts}")
        output.say()
        for sentence in outcome.sentences:
            output.say(sentence)
        output.say()
        if outcome.care is not None:
            output.say(f"Care list  {outcome.care}")
        output.say(f"Report     {outcome.page}")
        output.say(f"           {outcome.page.resolve().as_uri()}")
    if application:
        wanted = sys.stdout.isatty() if serve is None else serve
        _application(folder / "home", port, language.value, serve=wanted, quiet=quiet)
    return outcome.status


def _application(home: Path, port: int, language: str, *, serve: bool, quiet: bool) -> None:
    from treue.cli import demo_application
    from treue.cli.serve import run_server

    with output.progress(quiet=quiet) as tell:
        password = demo_application.prepare(home, tell, language)
    if not demo_application.answers():
        raise Refused(f"the application in {home} does not answer; treue doctor --home {home} says why")
    if not quiet:
        output.say()
    if serve:
        run_server(
            "127.0.0.1", port, worker=True, quiet=quiet, also=demo_application.announce(home, password, port)
        )
    elif not quiet:
        demo_application.tell_how_to_start(home, password, port)


def _choices() -> Choices:
    return Choices(
        map=None,
        timezone="UTC",
        currency=None,
        rates=None,
        as_of=None,
        observed_from=None,
        window="auto",
        activity=None,
        margin=None,
        memory_limit=None,
    )

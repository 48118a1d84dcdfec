"""``treue demo``: simulate, check and report, in one go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from treue.cli import options, output
from treue.cli.options import Choices, Language
from treue.cli.report import write_report
from treue.cli.simulate import TRUTH, in_steps

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
    quiet: options.Quiet = False,
    debug: options.Debug = False,  # noqa: ARG001  (read before the options are)
) -> int:
    """Simulate a firm, check its files and write its report, in one go."""
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
    return outcome.status


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

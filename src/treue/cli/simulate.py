"""``treue simulate``: the files of a firm that does not exist, and whose truth is known."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from treue.cli import options, output
from treue.cli.failure import DONE

if TYPE_CHECKING:
    from collections.abc import Callable

TRUTH = "truth.json"


class FileFormat(StrEnum):
    """Which files are written."""

    PARQUET = "parquet"
    CSV = "csv"


def simulate(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER", help="Where the tables go; it is made if need be.", show_default=False
        ),
    ],
    *,
    customers: Annotated[
        int, typer.Option("--customers", min=1, metavar="N", help="How many customers the firm wins.")
    ] = 10_000,
    months: Annotated[int, typer.Option("--months", min=1, metavar="N", help="For how many months.")] = 36,
    seed: Annotated[
        int, typer.Option("--seed", min=0, metavar="N", help="The same seed gives the same bytes.")
    ] = 1,
    format: Annotated[  # noqa: A002  (the name of the option)
        FileFormat, typer.Option("--format", help="Files of this kind.")
    ] = FileFormat.PARQUET,
    quiet: options.Quiet = False,
    debug: options.Debug = False,  # noqa: ARG001  (read before the options are)
) -> int:
    """Make up a firm whose truth is known, as tables that the other commands read."""
    from treue.simulate.firm import simulate_firm

    with output.progress(quiet=quiet) as tell:
        simulate_firm(
            folder,
            customers=customers,
            months=months,
            seed=seed,
            file_format=format.value,
            progress=in_steps(tell),
        )
    if not quiet:
        people = output.counted(customers, "customer", "customers")
        output.say(f"A firm with {people} over {output.counted(months, 'month', 'months')}: {folder}")
        output.say(f"What is true about it: {folder / TRUTH}")
        output.say(f"Next: treue report {folder}")
    return DONE


def in_steps(tell: Callable[[str, float], None]) -> Callable[[int, int], None]:
    """Return what the simulation calls with the steps done and the steps there are."""
    return lambda done, steps: tell("simulating", done / max(steps, 1))

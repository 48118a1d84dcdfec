"""The command `treue`: it parses, calls the library, and words what went wrong.

Nothing heavy is imported here or at the top of a command, so ``treue --help`` answers at once.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from treue import __version__
from treue.cli.account import account
from treue.cli.audit import audit
from treue.cli.backtest import backtest
from treue.cli.backup import backup
from treue.cli.check import check
from treue.cli.cycle import cycle
from treue.cli.demo import demo
from treue.cli.doctor import doctor
from treue.cli.failure import exit_status, run_guarded
from treue.cli.fit import fit
from treue.cli.measure import measure
from treue.cli.predict import predict
from treue.cli.report import report
from treue.cli.restore import restore
from treue.cli.serve import serve
from treue.cli.simulate import simulate

if TYPE_CHECKING:
    from collections.abc import Sequence

EPILOG = """Exit status: 0 done; 1 done, but rows were set aside and deserve a look; 2 refused, with the
reason on one line."""

app = typer.Typer(
    name="treue",
    help="Measure who stays with a firm, and how sure that is, from a file of orders or contracts.",
    epilog=EPILOG,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"treue {__version__}")
        raise typer.Exit


@app.callback()
def _treue(
    context: typer.Context,
    *,
    version: Annotated[  # noqa: ARG001  (its callback does the work)
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and stop."),
    ] = False,
) -> None:
    """Measure who stays with a firm, and how sure that is, from a file of orders or contracts."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


for _command, _in_short in (
    (report, "Write one page on who stays, and how sure that is."),
    (measure, "Print one measure with its interval."),
    (fit, "Fit a model and print its parameters."),
    (predict, "Predict who buys next, and for how much."),
    (backtest, "Try models of who comes back on days they have not seen."),
    (check, "Show how files were read and what was set aside."),
    (simulate, "Make up a firm whose truth is known."),
    (demo, "Simulate, report, and start the application, in one go."),
    (cycle, "Compute the application's figures and scores now."),
    (serve, "Start the application: pages, database and background work."),
    (backup, "Write everything the application keeps into one file."),
    (restore, "Bring a backup back into an empty place."),
    (account, "List who can log in, or make a link for a new password."),
    (doctor, "Say what is configured, and what deserves a look."),
    (audit, "Check the log of who did what, or print its end."),
):
    app.command(short_help=_in_short)(_command)


def run(arguments: Sequence[str]) -> int:
    """Run the command with the given arguments and return its exit status.

    Parameters
    ----------
    arguments : sequence of str
        What a person types after ``treue``.

    Returns
    -------
    int
        0 done, 1 done but rows were set aside, 2 refused, 130 stopped by the user, 141 nobody reads
        the output any more.
    """
    return run_guarded(
        lambda: exit_status(app(args=list(arguments), prog_name="treue", standalone_mode=False)),
        debug="--debug" in arguments,
    )


def main() -> None:
    """Run the command with the arguments of this process and end the process."""
    # What a command makes it mostly keeps to its end, so looking for garbage often finds little.
    gc.set_threshold(100_000, 50, 100)
    # The matrices here are small: threads of the linear algebra would only wait for each other, at full speed.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(run(sys.argv[1:]))

"""``treue measure``: one measure as a table, or as JSON or CSV for a program."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from treue.cli import options, output
from treue.cli.failure import DESERVES_A_LOOK, DONE
from treue.cli.options import Choices
from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from treue.history.history import History
    from treue.kernel.estimate import Figure
    from treue.kernel.registry import Measure


class Format(StrEnum):
    """How the figures are written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def measure(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="Name of the measure; without it, all are listed.", show_default=False
        ),
    ] = None,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE_OR_FOLDER", help="As for `treue report`.", show_default=False),
    ] = None,
    *,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="month|quarter|year|rolling|COLUMN",
            help="A figure per period, or per value of a column of the customers or orders.  "
            "[default: one figure, now]",
            show_default=False,
        ),
    ] = None,
    format: Annotated[  # noqa: A002  (the name of the option)
        Format, typer.Option("--format", help="A table for people; json or csv for programs.")
    ] = Format.TABLE,
    as_of: options.AsOf = None,
    map: options.Map = None,  # noqa: A002  (the name of the option)
    timezone: options.Timezone = "UTC",
    currency: options.Currency = None,
    rates: options.Rates = None,
    window: options.Window = "auto",
    activity: options.ActivityOption = None,
    observed_from: options.ObservedFrom = None,
    margin: options.Margin = None,
    memory_limit: options.MemoryLimit = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,  # noqa: ARG001  (read before the options are)
) -> int:
    """Print one measure, with its interval and how far it can be trusted."""
    from treue.kernel.registry import find_measure

    if name is None:
        _list_measures(format)
        return DONE
    found = find_measure(name)
    if not paths:
        raise WrongArgument(
            f"measure={name!r} needs a file or folder to measure: treue measure {name} orders.csv"
        )
    choices = Choices(
        map=map,
        timezone=timezone,
        currency=currency,
        rates=rates,
        as_of=as_of,
        observed_from=observed_from,
        window=window,
        activity=activity,
        margin=margin,
        memory_limit=memory_limit,
    )
    with output.progress(quiet=quiet) as tell, choices.open_history(paths, tell) as history:
        tell(f"measuring {found.label}", 1.0)
        figures = found.compute(history, by=by)
        set_aside = history.reading.set_aside if history.reading else 0
        currency_code = history.currency
        heading = "" if quiet else _heading(found, history)
        mix = None if quiet or format is not Format.TABLE else _mix_note(found, history, by)
    _print(figures, found, format, currency_code, heading)
    if mix:
        output.note(mix)
    if set_aside and not quiet:
        rows = output.counted(set_aside, "row was", "rows were")
        output.note(f"{rows} set aside; `treue check` with the same files says why.")
    return DESERVES_A_LOOK if set_aside else DONE


def _mix_note(found: Measure, history: History, by: str | None) -> str | None:
    """Say what retention did with the mix of customers held still, where customers are divided by a column."""
    from treue.kernel.units import GRAINS
    from treue.measures.standardised import mix_change

    if found.id != "retention_rate" or by is None or by in {*GRAINS, "rolling"}:
        return None
    change = mix_change(history, by)
    if change is None:
        return None
    words = (
        f"From {change.earlier_period} to {change.later_period} retention went from {change.earlier_share:.1%} "
        f"to {change.later_share:.1%}"
    )
    if change.standardised_share is not None:
        words += f", or to {change.standardised_share:.1%} with the mix of {by} held still"
    if change.opposes:
        words += ". Every group moved the other way: the mix has changed, not the loyalty"
    return f"{words}."


def _heading(found: Measure, history: History) -> str:
    return f"{found.label} ({found.id}), as of {history.as_of.isoformat()}"


def _print(figures: list[Figure], found: Measure, form: Format, currency: str, heading: str) -> None:
    from treue.cli.figures import CSV_COLUMNS, TABLE_COLUMNS, table_row

    if form is Format.JSON:
        output.write_json([figure.as_dict() for figure in figures])
    elif form is Format.CSV:
        output.write_csv(CSV_COLUMNS, [figure.as_dict() for figure in figures])
    else:
        rows = [table_row(figure, found.unit, currency) for figure in figures]
        # A column in which nothing stands says nothing; nor does the time where the period tells the row.
        told = len({row[:2] for row in rows}) == len(rows) and all(row[0] for row in rows)
        kept = [
            place
            for place, name in enumerate(TABLE_COLUMNS)
            if place > 2 or not rows or (not told if name == "Time" else any(row[place] for row in rows))
        ]
        output.write_table(
            [TABLE_COLUMNS[i] for i in kept],
            [[row[i] for i in kept] for row in rows],
            right=("Value", "95 % interval", "n"),
            title=heading or None,
        )


def _list_measures(form: Format) -> None:
    from treue.kernel.registry import describe, measures

    names = list(measures())
    if form is Format.JSON:
        output.write_json([describe(name) for name in names])
        return
    rows = [describe(name) for name in names]
    if form is Format.CSV:
        columns = ("id", "label", "unit", "version", "needs", "grains")
        output.write_csv(
            columns,
            [{**row, "needs": " ".join(row["needs"]), "grains": " ".join(row["grains"])} for row in rows],
        )
        return
    output.write_table(
        ("Name", "What it is", "Needs", "By"),
        [(row["id"], row["label"], ", ".join(row["needs"]), ", ".join(row["grains"]) or "–") for row in rows],
    )

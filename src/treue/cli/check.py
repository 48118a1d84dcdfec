"""``treue check``: what was recognised in files, and which rows were set aside and why."""

from __future__ import annotations

import contextlib
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from treue.cli import options, output
from treue.cli.failure import DESERVES_A_LOOK, DONE
from treue.cli.options import Choices
from treue.kernel.errors import NotEnoughData

if TYPE_CHECKING:
    from treue.history.history import History
    from treue.history.reading import FileReading, Reading

EXAMPLES_SHOWN = 3


class Format(StrEnum):
    """How the reading is written."""

    TEXT = "text"
    JSON = "json"


def check(
    paths: options.Paths,
    *,
    format: Annotated[  # noqa: A002  (the name of the option)
        Format, typer.Option("--format", help="Text for people, json for programs.")
    ] = Format.TEXT,
    map: options.Map = None,  # noqa: A002  (the name of the option)
    timezone: options.Timezone = "UTC",
    currency: options.Currency = None,
    rates: options.Rates = None,
    as_of: options.AsOf = None,
    memory_limit: options.MemoryLimit = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,  # noqa: ARG001  (read before the options are)
) -> int:
    """Show how files were read: what was recognised, which rows were set aside, and why."""
    choices = Choices(
        map=map,
        timezone=timezone,
        currency=currency,
        rates=rates,
        as_of=as_of,
        observed_from=None,
        window="auto",
        activity=None,
        margin=None,
        memory_limit=memory_limit,
    )
    with output.progress(quiet=quiet) as tell, choices.open_history(paths, tell) as history:
        tell("counting", 1.0)
        reading = history.reading
        overview = _overview(history)
    if reading is None:  # pragma: no cover  (files always leave a reading)
        return DONE
    if format is Format.JSON:
        output.write_json(_as_dict(reading, overview))
    elif not quiet:
        print_reading(reading, overview)
    return DESERVES_A_LOOK if reading.set_aside else DONE


def _overview(history: History) -> dict[str, Any]:
    """Return what the whole history holds: customers, orders and days."""
    found: dict[str, Any] = {"tables": {}, "customers": None, "first_day": None, "last_day": None}
    engine = history.engine
    for name, table in history.tables.items():
        count = engine.frame(table).agg(engine.F.count(engine.F.lit(1)).alias("rows"))
        found["tables"][name] = engine.arrow(count)["rows"][0].as_py()
    for name in ("purchases", "contracts", "customers"):
        if history.has(name):
            ids = history.frame(name).agg(engine.F.countDistinct("customer_id").alias("people"))
            found["customers"] = engine.arrow(ids)["people"][0].as_py()
            break
    with contextlib.suppress(NotEnoughData):
        found["first_day"], found["last_day"] = history.first_day.isoformat(), history.as_of.isoformat()
    return found


def print_reading(reading: Reading, overview: dict[str, Any]) -> None:
    """Write how files were read, for people.

    Parameters
    ----------
    reading : Reading
        The record.
    overview : dict
        What the whole history holds.
    """
    for file in reading.files:
        _print_file(file)
    _print_reasons(reading)
    tables = ", ".join(
        output.counted(rows, name.replace("_", " ").removesuffix("s"), name.replace("_", " "))
        for name, rows in overview["tables"].items()
        if rows
    )
    output.say(f"Altogether: {tables or 'nothing usable'}.")
    if overview["customers"] is not None and overview["first_day"]:
        people = output.counted(overview["customers"], "customer", "customers")
        output.say(f"{people}, from {overview['first_day']} to {overview['last_day']}.")
    output.say(
        f"{output.counted(reading.rows_read, 'row', 'rows')} read = {reading.accepted:,} accepted "
        f"+ {reading.set_aside:,} set aside."
    )


def _print_file(file: FileReading) -> None:
    if not file.tables:
        output.say(f"{file.path}: gave no rows")
        for sentence in file.notes:
            output.say(f"- {sentence}")
        output.say()
        return
    filled = ", ".join(name.replace("_", " ") for name in file.tables) or "nothing"
    output.say(
        f"{file.path}: read as {file.source}, fills {filled}; "
        f"{output.counted(file.rows_read, 'row', 'rows')} read, {file.accepted:,} accepted, "
        f"{file.set_aside:,} set aside"
    )
    if file.columns and all(name == column for name, column in file.columns.items()):
        output.say(f"Columns under Treue's own names: {', '.join(file.columns)}")
    elif file.columns:
        output.say()
        output.write_table(("Treue's name", "Column in the file"), list(file.columns.items()))
    if file.attributes:
        output.say(f"Kept for segments: {', '.join(file.attributes)}")
    for sentence in file.notes:
        output.say(f"- {sentence}")
    output.say()


def _print_reasons(reading: Reading) -> None:
    if not reading.set_aside_counts:
        return
    output.say("Set aside:")
    for reason, count in sorted(reading.set_aside_counts.items(), key=lambda pair: (-pair[1], pair[0])):
        output.say(f"  {output.counted(count, 'row', 'rows')}: {reason.replace('_', ' ')}")
        examples = [example for example in reading.examples if example.reason == reason]
        for example in examples[:EXAMPLES_SHOWN]:
            place = f"{example.path}, line {example.line}" if example.line else example.path
            output.say(f"    {place}: {example.message}")
    output.say()


def _as_dict(reading: Reading, overview: dict[str, Any]) -> dict[str, Any]:
    return {
        **reading.as_dict(),
        **overview,
        "files": [
            {
                "path": file.path,
                "source": file.source,
                "tables": list(file.tables),
                "rows_read": file.rows_read,
                "accepted": file.accepted,
                "set_aside": file.set_aside,
                "columns": file.columns,
                "attributes": list(file.attributes),
                "notes": list(file.notes),
            }
            for file in reading.files
        ],
        "set_aside_reasons": reading.set_aside_counts,
        "set_aside_examples": [
            {
                "path": example.path,
                "line": example.line,
                "reason": example.reason,
                "message": example.message,
                "row": example.row,
            }
            for example in reading.examples
        ],
    }

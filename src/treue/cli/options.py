"""The options that several commands share, and the history that they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from treue.cli.option_texts import parse_date, parse_map, parse_rates, parse_window
from treue.kernel.errors import NotEnoughData, WrongArgument

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from treue.history.history import History

_HOW = "How the files are read"
_LOOK = "How the history is looked at"
_RUN = "How the command runs"


class Activity(StrEnum):
    """Which definition of an active customer holds."""

    WINDOW = "window"
    RHYTHM = "rhythm"
    CONTRACT = "contract"


class Language(StrEnum):
    """Languages a report can be written in."""

    EN = "en"
    DE = "de"
    NB = "nb"


Paths = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE_OR_FOLDER",
        help="Files of orders, contracts or customers (CSV, TSV, Excel, Parquet, JSON lines; exports of "
        "Shopify, WooCommerce and Stripe), or folders of Treue's own tables.",
        show_default=False,
    ),
]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="FIELD=COLUMN,...",
        help="Which column holds what, where the names do not say: customer=Kd-Nr,time=Datum. A column "
        "with a comma or an equals sign goes in double quotes. dates=day-first or dates=month-first "
        "settles dates that could be read both ways. May be repeated.",
        rich_help_panel=_HOW,
        show_default=False,
    ),
]
Timezone = Annotated[
    str,
    typer.Option(
        metavar="ZONE",
        help="Time zone whose midnights divide days and months, for example Europe/Oslo.",
        rich_help_panel=_HOW,
    ),
]
Currency = Annotated[
    str | None,
    typer.Option(
        metavar="CODE",
        help="Currency of all amounts, for example EUR.  [default: the file's own, else EUR]",
        rich_help_panel=_HOW,
        show_default=False,
    ),
]
Rates = Annotated[
    list[str] | None,
    typer.Option(
        "--rates",
        metavar="CODE=RATE,...",
        help="What one unit of other currencies is worth in --currency: USD=0.92,GBP=1.17. May be repeated.",
        rich_help_panel=_HOW,
        show_default=False,
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="Last day observed, inclusive, as 2026-06-30.  [default: the last day in the data]",
        rich_help_panel=_LOOK,
        show_default=False,
    ),
]
ObservedFrom = Annotated[
    str | None,
    typer.Option(
        "--observed-from",
        metavar="DATE",
        help="First day on which a loss would have been seen.  [default: the first day in the data]",
        rich_help_panel=_LOOK,
        show_default=False,
    ),
]
Window = Annotated[
    str,
    typer.Option(
        "--window",
        metavar="DAYS|auto",
        help="Silence after which a customer counts as lapsed: 90d, 12w, or auto to find it in the data.",
        rich_help_panel=_LOOK,
    ),
]
ActivityOption = Annotated[
    Activity | None,
    typer.Option(
        "--activity",
        help="When a customer counts as active: within a fixed window, by the own rhythm, or by contract.  "
        "[default: contract where there are only contracts, else window]",
        rich_help_panel=_LOOK,
        show_default=False,
    ),
]
Margin = Annotated[
    float | None,
    typer.Option(
        "--margin",
        metavar="SHARE",
        help="Contribution margin as a share of net revenue, as 0.4; used where orders carry none.",
        rich_help_panel=_LOOK,
        show_default=False,
    ),
]
LanguageOption = Annotated[
    Language, typer.Option("--language", help="Language of the report.", rich_help_panel=_LOOK)
]
MemoryLimit = Annotated[
    str | None,
    typer.Option(
        "--memory-limit",
        metavar="SIZE",
        help="Memory for reading and counting, as 4GB; beyond it the disk is used.  [default: 70 % of the "
        "machine's]",
        rich_help_panel=_RUN,
        show_default=False,
    ),
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Say nothing but results and errors.", rich_help_panel=_RUN),
]
Debug = Annotated[
    bool,
    typer.Option("--debug", help="Show the traceback when something goes wrong.", rich_help_panel=_RUN),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the options of a command say about reading and looking, still as texts.

    Parameters
    ----------
    map, timezone, currency, rates, as_of, observed_from, window, activity, margin, memory_limit
        The options of the same names.
    """

    map: list[str] | None
    timezone: str
    currency: str | None
    rates: list[str] | None
    as_of: str | None
    observed_from: str | None
    window: str
    activity: Activity | None
    margin: float | None
    memory_limit: str | None

    def open_history(
        self, paths: Sequence[Path], progress: Callable[[str, float], None] | None = None
    ) -> History:
        """Read the files and return their history; close it.

        Parameters
        ----------
        paths : sequence of Path
            Files or folders.
        progress : callable, optional
            Called with what is being done and how much of it is done (0 to 1).

        Returns
        -------
        History
            Ready to be measured.
        """
        from treue.engine.duckdb import DuckDBEngine
        from treue.history.history import History
        from treue.history.read import read_files
        from treue.kernel.units import zone

        settings = self._settings()
        mapping, rates = parse_map(self.map or ()), parse_rates(self.rates or ())
        engine = DuckDBEngine(memory_limit=self.memory_limit)
        today = datetime.now(zone(self.timezone)).date()
        try:
            _, tables, reading, complete = read_files(
                paths,
                settings,
                mapping=mapping or None,
                rates=rates or None,
                engine=engine,
                progress=progress,
                today=today,
            )
            history = History(engine, tables, complete, reading, today)
            check_days(history, today)
            check_activity(history)
        except BaseException:
            engine.close()
            raise
        return history

    def _settings(self) -> Any:
        from treue.history.settings import Settings

        return Settings(
            as_of=parse_date("as-of", self.as_of),
            observed_from=parse_date("observed-from", self.observed_from),
            timezone=self.timezone,
            currency=self.currency.upper() if self.currency else None,
            window_days=parse_window(self.window),
            activity=self.activity.value if self.activity else None,
            margin_share=self.margin,
        )


def check_days(history: History, today: date) -> None:
    """Refuse a first or last day observed that leaves nothing of the data, or has not come yet.

    Parameters
    ----------
    history : History
        What was read.
    today : datetime.date
        The firm's own day now.

    Raises
    ------
    WrongArgument
        When the days of the options cannot be right for this history.
    """
    as_of, start = history.settings.as_of, history.settings.observed_from
    if as_of is None and start is None:
        return
    if as_of is not None and as_of > today:
        raise WrongArgument(
            f"as-of={as_of} has not come yet, and nobody was observed on it; give {today} or an earlier day"
        )
    whole = history.with_settings(as_of=None, observed_from=None)
    try:
        first, last = whole.first_day, whole.as_of
    except NotEnoughData:
        # Nothing that happened was read, so no day is wrong; the measures say what is missing.
        return
    if as_of is not None and as_of < first:
        raise WrongArgument(f"as-of={as_of} is before the first day in the data; give {first} or a later day")
    if start is not None and start > (as_of or last):
        raise WrongArgument(
            f"observed-from={start} is after the last day in the data; give {last} or an earlier day"
        )


def check_activity(history: History) -> None:
    """Refuse a definition of an active customer that the files cannot answer.

    Parameters
    ----------
    history : History
        What was read.

    Raises
    ------
    WrongArgument
        When contracts are asked for and there are none, or buying is and nothing was bought.
    """
    activity = history.settings.activity
    needed = "contracts" if activity == "contract" else "purchases"
    if activity is not None and not history.has(needed):
        raise WrongArgument(
            f"activity={activity!r} needs {needed}, and the files hold none; give a file of {needed}, or "
            "leave --activity out"
        )

"""``treue fit``: the parameters of a model, from orders, contracts, or a summary as in the papers."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from treue.cli import options, output
from treue.cli.failure import DESERVES_A_LOOK, DONE, REFUSED, complain
from treue.cli.options import Choices


class Format(StrEnum):
    """How the result is written."""

    TABLE = "table"
    JSON = "json"


class Orders(StrEnum):
    """Which orders count as purchases."""

    ALL = "all"
    KEPT = "kept"


class Unit(StrEnum):
    """Units of time."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


def fit(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="bg-nbd, mbg-nbd, pareto-nbd, bg-bb, gamma-gamma, shifted-beta-geometric or "
            "beta-discrete-weibull.",
            show_default=False,
        ),
    ],
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE_OR_FOLDER",
            help="Orders or contracts as for `treue report`, or one summary with the columns x, t_x, T (or x, "
            "m_x; or period, survivors).",
            show_default=False,
        ),
    ],
    *,
    unit: Annotated[
        Unit | None,
        typer.Option(
            "--unit",
            help="Unit of time of the parameters; for bg-bb and contracts the period.  [default: day; month "
            "for bg-bb and contracts]",
            show_default=False,
        ),
    ] = None,
    orders: Annotated[
        Orders,
        typer.Option("--orders", help="Count orders that cost nothing as purchases (all) or not (kept)."),
    ] = Orders.ALL,
    format: Annotated[  # noqa: A002  (the name of the option)
        Format, typer.Option("--format", help="A table for people; json for programs.")
    ] = Format.TABLE,
    as_of: options.AsOf = None,
    map: options.Map = None,  # noqa: A002  (the name of the option)
    timezone: options.Timezone = "UTC",
    currency: options.Currency = None,
    rates: options.Rates = None,
    observed_from: options.ObservedFrom = None,
    memory_limit: options.MemoryLimit = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,  # noqa: ARG001  (read before the options are)
) -> int:
    """Fit a model of who comes back, what an order is worth, or who renews, and print its parameters."""
    from treue.cli.fit_summary import fit_summary_file, summary_among
    from treue.cli.fit_words import fit_table
    from treue.models.catalogue import find_model
    from treue.models.fitting import fit_history

    find_model(model)
    named = unit.value if unit else None
    summary = summary_among(model, paths)
    set_aside, money = 0, ""
    if summary is not None:
        done = fit_summary_file(model, summary, named)
    else:
        choices = Choices(
            map=map,
            timezone=timezone,
            currency=currency,
            rates=rates,
            as_of=as_of,
            observed_from=observed_from,
            window="auto",
            activity=None,
            margin=None,
            memory_limit=memory_limit,
        )
        with output.progress(quiet=quiet) as tell, choices.open_history(paths, tell) as history:
            tell(f"fitting {model}", 1.0)
            done = fit_history(model, history, named, orders.value)
            set_aside = history.reading.set_aside if history.reading else 0
            money = history.currency
    if format is Format.JSON:
        output.write_json(done.as_dict())
    if done.model is None:
        complain(done.reason or f"model={model!r} could not be fitted")
        return REFUSED
    if format is Format.TABLE:
        fit_table(done, money, quiet=quiet)
    if set_aside and not quiet:
        rows = output.counted(set_aside, "row was", "rows were")
        output.note(f"{rows} set aside; `treue check` with the same files says why.")
    return DESERVES_A_LOOK if set_aside else DONE

"""``treue backtest``: how well models of who comes back would have foreseen what then happened."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from treue.cli import options, output
from treue.cli.failure import DESERVES_A_LOOK, DONE
from treue.cli.option_texts import parse_date
from treue.cli.options import Choices
from treue.kernel.errors import NotEnoughData, WrongArgument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treue.history.history import History
    from treue.models.backtest import Backtest
    from treue.models.choice import Missing
    from treue.models.profit import Costs

_COSTS = "What keeping a customer costs you (all three, or none)"


class Format(StrEnum):
    """How the result is written."""

    TABLE = "table"
    JSON = "json"


class Orders(StrEnum):
    """Which orders count as purchases."""

    KEPT = "kept"
    ALL = "all"


class Unit(StrEnum):
    """Units of time that the models' parameters can be told in."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


def backtest(
    paths: options.Paths,
    *,
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            metavar="DATE",
            help="Last day that the models may know, as 2026-03-31; what came after it is foretold.  "
            "[default: the last third of the history is held out]",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            metavar="NAME",
            help="bg-nbd, mbg-nbd or pareto-nbd. May be repeated.  [default: all three]",
            show_default=False,
        ),
    ] = None,
    unit: Annotated[Unit, typer.Option("--unit", help="Unit of time of the parameters.")] = Unit.DAY,
    orders: Annotated[
        Orders,
        typer.Option("--orders", help="Count orders that cost nothing as purchases (all) or not (kept)."),
    ] = Orders.KEPT,
    contact_cost: Annotated[
        float | None,
        typer.Option(
            "--contact-cost",
            metavar="AMOUNT",
            help="Cost of writing to one customer.",
            rich_help_panel=_COSTS,
            show_default=False,
        ),
    ] = None,
    offer_cost: Annotated[
        float | None,
        typer.Option(
            "--offer-cost",
            metavar="AMOUNT",
            help="Cost of the offer where a customer takes it.",
            rich_help_panel=_COSTS,
            show_default=False,
        ),
    ] = None,
    value: Annotated[
        float | None,
        typer.Option(
            "--value",
            metavar="AMOUNT",
            help="Worth of a customer who stays.",
            rich_help_panel=_COSTS,
            show_default=False,
        ),
    ] = None,
    format: Annotated[  # noqa: A002  (the name of the option)
        Format, typer.Option("--format", help="Sentences and tables for people; json for programs.")
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
    """Fit models on the days up to a split, and compare what they foretell with what happened."""
    split_on, costs = parse_date("split", split), _costs(contact_cost, offer_cost, value)
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
        from treue.kernel.units import day_number

        tell("trying models on what is known", 1.0)
        found, missing = _rehearse(
            history,
            day_number(split_on) if split_on else None,
            model or (),
            unit=unit.value,
            orders=orders.value,
            costs=costs,
        )
        currency_code = history.currency
        set_aside = history.reading.set_aside if history.reading else 0
    if format is Format.JSON:
        output.write_json(found.as_dict() | {"missing": [one.as_dict() for one in missing]})
    else:
        from treue.cli import rehearsal

        rehearsal.tell(found, missing, currency_code, costs)
    if set_aside and not quiet:
        rows = output.counted(set_aside, "row was", "rows were")
        output.note(f"{rows} set aside; `treue check` with the same files says why.")
    return DESERVES_A_LOOK if set_aside else DONE


def _rehearse(
    history: History,
    day: int | None,
    names: Sequence[str],
    *,
    unit: str,
    orders: Literal["kept", "all"],
    costs: Costs | None,
) -> tuple[Backtest, tuple[Missing, ...]]:
    """Return the rehearsal, and what the history is short of for any model to be shown."""
    from treue.models import backtest as rehearsals
    from treue.models.choice import gate
    from treue.models.summary import summarise

    if not history.has("purchases"):
        raise NotEnoughData(
            "the files hold no orders, and a back-test asks who ordered again; give a file of orders"
        )
    tried = tuple(dict.fromkeys(names)) or rehearsals.CANDIDATES
    found = rehearsals.backtest(history, day, tried, unit=unit, orders=orders, costs=costs)
    return found, gate(summarise(history, orders=orders), history.observed_days)


def _costs(contact: float | None, offer: float | None, value: float | None) -> Costs | None:
    given = {"contact-cost": contact, "offer-cost": offer, "value": value}
    if all(amount is None for amount in given.values()):
        return None
    if contact is None or offer is None or value is None:
        lacking = [f"--{name}" for name, amount in given.items() if amount is None]
        raise WrongArgument(
            f"{' and '.join(lacking)} must be given too: a profit needs what contact, offer and customer are worth"
        )
    from treue.models.profit import Costs

    return Costs(value=value, offer=offer, contact=contact)

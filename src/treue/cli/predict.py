"""``treue predict``: what each customer is expected to do next, if a model has proved that it can tell."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from treue.cli import options, output
from treue.cli.failure import DESERVES_A_LOOK, DONE, REFUSED, complain
from treue.cli.files import NewFile
from treue.cli.options import Choices
from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    import pyarrow as pa

    from treue.history.history import History
    from treue.models.choice import Choice

LONGEST_DAYS = 3653
"""Ten years: nobody's buying is known to go on unchanged for longer."""


class Format(StrEnum):
    """How the totals are written."""

    TABLE = "table"
    JSON = "json"


def predict(
    paths: options.Paths,
    *,
    horizon: Annotated[
        str, typer.Option("--horizon", metavar="DAYS", help="How far ahead: days as 90d, or weeks as 12w.")
    ] = "90d",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Also write every customer to a .parquet or .csv file.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="NAME",
            help="bg-nbd, mbg-nbd or pareto-nbd, used even where it fails its back-test, which is then said.  "
            "[default: the one that did best in the back-test]",
            show_default=False,
        ),
    ] = None,
    format: Annotated[  # noqa: A002  (the name of the option)
        Format, typer.Option("--format", help="A table for people; json for programs.")
    ] = Format.TABLE,
    as_of: options.AsOf = None,
    map: options.Map = None,  # noqa: A002  (the name of the option)
    timezone: options.Timezone = "UTC",
    currency: options.Currency = None,
    rates: options.Rates = None,
    memory_limit: options.MemoryLimit = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,  # noqa: ARG001  (read before the options are)
) -> int:
    """Predict who buys next, how often, and for how much, where a model has proved that it can."""
    days = parse_horizon(horizon)
    choices = Choices(
        map=map, timezone=timezone, currency=currency, rates=rates, as_of=as_of, observed_from=None,
        window="auto", activity=None, margin=None, memory_limit=memory_limit,
    )  # fmt: skip
    with ExitStack() as stack:
        file = stack.enter_context(NewFile(_with_ending(out), "out", paths)) if out else None
        tell = stack.enter_context(output.progress(quiet=quiet))
        history = stack.enter_context(choices.open_history(paths, tell))
        tell("trying models on what is known", 1.0)
        choice = _chosen(history, model)
        set_aside = history.reading.set_aside if history.reading else 0
        if choice.model is None:
            return _refuse(choice, format)
        from treue.cli.predict_churn import churn_json, churn_of, churn_sentence, with_churn
        from treue.cli.predict_words import outlook_json, tell_outlook
        from treue.models.outlook import outlook

        tell("predicting", 1.0)
        found = outlook(history, days, choice)
        churn = churn_of(history, days)
        if file is not None:
            table = found.predictions.table
            _write(with_churn(table, churn, history.currency) if churn else table, file)
            file.put()
        if format is Format.JSON:
            output.write_json(outlook_json(found, choice, history) | {"churn": churn_json(churn)})
        else:
            tell_outlook(found, choice, history, quiet=quiet)
            if churn and not quiet:
                output.say(churn_sentence(churn))
            if file is not None and not quiet:
                output.say(f"Every customer  {file.path}")
    if set_aside and not quiet:
        rows = output.counted(set_aside, "row was", "rows were")
        output.note(f"{rows} set aside; `treue check` with the same files says why.")
    return DESERVES_A_LOOK if set_aside else DONE


def parse_horizon(text: str) -> int:
    """Return the days of a horizon.

    Raises
    ------
    WrongArgument
        When the text is no length of 1 day to 10 years.

    Examples
    --------
    >>> parse_horizon("90d"), parse_horizon("12w")
    (90, 84)
    """
    from treue.kernel.units import parse_days

    try:
        days = parse_days(text)
    except WrongArgument as error:
        raise WrongArgument(f"horizon={text!r} is not a length; write days as 90d or weeks as 12w") from error
    if days > LONGEST_DAYS:
        raise WrongArgument(f"horizon={text!r} is longer than ten years; give at most {LONGEST_DAYS}d")
    return days


def _with_ending(path: Path) -> Path:
    if path.suffix.lower() not in {".parquet", ".csv"}:
        raise WrongArgument(f"out={str(path)!r} must end in .parquet or .csv, which says how it is written")
    return path


def _chosen(history: History, model: str | None) -> Choice:
    from treue.models.backtest import CANDIDATES
    from treue.models.catalogue import find_model
    from treue.models.choice import choose_model
    from treue.models.summary import summarise

    if model is None:
        return choose_model(history)
    if model not in CANDIDATES:
        raise WrongArgument(
            f"model={model!r} does not say who buys next at any time; give {', '.join(CANDIDATES)}"
        )
    kind: Any = find_model(model)
    choice = choose_model(history, (model,))
    # Whoever names a model takes it as it is, and is told how it fared.
    forced = choice.model or kind.fit(summarise(history))
    return replace(choice, model=forced, alive_model=choice.alive_model or forced)


def _refuse(choice: Choice, form: Format) -> int:
    from treue.cli.predict_words import why_not

    if form is Format.JSON:
        plain = choice.as_dict()
        output.write_json(
            {name: plain[name] for name in ("status", "model", "customers", "missing", "failed")}
        )
    complain(why_not(choice))
    return REFUSED


def _write(table: pa.Table, file: NewFile) -> None:
    if file.path.suffix.lower() == ".parquet":
        import pyarrow.parquet as pq

        pq.write_table(table, file.part)
    else:
        import pyarrow.csv as pc

        pc.write_csv(table, file.part, pc.WriteOptions(quoting_style="needed"))

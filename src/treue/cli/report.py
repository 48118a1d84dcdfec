"""``treue report``: one page that says who stays, how sure that is, and whom to care for."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from treue.charts.drawing import drawing_aside
from treue.cli import options, output
from treue.cli.failure import DESERVES_A_LOOK, DONE
from treue.cli.files import NewFile, beside
from treue.cli.options import Choices, Language
from treue.cli.set_aside import is_set_aside_file, write_set_aside
from treue.kernel.aside import Aside
from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from treue.history.history import History
    from treue.report.contents import Report

DEFAULT_OUT = Path("treue-report.html")
READING_SHARE = 0.4
"""How much of the whole work reading is, for the progress bar."""


def report(
    paths: options.Paths,
    *,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Where the page goes; the care list and the rows set aside go beside it.",
        ),
    ] = DEFAULT_OUT,
    json_out: Annotated[
        str | None,
        typer.Option(
            "--json",
            metavar="FILE|-",
            help="Also write every figure as JSON; - writes it to the output.",
            show_default=False,
        ),
    ] = None,
    language: options.LanguageOption = Language.EN,
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
    """Write one page: who stays, how sure that is, and whom to care for this week."""
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
    with output.progress(quiet=quiet) as tell:
        outcome = write_report(paths, choices, out=out, json_out=json_out, language=language.value, tell=tell)
    outcome.announce(quiet=quiet)
    return outcome.status


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a report left behind, to be told to the person who asked for it.

    Parameters
    ----------
    page, care, set_aside : Path
        Where the files are; without purchases or running contracts there is no care list, and `set_aside` exists only when
        rows were set aside.
    sentences : list of str
        The most important things the report says.
    rows_set_aside, rows_read : int
        Counts of rows.
    json_text : str or None
        JSON for the output.
    """

    page: Path
    care: Path | None
    set_aside: Path
    sentences: list[str]
    rows_set_aside: int
    rows_read: int
    json_text: str | None

    @property
    def status(self) -> int:
        """The exit status: 1 when rows were set aside."""
        return DESERVES_A_LOOK if self.rows_set_aside else DONE

    @property
    def counts(self) -> str:
        """How many rows were read, and what became of them."""
        accepted = self.rows_read - self.rows_set_aside
        rows = output.counted(self.rows_read, "row", "rows")
        return f"{rows} read = {accepted:,} accepted + {self.rows_set_aside:,} set aside"

    def announce(self, *, quiet: bool) -> None:
        """Say where everything is; to the error stream when the output carries JSON."""
        line: Callable[[str], None] = output.say
        if self.json_text is not None:
            output.write(self.json_text)
            line = output.note
        if quiet:
            return
        for sentence in self.sentences:
            line(sentence)
        if self.sentences:
            line("")
        line(f"Report     {self.page}")
        line(f"           {self.page.resolve().as_uri()}")
        if self.care is not None:
            line(f"Care list  {self.care}")
        if self.rows_set_aside:
            rows = output.counted(self.rows_set_aside, "row was", "rows were")
            line(f"Set aside  {self.set_aside}")
            line("")
            line(f"{rows} set aside, of {self.rows_read:,} read; the file says why, line by line.")


def write_report(
    paths: Sequence[Path],
    choices: Choices,
    *,
    out: Path,
    json_out: str | None,
    language: str,
    tell: Callable[[str, float], None],
) -> Outcome:
    """Read files and write the page and what belongs to it, all of it or nothing.

    Parameters
    ----------
    paths : sequence of Path
        What is read.
    choices : Choices
        How it is read and looked at.
    out : Path
        Where the page goes.
    json_out : str or None
        Where the figures go as JSON; ``-`` for the output.
    language : str
        ``en``, ``de`` or ``nb``.
    tell : callable
        Is told what is being done and how far it is.

    Returns
    -------
    Outcome
        To be announced.
    """
    if json_out not in {None, "-"} and Path(str(json_out)).absolute() == out.absolute():
        raise WrongArgument(f"json={json_out!r} is the page itself (--out); give another name")
    with ExitStack() as stack:
        page = _new_file(stack, out, "out", paths)
        care = _new_file(stack, beside(out, "care.csv"), "out", paths)
        rows = _new_file(stack, beside(out, "set-aside.csv"), "out", paths)
        figures = None
        if json_out not in {None, "-"}:
            figures = _new_file(stack, Path(str(json_out)), "json", paths)
        aside = stack.enter_context(Aside())
        history = stack.enter_context(
            choices.open_history(paths, lambda what, share: tell(what, READING_SHARE * share))
        )
        stack.enter_context(drawing_aside())
        contents, json_text = _fill(
            history, page, care, language, tell, with_json=json_out is not None, aside=aside
        )
        reading = history.reading
        set_aside = reading.set_aside if reading else 0
        if set_aside:
            write_set_aside(history, rows)
        if figures is not None and json_text is not None:
            figures.write(json_text)
        with_care = contents.care_summary is not None or contents.contract_summary is not None
        _put(page, care if with_care else None, rows if set_aside else None, figures)
        if not set_aside and is_set_aside_file(rows.path):
            # It tells of an earlier run and would be taken for this one's.
            rows.path.unlink()
        return Outcome(
            page=page.path,
            care=care.path if with_care else None,
            set_aside=rows.path,
            sentences=_sentences(contents, language),
            rows_set_aside=set_aside,
            rows_read=reading.rows_read if reading else 0,
            json_text=json_text if json_out == "-" else None,
        )


def _new_file(stack: ExitStack, path: Path, option: str, inputs: Sequence[Path]) -> NewFile:
    file = NewFile(path, option, inputs)
    # Before it is made: the end may come between any two steps.
    stack.callback(file.drop)
    file.make()
    return file


def _fill(
    history: History,
    page: NewFile,
    care: NewFile,
    language: str,
    tell: Callable[[str, float], None],
    *,
    with_json: bool,
    aside: Aside,
) -> tuple[Report, str | None]:
    from treue.report.care import write_care_csv
    from treue.report.contents import build_report, report_json
    from treue.report.contracts_at_risk import write_contracts_csv
    from treue.report.page import begin_html

    def told(name: str, place: int, count: int) -> None:
        words = f"measuring {name.replace('_', ' ')}"
        tell(words, READING_SHARE + (1 - READING_SHARE) * place / max(count, 1))

    contents = build_report(history, progress=told, begin=aside.begin)
    finish = begin_html(contents, language)
    if contents.contract_summary is not None:
        write_contracts_csv(history, care.part, language)
    elif contents.care_summary is not None:
        write_care_csv(history, care.part, language)
    json_text = None
    if with_json:
        plain = report_json(contents)
        json_text = json.dumps(plain, ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    page.write(finish())
    return contents, json_text


def _put(*files: NewFile | None) -> None:
    for file in files:
        if file is not None:
            file.put()


def _sentences(contents: Report, language: str) -> list[str]:
    from treue.report.sentences import key_sentences

    return [sentence for sentence in key_sentences(contents, language) if sentence][:3]

"""A drawing on the page: for a wide and a narrow screen, with the numbers behind it as a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from treue.charts.drawing import Size, begin
from treue.charts.live import answers
from treue.charts.series import series_spec
from treue.kernel.status import Status, status_word
from treue.report.blocks import end_text
from treue.report.cannot_tell import window_end
from treue.report.marks import mark_of
from treue.report.values import interval_text, value_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from treue.kernel.estimate import Figure
    from treue.kernel.language import Language
    from treue.report.contents import Report
    from treue.report.marks import Mark

SIZES: tuple[Size, ...] = ("wide", "narrow")
MOST_PERIODS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The numbers behind a drawing.

    Parameters
    ----------
    caption : str
        What the table holds.
    head : tuple of str
        Names of the columns.
    rows : tuple of tuple of str
        The first cell of each row names the row.
    told : tuple of tuple of str
        More on each cell, for the pointer; empty where the cells say all.
    marks : tuple of tuple of dict
        The figure of each cell for programs, see :func:`treue.report.marks.mark_of`; empty where the cells are none.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    told: tuple[tuple[str, ...], ...] = ()
    marks: tuple[tuple[Mark, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """An SVG, which may still be in the making until somebody wants to have it.

    Parameters
    ----------
    wait : callable
        Returns the SVG.
    """

    wait: Callable[[], str]

    def __str__(self) -> str:
        return self.wait()

    __html__ = __str__


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawing for a wide and for a narrow page, what it says, and the numbers behind it.

    Parameters
    ----------
    title : str
        What is drawn.
    wide, narrow : Drawing
        The SVG for each page.
    note : str
        How to read it.
    table : Table or None
        The numbers behind it.
    name : str
        Unique in the page; empty where nothing answers the pointer.
    specs : dict
        The Vega-Lite specification for each size, for pages on which a chart answers the pointer.
    """

    title: str
    wide: Drawing
    narrow: Drawing
    note: str
    table: Table | None
    name: str = ""
    specs: dict[Size, dict[str, Any]] = field(default_factory=dict)


def chart(
    name: str,
    make: Callable[[Size], dict[str, Any]],
    *,
    title: str,
    label: str,
    note: str,
    table: Table | None,
) -> Chart:
    """Return a chart drawn for both widths of page.

    Parameters
    ----------
    name : str
        Unique in the page.
    make : callable
        Returns the specification for a size.
    title, label, note : str
        What it is, what it shows to those who hear the page, how to read it.
    table : Table or None
        The numbers behind it.

    Returns
    -------
    Chart
        Ready for the template.
    """
    specs = {size: make(size) for size in SIZES}
    drawn = {size: Drawing(begin(spec, name=f"{name}-{size}", label=label)) for size, spec in specs.items()}
    return Chart(
        title=title,
        wide=drawn["wide"],
        narrow=drawn["narrow"],
        note=note,
        table=table,
        name=name if all(answers(spec) for spec in specs.values()) else "",
        specs=specs,
    )


def nobody_could_be_lost(figure: Figure, report: Report, silence_days: int | None = None) -> bool:
    """Whether a retention rate holds by definition: its period ended before the first customer could lapse.

    Parameters
    ----------
    figure : Figure
        Of any measure and period.
    report : Report
        For the first day, and the activity window in force.
    silence_days : int, optional
        The activity window, where it is not the one in force.

    Returns
    -------
    bool
        False too where customers are not judged by a window.
    """
    if figure.id != "retention_rate" or figure.status is not Status.PROVISIONAL or report.window is None:
        return False
    end, days = window_end(figure), silence_days or report.window.days
    return (
        report.settings["activity"] == "window"
        and end is not None
        and end <= date.fromisoformat(report.data["first_day"]) + timedelta(days=days)
    )


def series_table(
    figures: Sequence[Figure], report: Report, language: Language, silence_days: int | None = None
) -> Table:
    """Return a series as a table, newest period first.

    Parameters
    ----------
    figures : sequence of Figure
        In order of time.
    report : Report
        For the unit and currency.
    language : Language
        For words and numbers.
    silence_days : int, optional
        The activity window, where it is not the one in force.

    Returns
    -------
    Table
        Period, value, interval, customers, status.
    """
    measure = report.measures[figures[0].id]
    currency = report.data["currency"]
    rows = []
    for figure in reversed(figures):
        certain = nobody_could_be_lost(figure, report, silence_days)
        value = (
            "–"
            if figure.value is None
            else value_text(figure.value, figure, measure.unit, language, currency)
        )
        rows.append(
            (
                language.period(figure.period or ""),
                value,
                "–" if certain else interval_text(figure, measure.unit, language, currency) or "–",
                language.number(figure.n),
                language.gettext("nobody could be lost yet")
                if certain
                else status_word(figure.status, language),
            )
        )
    return Table(
        caption=language.gettext(measure.label),
        head=(
            language.gettext("Period"),
            language.gettext("Value"),
            language.gettext("95% interval"),
            language.gettext("Customers"),
            language.gettext("How far to trust it"),
        ),
        rows=tuple(rows),
        marks=tuple(({}, mark_of(figure, silence_days), {}, {}, {}) for figure in reversed(figures)),
    )


def trend_chart(
    name: str,
    figures: Sequence[Figure],
    report: Report,
    language: Language,
    title: str,
    *,
    silence_days: int | None = None,
) -> Chart | None:
    """Return a measure over time, or None where there are not two periods to join.

    Parameters
    ----------
    name : str
        Unique in the page.
    figures : sequence of Figure
        In order of time.
    report : Report
        For the unit and currency.
    language : Language
        For words and numbers.
    title : str
        What is drawn.
    silence_days : int, optional
        The activity window, where it is not the one in force.

    Returns
    -------
    Chart or None
        Of the last 40 periods.
    """
    shown = list(figures)[-MOST_PERIODS:]
    if sum(figure.value is not None for figure in shown) < 2:
        return None
    unit = report.measures[shown[0].id].unit
    currency = report.data["currency"]

    def write(value: float) -> str:
        if unit == "share":
            whole = float(f"{100 * value:.6f}").is_integer()
            return language.percent(value, 0 if whole else 1)
        return end_text(value, unit, language, currency)

    notes = []
    if any(figure.status is Status.OK for figure in shown):
        notes.append(language.gettext("Tinted band: 95% interval."))
    if any(figure.status is Status.PROVISIONAL for figure in shown):
        notes.append(language.gettext("Open dot, dashed: not final, or too early for anybody to be lost."))
    if any(figure.status is Status.INSUFFICIENT for figure in shown):
        notes.append(language.gettext("Open dot, dashed: too few customers to tell."))
    last = next(figure for figure in reversed(shown) if figure.value is not None)
    label = language.gettext(
        "{title}, {count} periods up to {period}. The table below holds every number.",
        title=title,
        count=language.number(len(shown)),
        period=language.period(last.period or ""),
    )
    return chart(
        name,
        lambda size: series_spec(shown, language, size=size, write=write, share=unit == "share"),
        title=title,
        label=label,
        note=" ".join(dict.fromkeys(notes)),
        table=series_table(shown, report, language, silence_days),
    )

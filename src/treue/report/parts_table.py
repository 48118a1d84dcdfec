"""A measure that has several figures as a table: each part with its value, interval, customers and status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from treue.kernel.language import message
from treue.kernel.status import status_word
from treue.ladder.rungs import FORMER
from treue.report.drawn import Table
from treue.report.how import window_words
from treue.report.ladder import NAMES
from treue.report.marks import mark_of
from treue.report.values import interval_text, value_text

if TYPE_CHECKING:
    from treue.kernel.estimate import Figure
    from treue.kernel.language import Language
    from treue.report.contents import Report

PARTS: Final = {
    **{rung: many for rung, (_, many) in NAMES.items()},
    FORMER: message("former customers"),
    "start": message("at the beginning"),
    "new": message("new"),
    "expansion": message("more than before"),
    "contraction": message("less than before"),
    "churn": message("lost"),
    "reactivation": message("came back"),
    "end": message("at the end"),
}
"""Part of a figure to its words; others are shown as they are."""

COUNTED_BY_QUARTER: Final = "ladder_transition"
"""Of all quarters together: who was on a rung at the start of four of them counts four times."""

ELSEWHERE: Final = ("cohort_retention",)
"""Measures whose many figures are a table of their own on the page."""


def parts_table(name: str, report: Report, language: Language) -> Table | None:
    """Return the figures of a measure as it stands now, or None where it has at most one.

    Parameters
    ----------
    name : str
        The measure.
    report : Report
        What was measured.
    language : Language
        For words and numbers.

    Returns
    -------
    Table or None
        Part, value, interval, customers, status.
    """
    figures = report.of(name)
    if len(figures) < 2 or name in ELSEWHERE:
        return None
    measure = report.measures[name]
    return Table(
        caption=language.gettext(measure.label),
        head=(
            language.gettext("Part"),
            language.gettext("Value"),
            language.gettext("95% interval"),
            language.gettext("Customers, each once per quarter")
            if name == COUNTED_BY_QUARTER
            else language.gettext("Customers"),
            language.gettext("How far to trust it"),
        ),
        rows=tuple(_row(figure, report, language) for figure in figures),
        marks=tuple(({}, mark_of(figure), {}, {}, {}) for figure in figures),
    )


def _row(figure: Figure, report: Report, language: Language) -> tuple[str, ...]:
    unit, currency = report.measures[figure.id].unit, report.data["currency"]
    shown = "–" if figure.value is None else value_text(figure.value, figure, unit, language, currency)
    return (
        part_words(figure, language),
        shown,
        interval_text(figure, unit, language, currency) or "–",
        language.number(figure.n),
        status_word(figure.status, language),
    )


def part_words(figure: Figure, language: Language) -> str:
    """Return what a figure speaks of in the language of the page: a rung, a move, a class, or a time."""
    if figure.segment is None:
        return window_words(figure.window, language)
    names = [language.gettext(PARTS.get(part, part)) for part in figure.segment.split("→")]
    return " → ".join(names)

"""The sections of the report as parts of pages, in each language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from treue.app.measuring.plain import to_plain
from treue.kernel.language import LANGUAGES, Language, message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from treue.report.contents import Report

PARTS: Final[dict[str, tuple[str, ...]]] = {
    "summary": ("lead", "change", "care_sentence", "active_words", "stake_words"),
    "retention": ("retention", "active_words", "cohorts", "survival", "groups", "returning", "purchases"),
    "ladder": ("ladder",),
    "data": ("data_facts", "open", "absent"),
    "how": ("how",),
}
"""Name of a panel to the parts of the report that it holds."""

GRAINS: Final = {
    "month": message("Customer retention rate by month"),
    "quarter": message("Customer retention rate by quarter"),
    "year": message("Customer retention rate by year"),
}


def panels(report: Report) -> Iterator[tuple[str, str, Any]]:
    """Give every panel of a report: language, name and plain content.

    Parameters
    ----------
    report : Report
        What was measured.

    Yields
    ------
    tuple
        ``("de", "retention", {...})``.
    """
    from treue.report.page import page_context

    for code in LANGUAGES:
        language = Language(code)
        context = page_context(report, language)
        more = {
            "retention": {"trends": _trends(report, language), "grain": _grain(report)},
            "summary": {"blocks": context["retention"]["blocks"][:4]},
            "how": {"units": {name: one.unit for name, one in report.measures.items()}},
        }
        for name, parts in PARTS.items():
            yield code, name, to_plain({part: context[part] for part in parts} | more.get(name, {}))


def _grain(report: Report) -> str:
    from treue.report.sections import grain_of

    now = report.one("retention_rate")
    return grain_of(now.period if now else None)


def _trends(report: Report, language: Language) -> dict[str, Any]:
    """Return the series of retention for each length of period that has two or more."""
    from treue.report.drawn import trend_chart

    return {
        grain: trend_chart(f"trend-{grain}", figures, report, language, language.gettext(title))
        if (figures := report.of("retention_rate", grain))
        else None
        for grain, title in GRAINS.items()
    }

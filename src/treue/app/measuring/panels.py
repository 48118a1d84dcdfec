"""The sections of the report as parts of pages, in each language."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final

from treue.app.measuring.plain import to_plain
from treue.kernel.language import LANGUAGES, Language

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from treue.report.contents import Report
    from treue.report.drawn import Chart

PARTS: Final[dict[str, tuple[str, ...]]] = {
    "summary": ("lead", "change", "care_sentence", "active_words", "stake_words"),
    "retention": ("retention", "active_words", "lost_words"),
    "cohorts": ("cohorts",),
    "survival": ("survival",),
    "returning": ("returning",),
    "purchases": ("purchases",),
    "ladder": ("ladder",),
    "data": ("data_facts", "open", "absent"),
    "how": ("how",),
}
"""Name of a panel to the parts of the report that it holds. Beside them there is ``trend-month`` (and quarter
and year) for the series of retention, ``window-90`` for the series under another window, ``groups-1`` for customers
divided by the first of the columns that ``groups`` names, and ``chart-NAME`` with what a browser needs to make a
chart answer."""

BESIDE: Final = ("attrition_rate", "early_loss", "resurrection_share")
"""What stands beside the retention rate on its page."""

LACKING: Final = ("purchases", "contracts", "visits", "referrals")
"""Tables without which some measures have no figure."""

NOT_SHOWN: Final = frozenset({"specs"})


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
    from treue.report.parts_table import parts_table
    from treue.report.windows_section import window_charts, windows_section

    # All drawings of all languages are begun before the first is waited for.
    made = []
    for code in LANGUAGES:
        language = Language(code)
        context = page_context(report, language)
        trends = _trends(report, language)
        more: dict[str, dict[str, Any]] = {
            "retention": {
                "grains": [grain for grain, chart in trends.items() if chart],
                "grain": _grain(report),
                "beside": _blocks(BESIDE, report, language),
                "revenue": parts_table("mrr_movement", report, language),
            },
            "ladder": {"transitions": parts_table("ladder_transition", report, language)},
            "summary": {"blocks": _first_blocks(report, context, language)},
            "how": _more_of_how(report, language),
            "groups": {"columns": [{"name": one.column, "words": one.words} for one in context["groups"]]},
            "windows": {"windows": windows_section(report, language)},
        }
        parts: dict[str, dict[str, Any]] = {
            name: {part: context[part] for part in asked} for name, asked in PARTS.items()
        }
        parts |= {name: {**parts.get(name, {}), **further} for name, further in more.items()}
        parts |= {f"trend-{grain}": {"trend": chart} for grain, chart in trends.items()}
        parts |= {name: {"trend": chart} for name, chart in window_charts(report, language).items()}
        parts |= {f"groups-{place}": {"groups": [one]} for place, one in enumerate(context["groups"], 1)}
        made.append((code, parts))
    for code, parts in made:
        for name, content in parts.items():
            yield code, name, to_plain(content, NOT_SHOWN)
        for chart in _charts(parts):
            yield code, f"chart-{chart.name}", _live(chart)


def _more_of_how(report: Report, language: Language) -> dict[str, Any]:
    """Return the units of measures, the parts of those that have several figures, and why some have none."""
    from treue.report.parts_table import parts_table

    tables = {name: parts_table(name, report, language) for name in report.measures}
    return {
        "units": {name: one.unit for name, one in report.measures.items()},
        "tables": {name: table for name, table in tables.items() if table is not None},
        "lacking": {name: why for name, why in report.missing.items() if why in LACKING},
    }


def _first_blocks(report: Report, context: dict[str, Any], language: Language) -> list[Any]:
    """Return the few figures that stand on the first page."""
    others = _blocks(("active_customers", "repeat_purchase_rate", "expected_revenue"), report, language)
    return [*context["retention"]["blocks"][:1], *others]


def _blocks(names: Sequence[str], report: Report, language: Language) -> list[Any]:
    """Return the figures of some measures, each as it stands; those that there are."""
    from treue.report.blocks import figure_block
    from treue.report.sections import window_note

    figures = [figure for name in names if (figure := report.one(name)) is not None]
    return [figure_block(one, report, language, note=window_note(one, language)) for one in figures]


def _grain(report: Report) -> str:
    from treue.kernel.units import grain_of

    now = report.one("retention_rate")
    return grain_of(now.period if now else None)


def _trends(report: Report, language: Language) -> dict[str, Chart | None]:
    """Return the series of retention for each length of period; None where there are not two."""
    from treue.report.drawn import trend_chart
    from treue.report.sections import TRENDS

    return {
        grain: trend_chart(f"trend-{grain}", figures, report, language, language.gettext(title))
        if (figures := report.of("retention_rate", grain))
        else None
        for grain, title in TRENDS.items()
    }


def _charts(value: Any) -> Iterator[Chart]:
    """Yield the charts in parts of a page that can answer the pointer."""
    from treue.report.drawn import Chart

    if isinstance(value, Chart):
        if value.name:
            yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _charts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _charts(one)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _charts(getattr(value, field.name))


def _live(chart: Chart) -> dict[str, Any]:
    from treue.charts.live import live_spec

    return {str(size): live_spec(spec, name=chart.name, size=size) for size, spec in chart.specs.items()}

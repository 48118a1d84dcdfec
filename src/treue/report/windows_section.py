"""How retention depends on the activity window, as a page shows it: every window beside the one in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from treue.kernel.status import Status
from treue.kernel.units import grain_of
from treue.report.drawn import Table, trend_chart
from treue.report.marks import mark_of
from treue.report.sections import TRENDS
from treue.report.values import interval_text, value_text

if TYPE_CHECKING:
    from treue.kernel.estimate import Figure
    from treue.kernel.language import Language
    from treue.report.contents import Report
    from treue.report.drawn import Chart
    from treue.report.marks import Mark
    from treue.report.windows import WindowChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowName:
    """A window that can be chosen.

    Parameters
    ----------
    days : int
        Days of silence.
    words : str
        The same in words.
    in_force : bool
        Whether every other figure counts with it.
    """

    days: int
    words: str
    in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsView:
    """Retention under every window, in one language.

    Parameters
    ----------
    names : list of WindowName
        From the shortest to the longest.
    table : Table
        One row for each.
    """

    names: list[WindowName]
    table: Table


def windows_section(report: Report, language: Language) -> WindowsView | None:
    """Return retention under every window, or None where there is no other to compare with."""
    if len(report.windows) < 2:
        return None
    names = [
        WindowName(days=one.window.days, words=language.days(one.window.days), in_force=one.in_force)
        for one in report.windows
    ]
    in_force = next(one for one in report.windows if one.in_force)
    table = Table(
        caption=language.gettext(
            "Customer retention rate, {period}, under each window",
            period=language.period(in_force.now.period or ""),
        ),
        head=(
            language.gettext("Window"),
            language.gettext("Came back so far"),
            language.gettext("Customers"),
            language.gettext("Stayed"),
            language.gettext("95% interval"),
        ),
        rows=tuple(
            _row(one, name, report, language) for one, name in zip(report.windows, names, strict=True)
        ),
        told=tuple(_counts(one, language) for one in report.windows),
        marks=tuple(_marks(one) for one in report.windows),
    )
    return WindowsView(names=names, table=table)


def _row(one: WindowChoice, name: WindowName, report: Report, language: Language) -> tuple[str, ...]:
    words = language.gettext("{days}, in force", days=name.words) if one.in_force else name.words
    back, now = (_share(figure, report, language) for figure in (one.back, one.now))
    interval = _interval(one.back, report, language)
    return (
        words,
        f"{back} ({interval})",
        language.number(one.now.denominator or 0),
        now,
        _interval(one.now, report, language),
    )


def _marks(one: WindowChoice) -> tuple[Mark, ...]:
    days = one.window.days
    return {}, mark_of(one.back, days), {}, mark_of(one.now, days), {}


def _share(figure: Figure, report: Report, language: Language) -> str:
    """Return a share as far as it can be told."""
    if figure.status is Status.INSUFFICIENT:
        return language.gettext("Cannot tell yet")
    if figure.value is None:
        return "–"
    value = value_text(figure.value, figure, "share", language, report.data["currency"])
    return f"{value} {language.gettext('(not final)')}" if figure.status is Status.PROVISIONAL else value


def _interval(figure: Figure, report: Report, language: Language) -> str:
    return interval_text(figure, "share", language, report.data["currency"]) or "–"


def _counts(one: WindowChoice, language: Language) -> tuple[str, ...]:
    """Return how many came back of how many, to be told beside the share."""
    counts = language.gettext(
        "{events} of {whole}",
        events=language.number(one.back.numerator or 0),
        whole=language.number(one.back.denominator or 0),
    )
    return ("", counts, "", "", "")


def window_charts(report: Report, language: Language) -> dict[str, Chart | None]:
    """Return retention over time under every window that is not in force, by the length the page is judged by."""
    now = report.one("retention_rate")
    grain = grain_of(now.period if now else None)
    title = language.gettext(TRENDS[grain])
    return {
        f"window-{one.window.days}": trend_chart(
            f"window-{one.window.days}",
            one.series,
            report,
            language,
            language.gettext(
                "{title}, lost after a silence of {days}", title=title, days=language.days(one.window.days)
            ),
            silence_days=one.window.days,
        )
        for one in report.windows
        if not one.in_force
    }

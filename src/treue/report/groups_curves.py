"""The survival curves of groups on the page, with the numbers behind them, and how groups are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from treue.charts.survival_panels import survival_panels_spec
from treue.history.segments import NO_SEGMENT
from treue.kernel.language import message
from treue.report.drawn import Chart, Table, chart
from treue.report.groups import OTHERS

if TYPE_CHECKING:
    from treue.charts.survival_curve import Point
    from treue.history.survival_curves import SurvivalCurve
    from treue.kernel.language import Language
    from treue.measures.survival_segments import SurvivalComparison
    from treue.report.contents import Report
    from treue.report.groups import Division

MOST_PANELS = 6
MOST_LETTERS = 28
MOST_STEPS = 100
"""Steps of a small curve; more would not be seen."""

COLUMNS: Final = {
    "segment": message("segment"),
    "acquired_via": message("how they were won"),
    "channel": message("sales channel"),
    "country": message("country"),
    "language": message("language"),
}
"""Columns that have a word of their own; others are shown as the file names them."""


def column_name(column: str, language: Language) -> str:
    """Return a column as people say it, or as the file names it."""
    known = COLUMNS.get(column.casefold())
    return language.gettext(known) if known else column.replace("_", " ")


def group_name(segment: str | None, column: str, language: Language) -> str:
    """Return a group as the file names it, with words for those of unknown group and for joined ones."""
    name = (segment or "").removeprefix(f"{column}: ")
    words = {NO_SEGMENT: language.gettext("not known"), OTHERS: language.gettext("all others"), "": "–"}
    return words.get(name, name)


def group_curves(place: int, one: Division, report: Report, language: Language) -> Chart | None:
    """Return the curves of a division, or None where there is nothing to see."""
    found = one.survival
    if found is None or report.survival_all is None:
        return None
    curves = _in_order(one)
    # Before the window nobody can be lost: a group that is no older than that has nothing to show.
    old = [curve for curve in curves if curve.horizon_days > curve.safe_days]
    shown = old[:MOST_PANELS]
    if not shown:
        return None
    panels = {_short(group_name(curve.segment, one.column, language)): curve_points(curve) for curve in shown}
    whole = curve_points(report.survival_all)
    named = column_name(one.column, language)
    heading = language.gettext("How many are still customers, by group")
    title = f"{heading}: {named}"
    notes = [
        language.gettext(
            "Each group with its 95% interval; dashed: all customers. Below: days since the first purchase."
        )
    ]
    if len(old) > len(shown):
        notes.append(
            language.gettext("The first {count} groups are drawn.", count=language.number(len(shown)))
        )
    if report.window is not None and report.settings["activity"] == "window":
        notes.append(
            language.gettext(
                "A customer counts as gone {window} after the last purchase, so nobody can be lost before that.",
                window=language.days(report.window.days),
            )
        )
    return chart(
        f"groups-{place}",
        lambda size: survival_panels_spec(panels, whole, language, size=size),
        title=title,
        label=language.gettext(
            "{count} curves, one per group. The table below holds the numbers.",
            count=language.number(len(shown)),
        ),
        note=" ".join(notes),
        table=_curve_table(one, found, title, language),
    )


def _in_order(one: Division) -> list[SurvivalCurve]:
    """Return the curves in the order of the rows above them."""
    place = {
        (figure.segment or "").removeprefix(f"{one.column}: "): number
        for number, figure in enumerate(one.retention)
    }
    curves = one.survival.curves if one.survival else ()
    return sorted(curves, key=lambda curve: place.get(curve.segment or "", len(place)))


def _short(name: str) -> str:
    return name if len(name) <= MOST_LETTERS else name[: MOST_LETTERS - 1] + "…"


def curve_points(curve: SurvivalCurve) -> list[Point]:
    """Return a curve as a drawing needs it: from the first day to its horizon, with no more steps than are seen."""
    ages = [int(day) for day in curve.curve.days if day <= curve.horizon_days]
    every = max(1, -(-len(ages) // MOST_STEPS))
    points: list[Point] = [(0.0, 1.0, None, None, True)]
    for age in dict.fromkeys([*ages[every - 1 :: every], curve.horizon_days]):
        share, low, high, _ = curve.at(age)
        points.append((float(age), share, low, high, True))
    return points


def _curve_table(one: Division, found: SurvivalComparison, title: str, language: Language) -> Table:
    limit = found.limit_days
    telling = limit > max(curve.safe_days for curve in found.curves)
    means = {mean.segment: mean for mean in found.means}
    rows = []
    for curve in _in_order(one):
        mean = means[curve.segment or ""]
        age = curve.horizon_days
        share, low, high, _ = curve.at(age)
        still = f"{language.percent(share, 1)} {language.after(age, exact=True)}"
        if age < curve.safe_days:
            # Nobody of the group could be lost yet: it would be 100 % by definition.
            still, low = "–", None
        interval = "–" if low is None or high is None else language.percent_range(low, high, 1)
        row: tuple[str, ...] = (
            group_name(curve.segment, one.column, language),
            language.number(curve.customers),
            language.number(curve.events),
            still,
            interval,
        )
        if telling:
            low_days, high_days = language.number(mean.ci_low), language.number(mean.ci_high)
            row = (*row, f"{language.days(mean.mean_days)} ({low_days}–{high_days})")
        rows.append(row)
    head: tuple[str, ...] = (
        language.gettext("Group"),
        language.gettext("Customers"),
        language.gettext("Left"),
        language.gettext("Still customers"),
        language.gettext("95% interval"),
    )
    if telling:
        head = (*head, language.gettext("Stayed, of the first {limit}", limit=language.days(limit)))
    return Table(caption=title, head=head, rows=tuple(rows))

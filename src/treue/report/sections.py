"""The parts of the page in their order, each as plain values that the template lays out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from treue.charts.cohort_triangle import cell_words, cells, triangle_spec
from treue.charts.rhythm_strip import STRIP_DAYS, rhythm_strip
from treue.charts.survival_curve import Point, survival_spec
from treue.kernel.language import message
from treue.kernel.status import Status
from treue.kernel.units import day_number, from_minor, grain_of
from treue.report.blocks import Block, figure_block
from treue.report.cannot_tell import observed_days, reason
from treue.report.care_sentences import care_reason
from treue.report.contract_words import contract_reason
from treue.report.contracts_at_risk import signs
from treue.report.drawn import Chart, Table, chart, trend_chart
from treue.report.how import window_words
from treue.report.marks import mark_of
from treue.report.projection import projected_marks, projected_points, projected_rows, projection_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from treue.kernel.estimate import Figure
    from treue.kernel.language import Language
    from treue.kernel.units import Grain
    from treue.measures.care import CareRow
    from treue.report.contents import Report
    from treue.report.contracts_at_risk import ContractRow
    from treue.report.marks import Mark

TRENDS: Final[dict[Grain, str]] = {
    "month": message("Customer retention rate by month"),
    "quarter": message("Customer retention rate by quarter"),
    "year": message("Customer retention rate by year"),
}
"""Titles of retention over time, by the length of a period."""

MOST_COHORTS = 24
LEAST_COHORT = 5
"""Fewer people than this would be recognised."""


def retention_section(report: Report, language: Language) -> dict[str, Any]:
    """Return retention now, with interval, comparison and trend."""
    blocks: list[Block] = []
    now = report.one("retention_rate")
    change = report.change
    trend = None
    if now is not None:
        comparable = change is not None and not change.provisional
        words = ""
        if comparable and change is not None:
            period = language.period(change.earlier.period.label)
            words = language.gettext("dashed: {period}", period=period)
        blocks.append(
            figure_block(
                now,
                report,
                language,
                note=window_note(now, language),
                other=change.earlier_share if comparable and change is not None else None,
                other_words=words,
            )
        )
        grain = grain_of(now.period)
        figures = report.of("retention_rate", grain)
        trend = trend_chart("retention", figures, report, language, language.gettext(TRENDS[grain]))
    for name in ("churn_incidence", "active_customers", "gross_revenue_retention", "net_revenue_retention"):
        figure = report.one(name)
        if figure is not None:
            blocks.append(figure_block(figure, report, language, note=window_note(figure, language)))
    return {"blocks": blocks, "trend": trend}


@dataclass(frozen=True, slots=True, kw_only=True)
class CareLine:
    """One customer of the care list, every word written.

    Parameters
    ----------
    customer_id : str
        As the file has it.
    reason : str
        Why, in words.
    facts : str
        Orders and worth so far.
    stake : str
        What is at stake in a year.
    strip : Markup
        The customer's rhythm; empty for contracts.
    """

    customer_id: str
    reason: str
    facts: str
    stake: str
    strip: Markup


def care_line(row: CareRow, report: Report, language: Language) -> CareLine:
    """Return one customer of the care list ready for the page."""
    currency = report.data["currency"]
    days = len(row.recent)
    label = language.ngettext(
        "{count} day of buying in the time shown, then {silence} of silence.",
        "{count} days of buying in the time shown, then {silence} of silence.",
        days,
        silence=language.about(row.silent_days),
    )
    strip = rhythm_strip(
        [(day_number(day), amount) for day, amount in row.recent],
        day_number(report.as_of),
        habit_days=row.usual_gap_days,
        label=label,
        shown_days=min(STRIP_DAYS, max(observed_days(report), 30)),
    )
    orders = language.ngettext("{count} order", "{count} orders", row.orders_count)
    worth = language.money(from_minor(row.value, currency), currency, digits=0)
    revenue = report.care_summary is not None and report.care_summary.worth.kind == "revenue"
    facts = (
        language.gettext("{orders}, {worth} revenue so far", orders=orders, worth=worth)
        if revenue
        else language.gettext("{orders}, {worth} margin so far", orders=orders, worth=worth)
    )
    return CareLine(
        customer_id=row.customer_id,
        reason=care_reason(row, language),
        facts=facts,
        stake=language.money(from_minor(row.stake, currency), currency, digits=0),
        strip=Markup(strip),  # noqa: S704  (our own drawing; its label was escaped there)
    )


def contract_line(row: ContractRow, report: Report, language: Language) -> CareLine:
    """Return one customer whose contract may end ready for the page."""
    currency = report.data["currency"]
    used = report.contract_summary.used if report.contract_summary else None
    facts = ""
    if row.loss is not None and not row.soon:
        share = language.chance(row.loss)
        facts = language.gettext("Ends within 90 days with a probability of {share}", share=share)
    return CareLine(
        customer_id=row.customer_id,
        reason=contract_reason(
            row.ends_on if row.soon else None, row.loss, signs(row), language, currency, used=used
        ),
        facts=facts,
        stake=language.money(from_minor(row.stake, currency), currency, digits=0),
        strip=Markup(),
    )


def cohort_section(report: Report, language: Language) -> Chart | None:
    """Return the cohort triangle with its table, or None where there is no cohort."""
    figures = report.of("cohort_retention", "month") or report.of("cohort_retention", "quarter")
    figures = figures or report.of("cohort_retention")
    found = [cell for cell in cells(figures) if (cell.figure.denominator or 0) >= LEAST_COHORT]
    kept = list(dict.fromkeys(cell.cohort for cell in found))[-MOST_COHORTS:]
    found = [cell for cell in found if cell.cohort in set(kept)]
    later = [cell for cell in found if cell.age > 0]
    if not later:
        return None
    ages = max(cell.age for cell in found)
    head = (language.gettext("First purchase"), *(language.number(age) for age in range(ages + 1)))
    rows, told = [], []
    marks: list[tuple[Mark, ...]] = []
    for cohort in kept:
        mine = {cell.age: cell.figure for cell in found if cell.cohort == cohort}
        texts = []
        for age in range(ages + 1):
            figure = mine.get(age)
            text = "" if figure is None or figure.value is None else language.percent(figure.value, 0)
            if figure is not None and figure.status is Status.PROVISIONAL:
                text += " " + language.gettext("(not final)")
            texts.append(text)
        rows.append((language.period(cohort), *texts))
        known = [mine.get(age) for age in range(ages + 1)]
        words = ["" if one is None or one.value is None else cell_words(one, language) for one in known]
        told.append(("", *words))
        marks.append(({}, *({} if one is None or one.value is None else mark_of(one) for one in known)))
    contract = report.settings["activity"] == "contract"
    notes = [
        language.gettext("The stronger the tint, the more of them were customers then. Numbers are percent.")
        if contract
        else language.gettext("The stronger the tint, the more of them bought then. Numbers are percent.")
    ]
    if any(cell.figure.status is Status.PROVISIONAL for cell in later):
        notes.append(
            language.gettext("Hatched: not final, only those who have had the whole time are counted.")
        )
    if any(cell.figure.status is Status.INSUFFICIENT for cell in later):
        notes.append(language.gettext("Without tint: too few to tell."))
    title = (
        language.gettext("Who came when, and how many were customers later")
        if contract
        else language.gettext("Who came when, and how many bought in each later period")
    )
    return chart(
        "cohorts",
        lambda size: triangle_spec(found, language, size=size),
        title=title,
        label=language.gettext(
            "{count} cohorts by the time of the first purchase. The table below holds every number.",
            count=language.number(len(kept)),
        ),
        note=" ".join(notes),
        table=Table(caption=title, head=head, rows=tuple(rows), told=tuple(told), marks=tuple(marks)),
    )


def survival_points(figures: Sequence[Figure]) -> list[Point]:
    """Return the points of the survival curve from figures whose window is ``day N``.

    Parameters
    ----------
    figures : sequence of Figure
        In any order.

    Returns
    -------
    list of Point
        In order of days, without figures that carry no value.
    """
    found: list[Point] = []
    for day, figure in _by_day(figures).items():
        if figure.value is not None:
            final = figure.status is not Status.PROVISIONAL
            found.append((day, figure.value, figure.ci_low, figure.ci_high, final))
    found.sort(key=lambda point: point[0])
    if found and found[0][0] > 0:
        found.insert(0, (0.0, 1.0, None, None, found[0][4]))
    return found


def _by_day(figures: Sequence[Figure]) -> dict[float, Figure]:
    """Return figures whose window is ``day N`` by that day."""
    digits = {
        "".join(sign for sign in figure.window.split("/")[0] if sign.isdecimal()): figure
        for figure in figures
    }
    return {float(day): figure for day, figure in digits.items() if day}


def survival_section(report: Report, language: Language) -> dict[str, Any]:
    """Return the survival curve with the day by which half are gone, or why there is none yet."""
    figures = report.of("survival")
    points = survival_points(figures)
    final = all(point[4] for point in points)
    median = report.one("survival_median")
    blocks = [figure_block(median, report, language)] if median is not None else []
    if len(points) < 3:
        return {"chart": None, "blocks": blocks, "ahead": ""}
    shown = points if len(points) <= 400 else points[:: -(-len(points) // 400)]
    firm = median is not None and median.status is Status.OK
    every = max(1, len(points) // 12)
    rows = tuple(
        (
            language.days(day),
            language.percent(share, 1),
            "–" if low is None or high is None else language.percent_range(low, high, 1),
        )
        for day, share, low, high, _ in points[::every]
    )
    by_day = _by_day(figures)
    marks: tuple[tuple[Mark, ...], ...] = tuple(
        ({}, mark_of(by_day[day]) if day in by_day else {}, {}) for day, *_ in points[::every]
    )
    contract = report.settings["activity"] == "contract"
    title = language.gettext("How many are still customers, by time since the first purchase")
    since = ""
    if contract:
        title = language.gettext("How many are still customers, by time since the start of the contract")
        since = language.gettext("days since the start of the contract")
    ahead = projected_points(report.renewal)
    head = (language.gettext("After"), language.gettext("Still customers"), language.gettext("95% interval"))
    notes = [language.gettext("Tinted band: 95% interval.")]
    if ahead:
        notes.append(language.gettext("Dashed line and grey band: the model and its 95% interval."))
    if not final:
        notes.append(language.gettext("Dashed: not final, or nobody could be lost yet."))
    if report.window is not None and report.settings["activity"] == "window":
        notes.append(
            language.gettext(
                "A customer counts as gone {window} after the last purchase, so nobody can be lost before that.",
                window=language.days(report.window.days),
            )
        )
    drawn = chart(
        "survival",
        lambda size: survival_spec(
            shown,
            language,
            size=size,
            median_days=median.value if median and firm else None,
            ahead=ahead,
            since=since,
        ),
        title=title,
        label=language.gettext(
            "The curve falls to {share} {after}.",
            share=language.percent(points[-1][1], 0),
            after=language.after(points[-1][0], exact=True),
        ),
        note=" ".join(notes),
        table=Table(
            caption=title,
            head=head,
            rows=(*rows, *projected_rows(report.renewal, language)),
            marks=(*marks, *(({}, mark, {}) for mark in projected_marks(report.renewal, report.as_of))),
        ),
    )
    return {"chart": drawn, "blocks": blocks, "ahead": projection_words(report.renewal, language)}


PURCHASES = (
    "repeat_purchase_rate",
    "time_between_purchases",
    "purchase_frequency",
    "average_order_value",
    "historic_clv",
    "probability_existing_buys",
    "probability_new_buys",
)


def purchases_section(report: Report, language: Language) -> dict[str, Any]:
    """Return what customers buy and what they are worth, with the trend of the order value."""
    blocks = []
    for name in PURCHASES:
        figure = report.one(name)
        if figure is not None:
            blocks.append(figure_block(figure, report, language, note=window_note(figure, language)))
    trend = trend_chart(
        "order-value",
        report.of("average_order_value", "quarter"),
        report,
        language,
        language.gettext("Average order value by quarter"),
    )
    return {"blocks": blocks, "trend": trend}


def window_note(figure: Figure, language: Language) -> str:
    """Return the time a figure speaks about, shorter than its window where it has a period."""
    return language.period(figure.period) if figure.period else window_words(figure.window, language)


def open_figures(report: Report, language: Language) -> list[tuple[str, str]]:
    """Return what cannot be told yet, with the reason; what has the same reason stands together."""
    found: dict[str, list[str]] = {}
    for name, measure in report.measures.items():
        figure = report.one(name)
        if figure is not None and figure.status is not Status.OK and len(report.of(name)) == 1:
            found.setdefault(reason(figure, report, language), []).append(language.gettext(measure.label))
    return [(", ".join(labels), why) for why, labels in found.items()]

"""Who is likely to come back: totals ahead, how the model fared in its rehearsal, or why none is shown."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from treue.charts.rehearsal import Point, rehearsal_spec
from treue.kernel.language import message
from treue.models.names import MODEL_NAMES
from treue.report.blocks import figure_block, needed_digits
from treue.report.drawn import Chart, Table, chart
from treue.report.how import window_words
from treue.report.no_model import EXPECTED, why_no_model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from treue.kernel.language import Language
    from treue.models.backtest import Backtest
    from treue.models.candidate import Candidate
    from treue.models.choice import Choice
    from treue.models.tracking import Week
    from treue.report.contents import Report

CHANCE_NOTE = message(
    "Line and tint: what the model expected, and the limits that chance alone leaves. Dots: what came."
)
DAYS_PER_WEEK = 7
OUTSIDE_SHARE = 0.1
"""Of weeks that lie outside limits of 95 %: beyond it, chance alone is no good account of them."""


def returning_section(report: Report, language: Language) -> dict[str, Any]:
    """Return what customers are expected to do next, or why that cannot be told."""
    choice = report.choice
    if choice is None:
        return {"shown": False}
    why = why_no_model(choice, language)
    if why:
        return {"shown": True, "why": why, "intro": "", "last_year": "", "blocks": [], "charts": []}
    blocks = []
    for name in EXPECTED:
        figure = report.one(name)
        if figure is not None:
            note = window_words(figure.window, language)
            blocks.append(figure_block(figure, report, language, note=note))
    return {
        "shown": True,
        "why": "",
        "intro": rehearsal_sentence(choice, language),
        "last_year": last_year_sentence(report, language),
        "blocks": blocks,
        "charts": rehearsal_charts(choice, language),
    }


def rehearsal_sentence(choice: Choice, language: Language) -> str:
    """Return how the model that is shown fared on days that it had not seen."""
    found = _shown(choice)
    if found is None:
        return ""
    rehearsal, best = found
    words = language.gettext(
        "The model ({model}) was tried on days it had not seen: knowing {customers} customers up to {split}, it expected "
        "{expected} orders until {end} (95% limits {low} to {high}); {actual} came. It knows neither seasons "
        "nor what you plan, and its limits allow for neither.",
        model=MODEL_NAMES.get(best.name, best.name),
        customers=language.number(rehearsal.customers),
        split=language.date(rehearsal.split_on),
        expected=language.number(best.value("expected") or 0.0),
        end=language.date(rehearsal.as_of),
        low=language.number(best.total_low or 0.0),
        high=language.number(best.total_high or 0.0),
        actual=language.number(rehearsal.actual),
    )
    if rehearsal.missed == "more":
        more = language.gettext("More came than its limits allowed for: the numbers below may be too low.")
        return f"{words} {more}"
    if rehearsal.missed == "fewer":
        fewer = language.gettext("Fewer came than its limits allowed for: the numbers below may be too high.")
        return f"{words} {fewer}"
    return words


def _shown(choice: Choice) -> tuple[Backtest, Candidate] | None:
    rehearsal = choice.backtest
    if rehearsal is None or rehearsal.best is None:
        return None
    return rehearsal, rehearsal.best


def last_year_sentence(report: Report, language: Language) -> str:
    """Return what happened a year ago in the days that lie ahead."""
    last = report.last_year
    if last is None:
        return language.gettext("The history does not reach back to the same days of last year.")
    return language.gettext(
        "In the same days of last year ({first} to {last}), the {customers} customers known by then made {orders} orders "
        "worth {revenue}. Customers who are yet to be won are in neither number.",
        first=language.date(last.first_on),
        last=language.date(last.last_on),
        customers=language.number(last.customers),
        orders=language.number(last.orders),
        revenue=language.money(last.revenue, report.data["currency"], digits=0),
    )


def rehearsal_charts(choice: Choice, language: Language) -> list[Chart]:
    """Return the pictures of the rehearsal: week by week, added up, and by how often customers had bought."""
    found = _shown(choice)
    if found is None:
        return []
    _, best = found
    drawn = (_weekly(best, language), _added_up(best, language), _by_frequency(best, language))
    return [one for one in drawn if one is not None]


def _weekly(best: Candidate, language: Language) -> Chart | None:
    weeks = [week for week in best.weeks if week.held_out]
    if len(weeks) < 3:
        return None
    points = [
        Point(language.date(week.starts_on, short=True), week.expected, week.actual, week.low, week.high)
        # A week that is not over would be drawn as a fall; the table below has it.
        for week in weeks
        if (week.ends_on - week.starts_on).days == DAYS_PER_WEEK - 1
    ]
    title = language.gettext("Orders per week, expected and come")
    rows = tuple(
        (
            language.date(week.starts_on),
            language.number(week.expected, 1),
            _limits(week.low, week.high, language, 0),
            language.number(week.actual),
        )
        for week in weeks
    )
    head = (
        language.gettext("Week from"),
        language.gettext("Expected"),
        language.gettext("95% limits"),
        language.gettext("Come"),
    )
    return chart(
        "rehearsal-weeks",
        lambda size: rehearsal_spec(
            points,
            size=size,
            write=partial(_plain, language=language),
            tell=partial(_told, language=language),
        ),
        title=title,
        label=_weeks_label(weeks, language),
        note=_weekly_note(weeks, language),
        table=Table(caption=title, head=head, rows=rows),
    )


def _added_up(best: Candidate, language: Language) -> Chart | None:
    """Return the picture in which what is wrong every week in the same way adds up."""
    weeks = [week for week in best.weeks if week.held_out]
    if len(weeks) < 3:
        return None
    points = [
        Point(
            language.date(week.ends_on, short=True),
            week.cumulative_expected,
            week.cumulative_actual,
            week.cumulative_low,
            week.cumulative_high,
        )
        for week in weeks
    ]
    title = language.gettext("Orders added up, expected and come")
    rows = tuple(
        (
            language.date(week.ends_on),
            language.number(week.cumulative_expected),
            _limits(week.cumulative_low, week.cumulative_high, language, 0),
            language.number(week.cumulative_actual),
        )
        for week in weeks
    )
    head = (
        language.gettext("Week to"),
        language.gettext("Expected so far"),
        language.gettext("95% limits so far"),
        language.gettext("Come so far"),
    )
    return chart(
        "rehearsal-added-up",
        lambda size: rehearsal_spec(
            points,
            size=size,
            write=partial(_plain, language=language),
            tell=partial(_told, language=language),
        ),
        title=title,
        label=_weeks_label(weeks, language),
        note=language.gettext(CHANCE_NOTE),
        table=Table(caption=title, head=head, rows=rows),
    )


def _weeks_label(weeks: Sequence[Week], language: Language) -> str:
    return language.gettext(
        "{count} weeks that the model had not seen: {expected} orders expected, {actual} came.",
        count=language.number(len(weeks)),
        expected=language.number(weeks[-1].cumulative_expected),
        actual=language.number(weeks[-1].cumulative_actual),
    )


def _weekly_note(weeks: Sequence[Week], language: Language) -> str:
    words = language.gettext(CHANCE_NOTE)
    outside = sum(
        not week.low <= week.actual <= week.high
        for week in weeks
        if week.low is not None and week.high is not None
    )
    if outside <= OUTSIDE_SHARE * len(weeks):
        return words
    more = language.gettext(
        "{outside} of {count} weeks lie outside: they differ by more than chance, as with a season or a campaign. "
        "Rely on sums over many weeks rather than on one.",
        outside=language.number(outside),
        count=language.number(len(weeks)),
    )
    return f"{words} {more}"


def _by_frequency(best: Candidate, language: Language) -> Chart | None:
    groups = best.by_frequency
    if len(groups) < 2:
        return None

    def name(count: int, *, more: bool) -> str:
        return (
            language.gettext("{count} or more", count=language.number(count))
            if more
            else language.number(count)
        )

    names = [name(group.repeat_count, more=group.or_more) for group in groups]
    points = [
        Point(called, group.expected, group.actual, group.actual_low, group.actual_high)
        for called, group in zip(names, groups, strict=True)
    ]
    title = language.gettext("Orders after, by repeat orders before")
    rows = tuple(
        (
            called,
            language.number(group.customers),
            language.number(group.expected, 2),
            language.number(group.actual, 2),
            _limits(group.actual_low, group.actual_high, language, 2),
        )
        for called, group in zip(names, groups, strict=True)
    )
    head = (
        language.gettext("Repeat orders before"),
        language.gettext("Customers"),
        language.gettext("Expected"),
        language.gettext("Come"),
        language.gettext("95% interval"),
    )
    return chart(
        "rehearsal-frequency",
        lambda size: rehearsal_spec(
            points,
            size=size,
            write=partial(_plain, language=language),
            tell=partial(_told, language=language),
            limits_of_actual=True,
        ),
        title=title,
        label=language.gettext(
            "Mean orders per customer, expected and come, for {count} groups of customers by how often they had bought.",
            count=language.number(len(groups)),
        ),
        note=language.gettext(
            "Line: mean orders per customer that the model expected. Dots: what came, with 95% interval."
        ),
        table=Table(caption=title, head=head, rows=rows),
    )


def _told(point: Point, language: Language) -> str:
    """Return what a point is in words, for the pointer."""
    words = language.gettext(
        "{name}: expected {expected}, come {actual}",
        name=point.name,
        expected=_plain(point.expected, language),
        actual=_plain(point.actual, language),
    )
    if point.low is None or point.high is None:
        return words
    return f"{words} ({_plain(point.low, language)} – {_plain(point.high, language)})"


def _plain(value: float, language: Language) -> str:
    return language.number(value, needed_digits(value))


def _limits(low: float | None, high: float | None, language: Language, digits: int) -> str:
    if low is None or high is None:
        return "–"
    return f"{language.number(low, digits)}–{language.number(high, digits)}"

"""Who stays, by group, as the page shows it: one scale for all groups, the total beside them, their curves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from treue.charts.figure_scale import figure_scale
from treue.kernel.status import Status
from treue.report.cannot_tell import reason
from treue.report.groups_curves import column_name, group_curves, group_name
from treue.report.marks import mark_of
from treue.report.values import interval_text, value_text

if TYPE_CHECKING:
    from treue.kernel.estimate import Figure
    from treue.kernel.language import Language
    from treue.report.contents import Report
    from treue.report.drawn import Chart
    from treue.report.groups import Division
    from treue.report.marks import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLine:
    """Retention in one group, every word in one language.

    Parameters
    ----------
    name, value, interval, counts : str
        What stands in the row; `value` is empty when it cannot be told.
    cannot : str
        Why it cannot be told yet; empty when it can.
    shrunken : str
        The share drawn toward the share of all.
    scale : Markup
        The drawing, the same ends in every row.
    mark : dict
        The figure for programs, see :func:`treue.report.marks.mark_of`.
    """

    name: str
    value: str
    interval: str
    counts: str
    cannot: str
    shrunken: str
    scale: Markup
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsView:
    """One division of the customers in one language.

    Parameters
    ----------
    column, words : str
        By what they are divided, as the file names it and as people say it.
    title : str
        The same as a title.
    about : str
        The time, the order of the rows, what was joined.
    lines : list of GroupLine
        One per group, and the total last.
    mix : str
        The total with the mix held still.
    mark : dict
        The figure of `mix` for programs, see :func:`treue.report.marks.mark_of`.
    warning : str
        Said where the total moved against every group; else empty.
    finding : str
        Whether the groups stay equally long.
    test : str
        With which test that was found.
    curves : Chart or None
        The survival of the groups.
    """

    column: str
    words: str
    title: str
    about: str
    lines: list[GroupLine]
    mix: str
    mark: Mark
    warning: str
    finding: str
    test: str
    curves: Chart | None


def groups_section(report: Report, language: Language) -> list[GroupsView]:
    """Return every division of the customers, ready for the template."""
    return [_view(place, one, report, language) for place, one in enumerate(report.divisions)]


def _view(place: int, one: Division, report: Report, language: Language) -> GroupsView:
    words = column_name(one.column, language)
    return GroupsView(
        column=one.column,
        words=words,
        title=language.gettext("By {column}", column=words),
        about=_about(one, language),
        lines=_lines(one, report, language),
        mix=_mix(one, language),
        mark=mark_of(one.standardised) if one.standardised else {},
        warning=mix_warning(one, language) if one.mix and one.mix.opposes else "",
        finding=_finding(one, language),
        test=_test(one, report, language),
        curves=group_curves(place, one, report, language),
    )


def _about(one: Division, language: Language) -> str:
    period = one.retention[0].period or ""
    words = [language.gettext("Customer retention rate, {period}.", period=language.period(period))]
    if one.table != "customers":
        words.append(language.gettext("Each customer belongs to the group of their first order or contract."))
    if one.ranked:
        words.append(language.gettext("The highest first, allowing for chance."))
    elif any(figure.status is Status.PROVISIONAL for figure in one.retention):
        words.append(
            language.gettext(
                "The largest group first; they are not ranked, because the time they are judged by is not final."
            )
        )
    else:
        words.append(
            language.gettext(
                "The largest group first; they are not ranked, because some are too small, or lost or kept too few."
            )
        )
    if one.joined:
        words.append(
            language.gettext("Groups of fewer than five people stand together, so that nobody is recognised.")
        )
    return " ".join(words)


def _lines(one: Division, report: Report, language: Language) -> list[GroupLine]:
    whole = report.one("retention_rate")
    shown = (
        [*one.retention, whole]
        if whole is not None and whole.period == one.retention[0].period
        else one.retention
    )
    lows = [figure.ci_low for figure in shown if figure.ci_low is not None]
    highs = [figure.ci_high for figure in shown if figure.ci_high is not None]
    ends = near_ends(min(lows, default=0.0), max(highs, default=1.0))
    total = whole.value if whole is not None else None
    lines = []
    for figure, shrunken in zip(shown, [*one.shrunken, None], strict=False):
        name = group_name(figure.segment, one.column, language)
        if figure is whole:
            name = language.gettext("All customers")
        lines.append(_line(name, figure, shrunken, ends, total, report, language))
    return lines


def near_ends(low: float, high: float) -> tuple[float, float]:
    """Return the ends of a scale that several groups share: near their intervals, on multiples of 10 %.

    Examples
    --------
    >>> near_ends(0.788, 0.97)
    (0.7, 1.0)
    """
    return max(0.0, math.floor(round(low * 10 - 0.2, 6)) / 10), min(
        1.0, math.ceil(round(high * 10 + 0.2, 6)) / 10
    )


def _line(
    name: str,
    figure: Figure,
    shrunken: float | None,
    ends: tuple[float, float],
    total: float | None,
    report: Report,
    language: Language,
) -> GroupLine:
    currency = report.data["currency"]
    firm = figure.status is Status.OK
    value = "" if figure.value is None else value_text(figure.value, figure, "share", language, currency)
    interval = interval_text(figure, "share", language, currency) or "–"
    drawn = figure_scale(
        figure.value,
        figure.ci_low,
        figure.ci_high,
        ends,
        end_labels=(language.percent(ends[0], 0), language.percent(ends[1], 0)),
        label=language.gettext("{value}, 95% interval {interval}", value=value or "–", interval=interval),
        other=total if figure.segment is not None else None,
        firm=firm,
    )
    return GroupLine(
        name=name,
        value=value if firm else "",
        interval=interval,
        counts=language.gettext(
            "{events} of {whole}",
            events=language.number(figure.numerator or 0),
            whole=language.number(figure.denominator or 0),
        ),
        cannot=reason(figure, report, language),
        shrunken="" if shrunken is None or not firm else language.percent(shrunken, 1),
        scale=Markup(drawn),  # noqa: S704  (our own drawing; every text in it was escaped there)
        mark=mark_of(figure),
    )


def _mix(one: Division, language: Language) -> str:
    mix, held = one.mix, one.standardised
    if mix is None or held is None or held.value is None:
        return ""
    values = {
        "earlier": language.percent(mix.earlier_share, 1),
        "later": language.percent(mix.later_share, 1),
        "before": language.period(mix.earlier_period),
        "now": language.period(mix.later_period),
        "held": language.percent(held.value, 1),
        "interval": interval_text(held, "share", language, "") or "–",
    }
    words = language.gettext(
        "In all: {earlier} in {before}, {later} in {now}. With the groups as large as in {before} it would be "
        "{held} ({interval}).",
        **values,
    )
    if one.group_gone:
        words += " " + language.gettext(
            "A group of that time is not there any more; the others stand for it."
        )
    return words


def mix_warning(one: Division, language: Language) -> str:
    """Return that the total moved against every group, so that nobody reads it as a change of loyalty."""
    column = column_name(one.column, language)
    if one.mix is not None and one.mix.later_share > one.mix.earlier_share:
        return language.gettext(
            "The total rose although it fell in every group by {column} that was there both times. That may come of "
            "other customers rather than of more loyal ones.",
            column=column,
        )
    return language.gettext(
        "The total fell although it rose in every group by {column} that was there both times. That may come of "
        "other customers rather than of less loyal ones.",
        column=column,
    )


def _finding(one: Division, language: Language) -> str:
    found = one.survival
    if found is None or one.adjusted_p_value is None:
        return language.gettext(
            "Whether these groups stay equally long cannot be told yet: too few have left."
        )
    if one.could_be_chance:
        return language.gettext("The differences in how long these groups stay could be chance.")
    return language.gettext(
        "How long these groups stay differs by more than chance would explain. That does not say why."
    )


def _test(one: Division, report: Report, language: Language) -> str:
    found = one.survival
    if found is None or found.p_value is None or one.adjusted_p_value is None:
        return ""
    tests = sum(other.adjusted_p_value is not None for other in report.divisions)
    values = {"p": p_text(found.p_value, language)}
    if found.crosses:
        words = language.gettext(
            "The curves cross, so the days stayed within the first {limit} are compared (restricted mean), "
            "p = {p}.",
            limit=language.days(found.limit_days),
            **values,
        )
    else:
        words = language.gettext("Log-rank test, p = {p}.", **values)
    if tests > 1:
        words += " " + language.gettext(
            "{count} such comparisons were made; allowing for that (Benjamini–Hochberg), p = {p}.",
            count=language.number(tests),
            p=p_text(one.adjusted_p_value, language),
        )
    return words.replace("= <", "<")


def p_text(p_value: float, language: Language) -> str:
    """Return a p-value with three decimals, or as smaller than the least of them."""
    least = 0.001
    return f"< {language.number(least, 3)}" if p_value < least else language.number(p_value, 3)

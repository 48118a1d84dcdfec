"""The sentences a report opens with: what a person would say aloud, in whole numbers."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from treue.history.window import TOLERATED_SHARE
from treue.kernel.language import Language, message
from treue.kernel.status import Status
from treue.report.cannot_tell import reason
from treue.report.care_sentences import care_sentence
from treue.report.groups_section import mix_warning

if TYPE_CHECKING:
    from treue.history.window import ActivityWindow
    from treue.kernel.estimate import Figure
    from treue.report.contents import Report

EMPHASIS = "*"
"""Stands around the words that a page may stress; :func:`plain` takes it away."""


def plain(sentence: str) -> str:
    """Return a sentence without the marks of emphasis.

    Examples
    --------
    >>> plain("*83 in 100* stay")
    '83 in 100 stay'
    """
    return sentence.replace(EMPHASIS, "")


def lead_sentence(report: Report, language: Language) -> str:
    """Return how many customers are still there, or why that cannot be said yet.

    Parameters
    ----------
    report : Report
        What was measured.
    language : Language
        For words, numbers and dates.

    Returns
    -------
    str
        One sentence; what matters stands between asterisks.
    """
    figure = report.one("retention_rate")
    if figure is None or figure.status is not Status.OK or figure.value is None or figure.denominator is None:
        return _repeat_sentence(report, language) or cannot_say(language)
    first, last = _window_days(figure)
    return language.gettext(
        "Of the {count} customers you had on {first}, *{share}* were still with you on {last}.",
        count=language.number(figure.denominator),
        share=language.in_hundred(figure.value),
        first=language.date(first) if first.year != last.year else language.day_and_month(first),
        last=language.date(last),
    )


def cannot_say(language: Language) -> str:
    """Return that retention cannot be told."""
    return language.gettext("How many customers stay cannot be told yet.")


def _repeat_sentence(report: Report, language: Language) -> str:
    """What can be said in place of retention: how many of the new come back."""
    figure = report.one("repeat_purchase_rate")
    if figure is None or figure.status is not Status.OK or figure.value is None or figure.denominator is None:
        return ""
    days = re.match(r"(\d+) days", figure.window)
    if days is None:
        return ""
    return language.gettext(
        "Of {count} new customers, *{share}* bought again {within}.",
        count=language.number(figure.denominator),
        share=language.in_hundred(figure.value),
        within=language.within(int(days.group(1))),
    )


def change_sentence(report: Report, language: Language) -> str:
    """Return whether retention has changed, and whether that could be chance.

    Parameters
    ----------
    report : Report
        What was measured.
    language : Language
        For words and numbers.

    Returns
    -------
    str
        One sentence; where nothing can be compared, why.
    """
    figure = report.one("retention_rate")
    if figure is not None and figure.status is not Status.OK:
        why = reason(figure, report, language)
        return f"{cannot_say(language)} {why}" if _repeat_sentence(report, language) else why
    change = report.change
    if change is None:
        return language.gettext("There is no earlier period to compare it with yet.")
    if change.provisional:
        return language.gettext(
            "The period before cannot be compared with it yet, because the history is too short."
        )
    more = change.difference > 0
    limits = (100 * change.ci_low, 100 * change.ci_high)
    if change.could_be_chance:
        shown = [language.signed(number) for number in (100 * change.difference, *limits)]
    else:
        # "5.0 fewer" has no sign, nor have its limits; the smaller one comes first.
        distances = sorted(abs(limit) for limit in limits)
        shown = [language.number(number, 1) for number in (abs(100 * change.difference), *distances)]
    values = dict(zip(("points", "low", "high"), shown, strict=True))
    if change.compared_with == "year_before":
        words = language.gettext(_a_year_before(more=more, chance=change.could_be_chance), **values)
    else:
        # Another season may be another business: only a year before is free of it.
        period = language.period(change.earlier.period.label)
        words = language.gettext(
            _period_before(more=more, chance=change.could_be_chance), period=period, **values
        )
    against = [one for one in report.divisions if one.mix is not None and one.mix.opposes]
    # What could be chance needs no second explanation.
    return f"{words} {mix_warning(against[0], language)}" if against and not change.could_be_chance else words


def _a_year_before(*, more: bool, chance: bool) -> str:
    if chance:
        return message(
            "The difference from a year before ({points} percentage points, 95% interval {low} to {high}) "
            "could be chance."
        )
    if more:
        return message(
            "That is {points} percentage points more than a year before (95% interval {low} to {high}), more "
            "than chance would explain."
        )
    return message(
        "That is {points} percentage points fewer than a year before (95% interval {low} to {high}), more "
        "than chance would explain."
    )


def _period_before(*, more: bool, chance: bool) -> str:
    if chance:
        return message(
            "The difference from {period} ({points} percentage points, 95% interval {low} to {high}) could "
            "be chance."
        )
    if more:
        return message(
            "That is {points} percentage points more than in {period} (95% interval {low} to {high}), more "
            "than chance would explain; the season, or another share of new customers, may play a part."
        )
    return message(
        "That is {points} percentage points fewer than in {period} (95% interval {low} to {high}), more "
        "than chance would explain; the season, or another share of new customers, may play a part."
    )


def lost_sentence(report: Report, language: Language) -> str:
    """Return when those who were lost in the period of the headline last bought.

    A customer is lost when the last purchase is as old as the activity window, so the reason lies that much
    earlier than the period in which the loss is counted.

    Parameters
    ----------
    report : Report
        What was measured.
    language : Language
        For dates.

    Returns
    -------
    str
        One sentence; empty where nobody was lost, or customers are not judged by a window.
    """
    figure = report.one("retention_rate")
    window = report.window
    if figure is None or figure.status is not Status.OK or window is None or figure.value in {None, 1.0}:
        return ""
    if report.settings["activity"] != "window":
        return ""
    silence = timedelta(days=window.days)
    first, last = _window_days(figure)
    return language.gettext(
        "Those who were lost from {from_day} to {to_day} last bought between {first} and {last}: look for the "
        "reason there.",
        from_day=language.date(first),
        to_day=language.date(last),
        first=language.date(first - silence),
        last=language.date(last - silence),
    )


def key_sentences(report: Report, language: str = "en") -> list[str]:
    """Return the three most important sentences of a report.

    Parameters
    ----------
    report : Report
        What was measured.
    language : {"en", "de", "nb"}
        In which language.

    Returns
    -------
    list of str
        How many stay, whether that has changed, whom to care for.

    Raises
    ------
    WrongArgument
        When the language is not spoken here.
    """
    spoken = Language(language)
    return [plain(make(report, spoken)) for make in (lead_sentence, change_sentence, care_sentence)]


def _window_days(figure: Figure) -> tuple[date, date]:
    start, _, end = figure.window.partition("/")
    return date.fromisoformat(start), date.fromisoformat(end) - timedelta(days=1)


def _given_window(window: ActivityWindow, language: Language) -> str:
    """Return how good a window is that the firm has set; empty where nobody was silent for so long."""
    share = window.resurrection_share
    if share is None:
        return ""
    if not window.sufficient:
        return language.gettext(
            "That is longer than half of the history, so who comes back after it has hardly been seen yet."
        )
    if not share:
        return language.gettext("Of those silent for longer, nobody has come back so far.")
    told = language.in_hundred(share)
    if share > TOLERATED_SHARE:
        return language.gettext(
            "Of those silent for longer, {share} have come back so far, so some who count as lost will return.",
            share=told,
        )
    return language.gettext(
        "Of those silent for longer, {share} have come back so far; more may.", share=told
    )


def active_sentence(report: Report, language: Language) -> str:
    """Return what counts as an active customer in this report.

    Parameters
    ----------
    report : Report
        What was measured.
    language : Language
        For words and numbers.

    Returns
    -------
    str
        One or two sentences.
    """
    activity = report.settings["activity"]
    if activity == "contract":
        return language.gettext("A customer is whoever has a running contract.")
    if activity == "rhythm":
        return language.gettext(
            "A customer is whoever has not been silent for much longer than is usual for them."
        )
    window = report.window
    if window is None:
        return ""
    days = language.days(window.days)
    share = window.resurrection_share
    if not window.automatic:
        words = language.gettext(
            "A customer is whoever bought within the last {days}, as you set it.", days=days
        )
        return f"{words} {_given_window(window, language)}".rstrip()
    if not window.sufficient and not window.returned:
        return language.gettext(
            "A customer is whoever bought within the last {days}; nobody has come back after so long a silence yet, and the history is too short to find a better limit.",
            days=days,
        )
    if share is None:
        return language.gettext(
            "A customer is whoever bought within the last {days}; nobody was silent for longer yet.",
            days=days,
        )
    if not window.sufficient:
        return language.gettext(
            "A customer is whoever bought within the last {days}. Of those silent for longer, {share} have come back so far, so some who count as lost will return; the history is too short to find a better limit.",
            days=days,
            share=language.in_hundred(share),
        )
    if not share:
        return language.gettext(
            "A customer is whoever bought within the last {days}. Of those silent for longer, nobody has come back so far.",
            days=days,
        )
    return language.gettext(
        "A customer is whoever bought within the last {days}. Of those silent for longer, {share} have come back so far; more may.",
        days=days,
        share=language.in_hundred(share),
    )

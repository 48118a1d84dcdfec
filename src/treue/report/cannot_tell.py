"""Why a figure cannot be relied on yet, what is missing, and when it will be there."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from treue.kernel.estimate import MINIMUM_EVENTS, MINIMUM_N
from treue.kernel.status import Status
from treue.report.no_model import EXPECTED, why_no_model, why_no_revenue, why_not_final

if TYPE_CHECKING:
    from treue.kernel.estimate import Figure
    from treue.kernel.language import Language
    from treue.report.contents import Report


def observed_days(report: Report) -> int:
    """Return the days from the first to the last day observed, both counted."""
    return (report.as_of - date.fromisoformat(report.data["first_day"])).days + 1


def window_end(figure: Figure) -> date | None:
    """Return the first day after a figure's window, or None when the window is no interval of dates."""
    try:
        return date.fromisoformat(figure.window.partition("/")[2])
    except ValueError:
        return None


def missing_customers(figure: Figure, report: Report, language: Language) -> str:
    """Return how many customers are there, how many are needed, and when they will be at this pace.

    Parameters
    ----------
    figure : Figure
        With fewer than 30 observations.
    report : Report
        Its customers per day observed are the pace.
    language : Language
        For words and numbers.

    Returns
    -------
    str
        For example ``22 of 30 customers; at this pace about 3 more weeks.``
    """
    counts = {"count": language.number(figure.n), "needed": language.number(MINIMUM_N)}
    # A group does not grow as the whole firm does.
    if not report.data["customers"] or figure.segment is not None:
        return language.gettext("{count} of {needed} customers.", **counts)
    waiting = (MINIMUM_N - figure.n) * observed_days(report) / report.data["customers"]
    return language.gettext(
        "{count} of {needed} customers; at this pace about {time} more.",
        time=language.about(max(1, waiting)),
        **counts,
    )


def missing_events(figure: Figure, language: Language) -> str:
    """Return which side of a share, or which count of a rate, is too small to mean much.

    Parameters
    ----------
    figure : Figure
        A share with fewer than five events, or fewer than five that were none; or a rate with fewer
        than five losses.
    language : Language
        For words and numbers.

    Returns
    -------
    str
        One sentence with the counts.
    """
    if figure.numerator is None or figure.denominator is None:
        return language.ngettext("{count} customer is too few.", "{count} customers are too few.", figure.n)
    if figure.id == "churn_incidence":
        # Losses over customer-months: there is no other side to be too small.
        return language.ngettext(
            "So far {count} loss. A rate says something once there are {needed}.",
            "So far {count} losses. A rate says something once there are {needed}.",
            figure.numerator,
            needed=language.number(MINIMUM_EVENTS),
        )
    few = min(figure.numerator, figure.denominator - figure.numerator)
    if few < 0 or few >= MINIMUM_EVENTS:
        return language.ngettext("{count} customer is too few.", "{count} customers are too few.", figure.n)
    return language.gettext(
        "So far {events} of {whole}. A share says something once there are {needed} on either side.",
        events=language.number(figure.numerator),
        whole=language.number(figure.denominator),
        needed=language.number(MINIMUM_EVENTS),
    )


def not_final(figure: Figure, report: Report, language: Language) -> str:
    """Return until when a window stays open."""
    end = window_end(figure)
    if end is not None and end > report.as_of + timedelta(days=1):
        return language.gettext("The time is not over. Final on {day}.", day=language.date(end))
    watched = re.fullmatch(r"first (\d+) days on the rung", figure.window)
    if watched:
        return language.gettext(
            "People have been watched for at most {time}, and some may still get there. Each month settles more.",
            time=language.about(int(watched.group(1))),
        )
    window = report.window
    # Where none was given and none was found it grows with the history, and no day can be named.
    if window is not None and (window.sufficient or not window.automatic):
        # Counted from the first day: before that nobody could have been silent for the whole window.
        day = date.fromisoformat(report.data["first_day"]) + timedelta(days=2 * window.days)
        if day > report.as_of:
            return language.gettext(
                "Part of the time is not over. Final about {day}.", day=language.date(day)
            )
    return language.gettext("Part of the time is not over; a later report settles it.")


def never_told(figure: Figure) -> bool:
    """Return whether a figure cannot be told in a period of such a length, however long one waits."""
    return figure.id == "early_loss" and figure.status is Status.NOT_IDENTIFIED


def reason(figure: Figure, report: Report, language: Language) -> str:
    """Return why a figure cannot be told yet, what is missing and when it will be there.

    Parameters
    ----------
    figure : Figure
        With any status but ``ok``.
    report : Report
        For the pace of the firm.
    language : Language
        For words, numbers and dates.

    Returns
    -------
    str
        One or two sentences; empty when the status is ``ok``.
    """
    if figure.status is Status.OK:
        return ""
    if figure.status is Status.UNDEFINED:
        return language.gettext("In this time there was nobody to count.")
    if figure.id in EXPECTED and figure.status is Status.PROVISIONAL and report.choice is not None:
        return why_not_final(report.choice, language)
    if figure.status is Status.PROVISIONAL:
        return not_final(figure, report, language)
    if figure.id in EXPECTED and report.choice is not None:
        return why_no_model(report.choice, language) or why_no_revenue(language)
    if figure.status is Status.NOT_IDENTIFIED:
        if figure.id == "survival_median":
            return language.gettext("Fewer than half have gone so far, so there is no such day yet.")
        if figure.id == "time_between_purchases":
            return language.gettext(
                "Fewer than half have bought again so far, so there is no typical gap yet."
            )
        if report.window is not None and never_told(figure):
            second = report.measures["repeat_purchase_rate"].label
            return language.gettext(
                "In a period as short as this it can never be measured: a customer counts as lost only after "
                "{days} of silence. “{measure}” says how many of the new come back.",
                days=language.days(report.window.days),
                measure=language.gettext(second),
            )
        return language.gettext("The data allow more than one answer; more history will settle it.")
    if figure.n < MINIMUM_N:
        return missing_customers(figure, report, language)
    return missing_events(figure, language)

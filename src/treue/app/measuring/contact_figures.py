"""How soon contacts are answered and solved, and how many are opened again: figures of the daily cycle."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.db.models.functions import Coalesce

from treue.app.customers.desk_queries import begun_by_customers
from treue.app.customers.models import Contact, ContactStep, Customer
from treue.kernel.language import LANGUAGES, Language, message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from django.db.models import QuerySet

    from treue.app.core.models import Firm
    from treue.kernel.estimate import Figure

    Known = tuple[datetime, datetime | None, bool]
    """When a contact began and was solved, and whether it was opened again."""

DAYS: Final = 90
VERSION: Final = "1"
PANEL: Final = "contacts"
MINUTES_A_DAY: Final = 24 * 60
LABELS: Final = {
    "first_response_median": message("Half are answered within"),
    "resolution_median": message("Half are solved within"),
    "reopen_rate": message("Opened again after they were solved"),
}


def contact_figures(firm: Firm, as_of: date) -> list[Figure]:
    """Return how soon the contacts were answered and solved that customers began of late, and how many came back.

    A contact that still waits counts with the time it has waited for (Kaplan and Meier), so that leaving the
    hard ones lying makes no figure better. What a file does not tell is unknown and counts nowhere; whoever is
    restricted neither.

    Parameters
    ----------
    firm : Firm
        For its zone.
    as_of : datetime.date
        The last day observed; what happened later is not known yet.

    Returns
    -------
    list of Figure
        Median time to the first answer and to the last solution, in days, and the share that was opened again
        of those that had been solved; `n` counts contacts.
    """
    end = _end(firm, as_of)
    begun = _begun(end)
    # What is solved without a word before is answered at that moment.
    known = begun.filter(reply_known=True).annotate(answered=Coalesce("first_reply_at", "solved_at"))
    answers = list(known.values_list("opened_at", "answered"))
    rows = begun.filter(solution_known=True).values_list("opened_at", "solved_at", "reopened_count", "id")
    solutions = _known_by(end, list(rows))
    window = f"{(end - timedelta(days=DAYS)).date()}/{end.date()}"
    return [
        _median("first_response_median", answers, end, window, as_of),
        _median("resolution_median", [row[:2] for row in solutions], end, window, as_of),
        _reopened(solutions, window, as_of),
    ]


def _end(firm: Firm, as_of: date) -> datetime:
    return datetime.combine(as_of + timedelta(days=1), time.min, ZoneInfo(firm.timezone))


def _begun(end: datetime) -> QuerySet[Contact]:
    """Return the contacts that customers began in the days before an instant, but of those who are restricted."""
    late = Contact.objects.filter(opened_at__gte=end - timedelta(days=DAYS), opened_at__lt=end)
    return begun_by_customers(late).exclude(
        customer__in=Customer.objects.filter(restricted=True).values("id")
    )


def _median(
    name: str, rows: list[tuple[datetime, datetime | None]], end: datetime, window: str, as_of: date
) -> Figure:
    from treue.kernel.estimate import MINIMUM_EVENTS, MINIMUM_N, Figure
    from treue.kernel.product_limit import first_below_half, product_limit
    from treue.kernel.status import Status

    ended = [until is not None and until < end for _, until in rows]
    lasted = [
        max(0, int(((until if over and until else end) - since).total_seconds() // 60))
        for (since, until), over in zip(rows, ended, strict=True)
    ]
    value = low = high = None
    if rows:
        curve = product_limit(lasted, ended, [1] * len(rows))
        lower, upper = curve.limits()
        value, low, high = (
            curve.median(),
            first_below_half(curve.days, lower),
            first_below_half(curve.days, upper),
        )
    enough = len(rows) >= MINIMUM_N and sum(ended) >= MINIMUM_EVENTS and value is not None
    known = Status.OK if enough else Status.INSUFFICIENT

    def days(minutes: int | None) -> float | None:
        return None if minutes is None else minutes / MINUTES_A_DAY

    return Figure(
        id=name,
        value=days(value),
        numerator=sum(ended),
        denominator=len(rows),
        n=len(rows),
        ci_low=days(low),
        ci_high=days(high),
        ci_method="kaplan-meier, log(-log)" if rows else None,
        status=known if rows else Status.UNDEFINED,
        window=window,
        as_of=as_of,
        definition_version=VERSION,
    )


def _known_by(end: datetime, rows: list[Any]) -> list[Known]:
    """Return when each contact began and was solved and whether it came back, as it stood at an instant."""
    kinds = ContactStep.Kind
    steps = ContactStep.objects.filter(
        contact__opened_at__gte=end - timedelta(days=DAYS), contact__opened_at__lt=end
    )
    reopened = steps.filter(kind=kinds.REOPENED, at__gte=end)
    later = dict(reopened.values_list("contact").annotate(times=Count("id")))
    # Opening a contact again takes away the time at which it was solved before; the steps still have it.
    before = steps.filter(
        kind__in=(kinds.SOLVED, kinds.REOPENED), at__lt=end, contact__in=reopened.values("contact")
    ).order_by("at", "id")
    last = {
        key: at if kind == kinds.SOLVED else None
        for key, kind, at in before.values_list("contact", "kind", "at")
    }

    def solved_by(key: int, solved_at: datetime | None) -> datetime | None:
        if key in later:
            return last.get(key)
        return solved_at if solved_at is not None and solved_at < end else None

    return [
        (opened_at, solved_by(key, solved_at), (times or 0) > later.get(key, 0))
        for opened_at, solved_at, times, key in rows
    ]


def _reopened(rows: list[Known], window: str, as_of: date) -> Figure:
    from treue.kernel.estimate import proportion

    again = sum(came_back for *_, came_back in rows)
    solved = sum(solved_at is not None or came_back for _, solved_at, came_back in rows)
    return proportion("reopen_rate", again, solved, window=window, as_of=as_of, version=VERSION)


def contact_panels(firm: Firm, as_of: date) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the part of a page that shows these figures: language and plain content, every word written.

    Parameters
    ----------
    firm : Firm
        For its zone.
    as_of : datetime.date
        The last day observed.

    Yields
    ------
    tuple
        ``("de", {"lines": [...], "as_of": "2026-03-31"})``.
    """
    figures = contact_figures(firm, as_of)
    begun = _begun(_end(firm, as_of))
    unknown = begun.filter(reply_known=False).count(), begun.filter(solution_known=False).count()
    for code in LANGUAGES:
        language = Language(code, "treue.app")
        yield (
            code,
            {
                "lines": [_line(figure, language) for figure in figures],
                "about": " ".join([_about(as_of, language), *_left_out(*unknown, language)]),
            },
        )


def _about(as_of: date, language: Language) -> str:
    return language.gettext(
        "Contacts that customers began in the {days} days up to {day}. One that still waits counts "
        "with the time it has waited for.",
        days=language.number(DAYS),
        day=language.date(as_of),
    )


def _left_out(replies: int, solutions: int, language: Language) -> Iterator[str]:
    """Yield how many contacts count in which figure not, because nobody knows how they went."""
    if replies:
        yield language.ngettext(
            "{count} of them is left out of the time to the first answer, because its file does not tell.",
            "{count} of them are left out of the time to the first answer, because their file does not tell.",
            replies,
        )
    if solutions:
        yield language.ngettext(
            "{count} of them is left out of what was solved and opened again, because its file does not tell.",
            "{count} of them are left out of what was solved and opened again, because their file does not tell.",
            solutions,
        )


def _line(figure: Figure, language: Language) -> dict[str, Any]:
    """Return a figure in words: its value with interval and number, or why there is none yet, and how it came about."""
    _ = language.gettext
    share = figure.id == "reopen_rate"
    count = language.ngettext("{count} contact", "{count} contacts", figure.n)
    if share:
        count = language.ngettext("{count} solved contact", "{count} solved contacts", figure.n)
    line: dict[str, Any] = {
        "id": figure.id, "label": _(LABELS[figure.id]), "value": "", "cannot": "", "interval": "", "count": count,
    }  # fmt: skip
    if figure.status != "ok" or figure.value is None:
        return line | {"cannot": _cannot(figure, language), "facts": _facts(figure, "", language)}

    def said(value: float | None) -> str:
        if value is None:
            return _("not known")
        return language.percent(value, 0) if share else lasting(value, language)

    limits = {"low": said(figure.ci_low), "high": said(figure.ci_high)}
    line |= {"value": said(figure.value), "interval": _("95% interval {low} to {high}", **limits)}
    return line | {"facts": _facts(figure, f"{line['value']} ({line['interval']})", language)}


def _facts(figure: Figure, value: str, language: Language) -> list[tuple[str, str]]:
    """Return how a figure came about, as help says it of every measure."""
    from treue.kernel.status import status_word
    from treue.report.explanations import METHODS

    _ = language.gettext
    method = METHODS["wilson" if figure.id == "reopen_rate" else "greenwood_loglog"]
    counts = [language.number(number or 0) for number in (figure.numerator, figure.denominator)]
    return [
        *([(_("Value"), value)] if value else []),
        (_("Computed from"), " / ".join(counts)),
        (_("Contacts counted"), language.number(figure.n)),
        (_("Time"), language.window(figure.window)),
        (_("How far to trust it"), status_word(figure.status, language)),
        (_("Interval"), _(method)),
        (_("Version of the definition"), VERSION),
    ]


def _cannot(figure: Figure, language: Language) -> str:
    from treue.kernel.estimate import MINIMUM_EVENTS, MINIMUM_N

    _ = language.gettext
    if figure.n < MINIMUM_N:
        return _("At least {count} contacts are needed.", count=language.number(MINIMUM_N))
    if figure.id == "reopen_rate":
        return _(
            "At least {count} that were opened again and {count} that were not are needed.",
            count=language.number(MINIMUM_EVENTS),
        )
    if figure.value is None:
        return _("Fewer than half have been dealt with so far.")
    return _("At least {count} that have been dealt with are needed.", count=language.number(MINIMUM_EVENTS))


def lasting(days: float, language: Language) -> str:
    """Return a length of time as a person would say it, down to minutes.

    Examples
    --------
    >>> [lasting(days, Language("en", "treue.app")) for days in (0.01, 0.25, 3)]
    ['14 minutes', '6 hours', '3 days']
    """
    minutes = round(days * MINUTES_A_DAY)
    if minutes < 2 * 60:
        return language.ngettext("{count} minute", "{count} minutes", minutes)
    if minutes < 2 * MINUTES_A_DAY:
        return language.ngettext("{count} hour", "{count} hours", round(minutes / 60))
    return language.ngettext("{count} day", "{count} days", round(days))

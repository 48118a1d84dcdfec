"""The rhythm of customers as drawings, all of a page at once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils import timezone
from markupsafe import Markup

from treue.app.customers import buying
from treue.charts.rhythm_strip import STRIP_DAYS, rhythm_strip
from treue.kernel.units import day_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from treue.app.core.models import Firm
    from treue.kernel.language import Language


def last_observed(firm: Firm) -> date:
    """Return up to which day the figures that are shown know everything; before the first, the firm's day."""
    if firm.run is not None and firm.run.as_of is not None:
        return firm.run.as_of
    return timezone.now().astimezone(ZoneInfo(firm.timezone)).date()


def strips_of(
    people: Mapping[int, Sequence[int]],
    habits: Mapping[int, float | None],
    last: date,
    place: ZoneInfo,
    language: Language,
) -> dict[int, Markup]:
    """Return the rhythm of each customer as a drawing; empty where nothing was bought.

    Parameters
    ----------
    people : mapping of int to sequence of int
        Each customer with all records that are one with it.
    habits : mapping of int to float or None
        The usual gap of each in days, as its score has it; None shades no silence.
    last : datetime.date
        The last day observed: what comes later is not known to be silence.
    place : zoneinfo.ZoneInfo
        The firm's zone, which divides days.
    language : Language
        For the drawing in words.

    Returns
    -------
    dict of int to Markup
        One ``<svg>`` each.
    """
    bought = buying.buying_days(people, last, place, since=last - timedelta(days=STRIP_DAYS))
    # Whoever bought nothing in the time shown has a silence all the same.
    silent = {key: ids for key, ids in people.items() if not bought[key]}
    bought |= buying.buying_days(silent, last, place) if silent else {}
    return {
        key: _strip(bought[key], day_number(last), habits.get(key), language) if bought[key] else Markup()
        for key in people
    }


def _strip(
    days: Sequence[tuple[date, int]], last: int, habit_days: float | None, language: Language
) -> Markup:
    label = language.ngettext(
        "{count} day of buying in the time shown, then {silence} of silence.",
        "{count} days of buying in the time shown, then {silence} of silence.",
        sum(day_number(day) >= last - STRIP_DAYS for day, _ in days),
        silence=language.about(last - day_number(days[-1][0])),
    )
    drawn = rhythm_strip(
        [(day_number(day), float(amount)) for day, amount in days], last, habit_days=habit_days, label=label
    )
    return Markup(drawn)  # noqa: S704  (our own drawing; its label was escaped there)

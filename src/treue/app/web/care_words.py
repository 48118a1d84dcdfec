"""What the forms of a task offer, and what was done last, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone

from treue.app.customers.queries import all_with_merged
from treue.app.customers.words import OUTCOMES, STEPS
from treue.app.measuring.care import newest_steps
from treue.kernel.language import message

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

    from treue.app.customers.models import CareStep, Customer
    from treue.app.measuring.models import Score
    from treue.kernel.language import Language

WAITS: Final = {3: message("for three days"), 7: message("for a week"), 30: message("for a month")}
"""For how many days a task is put off."""


def step_told(step: CareStep | None, language: Language) -> str:
    """Return what was done last about a customer, and until when that keeps it off the list; empty for nothing."""
    if step is None:
        return ""
    _ = language.gettext
    parts = [_(STEPS[step.kind])]
    if step.outcome:
        parts.append(_(OUTCOMES[step.outcome]))
    if step.text:
        parts.append(step.text)
    if step.hidden_until:
        parts.append(_("off the list until {day}", day=language.date(step.hidden_until)))
    return " · ".join(parts)


def task_of(
    found: Customer, score: Score | None, place: ZoneInfo, language: Language
) -> dict[str, Any] | None:
    """Return the task of a customer's page: its place on the list, whether it waits, and what was done last.

    Parameters
    ----------
    found : Customer
        Whose page it is.
    score : Score or None
        Of the run that is shown.
    place : ZoneInfo
        The firm's zone.
    language : Language
        In which the words are.

    Returns
    -------
    dict or None
        None for who is not on the list.
    """
    if score is None or score.care_rank is None or found.restricted or found.no_profiling:
        return None
    step = newest_steps(all_with_merged([found.pk])).get(found.pk)
    today: date = timezone.now().astimezone(place).date()
    hidden = step is not None and step.hidden_until is not None and step.hidden_until > today
    return {"rank": score.care_rank, "handled": hidden, "step": step_told(step, language)}

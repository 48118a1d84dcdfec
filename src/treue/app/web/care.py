"""The care list as tasks: done, put off, taken up again; on the first page, on its own, and on a customer's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from treue.app.core.models import Firm
from treue.app.core.wrong import said
from treue.app.customers import desk_queries, queries
from treue.app.customers.care_steps import care_step
from treue.app.customers.words import CHANNELS, OUTCOMES, coded
from treue.app.measuring.care import care_list_and_count, handled_list, newest_steps
from treue.app.measuring.queries import panel
from treue.app.web.asked import number as number_in
from treue.app.web.asked import one_of
from treue.app.web.care_words import WAITS, step_told
from treue.app.web.contact_words import contacts_told
from treue.app.web.customer import customer_for, show
from treue.app.web.customer_words import care_why, own_habit
from treue.app.web.figures import age_words
from treue.app.web.login import safe_next
from treue.app.web.pages import Pages
from treue.app.web.person import person_of
from treue.app.web.rhythm import last_observed, strips_of
from treue.app.web.speech import spoken
from treue.kernel.errors import WrongArgument
from treue.kernel.units import from_minor

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from treue.app.customers.models import Contact
    from treue.app.measuring.models import Score
    from treue.kernel.language import Language

HANDLED: Final = "handled"
TASKS: Final = 10
"""On a page: each has a drawing of two years, and a day's work is hardly longer."""


def listed(request: HttpRequest) -> HttpResponse:
    """Show the whole list: who waits, or whom somebody has taken care of or put off."""
    firm, language = Firm.the(), spoken(request)
    day = timezone.now().astimezone(ZoneInfo(firm.timezone)).date()
    state = one_of(request.GET, "state", [HANDLED])
    lines: list[dict[str, Any]] = []
    pages = Pages.of(request, 0, TASKS)
    if firm.run_id:
        if state:
            found = handled_list(firm.run_id, day)
            count = queries.counted(found)[0]
        else:
            found, count = care_list_and_count(firm.run_id, day)
        pages = Pages.of(request, count, TASKS)
        lines = care_lines(list(found[pages.start : pages.start + TASKS]), firm, language)
    context = {
        "care": lines,
        "state": state,
        "pages": pages,
        "age": age_words(firm.run, firm, language) if firm.run else "",
        "measured": firm.run_id is not None,
        "stake_words": (panel("summary", language.code) or {}).get("stake_words", ""),
        **choices(language),
    }
    return render(request, "care.html.j2", context)


def choices(language: Language) -> dict[str, Any]:
    """Return what the forms of a task offer."""
    return {
        "outcomes": [(value, language.gettext(words)) for value, words in OUTCOMES.items()],
        "waits": [(days, language.gettext(words)) for days, words in WAITS.items()],
    }


def care_lines(waiting: list[Score], firm: Firm, language: Language) -> list[dict[str, Any]]:
    """Return lines of the care list; as many questions for one as for many."""
    place = ZoneInfo(firm.timezone)
    people = queries.all_with_merged(score.customer_id for score in waiting)
    contacts = queries.last_contacts(people)
    faults = desk_queries.open_faults(people)
    told = contacts_told(list(faults.values()), {}, place, language)
    habits = {score.customer_id: own_habit(score) for score in waiting}
    strips = strips_of(people, habits, last_observed(firm), place, language)
    steps = newest_steps(people)
    return [
        {
            **_line(score, contacts.get(score.customer_id), firm, place, language),
            "strip": strips[score.customer_id],
            "fault": told[faults[score.customer_id].pk] if score.customer_id in faults else None,
            "step": step_told(steps.get(score.customer_id), language),
        }
        for score in waiting
    ]


def _line(
    score: Score, last: Contact | None, firm: Firm, place: ZoneInfo, language: Language
) -> dict[str, Any]:
    currency = firm.currency or "EUR"
    about = ""
    if last is not None:
        about = language.gettext(
            "Last contact: {day}, {channel}.",
            day=language.date(last.opened_at.astimezone(place).date()),
            channel=coded(CHANNELS, last.channel, language),
        )
    why = care_why(score, firm, language)
    if score.alive_share is not None and score.loss_share is None:
        left = language.chance(1 - score.alive_share)
        why += " " + language.gettext("Has left with a probability of {share}.", share=left)
    return {
        "customer": score.customer,
        "why": why,
        "contact": about,
        "stake": language.money(from_minor(score.stake or 0, currency), currency, digits=0),
    }


@require_POST
def step(request: HttpRequest, number: int) -> HttpResponse:
    """Write down what was done about a customer of the care list."""
    found = customer_for(request, number)
    sent = request.POST
    try:
        care_step(
            found,
            sent.get("kind", ""),
            outcome=sent.get("outcome", ""),
            text=sent.get("text", ""),
            days=number_in(sent, "days", least=0, most=9_999),
            today=timezone.now().astimezone(ZoneInfo(Firm.the().timezone)).date(),
            by=person_of(request),
        )
    except WrongArgument as error:
        return show(request, found, wrong=said(error, spoken(request)), status=422)
    return HttpResponseRedirect(safe_next(request))

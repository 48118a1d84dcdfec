"""The first page: what matters today, whom to care for, what was promised, what Treue did."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from treue.app.core import audit, jobs
from treue.app.core.models import Firm, Job
from treue.app.core.wrong import Wrong, said
from treue.app.customers import demo, queries, services
from treue.app.customers.models import Customer, ImportedFile
from treue.app.customers.words import CHANNELS, OUTCOMES, coded
from treue.app.measuring.care import care_count, care_list
from treue.app.measuring.models import Run
from treue.app.measuring.queries import panel
from treue.app.web.access import PERSONS, ROUTES_BY_NAME
from treue.app.web.asked import number as number_in
from treue.app.web.contact_words import contacts_told
from treue.app.web.customer import customer_for
from treue.app.web.customer_words import care_why, instant_words, own_habit
from treue.app.web.figures import age_words
from treue.app.web.login import safe_next
from treue.app.web.person import person_of
from treue.app.web.refusals import refusal
from treue.app.web.rhythm import last_observed, strips_of
from treue.app.web.speech import spoken
from treue.app.web.work_words import not_done
from treue.kernel.errors import WrongArgument
from treue.kernel.units import from_minor

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from markupsafe import Markup

    from treue.app.customers.models import Contact
    from treue.app.measuring.models import Score
    from treue.kernel.language import Language

SHOWN: Final = 10
RECENTLY: Final = timedelta(days=14)
"""A promise that was broken longer ago is no longer work of today; it stands on the customer's page."""
DEMO, CYCLE = "demo", "cycle"


def today(request: HttpRequest) -> HttpResponse:
    """Show what matters today, or how to begin."""
    firm, language = Firm.the(), spoken(request)
    context: dict[str, Any] = {
        "work": _work(language),
        "anybody": Customer.objects.exists(),
        "summary": panel("summary", language.code) if firm.run_id else None,
        "age": age_words(firm.run, firm, language) if firm.run else "",
        "routes": ROUTES_BY_NAME,
    }
    if person_of(request).role in PERSONS:
        context.update(_persons(firm, language))
    context["did"] = _did(language)
    return render(request, "today.html.j2", context)


def _persons(firm: Firm, language: Language) -> dict[str, Any]:
    place = ZoneInfo(firm.timezone)
    now = timezone.now()
    day = now.astimezone(place).date()
    waiting = list(care_list(firm.run_id, day)[:SHOWN]) if firm.run_id else []
    promised = list(queries.promises_open(now + timedelta(days=1), since=now - RECENTLY)[:20])
    return {
        "care": _care_lines(waiting, firm, place, language),
        "care_count": care_count(firm.run_id, day) if firm.run_id else 0,
        "outcomes": [(value, language.gettext(words)) for value, words in OUTCOMES.items() if value],
        "promises": [
            {
                "id": one.pk,
                "customer": one.customer,
                "text": one.text,
                "due": instant_words(one.due_at, place, language),
                "overdue": one.due_at < now,
            }
            for one in promised
        ],
    }


def _care_lines(
    waiting: list[Score], firm: Firm, place: ZoneInfo, language: Language
) -> list[dict[str, Any]]:
    people = queries.all_with_merged(score.customer_id for score in waiting)
    contacts = queries.last_contacts(people)
    faults = queries.open_faults(people)
    told = contacts_told(list(faults.values()), {}, place, language)
    habits = {score.customer_id: own_habit(score) for score in waiting}
    strips = strips_of(people, habits, last_observed(firm), place, language)
    return [
        {
            **_care_line(
                score, contacts.get(score.customer_id), strips[score.customer_id], firm, place, language
            ),
            "fault": told[faults[score.customer_id].pk] if score.customer_id in faults else None,
        }
        for score in waiting
    ]


def _care_line(
    score: Score, last: Contact | None, strip: Markup, firm: Firm, place: ZoneInfo, language: Language
) -> dict[str, Any]:
    currency = firm.currency or "EUR"
    about = ""
    if last is not None:
        about = language.gettext(
            "Last contact: {day}, {channel}.",
            day=language.date(last.opened_at.astimezone(place).date()),
            channel=coded(CHANNELS, last.channel, language),
        )
    return {
        "customer": score.customer,
        "why": care_why(score, currency, language),
        "contact": about,
        "strip": strip,
        "stake": language.money(from_minor(score.stake or 0, currency), currency, digits=0),
    }


def _did(language: Language) -> list[str]:
    """Return what happened since yesterday without anybody doing it by hand."""
    since = timezone.now() - timedelta(days=1)
    said = [
        language.ngettext(
            "{count} new row from {file}", "{count} new rows from {file}", file.added, file=file.name
        )
        for file in ImportedFile.objects.filter(state="done", finished_at__gte=since).order_by("-pk")[:5]
    ]
    runs = Run.objects.filter(state=Run.State.DONE, finished_at__gte=since).count()
    if runs:
        said.append(
            language.ngettext(
                "Figures and scores computed {count} time", "Figures and scores computed {count} times", runs
            )
        )
    missed = queries.promises_open(timezone.now(), since=since).count()
    if missed:
        said.append(
            language.ngettext(
                "{count} promise fell due and was not kept",
                "{count} promises fell due and were not kept",
                missed,
            )
        )
    failed = Job.objects.filter(state=Job.State.FAILED, finished_at__gte=since).order_by("-id")[:3]
    return said + [not_done(job, language) for job in failed]


def _work(language: Language) -> dict[str, Any] | None:
    """Return the work that has to be done before there is anything to see, or None."""
    job = jobs.unfinished(DEMO) or jobs.unfinished(CYCLE)
    if job is None:
        return None
    _ = language.gettext
    what = _("Making the demonstration firm") if job.kind == DEMO else _("Computing figures and scores")
    return {"what": what, "share": round(100 * job.share), "waiting": job.state == Job.State.WAITING}


def progress(request: HttpRequest) -> HttpResponse:
    """Show how far the work is; when it is over, the page is loaded anew."""
    language = spoken(request)
    work = _work(language)
    answer = render(request, "today_progress.html.j2", {"work": work})
    if work is None:
        answer.headers["HX-Refresh"] = "true"
    return answer


@require_POST
def care(request: HttpRequest, number: int) -> HttpResponse:
    """Write down what was done about a customer of the care list."""
    found = customer_for(request, number)
    sent = request.POST
    firm = Firm.the()
    try:
        services.care_step(
            found,
            sent.get("kind", ""),
            outcome=sent.get("outcome", ""),
            text=sent.get("text", ""),
            days=number_in(sent, "days", least=0, most=9_999),
            today=timezone.now().astimezone(ZoneInfo(firm.timezone)).date(),
            by=person_of(request),
        )
    except WrongArgument as error:
        from treue.app.web.customer import show

        return show(request, found, wrong=said(error, spoken(request)), status=422)
    return HttpResponseRedirect(safe_next(request))


@require_POST
def start_demo(request: HttpRequest) -> HttpResponse:
    """Fill an empty system with an invented firm."""
    if not Customer.objects.exists():
        jobs.order(DEMO)
        audit.write("demo.ordered", by=person_of(request))
    return HttpResponseRedirect(reverse("today"))


@require_POST
def remove_demo(request: HttpRequest) -> HttpResponse:
    """Empty the system of the invented firm."""
    try:
        demo.remove(by=person_of(request))
    except Wrong as error:
        language = spoken(request)
        return refusal(request, 422, language.gettext("Nothing was removed"), error.said(language))
    return HttpResponseRedirect(reverse("today"))


@require_POST
def start_cycle(request: HttpRequest) -> HttpResponse:
    """Compute figures and scores now."""
    jobs.order(CYCLE)
    audit.write("cycle.ordered", by=person_of(request))
    return HttpResponseRedirect(safe_next(request))

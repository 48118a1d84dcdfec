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
from treue.app.core.wrong import Wrong
from treue.app.customers import demo, desk_queries, queries
from treue.app.customers.models import Customer
from treue.app.measuring import services
from treue.app.measuring.care import care_list_and_count
from treue.app.measuring.models import Score
from treue.app.measuring.queries import panel
from treue.app.web.access import PERSONS
from treue.app.web.care import care_lines, choices
from treue.app.web.desk import promise_lines
from treue.app.web.did import did
from treue.app.web.figures import age_words
from treue.app.web.login import safe_next
from treue.app.web.person import person_of
from treue.app.web.refusals import refusal
from treue.app.web.speech import spoken

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from treue.kernel.language import Language

SHOWN: Final = 10
PROMISES: Final = 20
DEMO, CYCLE = "demo", "cycle"


def today(request: HttpRequest) -> HttpResponse:
    """Show what matters today, or how to begin."""
    firm, language = Firm.the(), spoken(request)
    context: dict[str, Any] = {
        "work": _work(language),
        "anybody": Customer.objects.exists(),
        "summary": panel("summary", language.code) if firm.run_id else None,
        "age": age_words(firm.run, firm, language) if firm.run else "",
    }
    if person_of(request).role in PERSONS:
        context.update(_persons(firm, language))
    context["did"] = did(firm, language)
    return render(request, "today.html.j2", context)


def _persons(firm: Firm, language: Language) -> dict[str, Any]:
    place = ZoneInfo(firm.timezone)
    now = timezone.now()
    day = now.astimezone(place).date()
    waiting, count = care_list_and_count(firm.run_id, day) if firm.run_id else (Score.objects.none(), 0)
    due = desk_queries.promises_open(now + timedelta(days=1))
    # What falls due now is never crowded out by what has been overdue for long.
    newest = list(due.reverse()[:PROMISES])[::-1]
    others, more_others = queries.counted(due) if len(newest) == PROMISES else (len(newest), False)
    contacts, more_contacts = queries.counted(desk_queries.contacts_open())
    return {
        "care": care_lines(list(waiting[:SHOWN]), firm, language),
        "care_count": count,
        "promises": promise_lines(newest, place, language),
        "promises_more": others - len(newest),
        "promises_over": more_others,
        "contacts_count": contacts,
        "contacts_over": more_contacts,
        **choices(language),
    }


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
    services.order_cycle(by=person_of(request))
    return HttpResponseRedirect(safe_next(request))

"""One customer: the whole record, and what staff write down."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from treue.app.core.addresses import country_of_numbers
from treue.app.core.models import Firm
from treue.app.core.wrong import Wrong, said
from treue.app.customers import queries, services
from treue.app.customers.condition_fields import ATTRIBUTE, EXPERTISE
from treue.app.customers.contact_desk import STATES
from treue.app.customers.importing.services import IN_DEMO, demo_is_here
from treue.app.customers.merging import is_restricted, top_of
from treue.app.customers.models import ContactPoint, Customer, Merge, Promise
from treue.app.customers.named import countries, languages
from treue.app.customers.words import CHANNELS, OUTCOMES
from treue.app.web.access import ROUTES_BY_NAME
from treue.app.web.asked import instant
from treue.app.web.asked import text as text_in
from treue.app.web.care_words import WAITS, task_of
from treue.app.web.contact_words import open_contacts
from treue.app.web.customer_record import consents_told, records_of
from treue.app.web.customer_timeline import timeline_told
from treue.app.web.customer_words import (
    KINDS,
    instant_words,
    own_habit,
    scores_told,
    summary_of,
)
from treue.app.web.login import safe_next
from treue.app.web.person import person_of
from treue.app.web.rhythm import last_observed, strips_of
from treue.app.web.speech import spoken
from treue.kernel.errors import WrongArgument
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from treue.kernel.language import Language

OWNER = "owner"


def customer_for(request: HttpRequest, number: int) -> Customer:
    """Return a customer whom this person may see; who is restricted, in any record, is the owner's to see only.

    To all others it is as if there were nobody: a refusal would tell who is restricted.
    """
    found = get_object_or_404(Customer, pk=number)
    if person_of(request).role != OWNER and is_restricted(found):
        raise Http404
    return found


def customer(request: HttpRequest, number: int) -> HttpResponse:
    """Show the whole record."""
    return show(request, customer_for(request, number))


def show(request: HttpRequest, found: Customer, *, wrong: str = "", status: int = 200) -> HttpResponse:
    """Return the page of a customer, with what could not be done where something could not."""
    firm, language = Firm.the(), spoken(request)
    place = ZoneInfo(firm.timezone)
    ids = queries.one_with_merged(found)
    score = found.scores.filter(run_id=firm.run_id).first() if firm.run_id else None
    last = last_observed(firm)
    context: dict[str, Any] = {
        "customer": found,
        "wrong": wrong,
        "said": "",
        "winner": queries.winner_of(found),
        "summary": summary_of(found, language),
        "strip": strips_of({found.pk: ids}, {found.pk: own_habit(score)}, last, place, language)[found.pk],
        "promises": [_promise(one, place, language) for one in _open_promises(ids)],
        "open_contacts": open_contacts(ids, place, language),
        "states": [(value, language.gettext(words)) for value, words in STATES.items()],
        "task": task_of(found, score, place, language),
        "outcomes": [(value, language.gettext(words)) for value, words in OUTCOMES.items()],
        "waits": [(days, language.gettext(words)) for days, words in WAITS.items()],
        "scores": scores_told(score, firm, language) if score else [],
        "why_no_score": "" if score else _why_no_score(found, firm, language),
        "age": _age(firm, place, language),
        "channels": [(value, language.gettext(words)) for value, words in CHANNELS.items()],
        "kinds": [(value, language.gettext(words)) for value, words in KINDS.items()],
        "expertise": EXPERTISE,
        "countries": countries(language.code),
        "spoken_languages": languages(language.code),
        "records": records_of(found, ids),
        "first_seen": lambda at: language.date(at.astimezone(place).date()),
        "consents": consents_told(found, ids, place, language),
        "merges": list(Merge.objects.filter(winner=found, undone_at=None).select_related("loser")),
        "switches": _switches(request, found, language),
        "due_suggestion": (timezone.now().astimezone(place) + timedelta(days=1)).strftime("%Y-%m-%dT17:00"),
        "routes": ROUTES_BY_NAME,
        **timeline_told(request, ids, firm, language),
    }
    return render(request, "customer.html.j2", context, status=status)


def _open_promises(ids: list[int]) -> list[Promise]:
    found = Promise.objects.filter(customer_id__in=ids, kept_at=None, kept_known=True)
    return list(found.order_by("due_at")[:20])


def _promise(one: Promise, place: ZoneInfo, language: Language) -> dict[str, Any]:
    return {
        "id": one.pk,
        "due": instant_words(one.due_at, place, language),
        "text": one.text,
        "overdue": one.due_at < timezone.now(),
    }


def _why_no_score(found: Customer, firm: Firm, language: Language) -> str:
    _ = language.gettext
    if found.no_profiling:
        return _("This customer objected to scores: none is computed, and none is kept.")
    if found.restricted:
        return _("This record is kept and used for nothing else.")
    if firm.run_id is None:
        return _("Scores appear after the first daily cycle.")
    return _("Nothing was known of this customer at the last daily cycle.")


def _age(firm: Firm, place: ZoneInfo, language: Language) -> str:
    if firm.run is None or firm.run.finished_at is None or firm.run.as_of is None:
        return ""
    return language.gettext(
        "Computed {time} from everything up to {day}.",
        time=instant_words(firm.run.finished_at, place, language),
        day=language.date(firm.run.as_of),
    )


def _switches(request: HttpRequest, found: Customer, language: Language) -> list[dict[str, Any]]:
    route = ROUTES_BY_NAME.get("customer-switch")
    if route is None or not route.allows(person_of(request).role, "POST"):
        return []
    _ = language.gettext
    words = {
        "no_marketing": _("No marketing"),
        "no_profiling": _("No scores"),
        "restricted": _("Restricted: kept, and used for nothing else"),
    }
    return [
        {
            "name": name,
            "words": text,
            "on": getattr(found, name),
            "action": _("Switch off") if getattr(found, name) else _("Switch on"),
        }
        for name, text in words.items()
        if name != "restricted" or person_of(request).role == OWNER
    ]


def _done(found: Customer) -> HttpResponse:
    return HttpResponseRedirect(reverse("customer", kwargs={"number": found.pk}))


def attempt(request: HttpRequest, number: int, deed: Callable[[Customer], object]) -> HttpResponse:
    """Do something with a customer and go back to the page, or show it with what cannot be."""
    found = customer_for(request, number)
    try:
        deed(found)
    except WrongArgument as error:
        return show(request, found, wrong=said(error, spoken(request)), status=422)
    return _done(found)


@require_POST
def promise(request: HttpRequest, number: int) -> HttpResponse:
    """Write down a promise."""

    def deed(found: Customer) -> None:
        due = instant(request.POST, "due", ZoneInfo(Firm.the().timezone))
        if due is None:
            raise Wrong(message("Due: no day and time is written; it would be right as 2026-03-31 17:00"))
        services.add_promise(found, request.POST.get("text", ""), due, by=person_of(request))

    return attempt(request, number, deed)


@require_POST
def note(request: HttpRequest, number: int) -> HttpResponse:
    """Write a note."""
    return attempt(
        request,
        number,
        lambda found: services.add_note(found, request.POST.get("text", ""), by=person_of(request)),
    )


@require_POST
def change(request: HttpRequest, number: int) -> HttpResponse:
    """Change the record."""
    values = {
        name: request.POST[name]
        for name in request.POST
        if name in services.EDITABLE or name.startswith(ATTRIBUTE)
    }
    return attempt(
        request, number, lambda found: services.change_record(found, values, by=person_of(request))
    )


@require_POST
def point(request: HttpRequest, number: int) -> HttpResponse:
    """Add an address."""
    address = request.POST.get("address", "")
    kind = ContactPoint.Kind.EMAIL if "@" in address else ContactPoint.Kind.PHONE

    def deed(found: Customer) -> None:
        country = country_of_numbers(found.country, Firm.the().country)
        services.add_contact_point(found, kind, address, country=country, by=person_of(request))

    return attempt(request, number, deed)


@require_POST
def point_remove(request: HttpRequest, number: int, point: int) -> HttpResponse:
    """Remove an address."""
    found = customer_for(request, number)
    mine = get_object_or_404(ContactPoint, pk=point, customer_id__in=queries.one_with_merged(found))
    services.remove_contact_point(mine, by=person_of(request))
    return _done(found)


@require_POST
def merge(request: HttpRequest, number: int) -> HttpResponse:
    """Merge another record into this one."""

    def deed(found: Customer) -> None:
        typed = text_in(request.POST, "other", 254)
        other = queries.exact_match(typed, Firm.the().country)
        if other is None or (person_of(request).role != OWNER and is_restricted(other)):
            raise Wrong(message("“{typed}” is no customer’s whole number or address"), typed=typed[:60])
        services.merge(top_of(other), found, by=person_of(request))

    return attempt(request, number, deed)


@require_POST
def part(request: HttpRequest, number: int, merge: int) -> HttpResponse:
    """Part two records again."""
    found = customer_for(request, number)
    services.undo_merge(get_object_or_404(Merge, pk=merge, winner=found), by=person_of(request))
    return _done(found)


@require_POST
def promise_keep(request: HttpRequest, number: int) -> HttpResponse:
    """Say that a promise was kept."""
    found = get_object_or_404(Promise, pk=number)
    customer_for(request, found.customer_id)
    services.keep_promise(found, by=person_of(request))
    return HttpResponseRedirect(safe_next(request))


@require_POST
def switch(request: HttpRequest, number: int) -> HttpResponse:
    """Turn a switch of the customer's on or off; who is restricted is the owner's to see, and to release."""
    if request.POST.get("name") == "restricted" and person_of(request).role != OWNER:
        raise PermissionDenied
    set_switch = import_module("treue.app.privacy.services").set_switch
    return attempt(
        request,
        number,
        lambda found: set_switch(
            found, request.POST.get("name", ""), request.POST.get("value") == "1", by=person_of(request)
        ),
    )


def add(request: HttpRequest) -> HttpResponse:
    """Make the record of a customer that came from no file."""
    firm, language = Firm.the(), spoken(request)
    typed = {name: request.POST.get(name, "") for name in ("name", "email", "phone")}
    typed["country"] = request.POST.get("country", firm.country)
    known = countries(language.code)

    def form(wrong: str, status: int) -> HttpResponse:
        shown = {"typed": typed, "wrong": wrong, "countries": known}
        return render(request, "customer_add.html.j2", shown, status=status)

    if request.method != "POST":
        return form(language.gettext(IN_DEMO) if demo_is_here() else "", 200)
    try:
        if typed["country"] not in {"", *known}:
            raise Wrong(services.NOT_OFFERED, what=message("Country"), value=typed["country"][:60])
        made = services.add_customer(**typed, by=person_of(request))
    except WrongArgument as error:
        return form(said(error, language), 422)
    return _done(made)

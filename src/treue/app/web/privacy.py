"""Privacy: requests and when they are due, what is kept why and how long, who may come back."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from treue.app.core.models import Firm
from treue.app.core.wrong import Wrong, said
from treue.app.customers import queries
from treue.app.customers.merging import is_restricted
from treue.app.privacy import retention, services, stored
from treue.app.privacy.coded import KINDS, OUTCOMES
from treue.app.privacy.copying import in_reading_order
from treue.app.privacy.declared import STAYS, WITH_CUSTOMER
from treue.app.privacy.models import Request
from treue.app.web import asked
from treue.app.web.access import PERSONS
from treue.app.web.person import person_of
from treue.app.web.speech import spoken
from treue.kernel.errors import WrongArgument
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from treue.app.core.models import User
    from treue.kernel.language import Language

OWNER: Final = "owner"
DONE: Final = {
    "erased": message(
        "Everything about this customer is erased. The audit log keeps when, by whom and how many rows."
    ),
    "period": message("The period holds. The next night deletes by it."),
    "back": message("Files may bring this person back again."),
    "request": message("The request is written down."),
}
CLOSED_SHOWN: Final = 10


def privacy(request: HttpRequest) -> HttpResponse:
    """Show requests, periods and the register."""
    return _page(request)


def _page(request: HttpRequest, *, wrong: str = "", status: int = 200) -> HttpResponse:
    language, firm = spoken(request), Firm.the()
    now = timezone.now()
    today = now.astimezone(ZoneInfo(firm.timezone)).date()
    person = person_of(request)
    done = DONE.get(request.GET.get("done", ""), "")
    counted = request.GET.get("count") == "1"
    found = Request.objects.select_related("customer")
    waiting = found.filter(closed_at=None).order_by("due_on", "id")
    over = found.exclude(closed_at=None).order_by("-closed_at")[:CLOSED_SHOWN]
    open_ones, closed = (
        [_told(one, today, language) for one in some if _may_see(one, person)] for some in (waiting, over)
    )
    context: dict[str, Any] = {
        "wrong": wrong,
        "done": language.gettext(done) if done else "",
        "open": open_ones,
        "closed": closed,
        "kinds": [(value, language.gettext(words)) for value, words in KINDS.items()],
        "outcomes": [(value, language.gettext(words)) for value, words in OUTCOMES.items()],
        "today": today.isoformat(),
        "counted": counted,
        "rules": _rules(language, counted=counted),
        "customers_kept": _register(language, of_customers=True),
        "others_kept": _register(language, of_customers=False),
    }
    return render(request, "privacy.html.j2", context, status=status)


def _may_see(one: Request, person: User) -> bool:
    """Whether this is somebody's to see; who is restricted is the owner's, and an auditor is told no names."""
    named = person.role in PERSONS and person.role != OWNER
    return not named or one.customer is None or not is_restricted(one.customer)


def _told(one: Request, today: date, language: Language) -> dict[str, Any]:
    return {
        "id": one.pk,
        "kind": language.gettext(KINDS[one.kind]),
        "customer": one.customer,
        "received": language.date(one.received_on),
        "due": language.date(one.due_on),
        "overdue": one.closed_at is None and one.due_on < today,
        "because": one.extended_because,
        "outcome": language.gettext(OUTCOMES[one.outcome]) if one.outcome else "",
        "closed": language.date(one.closed_at.date()) if one.closed_at else "",
    }


def _rules(language: Language, *, counted: bool) -> list[dict[str, Any]]:
    """Return the rules; counted is only where somebody asks, for it reads all customers."""
    due = {rule.name: count for rule, _, count in retention.preview(timezone.now())} if counted else {}
    return [
        {
            "name": rule.name,
            "words": language.gettext(rule.words),
            "days": retention.days_of(rule.name),
            "due": language.number(due.get(rule.name, 0)),
            "may_change": rule.may_change,
            "asks": not retention.in_force(rule),
        }
        for rule in retention.RULES
    ]


def _register(language: Language, *, of_customers: bool) -> list[dict[str, str]]:
    """Return what is kept, why and how long; tables that are told in the same words only once."""
    rows: dict[str, dict[str, str]] = {}
    for one in in_reading_order():
        mine = bool(one.owners or one.through or one.cut or one.searched)
        if mine == of_customers:
            rows.setdefault(one.what, _row(one.what, one.why, one.kept, language))
    for file in stored.HOME_FILES:
        if file.persons == of_customers:
            rows.setdefault(file.what, _row(file.what, message("In the home folder."), file.kept, language))
    return list(rows.values())


def _row(what: str, why: str, kept: str, language: Language) -> dict[str, str]:
    return {"what": language.gettext(what), "why": language.gettext(why), "kept": _kept(kept, language)}


def _kept(kept: str, language: Language) -> str:
    if kept == WITH_CUSTOMER:
        return language.gettext("as long as the customer")
    if kept == STAYS:
        return language.gettext("as long as Treue is used")
    days = retention.days_of(kept)
    if kept == "silent":
        return language.ngettext(
            "until erased, at most {count} day of silence",
            "until erased, at most {count} days of silence",
            days,
        )
    if days == 0:
        return language.gettext("until it ends")
    return language.ngettext("{count} day", "{count} days", days)


def _try(request: HttpRequest, deed: Callable[[], object], done: str) -> HttpResponse:
    try:
        deed()
    except WrongArgument as error:
        return _page(request, wrong=said(error, spoken(request)), status=422)
    return HttpResponseRedirect(f"{reverse('privacy')}?done={done}")


@require_POST
def period(request: HttpRequest) -> HttpResponse:
    """Choose after how many days something is deleted."""
    days = asked.number(request.POST, "days", least=0, most=10**6)
    name = asked.one_of(request.POST, "rule", retention.RULES_BY_NAME)
    return _try(request, lambda: retention.choose_days(name, days or 0, by=person_of(request)), "period")


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Write down a request."""

    def deed() -> None:
        typed = asked.text(request.POST, "received", 20)
        try:
            received = date.fromisoformat(typed)
        except ValueError as error:
            raise Wrong(
                message("“{typed}” is no day; it would be right as 2026-03-31"), typed=typed
            ) from error
        words = asked.text(request.POST, "customer", 254)
        customer = queries.exact_match(words, Firm.the().country) if words else None
        hidden = customer is not None and person_of(request).role != OWNER and is_restricted(customer)
        if words and (customer is None or hidden):
            raise Wrong(message("“{typed}” is no customer’s whole number or address"), typed=words[:60])
        services.add_request(asked.text(request.POST, "kind", 20), received, customer, by=person_of(request))

    return _try(request, deed, "request")


@require_POST
def step(request: HttpRequest, number: int) -> HttpResponse:
    """Extend a request, or say how it was answered."""
    found = get_object_or_404(Request.objects.select_related("customer"), pk=number)
    by = person_of(request)
    if not _may_see(found, by):
        raise Http404
    if "because" in request.POST:
        return _try(
            request,
            lambda: services.extend_request(found, asked.text(request.POST, "because", 400), by=by),
            "request",
        )
    return _try(
        request,
        lambda: services.close_request(found, asked.text(request.POST, "outcome", 20), by=by),
        "request",
    )


@require_POST
def back(request: HttpRequest) -> HttpResponse:
    """Let files bring back somebody who was erased."""

    def deed() -> None:
        typed = asked.text(request.POST, "typed", 254)
        if not typed or not services.let_back(typed, Firm.the().country, by=person_of(request)):
            raise Wrong(message("Nobody with this number or address was erased"))

    return _try(request, deed, "back")

"""What waits for somebody: all open promises, and all open contacts with how soon they are answered and solved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from django.shortcuts import render
from django.utils import timezone

from treue.app.core.models import Firm
from treue.app.customers import desk_queries, queries
from treue.app.customers.merging import shown_as
from treue.app.measuring.contact_figures import PANEL
from treue.app.measuring.queries import panel
from treue.app.web.access import PERSONS
from treue.app.web.asked import one_of
from treue.app.web.contact_words import contacts_told
from treue.app.web.customer_words import instant_words
from treue.app.web.pages import PAGE, Pages
from treue.app.web.person import person_of
from treue.app.web.speech import spoken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest, HttpResponse

    from treue.app.customers.models import Promise
    from treue.kernel.language import Language

WAITING: Final = "waiting"


def promises(request: HttpRequest) -> HttpResponse:
    """Show every promise that was not kept yet, what is overdue for longest first."""
    firm, language = Firm.the(), spoken(request)
    found = desk_queries.promises_open()
    count, more = queries.counted(found)
    pages = Pages.of(request, count)
    lines = promise_lines(found[pages.start : pages.start + PAGE], ZoneInfo(firm.timezone), language)
    return render(request, "promises.html.j2", {"promises": lines, "pages": pages, "more": more})


def promise_lines(found: Iterable[Promise], place: ZoneInfo, language: Language) -> list[dict[str, Any]]:
    """Return promises in words, each under the customer as whom its record is shown."""
    rows = list(found)
    people = shown_as(one.customer_id for one in rows)
    now = timezone.now()
    return [
        {
            "id": one.pk,
            "customer": people[one.customer_id],
            "text": one.text,
            "due": instant_words(one.due_at, place, language),
            "overdue": one.due_at < now,
        }
        for one in rows
    ]


def contacts(request: HttpRequest) -> HttpResponse:
    """Show how soon contacts are answered and solved, and to those who see persons every open one."""
    firm, language = Firm.the(), spoken(request)
    context: dict[str, Any] = {"figures": panel(PANEL, language.code) if firm.run_id else None, "lines": None}
    if person_of(request).role in PERSONS:
        state = one_of(request.GET, "state", [WAITING])
        found = desk_queries.contacts_open(waiting=bool(state))
        count, more = queries.counted(found)
        pages = Pages.of(request, count)
        rows = list(found[pages.start : pages.start + PAGE])
        people = shown_as(one.customer_id for one in rows)
        told = contacts_told(rows, {}, ZoneInfo(firm.timezone), language)
        context |= {
            "lines": [(people[one.customer_id], told[one.pk]) for one in rows],
            "state": state,
            "pages": pages,
            "more": more,
            "unsure": not rows and desk_queries.replies_unknown().exists(),
        }
    return render(request, "contacts.html.j2", context)

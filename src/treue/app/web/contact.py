"""Contacts: write one down, and say what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from treue.app.core.models import Firm
from treue.app.core.wrong import said
from treue.app.customers import contact_desk
from treue.app.customers.merging import top_of
from treue.app.customers.models import Contact
from treue.app.web.asked import instant
from treue.app.web.customer import attempt, customer_for, show
from treue.app.web.login import safe_next
from treue.app.web.person import person_of
from treue.app.web.speech import spoken
from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_POST
def add(request: HttpRequest, number: int) -> HttpResponse:
    """Write down a contact."""
    sent = request.POST
    return attempt(
        request,
        number,
        lambda found: contact_desk.add_contact(
            found,
            channel=sent.get("channel", ""),
            direction=sent.get("direction", ""),
            text=sent.get("text", ""),
            own_fault=sent.get("own_fault") == "1",
            state=sent.get("state", "answered"),
            at=instant(sent, "at", ZoneInfo(Firm.the().timezone)),
            by=person_of(request),
        ),
    )


@require_POST
def step(request: HttpRequest, number: int) -> HttpResponse:
    """Say that a contact was answered, solved or opened again."""
    found = get_object_or_404(Contact.objects.select_related("customer"), pk=number)
    customer_for(request, found.customer_id)
    sent = request.POST
    try:
        at = instant(sent, "at", ZoneInfo(Firm.the().timezone))
        contact_desk.take_step(found, sent.get("kind", ""), at=at, by=person_of(request))
    except WrongArgument as error:
        return show(request, top_of(found.customer), wrong=said(error, spoken(request)), status=422)
    return HttpResponseRedirect(safe_next(request))

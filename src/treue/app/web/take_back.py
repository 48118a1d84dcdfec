"""Take back a note, a promise or a contact that was written by mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.views.decorators.http import require_POST

from treue.app.customers import taking_back
from treue.app.customers.queries import one_with_merged
from treue.app.web.customer import attempt
from treue.app.web.person import person_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from treue.app.customers.models import Customer


def _take_back(request: HttpRequest, number: int, kind: str, entry: int) -> HttpResponse:
    def deed(found: Customer) -> None:
        mine = taking_back.ENTRIES[kind].objects.filter(pk=entry, customer_id__in=one_with_merged(found))
        written = mine.first()
        # What is not there any more was taken back by whoever pressed first.
        if written is not None:
            taking_back.take_back(kind, written, by=person_of(request))

    return attempt(request, number, deed)


@require_POST
def note(request: HttpRequest, number: int, note: int) -> HttpResponse:
    """Take a note back."""
    return _take_back(request, number, "note", note)


@require_POST
def promise(request: HttpRequest, number: int, promise: int) -> HttpResponse:
    """Take a promise back."""
    return _take_back(request, number, "promise", promise)


@require_POST
def contact(request: HttpRequest, number: int, contact: int) -> HttpResponse:
    """Take a contact back, with what became of it."""
    return _take_back(request, number, "contact", contact)

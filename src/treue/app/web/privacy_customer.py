"""What a customer may ask for: a copy of all data, and erasure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from treue.app.core.wrong import said
from treue.app.privacy import erasing, services, stored
from treue.app.privacy.whole import Person
from treue.app.web.customer import customer_for
from treue.app.web.person import person_of
from treue.app.web.speech import spoken
from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from django.http import HttpRequest

    from treue.app.customers.models import Customer


@require_POST
def copy(request: HttpRequest, number: int) -> HttpResponse:
    """Give a copy of everything that is kept of a customer; it is made in memory and kept nowhere."""
    found = customer_for(request, number)
    # Whoever may not see one of the records that are this customer sees none of it.
    for record in Person.of(found).ids:
        customer_for(request, record)
    made = services.access_copy(found, by=person_of(request))
    answer = HttpResponse(made, content_type="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="treue-copy-{found.pk}.zip"'
    return answer


def erase(request: HttpRequest, number: int) -> HttpResponse:
    """Say what would be erased, and erase it once the customer's number was typed."""
    found = customer_for(request, number)
    if request.method != "POST":
        return _confirm(request, found)
    language = spoken(request)
    if request.POST.get("typed", "").strip() != Person.of(found).customer.code:
        wrong = language.gettext("The number does not agree; nothing was erased.")
        return _confirm(request, found, wrong=wrong, status=422)
    try:
        done = services.erase(found, by=person_of(request))
    except WrongArgument as error:
        return _confirm(request, found, wrong=said(error, language), status=422)
    if done.outside:
        return render(request, "customer_erased.html.j2", {"outside": done.outside})
    return HttpResponseRedirect(f"{reverse('privacy')}?done=erased")


def _confirm(request: HttpRequest, found: Customer, *, wrong: str = "", status: int = 200) -> HttpResponse:
    language, person = spoken(request), Person.of(found)
    rows = [(language.gettext(one.what), language.number(count)) for one, count in erasing.preview(person)]
    context: dict[str, Any] = {
        "customer": person.customer,
        "records": len(person.ids),
        "rows": list(reversed(rows)),
        "outside": stored.outside(),
        "wrong": wrong,
    }
    return render(request, "customer_erase.html.j2", context, status=status)

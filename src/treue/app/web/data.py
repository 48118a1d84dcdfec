"""Data: what was brought in, how good it is, and how to bring in more."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from treue.app.core.models import Role
from treue.app.core.wrong import said
from treue.app.customers.importing import queries, services
from treue.app.measuring.queries import panel
from treue.app.web.data_words import STATES, TABLES, job_words
from treue.app.web.pages import Pages
from treue.app.web.speech import spoken
from treue.kernel.errors import TreueError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from treue.kernel.language import Language

FACTS: Final = (
    "customers",
    "purchases",
    "order_lines",
    "returns",
    "contracts",
    "visits",
    "contacts",
    "promises",
    "answers",
    "referrals",
    "mentions",
)


def data(request: HttpRequest, why: str = "", status: int = 200) -> HttpResponse:
    """Show the imports and the quality of what is there."""
    language = spoken(request)
    pages = Pages.of(request, queries.count_files())
    files = queries.newest_files(pages.start, pages.size)
    return render(
        request,
        "data.html.j2",
        {
            "files": files,
            "pages": pages,
            "busy": any(one.busy for one in files),
            "states": STATES,
            "words": {one.file.pk: job_words(one.job, language) for one in files if one.job},
            "facts": quality_facts(language),
            "measured": panel("data", language.code),
            "why": why,
            "demo": services.IN_DEMO if services.demo_is_here() else "",
            "is_zone_open": queries.is_zone_open(),
            "most_megabytes": settings.UPLOAD_BYTES // (1024 * 1024),
            "folders": settings.IMPORT_FOLDERS,
            "is_owner": request.user.is_authenticated and request.user.role == Role.OWNER,
        },
        status=status,
    )


def quality_facts(language: Language) -> dict[str, Any] | None:
    """Return what was counted after the newest import, in words; None before the first."""
    found = queries.quality()
    if found is None:
        return None
    tables = found["tables"]
    lines = [
        (language.gettext(TABLES[name]), language.number(tables[name])) for name in FACTS if tables[name]
    ]
    if found["first_on"]:
        days = [language.date(date.fromisoformat(found[name])) for name in ("first_on", "last_on")]
        lines.append((language.gettext("Time of the orders"), " – ".join(days)))

    def share(name: str, of: str) -> str:
        whole = tables[of]
        return (
            f"{language.number(found[name])} ({language.percent(found[name] / whole, 0)})" if whole else "–"
        )

    lines.append((language.gettext("Customers without an address"), share("without_address", "customers")))
    lines.append((language.gettext("Customers without an order"), share("without_order", "customers")))
    if tables["returns"]:
        lines.append(
            (language.gettext("Returns without their order"), share("without_their_order", "returns"))
        )
    return {"lines": lines, "on": language.date(datetime.fromisoformat(found["at"]).date())}


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file, or the path of one on the server."""
    language = spoken(request)
    sent = request.FILES.get("file")
    typed = request.POST.get("path", "").strip()
    try:
        if getattr(request, "treue_too_large", False):
            return data(request, language.gettext("This file is larger than an upload may be."), 413)
        if sent is not None:
            file = services.receive(sent.name or "", sent.chunks(), by=request.user)  # type: ignore[arg-type]
        elif typed:
            file = services.take_from_server(typed, by=request.user)  # type: ignore[arg-type]
        else:
            return data(request, language.gettext("Choose a file first."), 422)
    except TreueError as error:
        return data(request, said(error, language), 422)
    return HttpResponseRedirect(reverse("data-file", args=[file.pk]))

"""The audit log: read it, search it, check it, take it along."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from treue.app.core import audit as log
from treue.app.core.deeds import DEEDS, DOERS, deed_words
from treue.app.core.models import AuditEntry, User
from treue.app.web import asked
from treue.app.web.person import person_of
from treue.app.web.speech import spoken
from treue.kernel.language import message
from treue.kernel.spreadsheet_line import spreadsheet_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from treue.kernel.language import Language

PAGE: Final = 50
LARGEST: Final = 2**62
COLUMNS: Final = ("number", "at", "actor", "action", "subject", "detail", "previous", "digest")
FINDINGS: Final = {
    "changed": message("Entry {number} is not as it was written."),
    "missing": message("Entry {number} is missing."),
    "not chained": message("Entry {number} does not follow from the one before."),
    "head": message("Entry {number} does not fit the kept end of the log."),
}


def audit(request: HttpRequest) -> HttpResponse:
    """Show the log, the newest first."""
    return _page(request, None)


@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Read the whole log and say whether it is as it was written."""
    return _page(request, log.verify())


def export(request: HttpRequest) -> StreamingHttpResponse:
    """Give the log, or what was searched for, as CSV for spreadsheets."""
    log.write("audit.exported", by=person_of(request))
    answer = StreamingHttpResponse(_lines(_found(asked.text(request.GET, "q", 100))), content_type="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return answer


def _found(words: str) -> QuerySet[AuditEntry]:
    """Return the entries of an actor, about a subject or of a kind; a person may be named too."""
    entries = AuditEntry.objects.all()
    if not words:
        return entries
    meant = Q(actor=words) | Q(subject=words)
    # Kinds are few and known; asked for by name only, an actor or a subject is found by its index.
    if kinds := [action for action in DEEDS if action.startswith(words)]:
        meant |= Q(action__in=kinds)
    named = User.objects.filter(Q(name__icontains=words) | Q(email__contains=words.casefold()))[:20]
    marks = [f"user:{user.pk}" for user in named]
    return entries.filter(meant | Q(actor__in=marks) | Q(subject__in=marks))


def _lines(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    page = io.StringIO()
    page.write(",".join(COLUMNS) + "\r\n")
    for number, at, actor, action, subject, detail, previous, digest in (
        entries.order_by("number").values_list(*COLUMNS).iterator(chunk_size=5_000)
    ):
        told = json.dumps(detail, ensure_ascii=False, sort_keys=True)
        page.write(spreadsheet_line([number, at.isoformat(), actor, action, subject, told, previous, digest]))
        if page.tell() > 50_000:
            yield page.getvalue()
            page.seek(0)
            page.truncate()
    yield page.getvalue()


def _page(request: HttpRequest, verdict: log.Verdict | None) -> HttpResponse:
    language = spoken(request)
    words = asked.text(request.GET, "q", 100)
    before = asked.number(request.GET, "before", least=1, most=LARGEST)
    entries = _found(words)
    if before is not None:
        entries = entries.filter(number__lt=before)
    shown = list(entries.order_by("-number")[: PAGE + 1])
    finding = ""
    if verdict is not None and verdict.first_bad is not None:
        finding = language.gettext(FINDINGS[verdict.why], number=language.number(verdict.first_bad))
    context: dict[str, Any] = {
        "entries": [
            (
                entry,
                deed_words(entry.action, language),
                json.dumps(entry.detail, ensure_ascii=False) if entry.detail else "",
            )
            for entry in shown[:PAGE]
        ],
        "names": _names(shown, language),
        "older": shown[PAGE - 1].number if len(shown) > PAGE else None,
        "q": words,
        "verdict": verdict,
        "finding": finding,
        "head": log.head(),
    }
    return render(request, "audit.html.j2", context)


def _names(entries: list[AuditEntry], language: Language) -> dict[str, str]:
    marks = {mark for entry in entries for mark in (entry.actor, entry.subject) if mark.startswith("user:")}
    ids = [int(mark[5:]) for mark in marks if mark[5:].isascii() and mark[5:].isdigit()]
    people = {f"user:{user.pk}": user.name for user in User.objects.filter(pk__in=ids)}
    return people | {mark: language.gettext(words) for mark, words in DOERS.items()}

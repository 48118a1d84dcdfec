"""One imported file: how it is read, corrected, brought in, stopped, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.http import Http404, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from treue.app.core import audit
from treue.app.core.models import Firm
from treue.app.core.wrong import said
from treue.app.customers.importing import queries, services
from treue.app.customers.importing.places import is_there, set_aside_file
from treue.app.customers.importing.reason_words import reason_words
from treue.app.customers.importing.set_aside_lines import lines_of
from treue.app.customers.models import ImportedFile
from treue.app.web.access import PERSONS
from treue.app.web.data_reading import as_read, recognised
from treue.app.web.data_words import (
    FIELDS,
    FIRST,
    OF_TABLE,
    STATES,
    TABLES,
    job_words,
    kind_of,
    needed,
    notes_of,
)
from treue.app.web.refusal_words import why_words
from treue.app.web.speech import spoken
from treue.history.sources.own_columns import EVENTS
from treue.kernel.errors import TreueError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from treue.kernel.language import Language

EXAMPLES: Final = 5


def data_file(request: HttpRequest, number: int, wrong: str = "", status: int = 200) -> HttpResponse:
    """Show a file as it stands."""
    language = spoken(request)
    file = get_object_or_404(ImportedFile, id=number)
    standing = queries.standing_of(file)
    sees_persons = request.user.is_authenticated and request.user.role in PERSONS
    kind = kind_of(file)
    table = file.choices.get("table", "")
    reading = file.reading
    why, why_is_here = why_words(file.why, language)
    return render(
        request,
        "data_file.html.j2",
        {
            "file": file,
            "standing": standing,
            "state": language.gettext(STATES[file.state]),
            "doing": job_words(standing.job, language) if standing.job else "",
            "sees_persons": sees_persons,
            "kind": kind,
            "fields": list(FIELDS[kind].items()),
            "needed": needed(table) if table else [],
            "first_fields": len(needed(table)) if table else FIRST,
            "events": [(OF_TABLE + name, TABLES[name]) for name in EVENTS],
            "given": given_fields(file, kind),
            "headers": reading.get("headers", []),
            "rows": reading.get("rows", []) if sees_persons else [],
            "as_read": as_read(file, language) if sees_persons else None,
            "facts": facts(file, language),
            "recognised": recognised(file, language),
            "notes": notes_of(reading, language),
            "reasons": reasons(file, language, examples=sees_persons),
            "counts": counts(file, language),
            "wrong": wrong,
            "why": why,
            "why_is_here": why_is_here,
            "firm_currency": Firm.the().currency,
            "is_zone_open": queries.is_zone_open(),
            "has_set_aside": sees_persons and queries.has_set_aside(file),
            "is_there": is_there(file),
            "twin": twin_of(file),
            "demo": services.IN_DEMO if standing.may_start and services.demo_is_here() else "",
        },
        status=status,
    )


def given_fields(file: ImportedFile, kind: str) -> dict[str, str]:
    """Return which column is which field: as it was recognised, and as a person has said."""
    found: dict[str, str] = {}
    before = f"{kind.removeprefix(OF_TABLE)}." if kind.startswith(OF_TABLE) else ""
    for one in file.reading.get("files", []):
        # Whoever names columns of a canonical table says that it is none.
        for name, column in one.get("columns", {}).items() if one.get("source") != "canonical" else ():
            found.setdefault("currency_column" if name == "currency" else before + name, column)
    found |= {name: column for name, column in file.choices.items() if name in FIELDS[kind]}
    return found


def facts(file: ImportedFile, language: Language) -> list[tuple[str, str]]:
    """Return the counts of a file that was read."""
    if not file.rows_read:
        return []
    found = [
        (language.gettext("Rows read"), language.number(file.rows_read)),
        (language.gettext("Accepted"), language.number(file.accepted)),
        (language.gettext("Set aside"), language.number(file.set_aside)),
    ]
    people = file.reading.get("people")
    if people:
        found.append((language.gettext("Consents with proof"), language.number(people["given"])))
        found.append((language.gettext("Withdrawals"), language.number(people["withdrawn"])))
    if file.reading.get("currency"):
        found.append((language.gettext("Currency"), str(file.reading["currency"])))
    return found


def reasons(file: ImportedFile, language: Language, *, examples: bool) -> list[dict[str, Any]]:
    """Return why rows were set aside, the most frequent first, with the first rows of each."""
    found = []
    counted = file.reading.get("reasons", {})
    for code, count in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])):
        rows = [one for one in file.reading.get("examples", []) if one["reason"] == code]
        found.append(
            {
                "words": reason_words(code, language),
                "count": language.ngettext("{count} row", "{count} rows", count),
                "rows": rows[:EXAMPLES] if examples else [],
            }
        )
    return found


def counts(file: ImportedFile, language: Language) -> list[tuple[str, str, str]]:
    """Return how many rows of each table are new, and in how many a gap was filled."""
    return [
        (
            language.gettext(TABLES.get(name, name)),
            language.number(one["added"]),
            language.number(one["filled"]),
        )
        for name, one in file.reading.get("counts", {}).items()
    ]


def twin_of(file: ImportedFile) -> ImportedFile | None:
    """Return an earlier file of the very same bytes that was brought in, if there is one."""
    if not file.digest or file.state == ImportedFile.State.DONE:
        return None
    same = ImportedFile.objects.filter(digest=file.digest, state=ImportedFile.State.DONE).exclude(pk=file.pk)
    return same.order_by("-id").first()


@require_POST
def read(request: HttpRequest, number: int) -> HttpResponse:
    """Read the file again as a person says."""
    file = get_object_or_404(ImportedFile, id=number)
    was = kind_of(file)
    kind = request.POST.get("kind") or was
    names = {"dates", "decimals", "currency", "rates", *FIELDS.get(was, ())}
    choices = {name: request.POST.get(name, "") for name in names}
    # What was recognised anyway need not be said; what was said once stays said.
    recognised = {} if file.choices.keys() - {"table"} else given_fields(file, was)
    kept = {name: text for name, text in choices.items() if recognised.get(name) != text}
    if kind != was:
        # The columns of another kind of file have other names.
        kept = {}
    if kind.startswith(OF_TABLE):
        kept["table"] = kind.removeprefix(OF_TABLE)
    elif kind != file.kind or "kind" in file.choices or was.startswith(OF_TABLE):
        kept["kind"] = kind
    return _do(request, number, lambda: services.correct(file, kept, by=request.user))  # type: ignore[arg-type]


@require_POST
def start(request: HttpRequest, number: int) -> HttpResponse:
    """Bring the file in."""
    file = get_object_or_404(ImportedFile, id=number)
    return _do(request, number, lambda: services.start(file, by=request.user))  # type: ignore[arg-type]


@require_POST
def cancel(request: HttpRequest, number: int) -> HttpResponse:
    """Stop bringing the file in, or throw it away."""
    file = get_object_or_404(ImportedFile, id=number)
    return _do(request, number, lambda: services.cancel(file, by=request.user))  # type: ignore[arg-type]


def _do(request: HttpRequest, number: int, deed: Any) -> HttpResponse:
    try:
        deed()
    except TreueError as error:
        return data_file(request, number, said(error, spoken(request)), 422)
    return HttpResponseRedirect(reverse("data-file", args=[number]))


@require_GET
def set_aside(request: HttpRequest, number: int) -> HttpResponseBase:
    """Give the rows set aside as a file."""
    file = get_object_or_404(ImportedFile, id=number)
    if not queries.has_set_aside(file):
        raise Http404
    audit.write("import.set_aside_taken", by=request.user, subject=f"import:{file.pk}")  # type: ignore[arg-type]
    answer = StreamingHttpResponse(
        lines_of(set_aside_file(file), spoken(request)), content_type="text/csv; charset=utf-8"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="set-aside-{file.pk}.csv"'
    return answer

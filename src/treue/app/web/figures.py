"""The ladder, and what each figure means: pages that the daily cycle has written and only lay out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.shortcuts import render

from treue.app.core.models import Firm
from treue.app.customers.condition_fields import RUNGS
from treue.app.measuring import queries
from treue.app.measuring.chart_library import made as made_library
from treue.app.web import behind, meanings
from treue.app.web.access import PERSONS, ROUTES_BY_NAME
from treue.app.web.customer_words import instant_words
from treue.app.web.person import person_of
from treue.app.web.speech import spoken
from treue.kernel.status import Status, status_word
from treue.kernel.units import from_minor

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from treue.app.measuring.models import Run
    from treue.kernel.language import Language

MOVED: Final = 25


def age_words(run: Run, firm: Firm, language: Language) -> str:
    """Return how old what is shown is."""
    if run.finished_at is None or run.as_of is None:
        return ""
    return language.gettext(
        "Computed {time} from everything up to {day}.",
        time=instant_words(run.finished_at, ZoneInfo(firm.timezone), language),
        day=language.date(run.as_of),
    )


def figure_page(request: HttpRequest, template: str, **more: Any) -> HttpResponse:
    """Lay out a page of figures with how old they are."""
    firm, language = Firm.the(), spoken(request)
    run = queries.shown_run()
    context = {
        "run": run,
        "age": age_words(run, firm, language) if run else "",
        **more,
    }
    return render(request, template, context)


def chart(request: HttpRequest, name: str) -> HttpResponse:
    """Answer with what a browser needs to let a chart answer the pointer."""
    found = queries.panel(f"chart-{name}", spoken(request).code)
    if found is None:
        raise Http404
    return JsonResponse(found)


def chart_library(request: HttpRequest) -> HttpResponseBase:
    """Answer with the program that draws charts in the browser, made by the daily cycle on this machine."""
    file = made_library()
    if file is None or "gzip" not in request.headers.get("Accept-Encoding", ""):
        return HttpResponse("export default null;", content_type="text/javascript; charset=utf-8")
    answer = FileResponse(file.open("rb"), content_type="text/javascript; charset=utf-8")
    answer.headers["Content-Encoding"] = "gzip"
    # Its address changes with its content.
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


def ladder(request: HttpRequest) -> HttpResponse:
    """Show where everybody stands, and who rose and fell in the last month."""
    language = spoken(request)
    shown = queries.panel("ladder", language.code)
    moved: dict[str, list[dict[str, Any]]] = {}
    if shown is not None and person_of(request).role in PERSONS:
        firm = Firm.the()
        currency = firm.currency or "EUR"
        for name, up in (("rose", True), ("fell", False)):
            moved[name] = [
                {
                    "customer": score.customer,
                    "before": score.rung_before,
                    "now": score.rung,
                    "worth": language.money(from_minor(score.net_amount, currency), currency, digits=0),
                }
                for score in queries.moved(up=up)[:MOVED]
            ]
    every = {"rose": behind.all_who_moved(up=True), "fell": behind.all_who_moved(up=False)}
    return figure_page(request, "ladder.html.j2", shown=shown, moved=moved, every=every, rungs=RUNGS)


def help_index(request: HttpRequest) -> HttpResponse:
    """Show what every figure of the library means, and how those stand that this firm has."""
    return figure_page(request, "help.html.j2", every=meanings.every(spoken(request)))


def help_measure(request: HttpRequest, name: str) -> HttpResponse:
    """Show what one figure means, how it came about, how it stood before, and who is behind it."""
    firm, language = Firm.the(), spoken(request)
    one = meanings.one(name, language)
    if one is None:
        raise Http404
    past = _past(name, one.unit, firm, language)
    return figure_page(request, "help_measure.html.j2", one=one, past=past, **_behind(request, name))


def _past(name: str, unit: str, firm: Firm, language: Language) -> list[tuple[str, str, str]]:
    """Return day, value and remark of how a measure stood, the newest first; what does not compare says so."""
    found = [(run, row) for run, row in queries.history_of(name) if run.as_of is not None]
    lines = []
    for run, row in found:
        newest_run, newest = found[0]
        remarks = []
        if row.status != Status.OK.value:
            remarks.append(status_word(Status(row.status), language))
        days = run.settings.get("window_days")
        if days and days != newest_run.settings.get("window_days"):
            remarks.append(language.gettext("window: {days}", days=language.days(days)))
        if row.figure.get("definition_version") != newest.figure.get("definition_version"):
            remarks.append(language.gettext("by an earlier definition"))
        day = language.date(run.as_of) if run.as_of else ""
        lines.append((day, value_words(row.value, unit, firm, language), ", ".join(remarks)))
    return lines


def _behind(request: HttpRequest, name: str) -> dict[str, Any]:
    """Return the lists of the customers behind a measure, and of those behind each of its parts."""
    run, language = queries.shown_run(), spoken(request)
    figures = queries.figures_of(name)
    if (
        run is None
        or run.as_of is None
        or not ROUTES_BY_NAME["customers"].allows(person_of(request).role, "GET")
    ):
        return {"behind": [], "parts": [], "nobody": ""}
    contracts = run.settings.get("activity") == "contract"
    return {
        "behind": behind.links(name, figures, run.as_of, language),
        "parts": behind.parts(name, figures, language, contracts=contracts),
        "nobody": language.gettext(behind.NOBODY[name]) if name in behind.NOBODY else "",
    }


def value_words(value: float | None, unit: str, firm: Firm, language: Language) -> str:
    """Return a value as its unit is written."""
    if value is None:
        return language.gettext("Cannot tell yet")
    if unit in {"share", "ratio"}:
        return language.percent(value, 1)
    if unit == "money":
        return language.money(value, firm.currency or "EUR")
    if unit == "days":
        return language.about(value)
    if unit == "per_month":
        return language.gettext("{number} of 100 a month", number=language.number(100 * value, 1))
    return language.number(value, 0 if float(value).is_integer() else 2)

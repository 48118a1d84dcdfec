"""Who stays: the series, under the window in force and under others, cohorts, how long, by group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from treue.app.core.models import Firm
from treue.app.measuring import queries, services
from treue.app.web.figures import figure_page
from treue.app.web.person import person_of
from treue.app.web.speech import spoken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    from treue.app.measuring.models import Run
    from treue.kernel.language import Language

PANELS: Final = ("retention", "windows", "cohorts", "survival", "groups", "returning", "purchases")


def retention(request: HttpRequest) -> HttpResponse:
    """Show who stays, with the length of period, the window and the column that somebody chose."""
    language = spoken(request)
    shown = queries.panels(PANELS, language.code)
    if not shown:
        return figure_page(request, "retention.html.j2", shown=shown)
    view = shown["retention"]
    choices = {
        "by": _chosen(request, "by", view["grains"], view["grain"]),
        "window": _chosen(request, "window", _days(shown), ""),
        "divide": _chosen(request, "divide", _columns(shown), next(iter(_columns(shown)), "")),
    }
    places = {name: place for place, name in enumerate(_columns(shown), 1)}
    group = f"groups-{places[choices['divide']]}" if choices["divide"] else ""
    names = [f"trend-{choices['by']}", f"window-{choices['window']}", group]
    found = queries.panels(names, language.code)
    in_force, asked = _windows_in_force(queries.shown_run(), language)
    return figure_page(
        request,
        "retention.html.j2",
        shown=shown,
        choices=choices,
        link=_links(
            {name: value for name, value in choices.items() if value and value == request.GET.get(name)}
        ),
        trend=found.get(names[0], {}).get("trend"),
        other=found.get(names[1], {}).get("trend"),
        # Figures of an earlier version have all columns in one part.
        groups=found.get(group, {}).get("groups") or shown.get("groups", {}).get("groups", []),
        in_force=in_force,
        asked=asked,
    )


def _chosen(request: HttpRequest, name: str, known: Sequence[str], usual: str) -> str:
    given = request.GET.get(name, "")
    return given if given in known else usual


def _days(shown: dict[str, Any]) -> list[str]:
    """Return the windows that are not in force."""
    windows = shown.get("windows", {}).get("windows")
    return [str(one["days"]) for one in windows["names"] if not one["in_force"]] if windows else []


def _columns(shown: dict[str, Any]) -> list[str]:
    return [one["name"] for one in shown.get("groups", {}).get("columns", [])]


def _windows_in_force(run: Run | None, language: Language) -> tuple[str, str]:
    """Return the window of the figures that are shown, and what the firm has asked for since, in words."""
    settings = run.settings if run is not None else {}
    days, chosen = settings.get("window_days"), Firm.the().window_days
    asked = ""
    if chosen and chosen != days:
        asked = language.days(chosen)
    elif not chosen and settings.get("window_automatic") is False:
        asked = language.gettext("a window found in the data")
    return language.days(days) if days else "", asked


def _links(choices: dict[str, str]) -> Any:
    """Return a function that gives the address of the page with one choice made otherwise."""

    def link(**changed: str) -> str:
        kept = urlencode({name: value for name, value in {**choices, **changed}.items() if value})
        return f"{reverse('retention')}?{kept}" if kept else reverse("retention")

    return link


@require_POST
def use_window(request: HttpRequest) -> HttpResponseRedirect:
    """Let every figure count with another window, from a daily cycle on that begins at once."""
    shown = queries.panels(["windows"], spoken(request).code)
    days = request.POST.get("days", "")
    if days not in _days(shown):
        raise Http404
    services.use_window(int(days), by=person_of(request))
    return HttpResponseRedirect(f"{reverse('retention')}?{urlencode({'window': days})}")

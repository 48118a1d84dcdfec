"""Settings: the firm, and how it wants its customers looked at."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import available_timezones

from babel.core import get_global
from babel.numbers import get_currency_name
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from treue.app.core import firms
from treue.app.core.models import Firm
from treue.app.core.zones import zones
from treue.app.customers.currencies import other_currency
from treue.app.customers.models import Purchase
from treue.app.customers.named import countries
from treue.app.web import asked
from treue.app.web.person import person_of
from treue.app.web.speech import spoken
from treue.kernel.language import LANGUAGES, message

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from treue.kernel.language import Language

LONGEST_WINDOW_DAYS: Final = 3650
NO_ZONE: Final = message("“{typed}” is no time zone; it would be right as Europe/Oslo.")
FIELDS: Final = (
    "name",
    "timezone",
    "currency",
    "language",
    "country",
    "window",
    "window_days",
    "margin",
    "hour",
)


def settings(request: HttpRequest) -> HttpResponse:
    """Show the settings, or change them."""
    language = spoken(request)
    if request.method != "POST":
        return _page(request, _as_typed(Firm.the(), language), {})
    typed = {name: asked.text(request.POST, name) for name in FIELDS}
    with transaction.atomic():
        # The first purchases may be coming in: whoever waited for them sees them, and the zone stays.
        firms.hold()
        values, wrong = read_firm(typed, language)
        if not wrong:
            firms.change_firm(values, by=person_of(request))
    if wrong:
        return _page(request, typed, wrong)
    return HttpResponseRedirect(f"{reverse('settings')}?done=1")


@require_POST
def release(request: HttpRequest) -> HttpResponse:
    """Let a restored system send again."""
    firms.release(by=person_of(request))
    return HttpResponseRedirect(reverse("settings"))


def read_firm(typed: dict[str, str], language: Language) -> tuple[dict[str, Any], dict[str, str]]:
    """Read the form; returns the values and, by field, what is wrong with it in one sentence.

    Parameters
    ----------
    typed : dict
        What stands in each of `FIELDS`.
    language : Language
        Of whoever typed it.

    Returns
    -------
    tuple of dict
        Values for :func:`treue.app.core.firms.change_firm`, and sentences.
    """
    _, firm = language.gettext, Firm.the()
    wrong: dict[str, str] = {}
    if typed["timezone"] not in available_timezones():
        wrong["timezone"] = _(NO_ZONE, typed=typed["timezone"])
    elif typed["timezone"] != firm.timezone and Purchase.objects.exists():
        # Their instants stay, so in another zone they would fall on other days than their files say.
        wrong["timezone"] = _(
            "There are purchases already, read in the zone {zone}, which another one would move to other days; "
            "keep {zone}, or begin with an empty database and bring the files in anew.",
            zone=firm.timezone,
        )
    currency = typed["currency"].upper()
    # One that is no longer used stays where the files are in it.
    if currency not in {"", firm.currency, *currencies(language.code)}:
        wrong["currency"] = _(
            "“{typed}” is no currency; it would be right as EUR, NOK or USD.", typed=currency
        )
    elif currency != firm.currency and (other := other_currency(currency)):
        # Without a currency the next file would settle another one.
        wrong["currency"] = _(
            "There are amounts in {other} already, and Treue adds no two currencies; keep {other}.",
            other=other,
        )
    if typed["language"] not in LANGUAGES:
        wrong["language"] = _("This language is not spoken here; choose one of the list.")
    country = typed["country"].upper()
    if country not in {"", firm.country, *countries(language.code)}:
        wrong["country"] = _("“{typed}” is no country; it would be right as NO or DE.", typed=country)
    window_days = _window(typed, language, wrong)
    margin_share = _margin(typed["margin"], language, wrong)
    hour = typed["hour"]
    if not (hour.isascii() and hour.isdigit() and int(hour) <= 23):
        wrong["hour"] = _(
            "“{typed}” is no hour of the day; it would be right as a number from 0 to 23.", typed=hour
        )
    values = {
        "name": typed["name"],
        "timezone": typed["timezone"],
        "currency": currency,
        "language": typed["language"],
        "country": country,
        "window_days": window_days,
        "margin_share": margin_share,
        "cycle_hour": int(hour) if "hour" not in wrong else None,
    }
    return values, wrong


def _window(typed: dict[str, str], language: Language, wrong: dict[str, str]) -> int | None:
    if typed["window"] != "days":
        return None
    days = typed["window_days"]
    if days.isascii() and days.isdigit() and 1 <= int(days) <= LONGEST_WINDOW_DAYS:
        return int(days)
    wrong["window_days"] = language.gettext(
        "“{typed}” is no number of days; it would be right as a whole number from 1 to {most}.",
        typed=days,
        most=language.number(LONGEST_WINDOW_DAYS),
    )
    return None


def _margin(typed: str, language: Language, wrong: dict[str, str]) -> float | None:
    plain = typed.removesuffix("%").strip().replace(",", ".")
    if not plain:
        return None
    if re.fullmatch(r"\d{1,3}(\.\d{1,4})?", plain, re.ASCII) and 0 < float(plain) <= 100:
        return round(float(plain) / 100, 6)
    wrong["margin"] = language.gettext(
        "“{typed}” is no share; it would be right as a percentage above 0 and up to 100, for example 35, "
        "or empty where it is not known.",
        typed=typed,
    )
    return None


@cache
def currencies(code: str) -> dict[str, str]:
    """Return the currencies that are money somewhere today by their three letters, in the order of the letters."""
    used = {
        currency
        for everywhere in get_global("territory_currencies").values()
        for currency, _start, end, tender in everywhere
        if end is None and tender
    }
    return {key: str(get_currency_name(key, locale=code)) for key in sorted(used)}


def _as_typed(firm: Firm, language: Language) -> dict[str, str]:
    # A percentage of up to six digits, without the zeros and the point that nobody would type.
    margin = "" if firm.margin_share is None else f"{firm.margin_share * 100:.4f}".rstrip("0").rstrip(".")
    return {
        "name": firm.name,
        "timezone": firm.timezone,
        "currency": firm.currency,
        "language": firm.language,
        "country": firm.country,
        "window": "days" if firm.window_days else "found",
        "window_days": str(firm.window_days or ""),
        "margin": margin if language.code == "en" else margin.replace(".", ","),
        "hour": str(firm.cycle_hour),
    }


def _page(request: HttpRequest, typed: dict[str, str], wrong: dict[str, str]) -> HttpResponse:
    code = spoken(request).code
    context = {
        "typed": typed,
        "wrong": wrong,
        "done": request.GET.get("done") == "1",
        "timezones": zones(),
        "currencies": currencies(code),
        "countries": countries(code),
        "own_country": Firm.the().country,
    }
    return render(request, "settings.html.j2", context, status=422 if wrong else 200)

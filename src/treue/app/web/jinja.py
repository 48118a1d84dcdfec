"""Templates: Jinja with the words, numbers and dates of the person's language."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from django.contrib.staticfiles import finders
from django.template.backends.utils import csrf_input
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from treue.app.core.models import Firm
from treue.app.measuring.chart_library import address as chart_library_address
from treue.app.web.access import ROUTES_BY_NAME, navigation
from treue.app.web.speech import spoken
from treue.app.web.style import mark
from treue.kernel.errors import WrongArgument
from treue.kernel.language import LANGUAGES

if TYPE_CHECKING:
    from django.http import HttpRequest


def environment(**options: Any) -> Environment:
    """Return the environment of all templates; an unknown name is an error, never an empty place."""
    options.update(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made = Environment(**options)  # noqa: S701  (Django turns autoescape on)
    made.globals.update(url=url, static=static, hidden_query=hidden_query)
    return made


def url(name: str, /, **places: Any) -> str:
    """Return the address of a page."""
    return reverse(name, kwargs=places or None)


def hidden_query(query: str) -> Markup:
    """Return the parameters of an address as hidden fields of a form."""
    field = Markup('<input type="hidden" name="{}" value="{}">')
    return Markup("").join(field.format(name, value) for name, value in parse_qsl(query))


@cache
def static(name: str) -> str:
    """Return the address of a file with a mark of its content, so that browsers may keep it for ever."""
    file = finders.find(name)
    if not isinstance(file, str):
        raise WrongArgument(f"static={name!r} is no file of this application")
    return f"/static/{name}?{sha256(Path(file).read_bytes()).hexdigest()[:12]}"


def every_page(request: HttpRequest) -> dict[str, Any]:
    """Return what every template may use."""
    language = spoken(request)
    user = getattr(request, "user", None)
    known = user is not None and user.is_authenticated
    here = (request.resolver_match.url_name or "") if request.resolver_match else ""

    def may(name: str, method: str = "GET") -> bool:
        route = ROUTES_BY_NAME.get(name)
        return bool(known) and route is not None and route.allows(user.role, method)  # type: ignore[union-attr]

    return {
        "_": language.gettext,
        "ngettext": language.ngettext,
        "language": language,
        # Made where a form asks for it, and once: a page of tasks has dozens of forms.
        "csrf_input": SimpleLazyObject(lambda: csrf_input(request)),
        "firm": Firm.objects.filter(id=1).select_related("run").first(),
        "person": user if known else None,
        "may": may,
        "here": here,
        "navigation": navigation(user.role, here) if known and user else [],
        "languages": LANGUAGES.items(),
        "style_mark": mark(),
        # Where "how" of a figure leads, see parts.html.j2.
        "how_base": "/help/",
        "how_end": "/",
        "chart_base": "/charts/",
        "chart_library": chart_library_address(),
    }

"""What happens around every request: headers, language, and who may see what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation

from treue.app.core.models import User
from treue.app.web.access import ROUTES_BY_NAME
from treue.app.web.speech import spoken

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    Next = Callable[[HttpRequest], HttpResponseBase]


METHODS: Final = ("GET", "HEAD", "POST")
"""What browsers send; with others nothing is read or changed here."""
FORMS: Final = ("", "application/x-www-form-urlencoded", "multipart/form-data")
"""How browsers pack a form. Django would take anything else for a form in which nothing is filled in."""


ALWAYS: Final = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
"""What every answer carries, whoever gives it."""


class Headers:
    """What every answer carries beside the content security policy."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the headers."""
        answer = self._next(request)
        for name, value in ALWAYS.items():
            answer.headers.setdefault(name, value)
        answer.headers.setdefault("Reporting-Endpoints", 'policy="/policy-report/"')
        if not request.path.startswith("/static/"):
            # Pages hold persons: no cache keeps them, neither the browser's nor one in between.
            answer.headers.setdefault("Cache-Control", "no-store")
        return answer


class Spoken:
    """Speaks the person's language, Django's own messages included."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer in the language."""
        with translation.override(spoken(request).code):
            answer = self._next(request)
        answer.headers.setdefault("Content-Language", spoken(request).code)
        return answer


class Access:
    """Lets a person see what the table of :mod:`treue.app.web.access` allows, and nothing else."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer."""
        return self._next(request)

    def process_view(
        self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any
    ) -> HttpResponseBase | None:
        """Refuse before the page is asked."""
        match = request.resolver_match
        route = ROUTES_BY_NAME.get(match.url_name or "") if match else None
        if route is None:
            raise PermissionDenied
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        if request.method == "POST" and request.content_type not in FORMS and not route.unasked:
            raise BadRequest("this is no form")
        if route.public:
            return None
        if not request.user.is_authenticated:
            return _to_login(request)
        if not route.allows(request.user.role, request.method or "GET"):
            raise PermissionDenied
        return None


def _to_login(request: HttpRequest) -> HttpResponseBase:
    if not User.objects.exists():
        return HttpResponseRedirect(reverse("first-account"))
    login = reverse("login")
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": login})
    if request.method != "GET" or request.path == "/":
        return HttpResponseRedirect(login)
    return HttpResponseRedirect(f"{login}?{urlencode({'next': request.get_full_path()})}")

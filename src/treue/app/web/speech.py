"""In which language a person is spoken to."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

from treue.app.core.models import Firm
from treue.kernel.language import LANGUAGES, Language

if TYPE_CHECKING:
    from django.http import HttpRequest

COOKIE = f"{settings.SESSION_COOKIE_NAME}-language"
ALSO_KNOWN = {"no": "nb", "nn": "nb", "nb": "nb", "de": "de", "en": "en"}


@cache
def language_of(code: str) -> Language:
    """Return a language with the words of the library and of the application."""
    return Language(code, "treue.app")


def chosen_code(request: HttpRequest) -> str:
    """Return the code of the language: the person's choice, the browser's wish, else the firm's."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated and user.language in LANGUAGES:
        return str(user.language)
    cookie = request.COOKIES.get(COOKIE, "")
    if cookie in LANGUAGES:
        return cookie
    for wish in request.headers.get("Accept-Language", "").split(","):
        code = wish.split(";")[0].strip().lower().split("-")[0]
        if code in ALSO_KNOWN:
            return ALSO_KNOWN[code]
    firm = Firm.objects.filter(id=1).only("language").first()
    return firm.language if firm is not None and firm.language in LANGUAGES else "en"


def spoken(request: HttpRequest) -> Language:
    """Return the language in which this request is answered."""
    found: Language | None = getattr(request, "treue_language", None)
    if found is None:
        found = language_of(chosen_code(request))
        request.treue_language = found  # type: ignore[attr-defined]
    return found

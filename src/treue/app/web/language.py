"""Choose the language of the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponseRedirect
from django.views.decorators.http import require_POST

from treue.app.web.login import safe_next
from treue.app.web.speech import COOKIE
from treue.kernel.language import LANGUAGES

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the choice with the account, or in a cookie where there is none."""
    code = request.POST.get("language", "")
    answer = HttpResponseRedirect(safe_next(request))
    if code not in LANGUAGES:
        return answer
    if request.user.is_authenticated:
        request.user.language = code
        request.user.save(update_fields=["language"])
    answer.set_cookie(
        COOKIE,
        code,
        max_age=31_536_000,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return answer

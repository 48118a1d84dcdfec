"""What a person sees where something is refused or went wrong: one sentence, and where to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import render

from treue.app.web.speech import spoken

if TYPE_CHECKING:
    from django.http import HttpRequest


def refusal(request: HttpRequest, status: int, title: str, words: str) -> HttpResponse:
    """Return a page that says what is the matter.

    Parameters
    ----------
    request : HttpRequest
        What was asked.
    status : int
        Of HTTP.
    title, words : str
        What is the matter and what would help, in the person's language.

    Returns
    -------
    HttpResponse
        A whole page.
    """
    return render(request, "refusal.html.j2", {"title": title, "words": words}, status=status)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001  (Django gives it)
    """Answer who may not see this."""
    _ = spoken(request).gettext
    return refusal(
        request,
        403,
        _("Not for this account"),
        _("Your role does not include this page. The owner of this system can change roles under Settings."),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Answer who asks for what is not there."""
    _ = spoken(request).gettext
    return refusal(
        request,
        404,
        _("Nothing is here"),
        _("The address leads nowhere. It may have been removed, or mistyped."),
    )


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  (Django gives it)
    """Answer a form that was not this session's own."""
    _ = spoken(request).gettext
    return refusal(
        request,
        403,
        _("This form is out of date"),
        _("Go back, load the page again, and send it once more. Nothing was changed."),
    )


def broken(_request: HttpRequest, *_: Any) -> HttpResponse:
    """Answer when something unforeseen happened; nothing of it is shown, the log has it."""
    return HttpResponse(
        "Something unforeseen went wrong. Nothing was changed; the server’s log says what happened.",
        status=500,
        content_type="text/plain; charset=utf-8",
    )

"""A link that an owner handed over: its person sets a password, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.shortcuts import render

from treue.app.core import accounts
from treue.app.web.login import go_on
from treue.app.web.refusals import refusal
from treue.app.web.speech import spoken

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def welcome(request: HttpRequest, secret: str) -> HttpResponse:
    """Show the form, or set the password and go on as after a login: the second factor still stands."""
    user = accounts.person_of_link(secret)
    if user is None:
        return _over(request)
    context = {"name": user.name, "email": user.email, "wrong": []}
    if request.method != "POST":
        return render(request, "welcome.html.j2", context)
    try:
        user = accounts.set_password_by_link(secret, request.POST.get("password", "")[:1000])
    except ValidationError as error:
        return render(request, "welcome.html.j2", {**context, "wrong": error.messages}, status=422)
    except accounts.LinkIsOver:
        return _over(request)
    return go_on(request, user)


def _over(request: HttpRequest) -> HttpResponse:
    # Unknown, used and expired links get the same answer.
    _ = spoken(request).gettext
    return refusal(
        request,
        404,
        _("This link does not work any more"),
        _("A link works once and for three days. Ask an owner of this system for a new one."),
    )

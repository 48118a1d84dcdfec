"""Log in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import auth
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from treue.app.core import audit
from treue.app.core.addresses import normal_email
from treue.app.core.models import User
from treue.app.web.refusals import refusal
from treue.app.web.speech import spoken
from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def login(request: HttpRequest) -> HttpResponse:
    """Show the form, or log in."""
    if not User.objects.exists():
        return HttpResponseRedirect(reverse("first-account"))
    if request.user.is_authenticated:
        return HttpResponseRedirect(safe_next(request))
    _ = spoken(request).gettext
    context = {"email": "", "why": "", "next": request.GET.get("next", "")}
    if request.method != "POST":
        return render(request, "login.html.j2", context)
    typed = request.POST.get("email", "")
    try:
        email = normal_email(typed)
    except WrongArgument:
        email = typed[:100]
    # An unknown address takes as long as a known one: Django hashes the password either way.
    user = auth.authenticate(request, email=email, username=email, password=request.POST.get("password", ""))
    if user is None:
        if getattr(request, "axes_locked_out", False):
            return locked_out(request, None)
        context.update(email=typed, why=_("Address and password do not go together."))
        return render(request, "login.html.j2", {**context, "next": request.POST.get("next", "")}, status=422)
    auth.login(request, user)
    audit.write("login", by=user, subject=f"user:{user.pk}")
    return HttpResponseRedirect(safe_next(request))


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session."""
    auth.logout(request)
    return HttpResponseRedirect(reverse("login"))


def safe_next(request: HttpRequest) -> str:
    """Return where to go on: the page that was asked for if it is one of ours, else the first."""
    wish = request.POST.get("next") or request.GET.get("next") or ""
    if wish.startswith("/") and url_has_allowed_host_and_scheme(
        wish, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wish
    return reverse("today")


def locked_out(request: HttpRequest, _response: Any, *_args: Any, **_credentials: Any) -> HttpResponse:
    """Answer who guessed too often."""
    _ = spoken(request).gettext
    return refusal(
        request,
        429,
        _("Too many attempts"),
        _("Nobody can log in with this address from here for an hour. Another owner can set a new password."),
    )

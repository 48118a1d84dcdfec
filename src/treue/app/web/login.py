"""Log in and out: a password, then the second factor where the person has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import auth
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from treue.app.core import accounts, audit, second_factor
from treue.app.core.addresses import normal_email
from treue.app.core.models import Passkey, User
from treue.app.web import gate
from treue.app.web.refusals import refusal
from treue.app.web.speech import spoken
from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

HALFWAY: Final = "halfway"
HALFWAY_SECONDS: Final = 600
"""How long after the password the second factor is waited for."""
BACKEND: Final = "django.contrib.auth.backends.ModelBackend"


def login(request: HttpRequest) -> HttpResponse:
    """Show the form, or take a password."""
    if not User.objects.exists():
        return HttpResponseRedirect(reverse("first-account"))
    if request.user.is_authenticated:
        return HttpResponseRedirect(safe_next(request))
    _ = spoken(request).gettext
    if request.method != "POST":
        return shown(request)
    typed = request.POST.get("email", "")[:254]
    try:
        email = normal_email(typed)
    except WrongArgument:
        email = ""
    trial = gate.Gate(request, "password", email)
    if not trial.opens():
        return too_often(request)
    user = accounts.with_password(email, request.POST.get("password", "")[:1000])
    if user is None:
        return shown(request, _("Address and password do not go together."), typed)
    trial.passed()
    return go_on(request, user)


def shown(request: HttpRequest, why: str = "", email: str = "") -> HttpResponse:
    """Show the form, with what was wrong."""
    wish = (request.POST.get("next") or request.GET.get("next") or "")[:500]
    context = {"email": email, "why": why, "next": wish}
    return render(request, "login.html.j2", context, status=422 if why else 200)


def go_on(request: HttpRequest, user: User) -> HttpResponse:
    """Log in, or ask for the second factor first: a password alone never passes it."""
    if not second_factor.is_on(user):
        return finish(request, user)
    request.session.cycle_key()
    request.session.set_expiry(HALFWAY_SECONDS)
    request.session[HALFWAY] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "at": int(timezone.now().timestamp()),
        "next": safe_next(request),
    }
    return HttpResponseRedirect(reverse("login-second"))


def second(request: HttpRequest) -> HttpResponse:
    """Ask for a code of the app or a recovery code, after the password."""
    _ = spoken(request).gettext
    user = _halfway(request)
    if user is None:
        return HttpResponseRedirect(reverse("login"))
    context = {
        "why": "",
        "has_app": second_factor.has_app(user),
        "has_passkey": Passkey.objects.filter(user=user).exists(),
        "next": request.session[HALFWAY]["next"],
    }
    if request.method != "POST":
        return render(request, "login_second.html.j2", context)
    trial = gate.Gate(request, "code", user.email)
    if not trial.opens():
        return too_often(request)
    code = request.POST.get("code", "")[:100]
    if not second_factor.check_code(user, code):
        gate.tell_wrong_factor(user.pk, "app" if second_factor.is_of_app(code) else "recovery code")
        context["why"] = _(
            "This code is not right, or was used already. The app shows a new one every 30 seconds."
        )
        return render(request, "login_second.html.j2", context, status=422)
    trial.passed()
    wish = request.session[HALFWAY]["next"]
    return finish(request, user, wish)


def finish(request: HttpRequest, user: User, wish: str = "") -> HttpResponse:
    """Log in and go on to the page that was asked for."""
    request.session.pop(HALFWAY, None)
    auth.login(request, user, backend=BACKEND)
    # What was asked before the login was kept for minutes only.
    request.session.set_expiry(None)
    audit.write("login", by=user, subject=f"user:{user.pk}")
    answer = HttpResponseRedirect(wish or safe_next(request))
    gate.remember(request, answer, user)
    return answer


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session."""
    auth.logout(request)
    return HttpResponseRedirect(reverse("login"))


def safe_next(request: HttpRequest) -> str:
    """Return where to go on: the page that was asked for if it is one of ours, else the first."""
    wish = (request.POST.get("next") or request.GET.get("next") or "")[:500]
    if wish.startswith("/") and url_has_allowed_host_and_scheme(
        wish, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wish
    return reverse("today")


def too_often(request: HttpRequest) -> HttpResponse:
    """Answer who guessed too often."""
    _ = spoken(request).gettext
    return refusal(
        request,
        429,
        _("Too many attempts"),
        _(
            "Nobody can log in with this address from here for an hour. An owner can make you a link for a new "
            "password under Settings, People."
        ),
    )


def _halfway(request: HttpRequest) -> User | None:
    """Return who gave a password a moment ago and still has this password, role and factor."""
    half: Any = request.session.get(HALFWAY)
    if not isinstance(half, dict) or not 0 <= timezone.now().timestamp() - half["at"] <= HALFWAY_SECONDS:
        return None
    user = User.objects.filter(pk=half["user"], is_active=True).first()
    if user is None or user.get_session_auth_hash() != half["hash"]:
        return None
    return user

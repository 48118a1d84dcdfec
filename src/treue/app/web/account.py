"""One's own account: name, language, password, second factor, passkeys, sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import segno
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST
from markupsafe import Markup

from treue.app.core import accounts, second_factor
from treue.app.core.models import Firm, Passkey
from treue.app.web import asked, gate
from treue.app.web.person import person_of
from treue.app.web.speech import spoken
from treue.kernel.language import LANGUAGES, message

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

NEW_KEY: Final = "new-app-key"
DONE: Final = {
    "changed": message("Your name and language are kept."),
    "password": message("The new password holds, and every other session of yours has ended."),
    "app-off": message(
        "No code of an app is asked for any more, and every other session of yours has ended."
    ),
    "passkey": message("The passkey is kept, and every other session of yours has ended."),
    "passkey-removed": message("The passkey is removed, and every other session of yours has ended."),
    "sessions": message("Every other session of yours has ended."),
}
"""What is said after a change, by a word in the address."""


def account(request: HttpRequest) -> HttpResponse:
    """Show the account, or change name and language."""
    user = person_of(request)
    if request.method != "POST":
        return _page(request)
    name = asked.text(request.POST, "name")
    language = asked.one_of(request.POST, "language", LANGUAGES)
    if not name:
        _ = spoken(request).gettext
        return with_why(request, _("The name is empty; give the one by which the others know you."))
    accounts.change_own(user, name=name, language=language)
    return _done("changed")


@require_POST
def password(request: HttpRequest) -> HttpResponse:
    """Change the password."""
    user = person_of(request)
    why = again(request)
    if why:
        return with_why(request, why)
    try:
        accounts.change_password(user, request.POST.get("new", "")[:1000])
    except ValidationError as error:
        return with_why(request, " ".join(error.messages))
    update_session_auth_hash(request, user)
    return _done("password")


@require_POST
def sessions(request: HttpRequest) -> HttpResponse:
    """End all other sessions of this account."""
    user = person_of(request)
    accounts.end_own_sessions(user)
    update_session_auth_hash(request, user)
    return _done("sessions")


def app(request: HttpRequest) -> HttpResponse:
    """Show a new secret as picture and text, or take the first code that shows that the app has it."""
    _ = spoken(request).gettext
    user = person_of(request)
    if request.method != "POST":
        request.session[NEW_KEY] = second_factor.new_key()
        return _app_page(request, "")
    key = request.session.get(NEW_KEY)
    if not key:
        return HttpResponseRedirect(reverse("account-app"))
    why = again(request)
    if why:
        return _app_page(request, why)
    if not second_factor.switch_app_on(user, key, request.POST.get("code", "")[:20]):
        return _app_page(
            request, _("This code is not right. Check that the clock of the phone is, and try the next.")
        )
    del request.session[NEW_KEY]
    return fresh_codes(request)


@require_POST
def app_off(request: HttpRequest) -> HttpResponse:
    """Ask for no code any more."""
    user = person_of(request)
    why = again(request)
    if why:
        return with_why(request, why)
    second_factor.switch_app_off(user)
    update_session_auth_hash(request, user)
    return _done("app-off")


@require_POST
def codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes."""
    _ = spoken(request).gettext
    user = person_of(request)
    why = again(request)
    if not why and not second_factor.is_on(user):
        why = _("Recovery codes stand in for a second factor; set one up first.")
    if why:
        return with_why(request, why)
    return fresh_codes(request)


def again(request: HttpRequest) -> str:
    """Check the password once more before something that opens the account; returns why not, or nothing."""
    _ = spoken(request).gettext
    user = person_of(request)
    trial = gate.Gate(request, "again", user.email)
    if not trial.opens():
        return _("Too many attempts; the next is possible in an hour.")
    if not user.check_password(request.POST.get("password", "")[:1000]):
        return _("This is not your present password; nothing was changed.")
    trial.passed()
    return ""


def fresh_codes(request: HttpRequest) -> HttpResponse:
    """Make recovery codes and show them, the only time they are seen; this session alone goes on."""
    user = person_of(request)
    made = second_factor.new_recovery_codes(user)
    update_session_auth_hash(request, user)
    return render(request, "account_codes.html.j2", {"codes": made})


def with_why(request: HttpRequest, why: str) -> HttpResponse:
    """Show the account with what was wrong."""
    return _page(request, why, 422)


def _done(what: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('account')}?done={what}")


def _page(request: HttpRequest, why: str = "", status: int = 200) -> HttpResponse:
    user = person_of(request)
    done = DONE.get(request.GET.get("done", ""), "")
    context = {
        "why": why,
        "done": done,
        "has_app": second_factor.has_app(user),
        "is_on": second_factor.is_on(user),
        "codes_left": second_factor.codes_left(user),
        "passkeys": list(Passkey.objects.filter(user=user).order_by("id")),
    }
    return render(request, "account.html.j2", context, status=status)


def _app_page(request: HttpRequest, why: str) -> HttpResponse:
    user = person_of(request)
    key = request.session[NEW_KEY]
    address = second_factor.address_of(key, user, Firm.the().name)
    drawn = segno.make(address, error="m", micro=False).svg_inline(
        scale=5, border=3, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    text = second_factor.base32(key)
    spaced = " ".join(text[start : start + 4] for start in range(0, len(text), 4))
    context = {"why": why, "picture": Markup(drawn), "secret": spaced, "address": address}  # noqa: S704  (drawn here)
    return render(request, "account_app.html.j2", context, status=422 if why else 200)

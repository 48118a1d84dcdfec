"""Passkeys in the browser: options first, then what the device has signed."""

from __future__ import annotations

import json
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from webauthn import base64url_to_bytes
from webauthn.helpers import bytes_to_base64url

from treue.app.core import passkeys, second_factor
from treue.app.core.models import Firm, Passkey
from treue.app.web import asked, gate, login
from treue.app.web.account import again, fresh_codes, with_why
from treue.app.web.person import person_of
from treue.app.web.refusals import not_found
from treue.app.web.speech import spoken

if TYPE_CHECKING:
    from django.http import HttpRequest

CHALLENGE: Final = "passkey"
CHALLENGE_SECONDS: Final = 300
TO_LOG_IN: Final = "log in"
TO_ADD: Final = "add"


@require_POST
def log_in(request: HttpRequest) -> HttpResponse:
    """Give out a challenge, or log in with what a device has signed."""
    _ = spoken(request).gettext
    place = _place(request)
    if place is None:
        return _needs_a_name(request)
    if not request.POST.get("credential"):
        if not gate.may_ask_for_a_challenge(request):
            why = _("Too many attempts; the next is possible in an hour.")
            return JsonResponse({"why": why}, status=429)
        options, challenge = passkeys.options_to_log_in(place)
        _keep(request, TO_LOG_IN, challenge)
        if not request.user.is_authenticated:
            # Of strangers nothing is kept for longer than the challenge is good for.
            request.session.set_expiry(CHALLENGE_SECONDS)
        return _json(options)
    try:
        kept = _take(request, TO_LOG_IN)
        user = passkeys.person_of(
            request.POST["credential"][:20_000], challenge=base64url_to_bytes(kept["challenge"]), place=place
        )
    except passkeys.NotThisPasskey as error:
        if error.user_id is not None:
            gate.tell_wrong_factor(error.user_id, "passkey")
        return login.shown(request, _("This passkey did not fit. Try again, or log in with the password."))
    return login.finish(request, user)


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Give out a challenge after the password was right, or keep the new passkey."""
    _ = spoken(request).gettext
    user = person_of(request)
    place = _place(request)
    if place is None:
        return _needs_a_name(request)
    if not request.POST.get("credential"):
        why = again(request)
        if why:
            return JsonResponse({"why": why}, status=422)
        options, challenge = passkeys.options_to_add(user, place, Firm.the().name)
        _keep(request, TO_ADD, challenge, passkeys.handle_in(options))
        return _json(options)
    name = asked.text(request.POST, "name", 60) or _("Passkey")
    try:
        kept = _take(request, TO_ADD)
        passkeys.add(
            user,
            request.POST["credential"][:20_000],
            name=name,
            challenge=base64url_to_bytes(kept["challenge"]),
            handle=kept["handle"],
            place=place,
        )
    except passkeys.NotThisPasskey:
        return with_why(request, _("This passkey was not taken: the device’s answer did not fit. Try again."))
    if second_factor.codes_left(user):
        update_session_auth_hash(request, user)
        return HttpResponseRedirect(f"{reverse('account')}?done=passkey")
    return fresh_codes(request)


@require_POST
def remove(request: HttpRequest, passkey: int) -> HttpResponse:
    """Remove one of one's own passkeys, with the password."""
    user = person_of(request)
    if not Passkey.objects.filter(user=user, id=passkey).exists():
        return not_found(request)
    why = again(request)
    if why:
        return with_why(request, why)
    passkeys.remove(user, passkey)
    update_session_auth_hash(request, user)
    return HttpResponseRedirect(f"{reverse('account')}?done=passkey-removed")


def _place(request: HttpRequest) -> passkeys.Place | None:
    """Return where we are; None where the address is a number, for which browsers make no passkeys."""
    whole = request.get_host()
    host = whole.rpartition(":")[0] if whole.rpartition(":")[2].isdigit() else whole
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return passkeys.Place(host=host, origin=f"{request.scheme}://{whole}")
    return None


def _needs_a_name(request: HttpRequest) -> HttpResponse:
    _ = spoken(request).gettext
    why = _("Passkeys need an address with a name, such as localhost; here the address is a number.")
    return JsonResponse({"why": why}, status=422)


def _json(options: str) -> HttpResponse:
    return JsonResponse(json.loads(options))


def _keep(request: HttpRequest, purpose: str, challenge: bytes, handle: str = "") -> None:
    request.session[CHALLENGE] = {
        "purpose": purpose,
        "user": request.user.pk,
        "challenge": bytes_to_base64url(challenge),
        "handle": handle,
        "at": int(timezone.now().timestamp()),
    }


def _take(request: HttpRequest, purpose: str) -> dict[str, str]:
    """Return the challenge that was given out, once, and only while it is fresh.

    Anybody gets a challenge to log in; one to add a passkey follows the password, so neither stands for the other.
    """
    kept: Any = request.session.pop(CHALLENGE, None)
    if not isinstance(kept, dict) or timezone.now().timestamp() - kept["at"] > CHALLENGE_SECONDS:
        raise passkeys.NotThisPasskey("no challenge was given, or too long ago")
    if (kept.get("purpose"), kept.get("user")) != (purpose, request.user.pk):
        raise passkeys.NotThisPasskey("the challenge was given for something else")
    return {"challenge": kept["challenge"], "handle": kept["handle"]}

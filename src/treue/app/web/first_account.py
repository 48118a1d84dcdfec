"""The very first account of an empty system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from treue.app.core import audit, first_code
from treue.app.core.models import Firm, Role, User
from treue.app.core.wrong import said
from treue.app.core.zones import server_zone, zones
from treue.app.customers.models import Purchase
from treue.app.web import asked
from treue.app.web.login import finish
from treue.app.web.settings import NO_ZONE
from treue.app.web.speech import spoken
from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from treue.kernel.language import Language


def first_account(request: HttpRequest) -> HttpResponse:
    """Make the owner's account; once there is one, this page is gone."""
    if User.objects.exists():
        return HttpResponseRedirect(reverse("login"))
    if request.method != "POST":
        return _page(request, {}, [])
    typed = {
        name: asked.text(request.POST, name, 254) for name in ("firm", "name", "email", "timezone", "code")
    }
    try:
        user = _make(typed, request.POST.get("password", "")[:1000], spoken(request))
    except ValidationError as error:
        return _page(request, typed, error.messages)
    return finish(request, user)


def _page(request: HttpRequest, typed: dict[str, str], wrong: list[str]) -> HttpResponse:
    context = {
        "typed": typed,
        "wrong": wrong,
        "asks_code": first_code.is_asked(),
        # Purchases that a command brought in were read in the zone that stands.
        "zones": () if Purchase.objects.exists() else zones(),
        "zone": typed.get("timezone") or server_zone(),
    }
    return render(request, "first_account.html.j2", context, status=422 if wrong else 200)


def _make(typed: dict[str, str], password: str, language: Language) -> User:
    _ = language.gettext
    if first_code.is_asked() and not first_code.fits(typed["code"]):
        raise ValidationError(
            _(
                "This code is not right. The program that serves these pages printed it when it started, and “treue "
                "doctor” says it again."
            )
        )
    if not typed["name"]:
        raise ValidationError(_("The name is empty; give the one by which the others know you."))
    if typed["timezone"] and typed["timezone"] not in zones():
        raise ValidationError(_(NO_ZONE, typed=typed["timezone"]))
    try:
        user = User(email=typed["email"], name=typed["name"], role=Role.OWNER)
        validate_password(password, user)
        with transaction.atomic():
            firm = Firm.the()
            # The firm's row is written first: of two who come at once, the second waits and then sees the first.
            Firm.objects.filter(id=1).update(name=typed["firm"][:200] or firm.name, language=language.code)
            if typed["timezone"] and not Purchase.objects.exists():
                Firm.objects.filter(id=1).update(timezone=typed["timezone"])
            if User.objects.exists():
                raise ValidationError(_("There is an account already."))
            made = User.objects.create_user(typed["email"], password, name=typed["name"], role=Role.OWNER)
            zone = Firm.the().timezone
            detail = {"role": Role.OWNER, "timezone": zone}
            audit.write("account.made", by=made, subject=f"user:{made.pk}", detail=detail)
    except WrongArgument as error:
        raise ValidationError(said(error, language)) from error
    return made

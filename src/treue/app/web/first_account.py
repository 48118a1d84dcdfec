"""The very first account of an empty system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from treue.app.core import audit
from treue.app.core.models import Firm, Role, User
from treue.app.core.wrong import said
from treue.app.web import asked
from treue.app.web.login import finish
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
        return render(request, "first_account.html.j2", {"typed": {}, "wrong": []})
    typed = {name: asked.text(request.POST, name, 254) for name in ("firm", "name", "email")}
    try:
        user = _make(typed, request.POST.get("password", "")[:1000], spoken(request))
    except ValidationError as error:
        return render(request, "first_account.html.j2", {"typed": typed, "wrong": error.messages}, status=422)
    return finish(request, user)


def _make(typed: dict[str, str], password: str, language: Language) -> User:
    _ = language.gettext
    if not typed["name"]:
        raise ValidationError(_("The name is empty; give the one by which the others know you."))
    try:
        user = User(email=typed["email"], name=typed["name"], role=Role.OWNER)
        validate_password(password, user)
        with transaction.atomic():
            firm = Firm.the()
            # The firm's row is written first: of two who come at once, the second waits and then sees the first.
            Firm.objects.filter(id=1).update(name=typed["firm"][:200] or firm.name, language=language.code)
            if User.objects.exists():
                raise ValidationError(_("There is an account already."))
            made = User.objects.create_user(typed["email"], password, name=typed["name"], role=Role.OWNER)
            audit.write("account.made", by=made, subject=f"user:{made.pk}", detail={"role": Role.OWNER})
    except WrongArgument as error:
        raise ValidationError(said(error, language)) from error
    return made

"""Settings: who works with Treue, and what each may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Exists, OuterRef
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from django_otp.plugins.otp_totp.models import TOTPDevice

from treue.app.core import accounts, second_factor
from treue.app.core.models import OneTimeLink, Passkey, Role, User
from treue.app.core.wrong import said
from treue.app.web import asked
from treue.app.web.account import again
from treue.app.web.person import person_of
from treue.app.web.refusals import not_found
from treue.app.web.speech import spoken
from treue.kernel.errors import WrongArgument
from treue.kernel.language import message

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

ROLES: Final = {
    Role.OWNER.value: message("Owner"),
    Role.MANAGER.value: message("Manager"),
    Role.SERVICE.value: message("Service"),
    Role.ANALYST.value: message("Analyst"),
    Role.AUDITOR.value: message("Auditor"),
}
WHAT_THEY_MAY: Final = {
    Role.OWNER.value: message("everything, and who else may do what"),
    Role.MANAGER.value: message(
        "customers, files, lists and requests; no settings, accounts, erasing or audit log"
    ),
    Role.SERVICE.value: message("customers, their contacts, promises and tasks"),
    Role.ANALYST.value: message("figures, but not who the customers are"),
    Role.AUDITOR.value: message("figures and the audit log, and changes nothing"),
}
DONE: Final = {
    "role": message("The role is changed, and this person’s sessions have ended."),
    "closed": message("The account is closed, and its sessions have ended."),
    "opened": message("The account is open again."),
    "factor": message("The second factor is removed, and this person’s sessions have ended."),
}


def people(request: HttpRequest) -> HttpResponse:
    """Show the accounts, or invite somebody."""
    if request.method != "POST":
        return _page(request)
    _ = spoken(request).gettext
    typed = {name: asked.text(request.POST, name, 254) for name in ("name", "email")}
    typed["role"] = asked.one_of(request.POST, "role", ROLES)
    why = ""
    if not typed["name"]:
        why = _("The name is empty; give the one by which the others know this person.")
    elif not typed["role"]:
        why = _("Choose what this person may do.")
    why = why or again(request)
    if not why:
        try:
            user, secret = accounts.invite(
                typed["email"], typed["name"][:200], typed["role"], by=person_of(request)
            )
        except accounts.AddressTaken:
            why = _("“{typed}” has an account already.", typed=typed["email"])
        except WrongArgument as error:
            why = said(error, spoken(request))
        else:
            return _page(request, made=_handed_over(request, user, secret))
    return _page(request, why=why, typed=typed)


@require_POST
def role(request: HttpRequest, person: int) -> HttpResponse:
    """Give somebody another role."""
    user = _account(person)
    if user is None:
        return not_found(request)
    wanted = asked.one_of(request.POST, "role", ROLES)
    why = again(request) if wanted else spoken(request).gettext("Choose what this person may do.")
    if why:
        return _page(request, why=why, opened=person)
    try:
        accounts.change_role(user, wanted, by=person_of(request))
    except accounts.LastOwner:
        return _page(request, why=_last_owner(request), opened=person)
    return _done("role")


@require_POST
def link(request: HttpRequest, person: int) -> HttpResponse:
    """Make a link by which somebody sets a new password; it is shown once, to be handed over."""
    user = _account(person)
    if user is None or not user.is_active:
        return not_found(request)
    if user.pk == person_of(request).pk:
        _ = spoken(request).gettext
        return _page(request, why=_("Your own password is changed under your account."))
    why = again(request)
    if why:
        return _page(request, why=why, opened=person)
    return _page(
        request, made=_handed_over(request, user, accounts.make_reset_link(user, by=person_of(request)))
    )


@require_POST
def factor(request: HttpRequest, person: int) -> HttpResponse:
    """Remove the second factor of somebody who lost it."""
    user = _account(person)
    if user is None:
        return not_found(request)
    if user.pk == person_of(request).pk:
        return _page(
            request,
            why=spoken(request).gettext(
                "Your own second factor is changed under your account, with your password."
            ),
        )
    why = again(request)
    if why:
        return _page(request, why=why, opened=person)
    second_factor.remove_all(user, by=person_of(request))
    return _done("factor")


@require_POST
def close(request: HttpRequest, person: int) -> HttpResponse:
    """Close an account."""
    user = _account(person)
    if user is None:
        return not_found(request)
    try:
        accounts.deactivate(user, by=person_of(request))
    except accounts.LastOwner:
        return _page(request, why=_last_owner(request))
    return _done("closed")


@require_POST
def reopen(request: HttpRequest, person: int) -> HttpResponse:
    """Open a closed account again."""
    user = _account(person)
    if user is None:
        return not_found(request)
    why = again(request)
    if why:
        return _page(request, why=why, opened=person)
    accounts.activate(user, by=person_of(request))
    return _done("opened")


def _account(person: int) -> User | None:
    return User.objects.filter(pk=person).first()


def _last_owner(request: HttpRequest) -> str:
    return spoken(request).gettext(
        "This is the last active owner; make somebody else an owner first. Nothing was changed."
    )


def _handed_over(request: HttpRequest, user: User, secret: str) -> dict[str, str]:
    return {
        "name": user.name,
        "link": request.build_absolute_uri(reverse("welcome", kwargs={"secret": secret})),
    }


def _done(what: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('settings-people')}?done={what}")


def _page(
    request: HttpRequest,
    *,
    why: str = "",
    typed: dict[str, str] | None = None,
    made: dict[str, str] | None = None,
    opened: int | None = None,
) -> HttpResponse:
    links = OneTimeLink.objects.filter(user=OuterRef("pk"), used_at=None, expires_at__gt=timezone.now())
    everybody = User.objects.annotate(
        has_app=Exists(TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)),
        has_passkey=Exists(Passkey.objects.filter(user=OuterRef("pk"))),
        has_link=Exists(links),
    ).order_by("-is_active", "name", "pk")
    context = {
        "people": list(everybody),
        "roles": ROLES,
        "what_they_may": WHAT_THEY_MAY,
        "why": why,
        "typed": typed or {},
        "made": made,
        "opened": opened,
        "done": "" if why or made else DONE.get(request.GET.get("done", ""), ""),
    }
    return render(request, "settings_people.html.j2", context, status=422 if why else 200)

"""``treue account``: who can log in, and a way back in for whoever cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from treue.cli import output
from treue.cli.application import Home, open_application, refuse_another_form
from treue.cli.doctor import what_is_missing
from treue.cli.failure import DONE
from treue.cli.options import Debug
from treue.cli.serve import PORT, is_own_machine
from treue.kernel.errors import Refused, WrongArgument

if TYPE_CHECKING:
    from treue.app.core.models import User


def account(
    email: Annotated[
        str | None,
        typer.Argument(
            metavar="[EMAIL]",
            help="Of whom a link for a new password is made; without it the accounts are listed.",
            show_default=False,
        ),
    ] = None,
    *,
    without_second_factor: Annotated[
        bool,
        typer.Option(
            "--without-second-factor",
            help="Also remove app, passkeys and recovery codes of somebody who lost them.",
        ),
    ] = False,
    home: Home = None,
    debug: Debug = False,  # noqa: ARG001  (read before the options are)
) -> int:
    """List who can log in, or make a link by which somebody sets a new password."""
    if without_second_factor and email is None:
        raise WrongArgument("--without-second-factor needs the address of an account")
    if missing := what_is_missing(home):
        raise Refused("; ".join(missing))
    open_application(home)
    refuse_another_form()
    from treue.app.core.models import User

    if email is None:
        for one in User.objects.order_by("pk"):
            output.say(_line(one))
        return DONE
    user = _account(email)
    if not user.is_active:
        raise Refused(f"the account of {user.email} is closed; an owner opens it under Settings, People")
    _print_link(user, without_second_factor=without_second_factor)
    return DONE


def _account(email: str) -> User:
    from treue.app.core.addresses import normal_email
    from treue.app.core.models import User

    user = User.objects.filter(email=normal_email(email)).first()
    if user is None:
        raise WrongArgument(f"email={email[:100]!r} is no account; treue account lists them")
    return user


def _line(user: User) -> str:
    from treue.app.core import second_factor

    factor = "with a second factor" if second_factor.is_on(user) else "password alone"
    return f"{user.role:<8} {user.name} <{user.email}>, {factor if user.is_active else 'closed'}"


def _print_link(user: User, *, without_second_factor: bool) -> None:
    from django.db import transaction
    from django.urls import reverse

    from treue.app.core import accounts, audit, second_factor

    with transaction.atomic():
        secret = accounts.make_reset_link(user, by=audit.COMMAND)
        if without_second_factor:
            second_factor.remove_all(user, by=audit.COMMAND)
    output.say(f"{_address()}{reverse('welcome', kwargs={'secret': secret})}")
    output.say("opens this account once, within 72 hours; give it to nobody but its person.")
    if second_factor.is_on(user):
        output.say(
            "The second factor stays; --without-second-factor removes it where it was lost with the device."
        )


def _address() -> str:
    """Return where people reach the pages, as far as the settings tell."""
    from django.conf import settings

    names = [host for host in settings.ALLOWED_HOSTS if not is_own_machine(host) and host != "*"]
    return f"https://{names[0].lstrip('.')}" if settings.HTTPS and names else f"http://localhost:{PORT}"

"""Make, change and close accounts, and end their sessions."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from treue.app.core import audit
from treue.app.core.addresses import normal_email
from treue.app.core.models.door import OneTimeLink
from treue.app.core.models.firm import Firm
from treue.app.core.models.user import Role, User
from treue.kernel.errors import Refused, WrongArgument

if TYPE_CHECKING:
    from treue.app.core.audit import Actor

LINK_LIFETIME: Final = timedelta(hours=72)


class LastOwner(Refused):
    """Nobody would own the system any more."""


class AddressTaken(Refused):
    """There is an account with this address already."""


class LinkIsOver(Refused):
    """The link is unknown, used, replaced or too old; which of them is nobody's business."""


def with_password(email: str, password: str) -> User | None:
    """Return the active account that an address and a password open together, or None.

    An unknown address, a closed account and one without a password take as long as a wrong password.

    Parameters
    ----------
    email, password : str
        As somebody typed them.

    Returns
    -------
    User or None
        None whatever it was that did not fit.
    """
    try:
        user = User.objects.filter(email=normal_email(email)).first()
    except WrongArgument:
        user = None
    if user is None:
        make_password(password)
        return None
    return user if user.check_password(password) and user.is_active else None


def end_sessions(user: User) -> None:
    """End every session of an account; whoever goes on in theirs refreshes it afterwards."""
    User.objects.filter(pk=user.pk).update(session_round=F("session_round") + 1)
    user.refresh_from_db(fields=["session_round"])


@transaction.atomic
def invite(email: str, name: str, role: str, *, by: User) -> tuple[User, str]:
    """Make an account and the link by which its person comes in.

    Parameters
    ----------
    email, name, role : str
        Of the person.
    by : User
        Who invites.

    Returns
    -------
    tuple of User and str
        The account, and the secret of its link, which is shown once.

    Raises
    ------
    AddressTaken
        When somebody has this address already.
    WrongArgument
        When it is no address, or the role is none.
    """
    if role not in Role.values:
        raise WrongArgument(f"role={role!r} is no role; known: {', '.join(Role.values)}")
    if User.objects.filter(email=normal_email(email)).exists():
        raise AddressTaken(f"email={email!r} has an account already")
    user = User.objects.create_user(email, None, name=name, role=role)
    audit.write("account.invited", by=by, subject=_subject(user), detail={"role": role})
    return user, _new_link(user, OneTimeLink.Purpose.INVITE)


@transaction.atomic
def make_reset_link(user: User, *, by: Actor) -> str:
    """Return the secret of a link by which a person sets a new password; older links end."""
    never_came = not user.has_usable_password()
    purpose = OneTimeLink.Purpose.INVITE if never_came else OneTimeLink.Purpose.RESET
    audit.write("account.link_made", by=by, subject=_subject(user), detail={"purpose": purpose})
    return _new_link(user, purpose)


def person_of_link(secret: str) -> User | None:
    """Return whose password a link would set, or None where it does not work any more."""
    link = _open_links().filter(digest=_digest(secret)).select_related("user").first()
    return link.user if link is not None else None


@transaction.atomic
def set_password_by_link(secret: str, password: str) -> User:
    """Use a link: set the password of its person and end their sessions.

    Parameters
    ----------
    secret : str
        Of the link.
    password : str
        The new one.

    Returns
    -------
    User
        Whose password was set; their second factor stands as before.

    Raises
    ------
    LinkIsOver
        When the link does not work any more.
    django.core.exceptions.ValidationError
        When the password is too weak; the link stays usable.
    """
    user = person_of_link(secret)
    if user is None:
        raise LinkIsOver("the link does not work any more")
    validate_password(password, user)
    # Of two who use it at once, one changes the row. Columns of this table only: with a condition on the account
    # PostgreSQL would pick the row by a subquery, which it does not ask again after waiting for the other.
    if not OneTimeLink.objects.filter(digest=_digest(secret), used_at=None).update(used_at=timezone.now()):
        raise LinkIsOver("the link does not work any more")
    _store_password(user, password)
    audit.write("account.password_set", by=user, subject=_subject(user), detail={"how": "link"})
    return user


@transaction.atomic
def change_password(user: User, password: str) -> None:
    """Change one's own password and end all other sessions.

    Raises
    ------
    django.core.exceptions.ValidationError
        When it is too weak.
    """
    validate_password(password, user)
    _store_password(user, password)
    audit.write("account.password_set", by=user, subject=_subject(user), detail={"how": "own"})


@transaction.atomic
def change_role(user: User, role: str, *, by: User) -> None:
    """Give a person another role and end their sessions.

    Raises
    ------
    LastOwner
        When nobody would own the system any more.
    WrongArgument
        When the role is none.
    """
    if role not in Role.values:
        raise WrongArgument(f"role={role!r} is no role; known: {', '.join(Role.values)}")
    if user.role == role:
        return
    _keep_an_owner(user)
    before = user.role
    User.objects.filter(pk=user.pk).update(role=role)
    user.role = role
    end_sessions(user)
    audit.write("account.role_changed", by=by, subject=_subject(user), detail={"from": before, "to": role})


@transaction.atomic
def deactivate(user: User, *, by: User) -> None:
    """Close an account: its sessions and links end, and nobody can log in to it.

    Raises
    ------
    LastOwner
        When nobody would own the system any more.
    """
    _keep_an_owner(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    user.is_active = False
    _end_links(user)
    end_sessions(user)
    audit.write("account.closed", by=by, subject=_subject(user))


@transaction.atomic
def activate(user: User, *, by: User) -> None:
    """Open a closed account again."""
    User.objects.filter(pk=user.pk).update(is_active=True)
    user.is_active = True
    audit.write("account.opened", by=by, subject=_subject(user))


@transaction.atomic
def change_own(user: User, *, name: str, language: str) -> None:
    """Change one's own name and language."""
    User.objects.filter(pk=user.pk).update(name=name, language=language)
    user.name, user.language = name, language
    audit.write("account.changed", by=user, subject=_subject(user))


@transaction.atomic
def end_own_sessions(user: User) -> None:
    """End all sessions of one's own."""
    end_sessions(user)
    audit.write("account.sessions_ended", by=user, subject=_subject(user))


def _store_password(user: User, password: str) -> None:
    user.set_password(password)
    user.save(update_fields=["password"])
    _end_links(user)
    end_sessions(user)


def _keep_an_owner(user: User) -> None:
    if user.role != Role.OWNER or not user.is_active:
        return
    # The firm's row is the lock: of two owners who remove each other at once, the second sees the first gone.
    Firm.objects.filter(pk=Firm.the().pk).update(id=1)
    if not User.objects.filter(role=Role.OWNER, is_active=True).exclude(pk=user.pk).exists():
        raise LastOwner("this is the last active owner; make somebody else an owner first")


def _new_link(user: User, purpose: str) -> str:
    _end_links(user)
    secret = secrets.token_urlsafe(32)
    OneTimeLink.objects.create(
        user=user, purpose=purpose, digest=_digest(secret), expires_at=timezone.now() + LINK_LIFETIME
    )
    return secret


def _open_links() -> models.QuerySet[OneTimeLink]:
    return OneTimeLink.objects.filter(used_at=None, expires_at__gt=timezone.now(), user__is_active=True)


def _end_links(user: User) -> None:
    OneTimeLink.objects.filter(user=user, used_at=None).update(used_at=timezone.now())


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _subject(user: User) -> str:
    return f"user:{user.pk}"

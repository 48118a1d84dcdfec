"""How often somebody may try to log in, without anybody being able to lock another out.

Who guesses is stopped by machine and by address. A browser in which a person has logged in before is told
apart by a signed cookie and has tries of its own, which strangers cannot use up.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core import signing
from django.http import parse_cookie
from django.utils.crypto import salted_hmac

from treue.app.core import audit, throttle
from treue.app.core.models.user import User
from treue.app.web.asked import network

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

COOKIE: Final = settings.SESSION_COOKIE_NAME + "-known"
SALT: Final = "treue.known-browser"
KNOWN_FOR_SECONDS: Final = 180 * 24 * 3600
MOST_KNOWN: Final = 5
"""So many accounts a shared browser remembers."""

EACH: Final = 10
"""Tries within the hour for one address from one machine, and from one known browser."""
MACHINE: Final = 50
"""Tries within the hour from one machine, for all addresses."""
ADDRESS: Final = 100
"""Tries within the hour for one address, from all machines that it does not know."""
CODES: Final = 10
"""The same for codes: whoever is asked for one has the password already, and there are a million codes only."""


class Gate:
    """Tries of one kind for one account, charged before each is looked at.

    The first that is refused within the hour stands in the audit log, if there is such an account.

    Parameters
    ----------
    request : HttpRequest
        Who tries.
    what : str
        Kind: ``password``, ``code`` or ``again``.
    email : str
        Normalised address, whether there is an account or not.
    """

    def __init__(self, request: HttpRequest, what: str, email: str) -> None:
        self._what, self._email = what, email
        nonce = _known(request).get(_mark(email))
        place = network(request)
        if nonce is not None:
            self._limits = [(f"{what} known {email} {nonce}", EACH, "browser")]
        else:
            self._limits = [
                (f"{what} each {email} {place}", EACH, "machine"),
                # It says of a machine that it guesses, and of no account that it is guessed at.
                (f"{what} machine {place}", MACHINE, ""),
                (f"{what} address {email}", CODES if what == "code" else ADDRESS, "all machines"),
            ]

    def opens(self) -> bool:
        """Whether one more try is allowed; it is charged then."""
        charged: list[str] = []
        for name, most, reach in self._limits:
            if not throttle.charge(name, most):
                for earlier in charged:
                    throttle.refund(earlier)
                if reach:
                    self._tell(reach)
                return False
            charged.append(name)
        return True

    def passed(self) -> None:
        """Forget the tries of this person from here: this one was right."""
        throttle.forget(self._limits[0][0])
        for name, _, _ in self._limits[1:]:
            throttle.refund(name)

    def _tell(self, reach: str) -> None:
        """Write down once an hour that tries for an account are refused, never which address was typed."""
        if not throttle.charge(f"{self._what} told {self._email}", 1):
            return
        if (user := User.objects.filter(email=self._email).first()) is not None:
            detail = {"tries": self._what, "from": reach}
            audit.write("login.locked", by=audit.SYSTEM, subject=f"user:{user.pk}", detail=detail)


def tell_wrong_factor(user_id: int, factor: str) -> None:
    """Write down that a second factor of somebody was wrong; so often within the hour that nobody fills the log.

    Parameters
    ----------
    user_id : int
        Whose.
    factor : str
        ``app``, ``recovery code`` or ``passkey``.
    """
    if throttle.charge(f"wrong factor told {user_id}", CODES):
        audit.write(
            "login.second_failed", by=audit.SYSTEM, subject=f"user:{user_id}", detail={"factor": factor}
        )


def may_ask_for_a_challenge(request: HttpRequest) -> bool:
    """Whether one more challenge for a passkey is given out: each is kept for a while, and anybody may ask."""
    known = sorted(_known(request).values())
    whose = f"known {known[0]}" if known else f"machine {network(request)}"
    return throttle.charge(f"challenge {whose}", MACHINE)


def remember(request: HttpRequest, answer: HttpResponse, user: User) -> None:
    """Let this browser be known for a person who has just logged in with it."""
    known = _known(request)
    nonce = known.pop(_mark(user.email), None) or secrets.token_hex(8)
    kept = {**dict(list(known.items())[-MOST_KNOWN + 1 :]), _mark(user.email): nonce}
    answer.set_cookie(
        COOKIE,
        signing.dumps(kept, salt=SALT),
        max_age=KNOWN_FOR_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _mark(email: str) -> str:
    # Whoever looks at the cookie of a shared browser reads no address in it.
    return salted_hmac(SALT, email, algorithm="sha256").hexdigest()[:16]


def knows(header: str) -> bool:
    """Whether somebody has logged in before with the browser that sends these cookies."""
    return bool(_read(parse_cookie(header).get(COOKIE, "")))


def _known(request: HttpRequest) -> dict[str, str]:
    return _read(request.COOKIES.get(COOKIE, ""))


def _read(cookie: str) -> dict[str, str]:
    try:
        found: Any = signing.loads(cookie, salt=SALT, max_age=KNOWN_FOR_SECONDS)
    except signing.BadSignature:
        return {}
    return dict(found)

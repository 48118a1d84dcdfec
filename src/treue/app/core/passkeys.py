"""Passkeys: a device signs a challenge after it has verified its person, and no secret travels."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from treue.app.core import audit
from treue.app.core.accounts import end_sessions
from treue.app.core.models.door import Passkey, RecoveryCode
from treue.app.core.models.user import User
from treue.app.core.second_factor import is_on
from treue.kernel.errors import Refused

MOST = 10
"""So many passkeys a person may have."""


class NotThisPasskey(Refused):
    """The device's answer does not fit; what exactly is nobody's business.

    Parameters
    ----------
    text : str
        For the log.
    user_id : int, optional
        Whose passkey was used, where it is known.
    """

    def __init__(self, text: str, user_id: int | None = None) -> None:
        super().__init__(text)
        self.user_id = user_id


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passkey is valid.

    Parameters
    ----------
    host : str
        Name of the host without its port.
    origin : str
        As ``https://treue.firm.example``.
    """

    host: str
    origin: str


def options_to_add(user: User, place: Place, issuer: str) -> tuple[str, bytes]:
    """Return what the browser needs to make a passkey, as JSON, and the challenge to keep in the session."""
    import webauthn
    from webauthn.helpers import structs

    chosen = structs.AuthenticatorSelectionCriteria(
        resident_key=structs.ResidentKeyRequirement.REQUIRED,
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    options = webauthn.generate_registration_options(
        rp_id=place.host,
        rp_name=issuer or "Treue",
        user_id=webauthn.base64url_to_bytes(_handle(user)),
        user_name=user.email,
        user_display_name=user.name,
        authenticator_selection=chosen,
        exclude_credentials=[
            structs.PublicKeyCredentialDescriptor(id=webauthn.base64url_to_bytes(key.credential_id))
            for key in Passkey.objects.filter(user=user)
        ],
    )
    return webauthn.options_to_json(options), options.challenge


@transaction.atomic
def add(user: User, answer: str, *, name: str, challenge: bytes, handle: str, place: Place) -> Passkey:
    """Keep a new passkey; all sessions of its person end.

    Parameters
    ----------
    user : User
        Whose.
    answer : str
        What the device answered, as JSON.
    name : str
        What the person calls it.
    challenge : bytes
        What the device had to sign.
    handle : str
        Under which name the device knows the account, from the options.
    place : Place
        Where it is valid.

    Returns
    -------
    Passkey
        The new one.

    Raises
    ------
    NotThisPasskey
        When the answer does not fit, the device knows no account, or there are ten already.
    """
    import webauthn

    if not handle:
        raise NotThisPasskey("the device knows no account by this passkey")
    if Passkey.objects.filter(user=user).count() >= MOST:
        raise NotThisPasskey(f"there are {MOST} passkeys already; remove one first")
    try:
        seen = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except Exception as error:  # the parsers raise whatever a stranger's bytes can raise
        raise NotThisPasskey("the device's answer does not fit") from error
    try:
        with transaction.atomic():
            made = Passkey.objects.create(
                user=user,
                name=name,
                credential_id=webauthn.helpers.bytes_to_base64url(seen.credential_id),
                handle=handle,
                public_key=seen.credential_public_key,
                sign_count=seen.sign_count,
            )
    except IntegrityError as error:
        raise NotThisPasskey("this passkey is known already") from error
    end_sessions(user)
    audit.write(
        "second_factor.passkey_added", by=user, subject=f"user:{user.pk}", detail={"passkey": made.pk}
    )
    return made


def options_to_log_in(place: Place) -> tuple[str, bytes]:
    """Return what the browser needs to use a passkey, as JSON, and the challenge to keep in the session."""
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_authentication_options(
        rp_id=place.host, user_verification=structs.UserVerificationRequirement.REQUIRED
    )
    return webauthn.options_to_json(options), options.challenge


@transaction.atomic
def person_of(answer: str, *, challenge: bytes, place: Place) -> User:
    """Return who has signed the challenge.

    Parameters
    ----------
    answer : str
        What the device answered, as JSON.
    challenge : bytes
        What it had to sign.
    place : Place
        Where.

    Returns
    -------
    User
        An active account.

    Raises
    ------
    NotThisPasskey
        Whatever it is that does not fit.
    """
    import webauthn

    known: Passkey | None = None
    try:
        given = webauthn.helpers.parse_authentication_credential_json(answer)
        known = Passkey.objects.select_for_update(of=("self",)).get(
            credential_id=given.id, user__is_active=True
        )
        _check_handle(known, given.response.user_handle)
        seen = webauthn.verify_authentication_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=bytes(known.public_key),
            credential_current_sign_count=known.sign_count,
            require_user_verification=True,
        )
    except Exception as error:  # the parsers raise whatever a stranger's bytes can raise
        whose = known.user_id if known is not None else None
        raise NotThisPasskey("the device's answer does not fit", whose) from error
    known.sign_count, known.used_at = seen.new_sign_count, timezone.now()
    known.save(update_fields=["sign_count", "used_at"])
    return known.user


@transaction.atomic
def remove(user: User, passkey_id: int) -> bool:
    """Remove a passkey of one's own; all sessions end. False where it is not there."""
    gone, _ = Passkey.objects.filter(user=user, id=passkey_id).delete()
    if not gone:
        return False
    if not is_on(user):
        RecoveryCode.objects.filter(user=user).delete()
    end_sessions(user)
    audit.write(
        "second_factor.passkey_removed", by=user, subject=f"user:{user.pk}", detail={"passkey": passkey_id}
    )
    return True


def handle_in(options: str) -> str:
    """Return the name under which options tell the device to know the account."""
    import json

    found: Any = json.loads(options)["user"]["id"]
    return str(found)


def _handle(user: User) -> str:
    known = Passkey.objects.filter(user=user).exclude(handle="").first()
    return known.handle if known is not None else secrets.token_urlsafe(32)


def _check_handle(known: Passkey, given: bytes | None) -> None:
    from webauthn.helpers import bytes_to_base64url

    # A passkey without a handle was never made by the page that asks for the password.
    if not given or not known.handle:
        raise NotThisPasskey("the device's answer does not fit")
    if not secrets.compare_digest(bytes_to_base64url(given), known.handle):
        raise NotThisPasskey("the device's answer does not fit")

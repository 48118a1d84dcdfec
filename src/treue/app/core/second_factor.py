"""The second factor: codes of an authenticator app, and recovery codes for when it is lost."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Final

from django.db import transaction
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from treue.app.core import audit
from treue.app.core.accounts import end_sessions
from treue.app.core.models.door import Passkey, RecoveryCode
from treue.app.core.models.user import User

RECOVERY_CODES: Final = 10
_CODE_BYTES: Final = 15  # 120 bits: no slow hash is needed to keep them


def has_app(user: User) -> bool:
    """Whether codes of an authenticator app are asked for."""
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def is_on(user: User) -> bool:
    """Whether a password alone does not open this account."""
    return has_app(user) or Passkey.objects.filter(user=user).exists()


def new_key() -> str:
    """Return a new secret for an authenticator app, as hexadecimal digits."""
    return secrets.token_hex(20)


def base32(key: str) -> str:
    """Return a secret as people type it into an app that cannot see the picture."""
    return base64.b32encode(bytes.fromhex(key)).decode("ascii")


def address_of(key: str, user: User, issuer: str) -> str:
    """Return the ``otpauth:`` address that the picture holds."""
    from urllib.parse import quote, urlencode

    plain = issuer.replace(":", " ").strip() or "Treue"
    rest = urlencode({"secret": base32(key), "issuer": plain, "digits": 6, "period": 30}, quote_via=quote)
    return f"otpauth://totp/{quote(f'{plain}:{user.email}')}?{rest}"


@transaction.atomic
def switch_app_on(user: User, key: str, code: str) -> bool:
    """Ask for an authenticator app from now on, if its first code is right; all sessions end.

    Parameters
    ----------
    user : User
        Whose.
    key : str
        The secret, see :func:`new_key`.
    code : str
        What the app shows now.

    Returns
    -------
    bool
        Whether the code was right.
    """
    device = TOTPDevice(user=user, name="app", key=key, confirmed=True, throttling_failure_count=0)
    wanted = code.replace(" ", "")
    if not (wanted.isascii() and wanted.isdigit()) or not _fits(device, wanted):
        return False
    # Kept with the step of this very code, so that the code opens nothing more.
    TOTPDevice.objects.filter(user=user).delete()
    device.save(force_insert=True)
    end_sessions(user)
    audit.write("second_factor.app_on", by=user, subject=f"user:{user.pk}")
    return True


@transaction.atomic
def check_code(user: User, code: str) -> bool:
    """Whether a code of the app or a recovery code is right; each is right once.

    Parameters
    ----------
    user : User
        Who logs in.
    code : str
        As typed; spaces and dashes do not matter.

    Returns
    -------
    bool
        True for exactly one of all who bring the same code.
    """
    plain = _plain(code)
    if is_of_app(code):
        # The lock makes the second of two with the same code see the step that the first has used up. On
        # SQLite, which has no row locks, the transaction has the whole file from its start.
        devices = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=True)
        return any(_fits(device, plain, save=True) for device in devices)
    used = RecoveryCode.objects.filter(user=user, digest=_digest(plain), used_at=None)
    if not used.update(used_at=timezone.now()):
        return False
    audit.write("second_factor.code_used", by=user, subject=f"user:{user.pk}")
    return True


def is_of_app(code: str) -> bool:
    """Whether a code looks like one of an app, not like a recovery code."""
    plain = _plain(code)
    return len(plain) == 6 and plain.isascii() and plain.isdigit()


def _plain(code: str) -> str:
    return "".join(letter for letter in code if letter not in " -\u00a0\u2013").upper()


@transaction.atomic
def new_recovery_codes(user: User) -> list[str]:
    """Return fresh recovery codes; the older ones end, and all sessions."""
    RecoveryCode.objects.filter(user=user).delete()
    raw = [base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode("ascii") for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(code)) for code in raw)
    end_sessions(user)
    audit.write("second_factor.codes_made", by=user, subject=f"user:{user.pk}")
    return ["-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in raw]


def codes_left(user: User) -> int:
    """How many recovery codes were not used yet."""
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


@transaction.atomic
def switch_app_off(user: User) -> None:
    """Ask no longer for an authenticator app; all sessions end."""
    TOTPDevice.objects.filter(user=user).delete()
    _without_factor_no_codes(user)
    end_sessions(user)
    audit.write("second_factor.app_off", by=user, subject=f"user:{user.pk}")


@transaction.atomic
def remove_all(user: User, *, by: audit.Actor) -> None:
    """Remove app, passkeys and recovery codes of a person who lost them; all their sessions end."""
    TOTPDevice.objects.filter(user=user).delete()
    Passkey.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    end_sessions(user)
    audit.write("second_factor.removed", by=by, subject=f"user:{user.pk}")


def _without_factor_no_codes(user: User) -> None:
    if not is_on(user):
        RecoveryCode.objects.filter(user=user).delete()


def _fits(device: TOTPDevice, code: str, *, save: bool = False) -> bool:

    from django_otp.oath import TOTP

    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = timezone.now().timestamp()
    if not totp.verify(int(code), device.tolerance, device.last_t + 1):
        return False
    device.last_t = totp.t()
    if save:
        device.save(update_fields=["last_t"])
    return True


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()

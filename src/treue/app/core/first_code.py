"""The code that the first account is asked for where strangers could come before its owner.

On one's own machine nobody else can. Behind HTTPS anybody on the way may, and would own the system: whoever started
it reads the code there.
"""

from __future__ import annotations

import base64
from typing import Final

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from treue.app.core import throttle

BYTES: Final = 10
TRIES: Final = 1_000
"""Within an hour, of everybody together: of 80 bits nobody guesses any, and no stranger can use them up soon."""


def is_asked() -> bool:
    """Return whether the first account needs the code."""
    return bool(settings.HTTPS)


def code() -> str:
    """Return the code; it belongs to the secret key, so that each process knows it."""
    digest = salted_hmac("treue.first-account", "", algorithm="sha256").digest()[:BYTES]
    letters = base64.b32encode(digest).decode()
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def fits(typed: str) -> bool:
    """Return whether a code is the right one, however its letters and dashes are written; each try is counted."""
    if not throttle.charge("first account", TRIES):
        return False
    return constant_time_compare(_plain(typed), _plain(code()))


def _plain(typed: str) -> str:
    return "".join(letter for letter in typed.upper() if letter.isalnum())

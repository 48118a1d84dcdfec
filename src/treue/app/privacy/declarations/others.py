"""Tables of the libraries that Treue is built on."""

from __future__ import annotations

from typing import Final

from treue.app.privacy.declared import SIGNS, STAFF, STAYS, Declared
from treue.kernel.language import message

UNUSED: Final = message("Django brings it along; Treue does not use it, and it names nobody.")
TECHNICAL: Final = message("Tables of Django")

DECLARED: Final = (
    Declared(
        model="sessions.Session",
        what=message("Sessions of the firm’s own people"),
        why=message("To know who is logged in."),
        kept="sessions",
        withheld={"session_key": SIGNS, "session_data": STAFF},
    ),
    Declared(
        model="otp_totp.TOTPDevice",
        what=message("Authenticator apps of the firm’s own people"),
        why=message("So that only the firm’s own people come in."),
        kept=STAYS,
        withheld={"name": STAFF, "key": SIGNS},
    ),
    Declared(
        model="auth.Permission",
        what=TECHNICAL,
        why=UNUSED,
        kept=STAYS,
        withheld={"name": SIGNS, "codename": SIGNS},
    ),
    Declared(model="auth.Group_permissions", what=TECHNICAL, why=UNUSED, kept=STAYS),
    Declared(model="auth.Group", what=TECHNICAL, why=UNUSED, kept=STAYS, withheld={"name": SIGNS}),
    Declared(
        model="contenttypes.ContentType",
        what=TECHNICAL,
        why=UNUSED,
        kept=STAYS,
        withheld={"app_label": SIGNS, "model": SIGNS},
    ),
)

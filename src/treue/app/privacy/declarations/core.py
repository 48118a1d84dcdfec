"""Accounts of the firm's own people, its settings, background work and the audit log."""

from __future__ import annotations

from typing import Final

from treue.app.privacy.declared import FIRM, INNER, SIGNS, STAFF, STAYS, Declared
from treue.kernel.language import message

WHY_LOGIN: Final = message("So that only the firm’s own people come in.")

DECLARED: Final = (
    Declared(
        model="core.Job",
        what=message("Background work"),
        why=message("To do what takes long, and to say how far it is."),
        kept="jobs",
        searched=("payload", "words"),
        found="blank",
        settled={"state__in": ["done", "failed", "cancelled"]},
        withheld={"kind": SIGNS, "subject": SIGNS},
    ),
    Declared(
        model="core.Firm",
        what=message("Settings of the firm"),
        why=message("To count as the firm counts."),
        kept=STAYS,
        withheld={"name": FIRM, "timezone": FIRM, "currency": FIRM, "language": FIRM, "country": FIRM},
    ),
    Declared(
        model="core.AuditEntry",
        what=message("Audit log"),
        why=message(
            "To prove who did what. It holds numbers, never names or addresses, and cannot be changed."
        ),
        kept=STAYS,
        withheld={
            "actor": STAFF,
            "action": SIGNS,
            "subject": SIGNS,
            "detail": INNER,
            "previous": SIGNS,
            "digest": SIGNS,
        },
    ),
    Declared(
        model="core.AuditHead",
        what=message("End of the audit log"),
        why=message("So that nobody cuts off its end unseen."),
        kept=STAYS,
        withheld={"digest": SIGNS},
    ),
    Declared(
        model="core.User",
        what=message("Accounts of the firm’s own people"),
        why=WHY_LOGIN,
        kept=STAYS,
        withheld={"password": SIGNS, "email": STAFF, "name": STAFF, "language": STAFF},
    ),
    Declared(
        model="core.Passkey",
        what=message("Passkeys"),
        why=WHY_LOGIN,
        kept=STAYS,
        withheld={"name": STAFF, "credential_id": SIGNS, "handle": SIGNS, "public_key": SIGNS},
    ),
    Declared(
        model="core.RecoveryCode",
        what=message("Recovery codes"),
        why=WHY_LOGIN,
        kept=STAYS,
        withheld={"digest": SIGNS},
    ),
    Declared(
        model="core.OneTimeLink",
        what=message("Links that set a password once"),
        why=WHY_LOGIN,
        kept="links",
        withheld={"digest": SIGNS},
    ),
    Declared(
        model="core.Attempt",
        what=message("Counts of failed logins"),
        why=message("To stop whoever guesses. A count names no address and no machine."),
        kept="attempts",
        withheld={"key": SIGNS},
    ),
)

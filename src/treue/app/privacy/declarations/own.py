"""Requests of customers about their data, and how long things are kept."""

from __future__ import annotations

from typing import Final

from treue.app.privacy.declared import INNER, SIGNS, STAFF, STAYS, Declared
from treue.kernel.language import message

DECLARED: Final = (
    Declared(
        model="privacy.Request",
        what=message("Requests about a person’s data"),
        why=message("To answer within a month, and to prove it."),
        kept="requests",
        cut=("customer",),
        searched=("extended_because",),
        found="blank",
        given={
            "kind": message("Kind"),
            "received_on": message("Received"),
            "due_on": message("Due"),
            "extended_because": message("Why it took longer"),
            "closed_at": message("Answered"),
            "outcome": message("Outcome"),
        },
        given_when_cut=("kind", "received_on", "due_on", "extended_because", "closed_at", "outcome"),
        withheld={"id": INNER, "customer": INNER, "actor": STAFF, "created_at": INNER},
    ),
    Declared(
        model="privacy.Period",
        what=message("Periods after which things are deleted"),
        why=message("So that nothing is kept for longer than it is needed."),
        kept=STAYS,
        withheld={"rule": SIGNS},
    ),
)

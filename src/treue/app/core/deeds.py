"""What the entries of the audit log say, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from treue.kernel.language import message

if TYPE_CHECKING:
    from treue.kernel.language import Language

DEEDS: Final = {
    "account.changed": message("Account: name or language changed"),
    "account.closed": message("Account closed"),
    "account.invited": message("Somebody invited"),
    "account.link_made": message("Link for a new password made"),
    "account.made": message("Account made"),
    "account.opened": message("Account opened again"),
    "account.password_set": message("Password set"),
    "account.role_changed": message("Role changed"),
    "account.sessions_ended": message("All other sessions ended"),
    "audit.exported": message("Log taken out as a file"),
    "backup.restored": message("Backup restored"),
    "care.done": message("Care: done"),
    "care.later": message("Care: put off"),
    "care.reopened": message("Care: taken up again"),
    "contact.added": message("Contact written down"),
    "contact.answered": message("Contact answered"),
    "contact.reopened": message("Contact open again"),
    "contact.solved": message("Contact solved"),
    "contact.taken_back": message("Contact taken back"),
    "customer.added": message("Customer added"),
    "customer.changed": message("Record changed"),
    "customer.contact_point_added": message("Address or number added"),
    "customer.contact_point_removed": message("Address or number removed"),
    "customer.copied": message("Copy of all data made"),
    "customer.erased": message("Customer erased"),
    "customer.let_back": message("Files may bring an erased customer back"),
    "customer.merge_undone": message("Merged records parted again"),
    "customer.merged": message("Records merged"),
    "customer.switched": message("Marketing, scores or restriction switched"),
    "customer.switches_spread": message("Switches taken over to all records of a customer"),
    "customers.exported": message("List of customers taken out as a file"),
    "cycle.done": message("Figures and scores computed"),
    "cycle.ordered": message("Computing of figures and scores ordered"),
    "demo.made": message("Demonstration firm made"),
    "demo.ordered": message("Demonstration firm ordered"),
    "demo.removed": message("Demonstration firm removed"),
    "firm.changed": message("Settings changed"),
    "firm.released": message("Restored system released"),
    "import.cancelled": message("Import stopped"),
    "import.corrected": message("Reading of a file corrected"),
    "import.done": message("File brought in"),
    "import.received": message("File received"),
    "import.set_aside_taken": message("Rows set aside taken out as a file"),
    "import.started": message("Import started"),
    "login": message("Logged in"),
    "login.locked": message("Logging in refused for an hour after too many tries"),
    "login.second_failed": message("Second factor was wrong"),
    "note.added": message("Note written"),
    "note.taken_back": message("Note taken back"),
    "privacy.period_chosen": message("Period until deletion chosen"),
    "privacy.request_added": message("Request about a person’s data written down"),
    "privacy.request_closed": message("Request about a person’s data answered"),
    "privacy.request_extended": message("Time to answer a request extended"),
    "privacy.retention": message("Deleted what was older than its period"),
    "promise.added": message("Promise written down"),
    "promise.kept": message("Promise kept"),
    "promise.taken_back": message("Promise taken back"),
    "second_factor.app_off": message("Authenticator app switched off"),
    "second_factor.app_on": message("Authenticator app set up"),
    "second_factor.code_used": message("Recovery code used"),
    "second_factor.codes_made": message("Recovery codes made"),
    "second_factor.passkey_added": message("Passkey added"),
    "second_factor.passkey_removed": message("Passkey removed"),
    "second_factor.removed": message("Second factor removed"),
    "segment.deleted": message("Saved filter deleted"),
    "segment.saved": message("Filter saved"),
}
"""Every kind of entry that Treue writes."""
DOERS: Final = {"system": message("Treue by itself"), "command": message("the command line")}
"""Who does things without an account."""


def deed_words(action: str, language: Language) -> str:
    """Return what was done in a person's language; a kind that is not known any more is shown as it stands."""
    return language.gettext(DEEDS[action]) if action in DEEDS else action

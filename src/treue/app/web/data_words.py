"""The words of imports: states, tables, fields, reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from treue.history.sources.own_columns import EVENTS
from treue.history.tables import TABLES as TABLES_OF_HISTORY
from treue.kernel.language import message
from treue.report.reading_notes import note_words

if TYPE_CHECKING:
    from treue.app.core.models import Job
    from treue.app.customers.models import ImportedFile
    from treue.kernel.language import Language

STATES: Final = {
    "uploaded": message("being read"),
    "read": message("read, not yet brought in"),
    "running": message("being brought in"),
    "done": message("brought in"),
    "failed": message("failed"),
    "cancelled": message("stopped"),
}
TABLES: Final = {
    "customers": message("Customers"),
    "purchases": message("Orders"),
    "order_lines": message("Order lines"),
    "returns": message("Returns"),
    "contracts": message("Contracts"),
    "visits": message("Visits"),
    "contacts": message("Contacts"),
    "promises": message("Promises"),
    "answers": message("Survey answers"),
    "referrals": message("Referrals"),
    "mentions": message("Recommendations in public"),
    "merges": message("Merged records"),
    "contact_points": message("Addresses"),
    "consents": message("Consents and withdrawals"),
    "assignments": message("Assignments to plans"),
}
FIELDS: Final[dict[str, dict[str, str]]] = {
    "history": {
        "customer": message("Customer"),
        "order": message("Order number"),
        "time": message("Date"),
        "amount": message("Amount"),
        "currency_column": message("Currency"),
        "quantity": message("Quantity"),
        "price": message("Price of one"),
        "status": message("Status"),
        "product": message("Product"),
        "category": message("Category"),
        "channel": message("Channel"),
        "coupon": message("Coupon"),
        "discount": message("Discount"),
        "margin": message("Margin"),
        "refund": message("Refunded amount"),
        "refund_time": message("Date of the refund"),
        "refers": message("Order that a credit belongs to"),
        "contract": message("Contract number"),
        "started": message("Start of the contract"),
        "ended": message("End of the contract"),
        "end_reason": message("Reason of the end"),
        "monthly": message("Amount a month"),
        "first_seen": message("Customer since"),
        "acquired_via": message("Won through"),
        "country": message("Country"),
        "language": message("Language"),
        "segment": message("Segment"),
    },
    "contacts": {
        "email": message("E-mail address"),
        "phone": message("Telephone"),
        "name": message("Name"),
        "first_name": message("First name"),
        "last_name": message("Last name"),
        "company": message("Company"),
        "language": message("Language"),
        "country": message("Country"),
        "id": message("Customer number"),
        "segment": message("Segment"),
        "acquired_via": message("Won through"),
        "first_seen": message("Customer since"),
    },
}
"""Fields that a column can be given to, by kind of file; those of other tables are added below."""
OF_TABLE: Final = "table-"
"""How a kind begins that is a table: ``table-contacts`` are contacts, and ``contacts`` are people."""
COLUMNS: Final = {
    "customer_id": message("Customer"),
    "referrer_id": message("Who invited"),
    "at": message("Date"),
    "opened_at": message("Date"),
    "made_at": message("Promised"),
    "due_at": message("Due"),
    "survey": message("Survey"),
    "invited_at": message("Invited"),
    "kind": message("Kind"),
    "channel": message("Channel"),
    "direction": message("Who began"),
    "first_reply_at": message("First answer"),
    "solved_at": message("Solved"),
    "reopened_count": message("Opened again, times"),
    "own_fault": message("Our own mistake"),
    "severity": message("Severity"),
    "kept_at": message("Kept"),
    "wave": message("Wave"),
    "asked_at": message("Asked"),
    "answered_at": message("Answered"),
    "score": message("Score"),
    "code": message("Code that was passed on"),
    "referred_id": message("Who was invited"),
    "converted_at": message("Came"),
    "network": message("Network"),
    "anonymous_id": message("Mark of the browser"),
    "campaign": message("Campaign"),
}
"""Columns of the tables that a file may be said to hold; the key of each is called a number."""
NUMBER: Final = message("Number")


def needed(table: str) -> list[str]:
    """Return the fields of a table without which no row of it can be used."""
    own = TABLES_OF_HISTORY[table]
    return [f"{table}.{name}" for name in own.required if name != own.key[0]]


def _fields_of(table: str) -> dict[str, str]:
    """Return the fields of a table in words, those that it needs first."""
    names = [f"{table}.{column.name}" for column in TABLES_OF_HISTORY[table].columns]
    first = needed(table)
    return {
        name: COLUMNS.get(name.partition(".")[2], NUMBER)
        for name in [*first, *(name for name in names if name not in first)]
    }


FIELDS.update({OF_TABLE + table: _fields_of(table) for table in EVENTS})


def kind_of(file: ImportedFile) -> str:
    """Return what is in a file, as its fields are called: ``history``, ``contacts`` (people), or a table."""
    table = file.choices.get("table")
    return f"{OF_TABLE}{table}" if table else file.choices.get("kind") or file.kind


WORK: Final = {
    "reading": message("Reading the file"),
    "putting": message("Putting the orders together"),
    "preparing": message("Preparing the rows"),
    "writing": message("Writing into the records"),
}


NO_CURRENCY: Final = "The files name no currency"
"""How the reader's note begins that names an option of the command line."""
TAKEN_TO_BE: Final = message("The file names no currency; its amounts are taken to be {currency}.")
FIRST: Final = 5
"""So many fields are what nearly every file has."""


def job_words(job: Job, language: Language) -> str:
    """Return what is being done, and how far it is."""
    first = job.words.partition(" ")[0]
    if first not in WORK:
        return language.gettext("Waiting for its turn")
    words = language.gettext(WORK[first])
    return f"{words}, {language.percent(job.share, 0)}" if job.share else words


def notes_of(reading: dict[str, Any], language: Language) -> list[tuple[str, bool]]:
    """Return what was decided in reading a file, each with whether it is in the language, else English."""
    notes = [note for file in reading.get("files", []) for note in file.get("notes", [])]
    found = [note_words(note, language) for note in notes if not note.startswith(NO_CURRENCY)]
    if any(note.startswith(NO_CURRENCY) for note in notes):
        code = str(reading.get("currency", ""))
        found.append((language.gettext(TAKEN_TO_BE, currency=code), True))
    for note in reading.get("notes", []):
        values = {
            name: language.number(value) if isinstance(value, int) else value
            for name, value in note.items()
            if name != "text"
        }
        text: str = note["text"]
        found.append((language.gettext(text, **values), True))
    # Files of a folder tell the same.
    return list(dict.fromkeys(found))

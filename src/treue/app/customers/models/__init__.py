"""Tables of customers and of everything that happened with them."""

from treue.app.customers.models.blocked import Blocked
from treue.app.customers.models.care import CareStep, Note
from treue.app.customers.models.events import (
    Answer,
    Contact,
    ContactStep,
    Contract,
    Mention,
    OrderLine,
    Promise,
    Purchase,
    Referral,
    Return,
    Visit,
)
from treue.app.customers.models.files import ImportedFile
from treue.app.customers.models.people import Consent, ContactPoint, Customer, ExternalId, Merge
from treue.app.customers.models.segments import Segment

__all__ = [
    "Answer",
    "Blocked",
    "CareStep",
    "Consent",
    "Contact",
    "ContactPoint",
    "ContactStep",
    "Contract",
    "Customer",
    "ExternalId",
    "ImportedFile",
    "Mention",
    "Merge",
    "Note",
    "OrderLine",
    "Promise",
    "Purchase",
    "Referral",
    "Return",
    "Segment",
    "Visit",
]

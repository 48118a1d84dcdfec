"""Which canonical table of the library lands in which table of the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.db import models

from treue.app.customers.models import (
    Answer,
    Contact,
    Contract,
    Customer,
    Mention,
    Merge,
    OrderLine,
    Promise,
    Purchase,
    Referral,
    Return,
    Visit,
)
from treue.history.tables import TELLS

if TYPE_CHECKING:
    from collections.abc import Iterator

REOPENED_SINCE: Final = (
    "EXISTS (SELECT 1 FROM customers_contactstep k WHERE k.contact_id = customers_contact.id "
    "AND k.kind = 'reopened' AND k.at >= n.solved_at)"
)
"""Staff opened a contact again after what a file gives as the time at which it was solved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A table of the database that a canonical table fills.

    Parameters
    ----------
    table : str
        Canonical table.
    model : type
        Django's model of the database's table.
    columns : dict
        Field of the model to canonical column; the model says type, length and whether it may be empty.
    key : tuple of str
        Fields that make a row one; a value of a key is never cut.
    fills : tuple of str
        Fields that a later file may fill where an earlier one left them empty, as the end of a contract.
    tells : tuple of str
        Fields that say whether a file told something at all, true unless it says otherwise; once true they stay so.
    said_since : dict
        Field that is filled to the SQL condition under which staff have said otherwise since; what a file says
        is ``n`` there.
    attributes : bool
        Whether further columns are kept as JSON.
    """

    table: str
    model: type[models.Model]
    columns: dict[str, str]
    key: tuple[str, ...] = ("code",)
    fills: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    said_since: dict[str, str] = field(default_factory=dict)
    attributes: bool = False
    people: tuple[str, ...] = field(default=("customer",))

    @property
    def name(self) -> str:
        """Name of the table in the database."""
        return str(self.model._meta.db_table)  # noqa: SLF001  (Django's own door to what a model is)

    def field_of(self, name: str) -> models.Field[Any, Any]:
        """Return a field of the model."""
        found = self.model._meta.get_field(name)  # noqa: SLF001
        assert isinstance(found, models.Field)  # noqa: S101  (only plain fields stand in the list below)
        return found

    def column(self, name: str) -> str:
        """Return the column of the database in which a field is kept."""
        return str(self.field_of(name).column)

    def defaults(self) -> Iterator[models.Field[Any, Any]]:
        """Yield the fields that no canonical column fills and that must not be empty."""
        for one in self.model._meta.concrete_fields:  # noqa: SLF001
            if one.name not in self.columns and not one.null and not one.primary_key:
                yield one


TARGETS: Final = (
    Target(
        table="purchases",
        model=Purchase,
        columns={
            "code": "order_id",
            "customer": "customer_id",
            "ordered_at": "ordered_at",
            "net_amount": "net_amount",
            "currency": "currency",
            "margin_amount": "margin_amount",
            "discount_amount": "discount_amount",
            "coupon_code": "coupon_code",
            "channel": "channel",
        },
        attributes=True,
    ),
    Target(
        table="order_lines",
        model=OrderLine,
        columns={
            "purchase_code": "order_id",
            "line_number": "line_number",
            "product_id": "product_id",
            "quantity": "quantity",
            "unit_amount": "unit_amount",
            "category": "category",
        },
        key=("purchase_code", "line_number"),
        people=(),
    ),
    Target(
        table="returns",
        model=Return,
        columns={
            "code": "return_id",
            "purchase_code": "order_id",
            "customer": "customer_id",
            "returned_at": "returned_at",
            "amount": "amount",
        },
    ),
    Target(
        table="contracts",
        model=Contract,
        columns={
            "code": "contract_id",
            "customer": "customer_id",
            "started_on": "started_on",
            "ended_on": "ended_on",
            "end_reason": "end_reason",
            "monthly_amount": "monthly_amount",
            "currency": "currency",
        },
        key=("code", "started_on"),
        fills=("ended_on", "end_reason", "monthly_amount"),
    ),
    Target(
        table="visits",
        model=Visit,
        columns={
            "code": "visit_id",
            "customer": "customer_id",
            "anonymous_id": "anonymous_id",
            "at": "at",
            "kind": "kind",
            "campaign": "campaign",
        },
        fills=("customer",),
    ),
    Target(
        table="contacts",
        model=Contact,
        columns={
            "code": "contact_id",
            "customer": "customer_id",
            "channel": "channel",
            "direction": "direction",
            "opened_at": "opened_at",
            "first_reply_at": "first_reply_at",
            "solved_at": "solved_at",
            "reopened_count": "reopened_count",
            "own_fault": "own_fault",
            "severity": "severity",
            **{mark: mark for mark in TELLS["contacts"]},
        },
        fills=("first_reply_at", "solved_at", "own_fault", "severity"),
        tells=tuple(TELLS["contacts"]),
        said_since={"solved_at": REOPENED_SINCE},
    ),
    Target(
        table="promises",
        model=Promise,
        columns={
            "code": "promise_id",
            "customer": "customer_id",
            "made_at": "made_at",
            "due_at": "due_at",
            "kept_at": "kept_at",
            **{mark: mark for mark in TELLS["promises"]},
        },
        fills=("kept_at",),
        tells=tuple(TELLS["promises"]),
    ),
    Target(
        table="answers",
        model=Answer,
        columns={
            "code": "answer_id",
            "customer": "customer_id",
            "survey": "survey",
            "wave": "wave",
            "asked_at": "asked_at",
            "answered_at": "answered_at",
            "score": "score",
        },
        fills=("answered_at", "score"),
    ),
    Target(
        table="referrals",
        model=Referral,
        columns={
            "code": "referral_id",
            "referrer": "referrer_id",
            "share_code": "code",
            "invited_at": "invited_at",
            "referred": "referred_id",
            "converted_at": "converted_at",
        },
        fills=("referred", "converted_at"),
        people=("referrer", "referred"),
    ),
    Target(
        table="mentions",
        model=Mention,
        columns={
            "code": "mention_id",
            "customer": "customer_id",
            "at": "at",
            "network": "network",
            "kind": "kind",
        },
    ),
    Target(
        table="merges",
        model=Merge,
        columns={
            "loser": "from_id",
            "winner": "into_id",
            "merged_at": "merged_at",
            "undone_at": "undone_at",
        },
        key=("loser", "winner", "merged_at"),
        fills=("undone_at",),
        people=("loser", "winner"),
    ),
)
"""All targets, in the order in which they are written; ``assignments`` have no table here yet and are left out."""

PEOPLE: Final = Target(
    table="customers",
    model=Customer,
    columns={
        "code": "customer_id",
        "first_seen_at": "first_seen_at",
        "acquired_via": "acquired_via",
        "country": "country",
        "language": "language",
        "segment": "segment",
    },
    fills=("first_seen_at", "acquired_via", "country", "language", "segment"),
    attributes=True,
    people=(),
)
"""The customers themselves, who are found or made before anything that happened with them."""

"""The canonical history: what happened with a firm's customers, without names or addresses.

Every source maps to these tables and every measure reads only them. Ids are text, instants are UTC
timestamps without zone, days are dates in the firm's time zone, money is whole minor units of
`currency`. Columns that a source has beyond these are kept as attributes (text) for segments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Container

Type = Literal["text", "instant", "date", "money", "count", "number", "flag"]

ARROW: dict[Type, pa.DataType] = {
    "text": pa.string(),
    "instant": pa.timestamp("us"),
    "date": pa.date32(),
    "money": pa.int64(),
    "count": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a canonical table.

    Parameters
    ----------
    name : str
        Its name; the ending gives the unit (``_at`` UTC instant, ``_on`` local date, ``_amount``
        minor units, ``_count``).
    type : str
        See :data:`Type`.
    required : bool
        Whether a row without it is set aside.
    """

    name: str
    type: Type
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A canonical table: its name, what a row is, its key and its columns."""

    name: str
    a_row_is: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns without which a row is set aside."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def schema(self) -> pa.Schema:
        """The table's Arrow schema, canonical columns only."""
        return pa.schema([pa.field(c.name, ARROW[c.type], not c.required) for c in self.columns])

    def untold(self, headers: Container[str]) -> dict[str, str]:
        """Return the marks of what a file does not tell of its rows, and the column of each that it lacks.

        Parameters
        ----------
        headers : container of str
            The columns of the file.

        Returns
        -------
        dict of str to str
            As ``{"solution_known": "solved_at"}``; see :data:`TELLS`.
        """
        return {mark: column for mark, column in TELLS.get(self.name, {}).items() if column not in headers}


def _columns(**types: str) -> tuple[Column, ...]:
    """Read ``name="type"`` for required and ``name="type?"`` for optional columns."""
    return tuple(
        Column(name, text.removesuffix("?"), not text.endswith("?"))  # type: ignore[arg-type]
        for name, text in types.items()
    )


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "customers",
            "a person or firm once identified",
            ("customer_id",),
            _columns(
                customer_id="text",
                first_seen_at="instant?",
                acquired_via="text?",
                country="text?",
                language="text?",
                segment="text?",
            ),
        ),
        Table(
            "purchases",
            "an order",
            ("order_id",),
            _columns(
                order_id="text",
                customer_id="text",
                ordered_at="instant",
                net_amount="money",
                currency="text?",
                margin_amount="money?",
                discount_amount="money?",
                coupon_code="text?",
                channel="text?",
            ),
        ),
        Table(
            "order_lines",
            "a line of an order",
            ("order_id", "line_number"),
            _columns(
                order_id="text",
                line_number="count",
                product_id="text",
                quantity="number?",
                unit_amount="money?",
                category="text?",
            ),
        ),
        Table(
            "returns",
            "a return, refund or cancellation",
            ("return_id",),
            _columns(
                return_id="text",
                order_id="text?",
                customer_id="text?",
                returned_at="instant",
                amount="money",
            ),
        ),
        Table(
            "contracts",
            "a contract or subscription spell",
            ("contract_id", "started_on"),
            _columns(
                contract_id="text",
                customer_id="text",
                started_on="date",
                ended_on="date?",
                end_reason="text?",
                monthly_amount="money?",
                currency="text?",
            ),
        ),
        Table(
            "visits",
            "a page, product, basket or checkout event",
            ("visit_id",),
            _columns(
                visit_id="text",
                customer_id="text?",
                anonymous_id="text?",
                at="instant",
                kind="text?",
                campaign="text?",
            ),
        ),
        Table(
            "contacts",
            "a contact on any channel",
            ("contact_id",),
            _columns(
                contact_id="text",
                customer_id="text",
                channel="text?",
                direction="text?",
                opened_at="instant",
                first_reply_at="instant?",
                solved_at="instant?",
                reopened_count="count?",
                own_fault="flag?",
                severity="text?",
            ),
        ),
        Table(
            "promises",
            "what was promised",
            ("promise_id",),
            _columns(
                promise_id="text", customer_id="text", made_at="instant", due_at="instant", kept_at="instant?"
            ),
        ),
        Table(
            "answers",
            "one answer to one survey wave",
            ("answer_id",),
            _columns(
                answer_id="text",
                customer_id="text",
                survey="text",
                wave="text?",
                asked_at="instant?",
                answered_at="instant?",
                score="number?",
            ),
        ),
        Table(
            "referrals",
            "an invitation",
            ("referral_id",),
            _columns(
                referral_id="text",
                referrer_id="text",
                code="text?",
                invited_at="instant",
                referred_id="text?",
                converted_at="instant?",
            ),
        ),
        Table(
            "mentions",
            "a public recommendation or complaint",
            ("mention_id",),
            _columns(mention_id="text", customer_id="text", at="instant", network="text?", kind="text"),
        ),
        Table(
            "merges",
            "two records are one customer",
            ("from_id", "merged_at"),
            _columns(from_id="text", into_id="text", merged_at="instant", undone_at="instant?"),
        ),
        Table(
            "assignments",
            "a plan's arm for a customer",
            ("plan_id", "customer_id"),
            _columns(plan_id="text", customer_id="text", arm="text", assigned_at="instant"),
        ),
    )
}
"""All canonical tables by name. ``mentions.kind`` is ``recommendation`` or ``complaint``;
``visits.kind`` is ``page``, ``product``, ``basket``, ``checkout`` or ``signup``."""

TELLS: Final = {
    "contacts": {"reply_known": "first_reply_at", "solution_known": "solved_at"},
    "promises": {"kept_known": "kept_at"},
}
"""Table to marks of its rows and the column that each is about.

An empty cell says that something has not happened; a file without the column says nothing. Its rows have the mark,
which is false; where there is none, or it is null, the file tells.
"""

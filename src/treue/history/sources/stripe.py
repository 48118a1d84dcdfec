"""Stripe's export of payments."""

from __future__ import annotations

from treue.history.sources.layout import Layout

LAYOUT = Layout(
    name="stripe",
    needs=frozenset({"id", "amount", "status"}),
    any_of=(
        frozenset({"created", "createddate", "createdutc", "createddateutc"}),
        frozenset({"amountrefunded", "captured", "customerid", "customeremail"}),
    ),
    roles={
        "customer": ("customerid", "customeremail", "customerdescription"),
        "order": ("id",),
        "time": ("createddate", "created", "createddateutc", "createdutc"),
        "amount": ("amount",),
        "currency": ("currency",),
        "status": ("status",),
        "refund": ("amountrefunded",),
        "refund_time": ("refundeddate", "refundeddateutc"),
        "captured": ("captured",),
    },
    order_totals=True,
    unpaid=frozenset(
        [
            "failed",
            "canceled",
            "cancelled",
            "incomplete",
            "requires_payment_method",
            "requires_action",
            "blocked",
            "uncaptured",
        ]
    )
    | {"requires confirmation", "requires action"},
    notes=("Amounts are payments as Stripe charged them, taxes included. Times are UTC.",),
)

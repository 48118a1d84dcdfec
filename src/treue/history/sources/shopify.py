"""Shopify's export of orders: one row per line item, order fields on the first row only."""

from __future__ import annotations

from treue.history.sources.layout import Layout

LAYOUT = Layout(
    name="shopify",
    needs=frozenset({"name", "financialstatus", "createdat", "total", "lineitemquantity"}),
    roles={
        "customer": ("customerid", "email"),
        "order": ("id", "name"),
        "time": ("createdat",),
        "amount": ("total",),
        "tax": ("taxes",),
        "currency": ("currency",),
        "status": ("financialstatus",),
        "refund": ("refundedamount",),
        "refund_time": ("cancelledat",),
        "discount": ("discountamount",),
        "coupon": ("discountcode",),
        "channel": ("source",),
        "quantity": ("lineitemquantity",),
        "price": ("lineitemprice",),
        "product": ("lineitemsku", "lineitemname"),
    },
    fill_by="name",
    order_totals=True,
    taxed=True,
    unpaid=frozenset({"expired"}),
    notes=(
        (
            "Amounts are the order's total without taxes; shipping is part of it. A refund is dated like its order "
            "unless the order was cancelled, because the export does not say when money went back."
        ),
    ),
)

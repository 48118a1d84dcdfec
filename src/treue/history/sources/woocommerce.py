"""WooCommerce: the export of Analytics > Orders, and the exports of order plugins."""

from __future__ import annotations

from treue.history.sources.layout import Layout

_NEVER_PAID = frozenset(
    ["pending", "failed", "checkout-draft", "draft", "trash", "wc-pending", "wc-failed", "wc-checkout-draft"]
) | {"pending payment", "zahlung ausstehend", "fehlgeschlagen", "venter på betaling", "mislykket"}

LAYOUT = Layout(
    name="woocommerce",
    needs=frozenset({"date", "order", "status", "customer", "netsales"}),
    any_of=(frozenset({"customertype", "itemssold", "nrevenue", "attribution"}),),
    roles={
        "customer": ("customer",),
        "order": ("order",),
        "time": ("date",),
        "amount": ("netsales",),
        "status": ("status",),
        "coupon": ("coupons", "coupon"),
        "channel": ("attribution",),
    },
    order_totals=True,
    unpaid=_NEVER_PAID,
    notes=(
        (
            "This export knows customers only by name: two people of one name are counted as one. "
            "An export with the customer's number or e-mail address gives surer figures."
        ),
    ),
)

PLUGIN = Layout(
    name="woocommerce",
    needs=frozenset({"orderid", "orderdate", "ordertotal"}),
    any_of=(
        frozenset({"billingemail", "billingfirstname", "billinglastname"}),
        frozenset({"status", "orderstatus"}),
    ),
    roles={
        "customer": ("customerid", "customeruser", "billingemail", "customeremail"),
        "order": ("orderid", "ordernumber"),
        "time": ("orderdate",),
        "amount": ("ordertotal",),
        "tax": ("ordertax", "ordertotaltax", "totaltax", "taxtotal"),
        "currency": ("ordercurrency", "currency"),
        "status": ("orderstatus", "status"),
        "discount": ("orderdiscount", "discounttotal", "cartdiscount"),
        "coupon": ("couponcode", "coupons", "couponitems"),
        "refund": ("refundedtotal", "ordertotalrefunded", "totalrefunded", "orderrefundtotal", "refundtotal"),
        "refund_time": ("refunddate",),
    },
    order_totals=True,
    taxed=True,
    unpaid=_NEVER_PAID,
    notes=("Amounts are the order's total, without taxes where the export states them.",),
)

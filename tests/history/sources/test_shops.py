"""Exports of Shopify, WooCommerce and Stripe, known by their headers in any order."""

from __future__ import annotations

import csv
import io

import pytest

SHOPIFY = [
    "Name",
    "Email",
    "Financial Status",
    "Paid at",
    "Fulfillment Status",
    "Fulfilled at",
    "Accepts Marketing",
    "Currency",
    "Subtotal",
    "Shipping",
    "Taxes",
    "Total",
    "Discount Code",
    "Discount Amount",
    "Shipping Method",
    "Created at",
    "Lineitem quantity",
    "Lineitem name",
    "Lineitem price",
    "Lineitem sku",
    "Billing Name",
    "Billing Zip",
    "Billing Country",
    "Notes",
    "Cancelled at",
    "Refunded Amount",
    "Id",
    "Tags",
    "Source",
]


def _csv(header: list[str], *rows: dict[str, object]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, header, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _order(name: str, mail: str, total: float, **more: object) -> dict[str, object]:
    return {
        "Name": name, "Email": mail, "Financial Status": "paid", "Currency": "NOK", "Total": total, "Taxes": 0,
        "Created at": "2024-05-01 10:00:00 +0200", "Lineitem quantity": 1, "Lineitem name": "Mug", "Lineitem price": total,
        "Lineitem sku": "M1", "Id": 4000 + int(name[1:]), "Billing Zip": "'0150", "Billing Name": "Ann", "Source": "web",
        "Refunded Amount": 0, **more,
    }  # fmt: skip


SHOPIFY_ROWS = (
    _order("#1", "Ann@x.org", 125, Taxes=25, Notes="two\nlines", **{"Discount Code": "HI", "Tags": "vip"}),
    {
        "Name": "#1",
        "Email": "Ann@x.org",
        "Lineitem quantity": 2,
        "Lineitem name": "Pen",
        "Lineitem price": 10,
        "Lineitem sku": "P1",
    },
    _order("#2", "ann@x.org", 250, Taxes=50, **{"Refunded Amount": 125}),
    _order(
        "#3",
        "bo@x.org",
        80,
        **{
            "Cancelled at": "2024-05-03 09:00:00 +0200",
            "Financial Status": "refunded",
            "Refunded Amount": 80,
        },
    ),
    _order("#4", "", 80),
)


def test_reads_shopify_orders_with_fields_on_the_first_line_only(read):
    result = read(_csv(SHOPIFY, *SHOPIFY_ROWS))
    file = result.reading.files[0]
    assert file.source == "shopify"
    assert result.settings.currency == "NOK"
    assert result.rows("purchases", "order_id, customer_id, net_amount, coupon_code, channel") == [
        ("4001", "ann@x.org", 10000, "HI", "web"), ("4002", "ann@x.org", 20000, None, "web"), ("4003", "bo@x.org", 8000, None, "web"),
    ]  # fmt: skip
    assert result.purchases[0][1] == "2024-05-01 08:00:00"
    assert result.returns == [
        ("4002", "ann@x.org", "2024-05-01", 10000),
        ("4003", "bo@x.org", "2024-05-03", 8000),
    ]
    assert result.aside == [(7, "no_customer")]
    assert [row[2] for row in result.rows("order_lines", "order_id, line_number, product_id")] == [
        "M1",
        "P1",
        "M1",
        "M1",
    ]
    assert "tags" in file.attributes
    assert not {"billing_zip", "billing_name", "notes"} & set(file.attributes)


def test_shopify_columns_may_stand_in_any_order_with_a_mark_and_without_the_last(read):
    header = [name for name in reversed(SHOPIFY) if name not in {"Tags", "Source", "Id"}]
    rows = [{key: value for key, value in row.items() if key in header} for row in SHOPIFY_ROWS]
    result = read("\ufeff" + _csv(header, *rows))
    assert result.reading.files[0].source == "shopify"
    assert [row[0] for row in result.rows("purchases", "order_id")] == ["#1", "#2", "#3"]
    assert [row[2] for row in result.rows("purchases", "order_id, customer_id, net_amount")] == [
        10000,
        20000,
        8000,
    ]


def test_shopify_articles_without_a_number_are_known_by_their_name(read):
    rows = [{**row, "Lineitem sku": ""} for row in SHOPIFY_ROWS]
    result = read(_csv(SHOPIFY, *rows))
    assert result.reading.files[0].columns["product"] == "Lineitem name"
    assert len(result.rows("order_lines", "product_id")) == 4


CORE = "Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Product(s),Items sold,Coupon(s),Net Sales,Attribution\n"


def test_reads_woocommerce_analytics(read):
    result = read(
        CORE
        + '2024-05-01 10:00:00,11,"kr 1.200,00",completed,Ann Li,new,2× Mug,2,,1200,Organic\n'
        + '2024-05-02 10:00:00,12,"kr 300,00",refunded,Bo Ek,new,1× Mug,1,,300.5,Organic\n'
        + '2024-05-03 10:00:00,13,"kr 300,00",failed,Bo Ek,new,1× Mug,1,,300,Organic\n'
    )
    assert result.reading.files[0].source == "woocommerce"
    assert result.rows("purchases", "order_id, customer_id, net_amount") == [
        ("11", "Ann Li", 120000),
        ("12", "Bo Ek", 30050),
    ]
    assert result.returns == [("12", "Bo Ek", "2024-05-02", 30050)]
    assert result.aside == [(4, "not_paid")]
    assert "only by name" in result.notes


PLUGIN = "order_id,order_number,order_date,status,customer_id,billing_first_name,billing_email,payment_method,order_total,order_discount,line_items\n"


def test_reads_woocommerce_plugin_exports_with_guests_by_their_address(read):
    result = read(
        PLUGIN
        + "1,1,2024-05-01 10:00:00,wc-completed,0,Ann,Ann@x.org,card,100,0,x\n"
        + "2,2,2024-05-02 10:00:00,processing,7,Bo,bo@x.org,card,50,5,x\n"
        + "3,3,2024-05-02 10:00:00,pending,7,Bo,bo@x.org,card,50,5,x\n"
    )
    assert result.reading.files[0].source == "woocommerce"
    assert result.rows("purchases", "order_id, customer_id, net_amount, discount_amount") == [
        ("1", "ann@x.org", 10000, 0), ("2", "bo@x.org", 5000, 500),
    ]  # fmt: skip
    assert result.aside == [(4, "not_paid")]


STRIPE = [
    "id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Status,Customer ID,Customer Email,Invoice ID,shop (metadata)",
    'ch_1,2024-05-01 10:00:00,"1,200.50",0.00,eur,true,Paid,cus_1,ann@x.org,in_1,north',
    "ch_2,2024-05-02 10:00:00,50.00,20.00,eur,true,Paid,cus_1,ann@x.org,,north",
    "ch_3,2024-05-03 10:00:00,50.00,50.00,eur,true,Refunded,cus_2,bo@x.org,,south",
    "ch_4,2024-05-03 10:00:00,50.00,0.00,eur,false,Failed,cus_2,bo@x.org,,south",
    "ch_5,2024-05-03 10:00:00,50.00,0.00,eur,false,Paid,cus_2,bo@x.org,,south",
]


@pytest.mark.parametrize("reverse", [False, True])
def test_reads_stripe_payments_in_any_order_of_columns(read, reverse):
    rows = list(csv.reader(STRIPE))
    out = io.StringIO()
    csv.writer(out).writerows([row[::-1] for row in rows] if reverse else rows)
    result = read(out.getvalue(), timezone="Europe/Berlin")
    assert result.reading.files[0].source == "stripe"
    assert result.rows("purchases", "order_id, customer_id, net_amount, shop_metadata") == [
        ("ch_1", "cus_1", 120050, "north"), ("ch_2", "cus_1", 5000, "north"), ("ch_3", "cus_2", 5000, "south"),
    ]  # fmt: skip
    assert result.purchases[0][1] == "2024-05-01 10:00:00"
    assert result.returns == [("ch_2", "cus_1", "2024-05-02", 2000), ("ch_3", "cus_2", "2024-05-03", 5000)]
    assert result.aside == [(5, "not_paid"), (6, "not_paid")]
    assert result.settings.currency == "EUR"

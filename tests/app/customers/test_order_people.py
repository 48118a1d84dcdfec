"""Files of orders name people: names and addresses go into records that lack them, and are never a consent."""

from __future__ import annotations

import pytest

from treue.app.customers import services as records
from treue.app.customers.importing.services import import_paths, receive
from treue.app.customers.importing.work import work_reading
from treue.app.customers.models import Consent, ContactPoint, Customer, Purchase
from treue.app.privacy.services import erase, set_switch

SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Currency,Subtotal,Taxes,Total,Discount Code,Created at,Lineitem quantity,"
    "Lineitem name,Lineitem price,Billing Name,Billing Phone,Billing Company,Customer ID,Accepts Marketing\n"
    "#1001,lea@x.example,paid,,EUR,10,0,10.00,,2026-02-01 10:00:00 +0100,1,hat,10.00,Lea Alt,,,17,yes\n"
    "#1003,lea@x.example,paid,,EUR,10,0,30.00,,2026-02-09 10:00:00 +0100,1,hat,10.00,Lea Brandt,+4722334455,Brandt AS,17,yes\n"
    "#1003,,,,,,,,,,1,shirt,20.00,,,,,\n"
    "#1002,kim@x.example,paid,,EUR,10,0,10.00,,2026-02-05 10:00:00 +0100,1,hat,10.00,Kim Berg,none,,18,\n"
)
WOO = (
    "order_id,order_date,status,order_total,order_currency,customer_id,billing_first_name,billing_last_name,"
    "billing_email,billing_phone,billing_company,billing_country\n"
    "5,2026-02-01,completed,10.00,EUR,17,Lea,Brandt,lea@x.example,22 33 44 55,,NO\n"
    "6,2026-02-02,completed,10.00,EUR,18,Kim,,kim@x.example,,Berg AS,NO\n"
)
PLAIN = "Kundennummer;Name;E-Mail;Telefon;Datum;Betrag\n17;Lea Brandt;lea@x.example;+4722334455;01.02.2026;10,00\n"


class Work:
    """What a piece of work is given, without a worker around it."""

    def __init__(self, file):
        self.subject = f"import:{file.pk}"

    def tell(self, words, share):
        pass


def points():
    return set(ContactPoint.objects.values_list("customer__code", "kind", "normal"))


def test_shopify_orders_tell_who_the_customers_are_and_the_latest_row_counts(real_database, write):
    file = import_paths([write("orders.csv", SHOPIFY)], by="command")
    lea, kim = Customer.objects.get(code="17"), Customer.objects.get(code="18")
    assert (lea.name, lea.company, kim.name) == ("Lea Brandt", "Brandt AS", "Kim Berg")
    assert points() == {
        ("17", "email", "lea@x.example"), ("17", "phone", "+4722334455"), ("18", "email", "kim@x.example"),
    }  # fmt: skip
    assert Consent.objects.count() == 0
    assert "lea brandt" in lea.search_text
    assert "lea@x.example" in lea.search_text
    assert file.reading["counts"]["contact_points"] == {"added": 3, "filled": 0}
    assert import_paths([write("again.csv", SHOPIFY)], by="command").added == 0


def test_the_page_takes_an_export_of_orders_for_orders_and_says_what_it_takes_of_people(real_database):
    file = receive("orders.csv", [SHOPIFY.encode()], by="command")
    work_reading(Work(file))
    file.refresh_from_db()
    assert (file.kind, file.reading["files"][0]["source"]) == ("history", "shopify")
    assert any("Billing Name" in note.get("columns", "") for note in file.reading["notes"])
    assert not any("Billing Name" in note for note in file.reading["files"][0]["notes"])
    assert [row["customer"] for row in file.reading["as_read"]] == ["17", "17", "17", "18"]


def test_woocommerce_and_plain_orders_tell_it_too(real_database, write):
    import_paths([write("woo.csv", WOO)], by="command")
    assert dict(Customer.objects.values_list("code", "name")) == {"17": "Lea Brandt", "18": "Kim"}
    assert ("17", "phone", "+4722334455") in points()
    assert Customer.objects.get(code="18").company == "Berg AS"
    Customer.objects.all().delete()
    import_paths([write("plain.csv", PLAIN)], by="command")
    assert list(Customer.objects.values_list("code", "name")) == [("17", "Lea Brandt")]


def test_what_staff_wrote_stays_and_an_address_of_somebody_else_is_not_taken_over(real_database, write):
    import_paths(
        [write("a.csv", "customer_id,order,date,amount\n17,1,2026-01-01,5\n9,2,2026-01-01,5\n")], by="command"
    )
    records.change_record(Customer.objects.get(code="17"), {"name": "Frau Brandt"}, by="command")
    records.add_contact_point(Customer.objects.get(code="9"), "email", "kim@x.example", by="command")
    import_paths([write("orders.csv", SHOPIFY)], by="command")
    assert Customer.objects.get(code="17").name == "Frau Brandt"
    assert Customer.objects.get(code="17").company == "Brandt AS"
    assert ("9", "email", "kim@x.example") in points()
    assert not any(code == "18" for code, _, _ in points())


def test_who_is_restricted_or_erased_is_left_alone(real_database, write):
    import_paths([write("orders.csv", SHOPIFY)], by="command")
    erase(Customer.objects.get(code="17"), by="command")
    Customer.objects.filter(code="18").update(name="", company="", search_text="18")
    ContactPoint.objects.all().delete()
    set_switch(Customer.objects.get(code="18"), "restricted", True, by="command")
    # The shop knows the erased person by another number now; the address is the same.
    again = import_paths([write("again.csv", SHOPIFY.replace(",17,", ",99,"))], by="command")
    assert list(Customer.objects.values_list("code", "name")) == [("18", "")]
    assert points() == set()
    assert again.reading["reasons"] == {"erased": 3}
    assert again.accepted + again.set_aside == again.rows_read
    assert Purchase.objects.count() == 1


@pytest.mark.parametrize("column", ["Billing Name", "Email"])
def test_without_those_columns_nobody_would_have_a_name_or_address(real_database, write, column):
    import_paths([write("orders.csv", SHOPIFY.replace(column, "Sonstiges"))], by="command")
    if column == "Email":
        assert not ContactPoint.objects.filter(kind="email").exists()
    else:
        assert set(Customer.objects.values_list("name", flat=True)) == {""}

from __future__ import annotations

import pytest
from django.test.utils import override_settings

from treue.app.customers import suppression
from treue.app.customers.importing import erased
from treue.app.customers.importing.services import import_paths
from treue.app.customers.models import (
    ContactPoint,
    Contract,
    Customer,
    ImportedFile,
    OrderLine,
    Purchase,
    Referral,
    Return,
)
from treue.app.privacy import erasing
from treue.app.privacy.whole import Person
from treue.kernel.errors import Refused

ORDERS = """Customer,Order,Date,Total,Currency
lea@Firm.example,1001,2026-03-01 10:00:00,19.99,NOK
zita@firm.example,1002,2026-03-05 11:30:00,5.00,NOK
Zita@Firm.example,1003,2026-03-07 11:30:00,5.00,NOK
z-7,1004,2026-04-02 08:00:00,100.00,NOK
,1005,2026-04-02 08:00:00,100.00,NOK
"""


@pytest.fixture
def zita_is_gone():
    def block():
        return suppression.block([("email", "zita@firm.example"), ("id", "z-7")])

    return block


def test_no_file_brings_back_who_was_erased(real_database, write, zita_is_gone):
    zita_is_gone()
    file = import_paths([write("orders.csv", ORDERS)], by="command")
    assert list(Customer.objects.values_list("code", flat=True)) == ["lea@Firm.example"]
    assert list(Purchase.objects.values_list("code", flat=True)) == ["1001"]
    assert file.reading["reasons"]["erased"] == 3
    assert file.accepted + file.set_aside == file.rows_read
    words = repr(ImportedFile.objects.values().get()).casefold()
    assert "zita" not in words
    assert "z-7" not in words


LINES = """Order,Customer,Date,Product,Quantity,Price,Segment
1,lea@firm.example,2026-03-01,A,1,10.00,gold
2,zita@firm.example,2026-03-02,A,1,10.00,gold
2,zita@firm.example,2026-03-02,B,2,5.00,gold
3,zita@firm.example,2026-03-03,B,-1,5.00,gold
,zita@firm.example,2026-03-04,B,1,5.00,gold
"""


def test_a_row_that_became_an_order_and_a_line_and_a_return_counts_once(real_database, write, zita_is_gone):
    zita_is_gone()
    file = import_paths([write("lines.csv", LINES)], by="command")
    assert (file.rows_read, file.accepted, file.set_aside) == (5, 1, 4)
    assert OrderLine.objects.count() == 1


def test_without_a_mark_the_same_file_brings_everybody(real_database, write):
    import_paths([write("orders.csv", ORDERS)], by="command")
    assert Customer.objects.count() == 3
    assert Purchase.objects.count() == 4


def test_all_tables_of_a_firm_lose_the_rows_of_who_was_erased(real_database, firm_folder, held):
    import_paths([firm_folder], by="command")
    before = held.everything()
    chosen = (
        Purchase.objects.filter(pk__in=Return.objects.exclude(purchase_code=None).values("pk")).first()
        or Purchase.objects.first()
    )
    code = chosen.customer.code
    orders = set(Purchase.objects.filter(customer=chosen.customer).values_list("code", flat=True))
    from django.apps import apps

    for model in (
        *apps.get_app_config("measuring").get_models(),
        *apps.get_app_config("customers").get_models(),
    ):
        if model._meta.label != "customers.Customer":
            model._default_manager.all().delete()
    Customer.objects.all().delete()
    suppression.block([("id", code)])
    import_paths([firm_folder], by="command")
    assert not Customer.objects.filter(code=code).exists()
    assert not OrderLine.objects.filter(purchase_code__in=orders).exists()
    assert not Return.objects.filter(purchase_code__in=orders).exists()
    assert len(held.rows("purchases")) == len(before["purchases"]) - len(orders)
    assert Contract.objects.exists()
    assert Referral.objects.exists()


def test_people_with_addresses_are_left_out_too(real_database, write, zita_is_gone):
    zita_is_gone()
    path = write("people.csv", "Email Address,First Name\nzita@FIRM.example,Zita\nlea@firm.example,Lea\n")
    file = ImportedFile.objects.create(
        name="people.csv", path=str(path), kind="contacts", state="running", actor="command"
    )
    from treue.app.customers.importing.work import bring_in

    done = bring_in(file, lambda _words, _share: None)
    assert list(Customer.objects.values_list("code", flat=True)) == ["lea@firm.example"]
    assert done.reading["reasons"] == {"erased": 1}
    assert (done.rows_read, done.accepted, done.set_aside) == (2, 1, 1)


def test_a_shared_telephone_of_an_erased_person_is_left_out_and_the_row_is_kept(real_database, write):
    suppression.block([("phone", "+4722334455")])
    path = write(
        "people.csv",
        "Email,Phone,Name\nlea@firm.example,+47 22 33 44 55,Lea\n,+47 22 33 44 55,Zita\n"
        "lars@firm.example,+47 22 33 44 66,Lars\n",
    )
    file = ImportedFile.objects.create(
        name="people.csv", path=str(path), kind="contacts", state="running", actor="command"
    )
    from treue.app.customers.importing.work import bring_in

    done = bring_in(file, lambda _words, _share: None)
    assert set(Customer.objects.values_list("name", flat=True)) == {"Lea", "Lars"}
    phones = ContactPoint.objects.filter(kind="phone")
    assert list(phones.values_list("normal", flat=True)) == ["+4722334466"]
    assert done.reading["reasons"] == {"erased": 1}
    assert [note["count"] for note in done.reading["notes"]] == [1]


def test_an_erasure_while_a_file_is_read_sends_it_back(database, zita_is_gone):
    before = erased.erased_so_far()
    erased.refuse_if_somebody_was_erased(before)
    zita_is_gone()
    with pytest.raises(Refused, match="bring it in again"):
        erased.refuse_if_somebody_was_erased(before)


def bring_everything(write):
    """Bring a file of orders and a file of people in, as they came the first time."""
    from treue.app.customers.importing.work import bring_in

    orders = import_paths([write("orders.csv", ORDERS)], by="command")
    path = write(
        "people.csv", "Email,Name,Phone\nzita@firm.example,Zita,+47 22 33 44 55\nlea@firm.example,Lea,\n"
    )
    people = ImportedFile.objects.create(
        name="people.csv", path=str(path), kind="contacts", state="running", actor="command"
    )
    return orders, bring_in(people, lambda _words, _share: None)


def zitas():
    return (
        Customer.objects.filter(contact_points__normal="zita@firm.example").first()
        or Customer.objects.filter(code__iexact="zita@firm.example").first()
    )


@pytest.mark.parametrize("block", [True, False])
def test_the_same_files_again_bring_nobody_back_who_was_erased(real_database, write, tmp_path, block):
    home = tmp_path / "home"
    home.mkdir(mode=0o700, exist_ok=True)
    suppression.forget_key()
    with override_settings(HOME=home):
        bring_everything(write)
        while (zita := zitas()) is not None:
            erasing.erase_person(Person.of(zita), by="command", block=block)
        assert Purchase.objects.count() == 2
        before = Customer.objects.count()
        orders, people = bring_everything(write)
        if not block:
            # The control: without the marks of an erasure she is back.
            assert zitas() is not None
            assert Customer.objects.count() > before
            return
        assert zitas() is None
        assert Customer.objects.count() == before
        assert orders.reading["reasons"]["erased"] == 2
        assert people.reading["reasons"] == {"erased": 1}
        assert not ContactPoint.objects.filter(normal__in=["zita@firm.example", "+4722334455"]).exists()
        assert Purchase.objects.count() == 2
    suppression.forget_key()

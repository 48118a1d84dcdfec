from __future__ import annotations

import pytest

from treue.app.core import audit
from treue.app.core.models import Firm, Job
from treue.app.customers.importing.services import import_paths
from treue.app.customers.importing.work import bring_in
from treue.app.customers.models import ContactPoint, Customer, ExternalId, ImportedFile, Purchase
from treue.app.customers.queries import known_attributes
from treue.kernel.errors import Refused

ORDERS = """Customer,Order,Date,Total,Currency,Channel,Size
lea@Firm.example,1001,2026-03-01 10:00:00,19.99,NOK,web,M
lea@firm.example,1002,2026-03-05 11:30:00.25,5.00,NOK,shop,
k-7,1003,2026-04-02 08:00:00,100.00,NOK,web,L
"""
NO_IDS = (
    "Customer,Date,Amount\na,2026-03-01,10.00\na,2026-03-01,10.00\nb,2026-03-02,5.00\na,2026-03-03,-10.00\n"
)


def test_every_canonical_table_lands_as_the_library_reads_it(real_database, firm_folder, held):
    file = import_paths([firm_folder], by="command")
    library, reading = held.library([firm_folder])
    for table, rows in library.items():
        assert held.rows(table) == rows, table
        assert file.reading["counts"][table]["added"] == len(rows)
    assert (file.rows_read, file.accepted) == (reading.rows_read, reading.accepted)
    assert {"purchases", "order_lines", "returns", "contracts", "visits", "contacts"} <= library.keys()
    assert {"promises", "answers", "referrals", "mentions", "merges"} <= library.keys()
    assert audit.verify().first_bad is None


def test_a_table_of_customers_changes_nobody_who_is_restricted(real_database, write):
    known = {}
    for code, address in (("17", "lea@firm.example"), ("18", "kim@firm.example")):
        known[code] = Customer.objects.create(code=code, restricted=code == "17")
        ContactPoint.objects.create(customer=known[code], kind="email", typed=address, normal=address)
    rows = "Customer,Country,Segment,Size\nlea@firm.example,NO,A,M\nkim@firm.example,NO,A,M\n"
    file = import_paths([write("customers.csv", rows)], by="command")
    assert (file.accepted, file.reading["counts"]["customers"]["filled"]) == (2, 1)
    held, free = (Customer.objects.get(code=code) for code in ("17", "18"))
    assert (held.country, held.segment, held.attributes) == ("", "", {})
    assert (free.country, free.segment) == ("NO", "A")
    # By its number a later row finds the record that is restricted, instead of making another.
    assert [one.customer for one in ExternalId.objects.order_by("customer__code")] == [held, free]


def test_the_same_files_again_add_nothing(real_database, firm_folder, held):
    import_paths([firm_folder], by="command")
    before = held.everything()
    again = import_paths([firm_folder], by="command")
    assert again.added == 0
    assert again.accepted == again.rows_read
    assert held.everything() == before


def test_nothing_that_waited_is_left_beside_the_records(real_database, write):
    from django.db import connection

    before = set(connection.introspection.table_names())
    import_paths([write("orders.csv", ORDERS)], by="command")
    assert set(connection.introspection.table_names()) == before


def test_customers_are_found_or_made_with_their_ids_and_addresses(real_database, write):
    import_paths([write("orders.csv", ORDERS)], by="command")
    assert set(Customer.objects.values_list("code", flat=True)) == {"lea@Firm.example", "k-7"}
    ids = ExternalId.objects.filter(system="").values_list("value", "customer__code")
    assert dict(ids) == {
        "lea@Firm.example": "lea@Firm.example",
        "lea@firm.example": "lea@Firm.example",
        "k-7": "k-7",
    }
    points = ContactPoint.objects.values_list("customer__code", "kind", "normal")
    assert list(points) == [("lea@Firm.example", "email", "lea@firm.example")]
    assert Customer.objects.get(code="lea@Firm.example").search_text == "lea@firm.example"
    assert Customer.objects.get(code="k-7").search_text == "k-7"
    assert dict(Purchase.objects.values_list("code", "attributes")) == {
        "1001": {"size": "M"}, "1002": None, "1003": {"size": "L"}
    }  # fmt: skip


def test_instants_are_written_as_django_writes_them(real_database, write):
    from django.db import connection

    import_paths([write("orders.csv", ORDERS)], by="command")
    own = Purchase.objects.get(code="1002")
    before = Purchase.objects.filter(ordered_at=own.ordered_at).count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT CAST(ordered_at AS varchar(40)) FROM customers_purchase WHERE code = '1002'")
        written = cursor.fetchone()[0]
        Purchase.objects.filter(code="1002").update(ordered_at=own.ordered_at)
        cursor.execute("SELECT CAST(ordered_at AS varchar(40)) FROM customers_purchase WHERE code = '1002'")
        assert cursor.fetchone()[0] == written
    assert before == 1


def test_rows_without_an_id_have_the_same_one_in_every_file(real_database, write, held):
    import_paths([write("week.csv", NO_IDS)], by="command")
    assert len(held.rows("purchases")) == 3
    assert len(held.rows("returns")) == 1
    again = import_paths([write("other-name.csv", NO_IDS)], by="command")
    assert again.added == 0
    # The file of the next week has the same name, and the last rows of this one.
    later = (
        "Customer,Date,Amount\na,2026-03-01,10.00\nb,2026-03-02,5.00\nb,2026-03-02,5.00\nc,2026-03-09,1.00\n"
    )
    more = import_paths([write("week.csv", later)], by="command")
    assert more.reading["counts"]["purchases"]["added"] == 2
    assert len(held.rows("purchases")) == 5


@pytest.mark.parametrize("clock", ["", " 23:30", "T23:30:00+01:00"])
def test_rows_without_an_id_are_the_same_ones_in_another_time_zone(real_database, write, held, clock):
    def rows(*days):
        return "Customer,Date,Amount\n" + "".join(f"a,2026-03-{day}{clock},10.00\n" for day in days)

    import_paths([write("first.csv", rows("01", "02", "02"))], by="command")
    before = held.rows("purchases")
    Firm.objects.update(timezone="Europe/Oslo")
    import_paths([write("next.csv", rows("02", "02", "03"))], by="command")
    assert len(held.rows("purchases")) == 4
    assert set(before) < set(held.rows("purchases"))


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("purchases", "Customer,Date,Amount,Currency\na,2026-03-01,10.00,USD\na,2026-03-02,-10.00,USD\n"),
        ("contracts", "Customer,Start,End,Monthly fee,Currency\na,2026-03-01,,10.00,USD\n"),
    ],
)
def test_rows_without_an_id_are_the_same_ones_at_another_rate(real_database, write, held, table, text):
    Firm.the()
    Firm.objects.update(currency="NOK")
    for name, rates in (("first.csv", "USD=10"), ("next.csv", "USD=11.5")):
        path = write(name, text)
        file = ImportedFile.objects.create(
            name=name, path=str(path), state="running", actor="command", choices={"rates": rates}
        )
        added = bring_in(file, lambda _words, _share: None).added
    assert added == 0
    assert len(held.rows(table)) == 1
    assert len(held.rows("returns")) == (table == "purchases")


def test_overlapping_files_are_the_union_of_both(real_database, firm_folder, write, held):
    lines = ["Customer,Order,Date,Total"] + [
        f"c{n % 17},{n},2026-0{1 + n % 5}-1{n % 9},{n}.50" for n in range(200)
    ]
    import_paths([write("first.csv", "\n".join(lines[:121]))], by="command")
    second = import_paths([write("second.csv", "\n".join([lines[0], *lines[80:]]))], by="command")
    assert second.added == 80
    assert held.rows("purchases") == held.library([write("whole.csv", "\n".join(lines))])[0]["purchases"]


def test_the_first_file_settles_the_currency_and_another_is_refused(real_database, write):
    import_paths([write("orders.csv", ORDERS)], by="command")
    assert Firm.objects.get().currency == "NOK"
    with pytest.raises(Refused, match="NOK"):
        import_paths(
            [write("euro.csv", "Customer,Date,Amount,Currency\na,2026-01-01,1.00,EUR\n")], by="command"
        )
    assert Purchase.objects.count() == 3
    assert ImportedFile.objects.order_by("id").last().state == "failed"


@pytest.mark.parametrize(
    "text",
    [
        "Customer,Date,Amount,Currency\na,2026-01-01,1.00,NOK\n",
        "Customer,Contract,Start,Monthly fee,Currency\na,v1,2026-01-01,10.00,NOK\n",
    ],
)
def test_a_firm_whose_currency_was_taken_away_counts_in_that_of_its_rows(real_database, write, text):
    import_paths([write("first.csv", text)], by="command")
    Firm.objects.update(currency="")
    with pytest.raises(Refused, match="counts in NOK"):
        import_paths([write("euro.csv", text.replace("NOK", "EUR"))], by="command")
    import_paths([write("second.csv", text.replace("2026-01-01", "2026-02-01"))], by="command")
    assert Firm.objects.get().currency == "NOK"


def test_a_later_file_fills_what_an_earlier_one_left_open(real_database, write, held):
    head = "contract,customer,start,end\n"
    import_paths([write("a.csv", f"{head}v1,k1,2025-01-01,\nv2,k2,2025-02-01,2025-12-31\n")], by="command")
    again = import_paths(
        [write("b.csv", f"{head}v1,k1,2025-01-01,2026-02-01\nv2,k2,2025-02-01,\n")], by="command"
    )
    assert again.added == 0
    assert again.reading["counts"]["contracts"]["filled"] == 1
    assert [row[3] for row in held.rows("contracts")] == ["2026-02-01", "2025-12-31"]


def test_further_columns_are_found_behind_many_customers_who_have_none(real_database, write):
    import_paths([write("people.csv", "Customer,First seen,Branch\na,2025-01-01,Oslo\n")], by="command")
    assert known_attributes() == {"branch"}
    rows = "".join(f"c{number},2026-01-01,1.00\n" for number in range(600))
    import_paths([write("orders.csv", f"Customer,Date,Amount\n{rows}")], by="command")
    assert Customer.objects.order_by("-id")[599].attributes == {}
    assert known_attributes() == {"branch"}


def test_a_further_column_with_a_letter_beyond_ascii_is_found_by_its_name(real_database, write):
    files = [
        "Customer,First seen,Schuhgröße\na,2025-01-01,42\n",
        "Customer,Order,Date,Total,Größe\na,1,2025-02-01,5,M\n",
    ]
    for place, text in enumerate(files):
        import_paths([write(f"{place}.csv", text)], by="command")
    assert Customer.objects.filter(attributes__schuhgrösse="42").count() == 1
    assert Purchase.objects.filter(attributes__grösse="M").count() == 1


def test_files_with_different_further_columns_fill_each_gap_once(real_database, write):
    columns = ["Branch", "Schuhgröße", "Branch", "Schuhgröße", "Branch"]
    filled = []
    for column in columns:
        path = write(f"{column}.csv", f"Customer,First seen,{column}\na,2025-01-01,42\n")
        filled.append(import_paths([path], by="command").reading["counts"]["customers"]["filled"])
    assert filled == [0, 1, 0, 0, 0]
    assert Customer.objects.get().attributes == {"branch": "42", "schuhgrösse": "42"}


def test_a_finished_import_orders_the_cycle(real_database, write):
    import_paths([write("orders.csv", ORDERS)], by="command")
    assert Job.objects.filter(kind="cycle", state="waiting").count() == 1


def test_a_refund_that_grew_is_taken_and_one_that_shrank_is_not(real_database, write, held):
    head = "customer,order,date,total,refunded amount\n"
    for refund, filled in (("5.00", 0), ("7.50", 1), ("5.00", 0)):
        file = import_paths([write("shop.csv", f"{head}k1,1,2026-01-01,20.00,{refund}\n")], by="command")
        assert file.reading["counts"]["returns"]["filled"] == filled
    assert [row[0::4] for row in held.rows("returns")] == [("refund:1", 750)]


REFUNDED = {
    "early.csv": "k1,17,2026-01-01,100.00,shirt,partially_refunded,30.00,\nk1,18,2026-01-02,50.00,hat,paid,5.00,\n",
    "late.csv": "k1,17,2026-01-01,100.00,shirt,refunded,100.00,2026-01-09\nk1,18,2026-01-02,50.00,hat,paid,8.00,\n",
}


@pytest.mark.parametrize("names", [("early.csv", "late.csv"), ("late.csv", "early.csv")])
def test_a_refund_and_the_cancellation_after_it_count_once_in_any_order(real_database, write, held, names):
    head = "customer,order,date,order total,product,status,refunded amount,refunded at\n"
    paths = [write(name, head + REFUNDED[name]) for name in names]
    for path in paths:
        import_paths([path], by="command")
    library = held.library(paths)[0]
    assert [row[0::4] for row in library["returns"]] == [("cancelled:17", 10000), ("refund:18", 800)]
    assert held.rows("returns") == library["returns"]
    assert held.rows("purchases") == library["purchases"]


CREDITS = ["k1,1,2026-01-01,20.00", "k1,C1,2026-01-05,-20.00"]


def test_a_credit_counts_once_whether_its_order_was_in_the_file_or_not(real_database, write, held):
    head = "customer,order,date,total"
    both, alone = "\n".join([head, *CREDITS]), "\n".join([head, "k2,2,2026-01-09,3.00", CREDITS[1]])
    import_paths([write("both.csv", both)], by="command")
    import_paths([write("alone.csv", alone)], by="command")
    assert len(held.rows("returns")) == 1
    import_paths([write("again.csv", both)], by="command")
    assert [row[:2] for row in held.rows("returns")] == [("credit:C1:1", "1")]

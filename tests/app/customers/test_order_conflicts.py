from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from treue.app.core.models import Firm
from treue.app.customers.importing.places import set_aside_file
from treue.app.customers.importing.services import import_paths
from treue.app.customers.importing.set_aside_lines import lines_of
from treue.app.customers.models import Customer, Merge
from treue.kernel.language import Language

HEAD = "customer,order,date,total,status\n"
WEB = f"{HEAD}anna,1001,2026-03-01,50.00,paid\nanna,1002,2026-03-02,20.00,paid\n"
TILL = f"{HEAD}ole,1001,2026-03-01,200.00,cancelled\nole,2001,2026-03-04,30.00,paid\n"


def set_aside_of(file):
    text = "".join(lines_of(set_aside_file(file), Language("en", "treue.app"))).removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def bring(*paths):
    for path in paths:
        file = import_paths([path], by="command")
        assert file.accepted + file.set_aside == file.rows_read
    return file


def test_a_number_that_two_systems_gave_is_set_aside_as_in_one_reading(real_database, write, held):
    paths = [write("web.csv", WEB), write("till.csv", TILL)]
    file = bring(*paths)
    library, reading = held.library(paths)
    assert reading.set_aside_counts == file.reading["reasons"] == {"order_conflict": 1}
    assert held.rows("purchases") == library["purchases"]
    assert held.rows("returns") == library["returns"] == []
    assert (file.rows_read, file.accepted, file.set_aside) == (2, 1, 1)
    (row,) = set_aside_of(file)
    assert (row["Treue: line"], row["customer"], row["order"], row["total"]) == ("2", "ole", "1001", "200.00")
    assert row["Treue: reason"].endswith("(1001)")


def test_lines_and_returns_of_such_an_order_go_with_it(real_database, write, held):
    bring(write("web.csv", WEB))
    before = held.everything()
    head = "customer,order,date,product,quantity,price,refunded amount\n"
    till = (
        f"{head}ole,1001,2026-03-01,shirt,1,50.00,5.00\nole,1001,2026-03-01,hat,2,20.00,\n"
        "ole,C1001,2026-03-05,hat,-1,20.00,\nole,2001,2026-03-04,hat,1,20.00,2.00\n,2002,2026-03-04,hat,1,20.00,\n"
    )
    file = bring(write("till.csv", till))
    assert (file.rows_read, file.accepted, file.set_aside) == (5, 1, 4)
    assert file.reading["reasons"] == {"no_customer": 1, "order_conflict": 3}
    assert sorted(int(row["Treue: line"]) for row in set_aside_of(file)) == [2, 3, 4, 6]
    assert [row[0] for row in held.rows("order_lines")] == ["2001"]
    assert [row[0] for row in held.rows("returns")] == ["refund:2001"]
    assert len(held.rows("purchases")) == len(before["purchases"]) + 1


@pytest.mark.parametrize(
    ("when", "conflicts"),
    [("2026-03-02 23:30", 0), ("2026-03-01T23:30:00Z", 0), ("2026-03-03 00:30", 1), ("2026-03-01", 1)],
)
def test_the_same_number_on_another_day_of_the_firm_is_another_order(real_database, write, when, conflicts):
    Firm.the()
    Firm.objects.update(timezone="Europe/Oslo")
    bring(write("web.csv", WEB))
    file = bring(write("later.csv", f"{HEAD}anna,1002,{when},20.00,paid\n"))
    assert file.set_aside == conflicts
    assert file.added == 0


def test_merged_records_are_one_person(real_database, write, held):
    bring(write("web.csv", WEB), write("others.csv", f"{HEAD}ole,2001,2026-03-04,30.00,paid\n"))
    anna, ole = Customer.objects.get(code="anna"), Customer.objects.get(code="ole")
    merge = Merge.objects.create(
        loser=ole, winner=anna, merged_at=datetime(2026, 4, 1, tzinfo=UTC), actor="command"
    )
    file = bring(write("till.csv", TILL))
    assert file.set_aside == 0
    assert [row[:2] for row in held.rows("returns")] == [("cancelled:1001", "1001")]
    Merge.objects.filter(pk=merge.pk).update(undone_at=datetime(2026, 4, 2, tzinfo=UTC))
    assert bring(write("till-again.csv", TILL)).set_aside == 1


def canonical(folder, customer, merges=""):
    folder.mkdir()
    tables = {
        "purchases": f"order_id,customer_id,ordered_at,net_amount,currency\n1001,{customer},2026-03-01,5000,EUR\n",
        "order_lines": "order_id,line_number,product_id\n1001,1,shirt\n1001,2,hat\n",
        "returns": f"return_id,order_id,customer_id,returned_at,amount\nr-{customer},1001,{customer},2026-03-09,700\n",
    }
    if merges:
        tables["merges"] = f"from_id,into_id,merged_at\n{merges},2026-04-01\n"
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def test_canonical_tables_lose_such_orders_too(real_database, tmp_path, held):
    bring(canonical(tmp_path / "web", "anna"))
    before = held.everything()
    file = bring(canonical(tmp_path / "till", "ole"))
    assert (file.rows_read, file.accepted, file.set_aside) == (4, 0, 4)
    assert sorted(row["Treue: file"] for row in set_aside_of(file)) == ["order_lines"] * 2 + [
        "purchases",
        "returns",
    ]
    assert held.everything() == before


def test_a_merge_of_the_same_file_counts(real_database, tmp_path, held):
    bring(canonical(tmp_path / "web", "anna"))
    file = bring(canonical(tmp_path / "till", "ole", merges="ole,anna"))
    assert file.set_aside == 0
    assert [row[0] for row in held.rows("returns")] == ["r-anna", "r-ole"]

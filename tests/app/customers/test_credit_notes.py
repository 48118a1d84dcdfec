"""A credit note is its customer's, and gives back no more than its order brought."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest

from treue.app.core.models import Firm
from treue.app.customers.importing import history_files
from treue.app.customers.importing.places import set_aside_file
from treue.app.customers.importing.services import import_paths
from treue.app.customers.importing.set_aside_lines import lines_of
from treue.app.customers.models import Customer, Merge
from treue.app.measuring.extract import open_history
from treue.app.measuring.people import Persons
from treue.engine.duckdb import DuckDBEngine
from treue.history.history import History
from treue.history.read import read_files
from treue.history.settings import Settings
from treue.kernel.language import Language

HEAD = "customer,order,date,order total,product,status,original order\n"
ROWS = {
    "credited.csv": "k1,17,2026-01-01,100.00,shirt,paid,\nk1,C9,2026-01-05,-40.00,shirt,,17\nk1,18,2026-01-02,50.00,hat,paid,\n",
    "cancelled.csv": "k1,17,2026-01-01,100.00,shirt,cancelled,\nk1,19,2026-01-03,20.00,hat,paid,\n",
}
TODAY = date(2026, 3, 1)


def bring(*paths):
    for path in paths:
        file = import_paths([path], by="command")
        assert file.accepted + file.set_aside == file.rows_read
    return file


def kept_of(history):
    """Return how many orders count and what they come to."""
    F = history.engine.F
    sums = history.net_orders().agg(F.sum("kept").alias("kept"), F.sum("net_amount").alias("net"))
    row = history.engine.arrow(sums).to_pylist()[0]
    return int(row["kept"]), int(row["net"])


def in_records():
    with DuckDBEngine() as engine:
        return kept_of(open_history(Firm.the(), engine, Persons.now(), as_of=None, today=TODAY))


def in_library(paths):
    engine, tables, reading, settings = read_files(paths, Settings())
    with History(engine, tables, settings, reading) as history:
        return kept_of(history)


@pytest.mark.parametrize(
    "names", [("credited.csv", "cancelled.csv"), ("cancelled.csv", "credited.csv"), ("both.csv",)]
)
def test_a_credit_note_takes_nothing_further_of_a_cancelled_order(real_database, write, names):
    rows = ROWS | {"both.csv": ROWS["credited.csv"].replace("shirt,paid", "shirt,cancelled")}
    paths = [write(name, HEAD + rows[name]) for name in names]
    bring(*paths)
    whole = (2, 7000) if len(names) == 2 else (1, 5000)
    assert in_records() == in_library(paths) == whole


SHARED = "customer,order,date,total,original order\n"
ANNA = "anna,17,2026-01-01,20.00,\nanna,C9,2026-01-05,-20.00,17\n"
OLE = "ole,18,2026-01-02,30.00,\nole,C9,2026-01-06,-10.00,18\n"
ALONE = {name: rows.splitlines()[1].rsplit(",", 1)[0] + ",\n" for name, rows in (("a", ANNA), ("o", OLE))}
OTHER = "kim,21,2026-01-03,5.00,\n"


def test_the_same_number_for_two_customers_is_two_credit_notes(real_database, write, held):
    first = [
        write("anna.csv", SHARED + OTHER + ALONE["a"]),
        write("ole.csv", SHARED + OLE),
        write("anna-2.csv", SHARED + ANNA),
    ]
    file = bring(*first)
    assert file.set_aside == 0
    # Anna's stood there without an order first and stays that; Ole's was another one, and counts.
    assert [row[:3] for row in held.rows("returns")] == [
        ("credit:C9", None, "anna"),
        ("credit:C9:18", "18", "ole"),
    ]
    assert in_records() == (3, 4500)
    before = held.rows("returns")
    again = bring(*first, write("both.csv", SHARED + ALONE["o"] + ANNA + OTHER))
    assert (again.set_aside, held.rows("returns")) == (0, before)


@pytest.mark.parametrize("places", [("together",), ("one", "after the other")])
def test_a_credit_note_without_an_order_is_set_aside_where_its_number_is_somebody_elses(
    real_database, write, held, places
):
    texts = (
        [ALONE["a"] + OTHER + ALONE["o"]] if len(places) == 1 else [ALONE["a"] + OTHER, OTHER + ALONE["o"]]
    )
    file = bring(*(write(f"{place}.csv", SHARED + text) for place, text in zip(places, texts, strict=True)))
    assert [row[:3] for row in held.rows("returns")] == [("credit:C9", None, "anna")]
    assert file.reading["reasons"] == {"number_conflict": 1}
    text = "".join(lines_of(set_aside_file(file), Language("en", "treue.app"))).removeprefix("\ufeff")
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    # Spreadsheets calculate with nothing of it.
    assert (row["customer"], row["order"], row["total"]) == ("ole", "C9", "'-10.00")
    assert row["Treue: line"] == str(3 if len(places) == 2 else 4)
    assert row["Treue: reason"] == "the same number for another customer (C9)"


@pytest.mark.parametrize("number", ["30", ""])
def test_of_a_credit_note_only_the_lines_that_did_not_come_in_are_set_aside(
    real_database, write, held, number
):
    head = "customer,order,date,product,quantity,unit price\n"
    bring(write("anna.csv", f"{head}anna,C9,2026-01-05,scarf,-1,20.00\nkim,21,2026-01-03,belt,1,5.00\n"))
    # The shirt was bought before; of the hat no purchase is known, and its part of the note has no number but C9.
    ole = f"ole,{number},2026-01-02,shirt,1,30.00\nole,C9,2026-01-06,shirt,-1,30.00\nole,C9,2026-01-06,hat,-1,10.00\n"
    file = bring(write("ole.csv", head + ole))
    assert (file.rows_read, file.accepted, file.set_aside) == (3, 2, 1)
    text = "".join(lines_of(set_aside_file(file), Language("en", "treue.app"))).removeprefix("\ufeff")
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert (row["customer"], row["order"], row["product"]) == ("ole", "C9", "hat")
    assert [(row[0].startswith("credit:C9:"), row[2]) for row in held.rows("returns")] == [
        (False, "anna"),
        (True, "ole"),
    ]


@pytest.mark.parametrize("real_database", ["sqlite"], indirect=True)
def test_a_credit_note_of_merged_records_is_there_already(real_database, write, held):
    bring(write("anna.csv", SHARED + ANNA))
    anna, ole = Customer.objects.get(code="anna"), Customer.objects.create(code="ole")
    Merge.objects.create(loser=ole, winner=anna, merged_at=datetime(2026, 4, 1, tzinfo=UTC), actor="command")
    file = bring(write("ole.csv", SHARED + OTHER + ALONE["o"]))
    assert file.set_aside == 0
    assert [row[0] for row in held.rows("returns")] == ["credit:C9:17"]


@pytest.mark.parametrize("real_database", ["sqlite"], indirect=True)
def test_the_preview_shows_each_customers_own_credit_note(real_database, write):
    path = write("both.csv", SHARED + ANNA + OLE)
    with history_files.read([path], {}, Firm.the(), lambda _words, _share: None, preview=True) as found:
        assert [row["amount"] for row in found.first] == [2000, -2000, 3000, -1000]

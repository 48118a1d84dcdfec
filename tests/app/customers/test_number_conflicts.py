"""A number that two systems gave, each to a customer of its own, changes nothing of whoever had it first."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from treue.app.customers.importing.places import set_aside_file
from treue.app.customers.importing.services import import_paths
from treue.app.customers.importing.set_aside_lines import lines_of
from treue.app.customers.models import Customer, Merge
from treue.kernel.language import Language

HEAD = "contract,customer,start,end,monthly fee,currency\n"
FIRST = f"{HEAD}1001,anna,2024-01-01,,,EUR\n"
OTHER = f"{HEAD}1002,ole,2024-02-01,,20.00,EUR\n1001,ole,2024-01-01,2024-06-30,30.00,EUR\n"
TABLES = {
    "contracts": (
        "contract_id,customer_id,started_on,ended_on,end_reason,monthly_amount,currency",
        "1,anna,2024-01-01,,,,EUR",
        "1,ole,2024-01-01,2024-06-30,moved,3000,EUR",
    ),
    "visits": (
        "visit_id,customer_id,at,kind",
        "1,anna,2024-01-01 10:00,page",
        "1,ole,2024-01-02 10:00,page",
    ),
    "contacts": (
        "contact_id,customer_id,channel,direction,opened_at,first_reply_at,solved_at,own_fault,severity",
        "1,anna,email,in,2024-01-01 10:00,,,,",
        "1,ole,email,in,2024-01-01 10:00,2024-01-02 10:00,2024-01-03 10:00,true,high",
    ),
    "promises": (
        "promise_id,customer_id,made_at,due_at,kept_at",
        "1,anna,2024-01-01 10:00,2024-02-01 10:00,",
        "1,ole,2024-01-01 10:00,2024-02-01 10:00,2024-01-20 10:00",
    ),
    "answers": (
        "answer_id,customer_id,survey,wave,asked_at,answered_at,score",
        "1,anna,nps,1,2024-01-01 10:00,,",
        "1,ole,nps,1,2024-01-01 10:00,2024-01-02 10:00,9",
    ),
    "referrals": (
        "referral_id,referrer_id,code,invited_at,referred_id,converted_at",
        "1,anna,A1,2024-01-01 10:00,,",
        "1,ole,A1,2024-01-01 10:00,lea,2024-01-05 10:00",
    ),
    "mentions": (
        "mention_id,customer_id,at,network,kind",
        "1,anna,2024-01-01 10:00,forum,complaint",
        "1,ole,2024-01-01 10:00,forum,complaint",
    ),
    "returns": (
        "return_id,order_id,customer_id,returned_at,amount",
        "1,,anna,2024-01-01 10:00,500",
        "1,,ole,2024-01-01 10:00,700",
    ),
}


def set_aside_of(file):
    text = "".join(lines_of(set_aside_file(file), Language("en", "treue.app"))).removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def bring(path):
    file = import_paths([path], by="command")
    assert file.accepted + file.set_aside == file.rows_read
    return file


def folder_of(path, **tables):
    path.mkdir()
    for name, rows in tables.items():
        (path / f"{name}.csv").write_text("\n".join([TABLES.get(name, rows)[0], *rows[-1:], ""]))
    return path


def test_a_contract_of_somebody_else_is_set_aside_whole_and_ends_nobody_elses(real_database, write, held):
    bring(write("first.csv", FIRST))
    before = held.rows("contracts")
    file = bring(write("other.csv", OTHER))
    assert held.rows("contracts")[0] == before[0]
    assert [row[:2] for row in held.rows("contracts")] == [("1001", "anna"), ("1002", "ole")]
    assert (file.rows_read, file.accepted, file.set_aside) == (2, 1, 1)
    assert file.reading["reasons"] == {"number_conflict": 1}
    (row,) = set_aside_of(file)
    assert (row["Treue: line"], row["customer"], row["monthly fee"]) == ("3", "ole", "30.00")
    assert row["Treue: reason"] == "the same number for another customer (1001)"
    again = bring(write("again.csv", FIRST.replace(",,,EUR", ",2024-03-31,10.00,EUR")))
    assert (again.set_aside, again.reading["counts"]["contracts"]["filled"]) == (0, 1)


def test_no_row_of_somebody_else_changes_what_has_its_number(real_database, tmp_path, held):
    bring(folder_of(tmp_path / "first", **{name: rows[:2] for name, rows in TABLES.items()}))
    before = held.everything()
    file = bring(folder_of(tmp_path / "other", **TABLES))
    assert held.everything() == before
    assert (file.accepted, file.set_aside) == (0, len(TABLES))
    assert file.reading["reasons"] == {"number_conflict": len(TABLES)}
    assert sorted(row["Treue: file"] for row in set_aside_of(file)) == sorted(TABLES)
    assert all(one["filled"] == 0 for one in file.reading["counts"].values())


@pytest.mark.parametrize("real_database", ["sqlite"], indirect=True)
def test_records_that_were_merged_are_one_customer(real_database, tmp_path, held):
    tables = {name: rows for name, rows in TABLES.items() if name in {"contracts", "contacts", "promises"}}
    bring(folder_of(tmp_path / "first", **{name: rows[:2] for name, rows in tables.items()}))
    anna, ole = Customer.objects.get(code="anna"), Customer.objects.create(code="ole")
    at = datetime(2026, 4, 1, tzinfo=UTC)
    Merge.objects.create(loser=ole, winner=anna, merged_at=at, actor="command")
    file = bring(folder_of(tmp_path / "other", **tables))
    assert file.set_aside == 0
    assert [file.reading["counts"][name]["filled"] for name in tables] == [1, 1, 1]
    assert held.rows("contracts")[0][3] == "2024-06-30"


@pytest.mark.parametrize("real_database", ["sqlite"], indirect=True)
def test_a_visit_of_nobody_becomes_that_of_a_customer_and_no_other_ones(real_database, tmp_path, held):
    rows = (f"1,{customer},2024-01-02 10:00,page" for customer in ("", "anna", "", "ole"))
    files = [bring(folder_of(tmp_path / str(number), visits=("", row))) for number, row in enumerate(rows)]
    assert [file.set_aside for file in files] == [0, 0, 0, 1]
    assert [row[:2] for row in held.rows("visits")] == [("1", "anna")]


@pytest.mark.parametrize("real_database", ["sqlite"], indirect=True)
def test_the_second_of_two_customers_in_one_file_is_set_aside(real_database, write, held):
    rows = TABLES["promises"]
    file = bring(write("promises.csv", "\n".join([*rows, rows[2], ""])))
    assert (file.rows_read, file.accepted, file.set_aside) == (3, 1, 2)
    assert [(row[1], row[4]) for row in held.rows("promises")] == [("anna", None)]

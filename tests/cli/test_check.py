from __future__ import annotations

import json

from treue.cli import run


def test_what_was_recognised_is_shown(treue, orders):
    done = treue("check", orders)
    assert (done.returncode, done.stderr) == (0, "")
    read = len(orders.read_text(encoding="utf-8").splitlines()) - 1
    assert f"{read:,} rows read, {read:,} accepted, 0 set aside" in done.stdout
    assert "customer_id" in done.stdout
    assert "200 customers, from 2024-01-01 to 2026-" in done.stdout
    assert f"{read:,} rows read = {read:,} accepted + 0 set aside." in done.stdout
    assert "\x1b" not in done.stdout


def test_rows_set_aside_are_shown_with_line_and_reason(treue, flawed_orders):
    done = treue("check", flawed_orders)
    assert done.returncode == 1
    read = len(flawed_orders.read_text(encoding="utf-8").splitlines()) - 1
    assert "Set aside:\n" in done.stdout
    assert "1 row: no customer" in done.stdout
    assert f"line {read}: " in done.stdout
    assert f"line {read + 1}: " in done.stdout


def test_json_carries_the_same(capsys, flawed_orders):
    assert run(["check", str(flawed_orders), "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["rows_read"] == found["accepted"] + 2
    assert found["set_aside"] == sum(found["set_aside_reasons"].values()) == 2
    assert found["customers"] == 200
    assert [file["path"] for file in found["files"]] == [flawed_orders.name]
    assert found["files"][0]["tables"] == ["purchases"]
    assert {example["reason"] for example in found["set_aside_examples"]} == set(found["set_aside_reasons"])


def test_quiet_leaves_the_status(capsys, flawed_orders):
    assert run(["check", str(flawed_orders), "--quiet"]) == 1
    assert capsys.readouterr() == ("", "")


def test_a_column_can_be_named(capsys, tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text(
        'Wer,"Wann, genau",Wieviel,Nummer\nanna,2025-01-05,10.00,1\nanna,2025-02-05,12.00,2\n',
        encoding="utf-8",
    )
    named = 'customer=Wer,time="Wann, genau",amount=Wieviel,order=Nummer'
    assert run(["check", str(path), "--map", named]) == 0
    printed = capsys.readouterr().out
    assert "Wann, genau" in printed
    assert "1 customer, from 2025-01-05 to 2025-02-05." in printed


def test_a_list_under_its_own_headers_can_be_said_to_be_contacts(capsys, tmp_path):
    path = tmp_path / "liste.csv"
    path.write_text("Kundennummer;Datum;Kanal\nanna;05.01.2025;Telefon\n", encoding="utf-8")
    assert run(["check", str(path), "--map", "table=contacts"]) == 0
    assert "fills contacts; 1 row read, 1 accepted" in capsys.readouterr().out
    assert run(["check", str(path), "--map", "table=promises"]) == 2
    assert "--map table=promises,due_at=COLUMN" in capsys.readouterr().err


def test_dates_that_can_be_read_both_ways_are_asked_for(capsys, tmp_path):
    path = tmp_path / "dates.csv"
    path.write_text("order_id,customer_id,date,total\n1,a,03/04/2025,5\n2,a,05/06/2025,5\n", encoding="utf-8")
    assert run(["check", str(path)]) == 2
    assert "dates=day-first" in capsys.readouterr().err
    assert run(["check", str(path), "--map", "dates=day-first"]) == 0
    assert "from 2025-04-03 to 2025-06-05" in capsys.readouterr().out


def test_a_file_in_several_currencies_needs_rates(capsys, tmp_path):
    path = tmp_path / "mixed.csv"
    path.write_text(
        "order_id,customer_id,date,total,currency\n1,a,2025-04-13,5,EUR\n2,a,2025-06-15,5,USD\n",
        encoding="utf-8",
    )
    assert run(["check", str(path)]) == 2
    assert capsys.readouterr().err.startswith("treue: ")
    assert run(["check", str(path), "--currency", "EUR", "--rates", "USD=0.92"]) == 0


def test_a_file_given_twice_is_said_to_be_read_once(capsys, tmp_path):
    one = tmp_path / "one.csv"
    one.write_text("customer_id,date,amount\na,2024-01-31,5\n")
    assert run(["check", str(one), str(one)]) == 0
    said = capsys.readouterr().out
    assert "gave no rows" in said
    assert "it was read once" in said
    assert "Altogether: 1 purchase.\n" in said

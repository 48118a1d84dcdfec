from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from functools import partial

import pytest

from treue.cli import run


@pytest.fixture
def at_desk(tmp_path, monkeypatch):
    desk = tmp_path / "desk"
    desk.mkdir(exist_ok=True)
    monkeypatch.chdir(desk)
    return desk


def test_a_page_and_its_care_list_are_written(finished):
    done, folder = finished
    assert (done.returncode, done.stderr) == (0, "")
    names = ["figures.json", "treue-report-care.csv", "treue-report.html"]
    assert sorted(path.name for path in folder.iterdir()) == names
    page = (folder / "treue-report.html").read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert (folder / "treue-report.html").resolve().as_uri() in done.stdout
    assert "treue-report-care.csv" in done.stdout
    assert "\x1b" not in done.stdout


def test_the_most_important_sentences_are_said(finished):
    said = finished[0].stdout.split("\n\n")[0].splitlines()
    assert 1 <= len(said) <= 3
    assert all(len(sentence) > 20 for sentence in said)


def test_the_care_list_names_customers_of_the_file(finished):
    with (finished[1] / "treue-report-care.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    known = {f"c{number}" for number in range(200)}
    assert rows[1:]
    assert all(known & set(row) for row in rows[1:])


def test_the_figures_are_written_as_json(finished):
    text = (finished[1] / "figures.json").read_text(encoding="utf-8")
    assert "NaN" not in text
    found = json.loads(text)
    assert set(found) == {"data", "settings", "figures", "comparisons"}
    assert found["data"]["rows_read"] == found["data"]["accepted"] > 0
    assert found["data"]["set_aside"] == 0
    assert found["data"]["customers"] == 200
    assert {"retention_rate", "attrition_rate"} <= {figure["id"] for figure in found["figures"]}


def test_the_page_needs_no_network_and_no_environment(finished):
    # It was made in an environment with nothing but a path and a temporary folder.
    page = (finished[1] / "treue-report.html").read_text(encoding="utf-8")
    assert not re.search(r"""(?:src|href|action)\s*=\s*["']?(?:https?:)?//""", page)
    assert not re.search(r"@import|url\(\s*['\"]?https?:", page)


def test_json_on_the_output_is_alone_there(treue, orders, finished):
    done = treue("report", orders, "--json", "-")
    assert json.loads(done.stdout) == json.loads((finished[1] / "figures.json").read_text(encoding="utf-8"))
    assert "treue-report.html" in done.stderr


def test_quiet_leaves_the_files_and_the_status(treue, flawed_orders):
    done = treue("report", flawed_orders, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    assert (treue.folder / "treue-report-set-aside.csv").exists()


def test_rows_set_aside_are_kept_beside_and_said(treue, flawed_orders):
    done = treue("report", flawed_orders, "--out", "page.html")
    assert (done.returncode, done.stderr) == (1, "")
    read = len(flawed_orders.read_text(encoding="utf-8").splitlines()) - 1
    assert f"2 rows were set aside, of {read:,} read; the file says why, line by line." in done.stdout
    with (treue.folder / "page-set-aside.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["line"]) for row in rows] == [read, read + 1]
    assert "x1" in rows[0]["row"]
    assert "yesterday" in rows[1]["row"] + rows[1]["message"]


def test_the_rows_of_an_earlier_run_do_not_stay(treue, orders, flawed_orders):
    assert treue("report", flawed_orders).returncode == 1
    assert (treue.folder / "treue-report-set-aside.csv").exists()
    assert treue("report", orders).returncode == 0
    assert not (treue.folder / "treue-report-set-aside.csv").exists()


def test_a_file_of_another_that_has_the_name_stays(treue, orders):
    other = treue.folder / "treue-report-set-aside.csv"
    other.write_text("mine\n", encoding="utf-8")
    assert treue("report", orders).returncode == 0
    assert other.read_text(encoding="utf-8") == "mine\n"


@pytest.mark.parametrize(("language", "tag"), [("de", "de"), ("nb", "nb")])
def test_the_page_is_in_the_language_asked_for(orders, at_desk, language, tag):
    assert run(["report", str(orders), "--language", language, "--quiet"]) == 0
    page = (at_desk / "treue-report.html").read_text(encoding="utf-8")
    assert re.search(rf'<html[^>]* lang="{tag}', page)


def test_as_of_is_the_last_day_observed(treue, orders):
    done = treue("report", orders, "--as-of", "2025-06-30", "--json", "-")
    found = json.loads(done.stdout)
    assert found["data"]["last_day"] <= "2025-06-30"
    assert {figure["as_of"] for figure in found["figures"]} == {"2025-06-30"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("binary.csv", bytes(range(256)) * 40),
        ("blank.csv", b"\n\n\n"),
        ("header.csv", b"order_id,customer_id,ordered_at,total\n"),
        ("prose.txt", b"Dear Sir or Madam,\nplease find attached nothing.\n"),
        ("book.xlsx", b"PK\x03\x04 no workbook"),
        ("table.parquet", b"PAR1 no table PAR1"),
        ("lines.jsonl", b"{]\n"),
    ],
)
def test_a_file_with_nothing_usable_is_refused_in_one_line(treue, tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    done = treue("report", path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("treue: ")
    assert name in done.stderr
    assert done.stderr.count("\n") == 1
    assert "did not expect" not in done.stderr
    assert list(treue.folder.iterdir()) == []


def test_a_missing_file_is_refused_in_one_line(treue):
    done = treue("report", "nowhere.csv")
    assert done.returncode == 2
    assert done.stderr.startswith("treue: ")
    assert "nowhere.csv" in done.stderr
    assert done.stderr.count("\n") == 1
    assert "did not expect" not in done.stderr


def test_a_folder_without_tables_is_refused_in_one_line(treue, tmp_path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "cat.png").write_bytes(b"\x89PNG")
    done = treue("report", tmp_path / "pictures")
    assert done.returncode == 2
    assert done.stderr.startswith("treue: ")
    assert done.stderr.count("\n") == 1
    assert "did not expect" not in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_what_may_not_be_read_or_written_is_refused_in_one_line(treue, orders, tmp_path):
    orders.chmod(0)
    done = treue("report", orders)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    orders.chmod(0o644)
    (tmp_path / "shut").mkdir(mode=0o555)
    done = treue("report", orders, "--out", tmp_path / "shut" / "page.html")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "cannot be written" in done.stderr


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("nowhere/page.html", "lies in a folder that does not exist; make 'nowhere' first"),
        (".", "is a folder; give the name of a file in it"),
        ("/proc/page.html", "cannot be written"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_before_the_work(treue, orders, out, words):
    done = treue("report", orders, "--out", out)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("treue: out=")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_input_is_never_written_over(treue, orders):
    before = orders.read_bytes()
    for option in ("--out", "--json"):
        done = treue("report", orders, option, orders)
        assert done.returncode == 2
        assert "would write over a file that is read" in done.stderr
    assert orders.read_bytes() == before


def test_page_and_figures_need_two_names(treue, orders):
    done = treue("report", orders, "--out", "page.html", "--json", "page.html")
    assert (done.returncode, done.stderr) == (
        2,
        "treue: json='page.html' is the page itself (--out); give another name\n",
    )


def begun(treue, orders, files):
    """Start a report, and wait until there are so many files in its folder."""
    running = subprocess.Popen(
        [sys.executable, "-m", "treue.cli", "report", str(orders)],
        cwd=treue.folder,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Where the tests themselves run in the background, Ctrl-C is off for them, and would be for the report.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    deadline = time.monotonic() + 30
    while len(list(treue.folder.iterdir())) < files and time.monotonic() < deadline:
        time.sleep(0.005)
    return running


@pytest.mark.parametrize(("signal_number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_stopped_leaves_the_old_files(treue, orders, signal_number, status):
    page = treue.folder / "treue-report.html"
    page.write_text("old", encoding="utf-8")
    running = begun(treue, orders, files=2)
    running.send_signal(signal_number)
    _, said = running.communicate(timeout=60)
    assert running.returncode == status
    assert "Traceback" not in said
    assert page.read_text(encoding="utf-8") == "old"
    assert [path.name for path in treue.folder.iterdir()] == ["treue-report.html"]


@pytest.mark.parametrize("moment", [0.0, 0.1, 0.25, 0.5, 1.0])
def test_a_run_that_is_stopped_at_any_moment_says_so_in_one_line(treue, orders, moment):
    running = begun(treue, orders, files=1)
    time.sleep(moment)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert (running.returncode, said) == (
        130,
        "treue: stopped; files that were there before are as they were\n",
    )
    assert list(treue.folder.iterdir()) == []


def test_a_killed_run_leaves_the_old_page(treue, orders):
    page = treue.folder / "treue-report.html"
    page.write_text("old", encoding="utf-8")
    running = begun(treue, orders, files=2)
    running.kill()
    running.communicate(timeout=60)
    assert page.read_text(encoding="utf-8") == "old"


def test_one_file_or_two_halves_are_the_same(treue, orders, tmp_path, finished):
    lines = orders.read_text(encoding="utf-8").splitlines(keepends=True)
    half = len(lines) // 2
    (tmp_path / "a.csv").write_text("".join(lines[:half]), encoding="utf-8")
    (tmp_path / "b.csv").write_text("".join([lines[0], *lines[half:]]), encoding="utf-8")
    whole = json.loads((finished[1] / "figures.json").read_text(encoding="utf-8"))
    halves = json.loads(treue("report", tmp_path / "a.csv", tmp_path / "b.csv", "--json", "-").stdout)
    assert halves == whole


def test_the_cdnow_orders_make_a_page(treue, shared_data):
    done = treue("report", shared_data / "cdnow_orders.csv", "--currency", "USD", "--json", "figures.json")
    assert (done.returncode, done.stderr) == (0, "")
    data = json.loads((treue.folder / "figures.json").read_text(encoding="utf-8"))["data"]
    assert (data["customers"], data["set_aside"]) == (23_570, 0)


def test_a_firm_with_contracts_only_has_a_page_and_a_list_of_contracts_that_may_end(treue, tmp_path):
    rows = [
        f"k{i},c{i},2024-{i % 12 + 1:02d}-01,{f'2025-{i % 9 + 1:02d}-15' if i % 3 == 0 else ''},{20 + i % 5}.00,EUR"
        for i in range(120)
    ]
    path = tmp_path / "subscriptions.csv"
    header = "contract_id,customer_id,started_on,ended_on,monthly_amount,currency"
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    done = treue("report", path)
    assert (done.returncode, done.stderr) == (0, "")
    assert {found.name for found in treue.folder.iterdir()} == {"treue-report.html", "treue-report-care.csv"}
    assert "Care list" in done.stdout
    head = (treue.folder / "treue-report-care.csv").read_text("utf-8-sig").splitlines()[0]
    assert head.startswith('"customer_id","ends_on","loss_probability"')

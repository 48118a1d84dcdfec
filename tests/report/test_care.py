from __future__ import annotations

import csv
from datetime import datetime, timedelta

import pyarrow as pa
import pytest

from treue.engine.duckdb import DuckDBEngine
from treue.history.history import History
from treue.kernel.guard import guarded
from treue.report.care import COLUMNS, write_care_csv

IDS = ["=1+1", "+49 1", "-7", "@me", "\tx", 'a"b,c', "Å;ß", "plain"]


@pytest.fixture
def history():
    rows = []
    for place, name in enumerate(IDS):
        rows += [(name, 7 * week + place) for week in range(12)]
    rows.append(("today", 200))
    purchases = pa.table(
        {
            "order_id": [str(place) for place in range(len(rows))],
            "customer_id": [name for name, _ in rows],
            "ordered_at": [datetime(2026, 1, 1) + timedelta(days=day) for _, day in rows],
            "net_amount": [1000 + place for place in range(len(rows))],
        }
    )
    with History.of(DuckDBEngine(), {"purchases": purchases}) as made:
        yield made.with_settings(window_days=150)


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_everybody_on_the_list_is_in_the_file(history, tmp_path):
    path = tmp_path / "care.csv"
    assert write_care_csv(history, path) == len(IDS)
    rows = rows_of(path)
    assert tuple(rows[0]) == COLUMNS
    assert {row["customer_id"].lstrip("'") for row in rows} == set(IDS)


def test_the_greatest_stake_comes_first(history, tmp_path):
    path = tmp_path / "care.csv"
    write_care_csv(history, path)
    stakes = [float(row["at_stake"]) for row in rows_of(path)]
    assert stakes == sorted(stakes, reverse=True)


def test_no_cell_begins_a_formula(history, tmp_path):
    path = tmp_path / "care.csv"
    write_care_csv(history, path)
    for row in rows_of(path):
        assert not row["customer_id"].startswith(("=", "+", "-", "@", "\t"))


@pytest.mark.parametrize(("code", "heading"), [("de", "Kunde"), ("nb", "Kunde")])
def test_german_and_norwegian_spreadsheets_open_the_file_as_it_is(history, tmp_path, code, heading):
    english, local = tmp_path / "en.csv", tmp_path / f"{code}.csv"
    write_care_csv(history, english)
    write_care_csv(history, local, code)
    assert local.read_bytes().startswith(b"\xef\xbb\xbf")
    with local.open(encoding="utf-8-sig", newline="") as file:
        head, *rows = list(csv.reader(file, delimiter=";"))
    assert head[0] == heading
    assert len(head) == len(COLUMNS) == len(set(head))
    assert [row[0] for row in rows] == [row["customer_id"] for row in rows_of(english)]
    stake = COLUMNS.index("at_stake")
    assert all("." not in row[stake] and "," in row[stake] for row in rows)
    assert [float(row[stake].replace(",", ".")) for row in rows] == [
        float(row["at_stake"]) for row in rows_of(english)
    ]


@pytest.mark.parametrize(
    "cell",
    [
        "=x",
        "+x",
        "-x",
        "@x",
        "\tx",
        "\rx",
        "\n=x",
        " =x",
        "\ufeff=x",
        "\0=x",
        "\u00a0@x",
        "\uff1dx",
        " \uff20x",
    ],
)
def test_what_a_spreadsheet_would_calculate_is_quoted(cell):
    assert guarded(cell).startswith("'")
    assert "\0" not in guarded(cell)


@pytest.mark.parametrize("cell", ["K-17", "a=b", "", "00123", "Ø"])
def test_other_cells_stay_as_they_are(cell):
    assert guarded(cell) == cell

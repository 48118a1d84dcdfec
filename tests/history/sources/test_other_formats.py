"""Parquet, JSON lines and Excel hold the same facts as CSV and give the same history."""

from __future__ import annotations

import gzip
import json
import zipfile
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from treue.kernel.errors import WrongTable

FACTS = [("007", datetime(2024, 1, 31, 10, 30), 1234.5, "north"), ("Øye", datetime(2024, 2, 1), 10.0, None)]
WANTED = [("007", "2024-01-31 10:30:00", 123450), ("Øye", "2024-02-01 00:00:00", 1000)]


def test_parquet_gives_the_same_history(read, tmp_path):
    path = tmp_path / "sales [1].parquet"
    columns = list(zip(*FACTS, strict=True))
    pq.write_table(pa.table(dict(zip(["Kunde", "Datum", "Betrag", "Region"], columns, strict=True))), path)
    result = read(path)
    assert result.purchases == WANTED
    assert result.rows("purchases", "region") == [("north",), (None,)]


def test_numbers_of_a_parquet_file_need_no_decimal_sign(read, tmp_path):
    path = tmp_path / "sales.parquet"
    pq.write_table(pa.table({"customer": ["a"], "date": ["2024-01-01"], "amount": [1.234]}), path)
    assert read(path).purchases[0][2] == 123


def test_a_parquet_row_without_customer_is_set_aside(read, tmp_path):
    path = tmp_path / "sales.parquet"
    pq.write_table(
        pa.table({"customer": ["a", None], "date": ["2024-01-01"] * 2, "amount": [1.5, 2.5]}), path
    )
    assert read(path).aside == [(3, "no_customer")]


def test_a_file_that_is_no_parquet_is_refused(read):
    with pytest.raises(WrongTable, match="not a Parquet file"):
        read("hello", "x.parquet")


def _lines() -> str:
    return "".join(
        json.dumps({"customer": c, "orderedAt": t.isoformat(), "amount": a, "region": r}) + "\n"
        for c, t, a, r in FACTS
    )


def test_json_lines_give_the_same_history(read):
    assert read(_lines(), "x.jsonl").purchases == WANTED
    assert read(gzip.compress(_lines().encode()), "x.ndjson.gz").purchases == WANTED


def test_a_json_list_gives_the_same_history(read):
    assert read("[" + ",".join(_lines().splitlines()) + "]", "x.json").purchases == WANTED


def test_a_line_that_is_no_object_is_set_aside(read):
    text = (
        _lines()
        + '{"customer": \n[1]\n\n'
        + "[" * 10_000
        + "\n"
        + _lines().splitlines()[0].replace("007", "x\\ud800")
        + "\n"
    )
    result = read(text, "x.jsonl")
    assert result.aside == [(3, "bad_json"), (4, "bad_json"), (6, "bad_json")]
    assert result.reading.accepted == 3


@pytest.mark.parametrize("text", ["", "[1, 2]", "[{", "nothing", "{}", "[" * 10_000])
def test_json_without_objects_is_refused(read, text):
    with pytest.raises(WrongTable):
        read(text, "x.json")


def test_every_sheet_of_a_workbook_is_a_table(read, workbook):
    path = workbook(
        {
            "2023": [
                ["Report", None, None],
                [],
                ["Kunde", "Datum", "Betrag"],
                ["007", datetime(2024, 1, 31, 10, 30), 1234.5],
            ],
            "2024": [
                ["Kunde", "Datum", "Betrag"],
                ["Øye", datetime(2024, 2, 1), 10],
                [None, datetime(2024, 2, 1), 10],
            ],
            "About": [["colour", "shape"], ["red", "round"]],
            "Empty": [],
        }
    )
    result = read(path)
    assert result.purchases == WANTED
    assert result.aside == [(3, "no_customer")]
    labels = [file.path for file in result.reading.files]
    assert "book.xlsx[2023]" in labels
    assert "Not used" in result.notes


def test_whole_numbers_of_a_workbook_are_ids_without_a_point(read, workbook):
    result = read(workbook({"Orders": [["customer", "date", "amount"], [17850.0, 45413, 2.55]]}))
    assert result.purchases == [("17850", "2024-05-01 00:00:00", 255)]


def test_a_file_that_is_no_workbook_is_refused(read):
    with pytest.raises(WrongTable, match="cannot be opened"):
        read("hello", "x.xlsx")


@pytest.fixture
def workbook(tmp_path):
    """Write a small .xlsx by hand: text inline, dates as serial numbers with a date style."""

    def _cell(value, row, column):
        place = f"{chr(65 + column)}{row}"
        if value is None:
            return ""
        if isinstance(value, datetime):
            serial = (value - datetime(1899, 12, 30)).total_seconds() / 86400
            return f'<c r="{place}" s="1"><v>{serial}</v></c>'
        if isinstance(value, (int, float)):
            return f'<c r="{place}"><v>{value}</v></c>'
        return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'

    def _write(sheets):
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        package = "http://schemas.openxmlformats.org/package/2006"
        path = tmp_path / "book.xlsx"
        with zipfile.ZipFile(path, "w") as book:
            kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
            parts = "".join(
                f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kinds}.worksheet+xml"/>'
                for n in range(1, len(sheets) + 1)
            )
            book.writestr(
                "[Content_Types].xml",
                f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
                'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
                f'<Override PartName="/xl/styles.xml" ContentType="{kinds}.styles+xml"/>{parts}</Types>',
            )
            book.writestr(
                "_rels/.rels",
                f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{office}/officeDocument" '
                'Target="xl/workbook.xml"/></Relationships>',
            )
            names = "".join(
                f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, 1)
            )
            book.writestr(
                "xl/workbook.xml",
                f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{names}</sheets></workbook>',
            )
            links = "".join(
                f'<Relationship Id="rId{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>'
                for n in range(1, len(sheets) + 1)
            )
            links += f'<Relationship Id="rId99" Type="{office}/styles" Target="styles.xml"/>'
            book.writestr(
                "xl/_rels/workbook.xml.rels",
                f'<Relationships xmlns="{package}/relationships">{links}</Relationships>',
            )
            book.writestr(
                "xl/styles.xml",
                f'<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/>'
                "</cellXfs></styleSheet>",
            )
            for n, rows in enumerate(sheets.values(), 1):
                lines = "".join(
                    f'<row r="{r}">' + "".join(_cell(value, r, c) for c, value in enumerate(row)) + "</row>"
                    for r, row in enumerate(rows, 1)
                )
                book.writestr(
                    f"xl/worksheets/sheet{n}.xml",
                    f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData></worksheet>',
                )
        return path

    return _write

"""A workbook of few bytes that would become a table of billions of places is refused before it is read."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from openpyxl import Workbook

from treue.history.sources.workbook_extent import refuse_emptiness
from treue.history.sources.workbook_records import of_xls
from treue.kernel.errors import WrongTable

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LAST = {
    "usual": '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>',
    "other quotes": "<row r='1048576'><c t='n' r = 'XFD1048576'><v>1</v></c></row>",
    "a line between": '<row r="1048576"><c\nr="XFD1048576"><v>1</v></c></row>',
    "a row that lies": '<row r="2"><c r="XFD1048576"><v>1</v></c></row>',
    "no places": f'<row r="2">{"<c><v>1</v></c>" * 300}</row><row r="1048576"><c><v>1</v></c></row>',
    "a prefix": f'<row r="1048576"><x:c xmlns:x="{MAIN}" r="XFD1048576"><x:v>1</x:v></x:c></row>',
}


def workbook(path, **parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return path


def sheet(*rows):
    head = '<row r="1"><c r="A1" t="inlineStr"><is><t>order</t></is></c></row>'
    return f'<worksheet xmlns="{MAIN}"><sheetData>{head}{"".join(rows)}</sheetData></worksheet>'


@pytest.mark.parametrize("last", LAST)
@pytest.mark.parametrize("ending", ["xlsx", "XLSM", "xls", "xlsx.gz"])
def test_two_cells_far_apart_are_refused(tmp_path, last, ending):
    path = workbook(tmp_path / f"book.{ending}", **{"xl/worksheets/sheet1.xml": sheet(LAST[last])})
    with pytest.raises(WrongTable, match=rf"book.{ending}: of [\d,]+ places in a sheet only \d+ are filled"):
        refuse_emptiness(path)


def test_they_are_refused_by_the_reader_and_wherever_a_piece_ends(read, tmp_path, monkeypatch):
    path = workbook(tmp_path / "orders.xlsx", **{"xl/worksheets/sheet1.xml": sheet(LAST["usual"])})
    for size in (7, 64, 101):
        monkeypatch.setattr("treue.history.sources.workbook_extent.PIECE", size)
        with pytest.raises(WrongTable, match="17,179,869,184 places"):
            read(path)


def test_a_table_with_a_stray_cell_and_one_of_many_cells_are_read(read, tmp_path):
    book = Workbook()
    page = book.active
    page.append(["Customer", "Date", "Amount"])
    page.append(["a", "2024-01-01", 5])
    page.cell(4_000, 900, "seen by Ines")
    book.save(tmp_path / "stray.xlsx")
    assert len(read(tmp_path / "stray.xlsx").purchases) == 1
    full = io.StringIO()
    for row in range(1, 3_001):
        full.write(f'<row r="{row}">' + "".join(f'<c r="{"A" * 2}{row}"/>' for _ in range(90)) + "</row>")
    refuse_emptiness(workbook(tmp_path / "full.xlsx", **{"xl/worksheets/sheet1.xml": sheet(full.getvalue())}))


def ods(*rows):
    return f"<office:document-content><table:table>{''.join(rows)}</table:table></office:document-content>"


FILLED = "<table:table-cell><text:p>x</text:p></table:table-cell>"
EMPTY_END = (
    '<table:table-row table:number-rows-repeated="1048000">'
    '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
)


def test_open_documents_end_in_emptiness_and_may_not_repeat_a_cell_for_ever(tmp_path):
    usual = ods(f"<table:table-row>{FILLED * 3}</table:table-row>", EMPTY_END)
    refuse_emptiness(workbook(tmp_path / "usual.ods", **{"content.xml": usual}))
    many = '<table:table-cell table:number-columns-repeated="16384" office:value="1"/>'
    for name, rows in {
        "cells": [f'<table:table-row table:number-rows-repeated="1000">{many}</table:table-row>'],
        "gap": [f"<table:table-row>{FILLED * 20}</table:table-row>", EMPTY_END, f"<table:table-row>{FILLED}</table:table-row>"],
    }.items():  # fmt: skip
        with pytest.raises(WrongTable, match=f"{name}.ods: of .* places"):
            refuse_emptiness(workbook(tmp_path / f"{name}.ods", **{"content.xml": ods(*rows)}))


def record(kind, content=b""):
    return bytes([kind, len(content)]) + content


def test_binary_workbooks_are_counted_by_their_records(tmp_path):
    def of(row, column):
        number = struct.pack("<IId", column, 0, 1.0)
        return record(0, struct.pack("<I", row) + b"\0" * 13) + record(5, number)

    for row, refused in ((10, False), (1_048_575, True)):
        path = workbook(tmp_path / f"{row}.xlsb", **{"xl/worksheets/sheet1.bin": of(0, 0) + of(row, 16_383)})
        if refused:
            with pytest.raises(WrongTable, match="17,179,869,184 places"):
                refuse_emptiness(path)
        else:
            refuse_emptiness(path)
    cut = workbook(tmp_path / "cut.xlsb", **{"xl/worksheets/sheet1.bin": b"\x80"})
    with pytest.raises(WrongTable, match=r"cut.xlsb: the workbook cannot be opened \(a record is cut off\)"):
        refuse_emptiness(cut)


def old_workbook(records):
    """Return an .xls: head, table of sectors, folder, and the stream of its records."""
    stream = b"".join(struct.pack("<HH", kind, len(content)) + content for kind, content in records).ljust(
        4096, b"\0"
    )
    sectors = -(-len(stream) // 512)
    free, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    following = [table, end, *range(3, 2 + sectors), end]
    names = [("Root Entry", 5, end, 0), ("Workbook", 2, 2, len(stream))]
    folder = b"".join(
        struct.pack("<64sHBB12x16x4x16xIQ", name.encode("utf-16-le"), 2 * len(name) + 2, kind, 1, first, size)
        for name, kind, first, size in names
    )
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    head += bytes(6) + struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0)
    places = struct.pack("<109I", 0, *[free] * 108)
    filled = struct.pack(f"<{len(following)}I", *following).ljust(512, b"\xff")
    return head + places + filled + folder.ljust(512, b"\0") + stream.ljust(512 * sectors, b"\0")


SHEET = (0x0809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))


def number(row, column):
    return 0x0203, struct.pack("<HHHd", row, column, 0, 1.0)


def test_old_workbooks_are_counted_sheet_by_sheet(tmp_path):
    long_one = [number(row, 0) for row in range(0, 60_000, 100)]
    several = (0x00BD, struct.pack("<HH", 7, 0) + (struct.pack("<Hi", 0, 6) * 250) + struct.pack("<H", 249))
    path = tmp_path / "two.xls"
    path.write_bytes(old_workbook([SHEET, *long_one, SHEET, several]))
    refuse_emptiness(path)
    assert [*of_xls(path.read_bytes())] == [(0, 0), (59_901, 600), (8 * 250, 250)]
    path.write_bytes(old_workbook([SHEET, *long_one, several, number(65_535, 65_535)]))
    with pytest.raises(WrongTable, match=r"two\.xls: of 4,294,967,296 places in a sheet only 851 are filled"):
        refuse_emptiness(path)


@pytest.mark.parametrize("cut", [8, 600, 1_100])
def test_an_old_workbook_that_is_cut_off_is_refused_or_empty(tmp_path, cut):
    path = tmp_path / "cut.xls"
    path.write_bytes(old_workbook([SHEET, number(65_535, 65_535)])[:cut])
    with pytest.raises(WrongTable, match=r"cut\.xls: the workbook cannot be opened"):
        refuse_emptiness(path)


def test_what_is_no_workbook_is_said_to_be_none(tmp_path):
    path = tmp_path / "letter.xlsx"
    path.write_text("Dear Ines")
    with pytest.raises(WrongTable, match=r"letter\.xlsx: the workbook cannot be opened"):
        refuse_emptiness(path)

"""Separators, encodings, quotes and headers of text tables."""

from __future__ import annotations

import csv
import gzip
import io
import random

import pytest

from treue.kernel.errors import WrongTable

TEXT = "Kunde;Bestelldatum;Betrag;Größe\nMüller;31.12.2024;1.234,50;groß\nØye;01.02.2025;10,00;klein\n"
WANTED = [("Müller", "2024-12-31 00:00:00", 123450), ("Øye", "2025-02-01 00:00:00", 1000)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-16-le"])
def test_reads_every_usual_encoding(read, encoding):
    result = read(TEXT.encode(encoding))
    assert result.purchases == WANTED
    assert [row[0] for row in result.rows("purchases", '"grösse"')] == ["groß", "klein"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_reads_every_usual_separator(read, separator):
    rows = [["customer_id", "date", "amount"], ["a", "2024-01-02", "1.50"], ["b", "2024-01-03", "2.50"]]
    result = read("\n".join(separator.join(row) for row in rows))
    assert result.purchases == [("a", "2024-01-02 00:00:00", 150), ("b", "2024-01-03 00:00:00", 250)]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_reads_every_line_end(read, ends):
    assert read(TEXT.replace("\n", ends)).purchases == WANTED


def test_reads_a_file_packed_with_gzip(read):
    assert read(gzip.compress(TEXT.encode()), "orders.csv.gz").purchases == WANTED


def test_reads_a_packed_file_in_another_encoding(read):
    assert read(gzip.compress(TEXT.encode("cp1252")), "orders.csv.gz").purchases == WANTED


def test_refuses_a_damaged_packed_file(read):
    with pytest.raises(WrongTable, match="cannot be read"):
        read(gzip.compress(TEXT.encode() * 100)[:-20], "orders.csv.gz")


def test_line_breaks_in_quotes_keep_line_numbers_right(read):
    text = 'customer,date,amount,gift text\na,2024-01-01,1,"two\nlines"\n,2024-01-02,2,x\nb,never,3,"a ""word"""\n'
    result = read(text)
    assert result.purchases == [("a", "2024-01-01 00:00:00", 100)]
    assert result.aside == [(4, "no_customer"), (5, "bad_time")]


def test_blank_lines_are_not_rows_and_keep_line_numbers_right(read):
    result = read("customer,date,amount\n\na,2024-01-01,1\n\n\n,2024-01-01,1\n,,\n\n")
    assert result.reading.as_dict() == {"rows_read": 2, "accepted": 1, "set_aside": 1}
    assert result.aside == [(6, "no_customer")]


def test_a_quote_that_is_never_closed_costs_one_row(read):
    lines = ["customer,date,amount,gift"] + [f"c{i},2024-01-{i:02d},1,x" for i in range(1, 29)]
    lines[5] = 'c5,2024-01-05,1,"x'
    result = read("\n".join(lines) + "\n")
    assert result.aside == [(6, "unbalanced_quote")]
    assert result.reading.accepted == 27


def test_a_quotation_mark_inside_a_cell_is_a_letter(read):
    result = read('customer,date,amount,screen\na,2024-01-01,1,15" wide\nb,2024-01-02,2,x\n')
    assert result.reading.accepted == 2
    assert result.rows("purchases", "screen") == [('15" wide',), ("x",)]


def test_short_rows_are_filled_up_and_long_rows_set_aside(read):
    result = read("customer,date,amount,x,y\na,2024-01-01,1\nb,2024-01-01,1,2,3,4,5\nc,2024-01-01,1,,,,\nd\n")
    assert [row[0] for row in result.purchases] == ["a", "c"]
    assert result.aside == [(3, "too_many_cells"), (5, "no_time")]


def test_nul_bytes_set_the_row_aside(read):
    result = read(b"customer,date,amount\na,2024-01-01,1\nb\0,2024-01-01,1\n")
    assert result.aside == [(3, "nul_byte")]


def test_a_huge_cell_is_read(read):
    huge = "x" * 10_000_000
    result = read(
        f"customer,date,amount,text\na,2024-01-01,1,{huge}\nb,2024-01-02,2,\n{huge},2024-01-02,2,\n"
    )
    assert [row[0] for row in result.purchases] == ["a", "b"]
    assert result.aside == [(4, "bad_customer")]


def test_one_strange_line_among_utf8_is_read_as_western_european(read):
    text = "customer,date,amount\nØye,2024-01-01,1\n".encode() + "Åse,2024-01-02,1\n".encode("cp1252")
    result = read(text)
    assert [row[0] for row in result.purchases] == ["Åse", "Øye"]
    assert "Windows-1252" in result.notes


def test_repeated_and_blank_headers_get_names_of_their_own(read):
    result = read("customer,date,amount,colour,colour,\na,2024-01-01,1,red,blue,z\n")
    assert result.rows("purchases", "colour, colour_2, column_6") == [("red", "blue", "z")]


def test_a_title_above_the_header_is_left_out(read):
    result = read("Orders of 2024\n\ncustomer,date,amount\na,2024-01-01,1\n,2024-01-01,1\n")
    assert result.reading.as_dict() == {"rows_read": 2, "accepted": 1, "set_aside": 1}
    assert result.aside == [(5, "no_customer")]
    assert "above the header" in result.notes


def test_the_separator_line_of_excel_is_understood(read):
    result = read("sep=;\r\nKunde;Datum;Betrag\r\na;1.1.2024;1,50\r\n;1.1.2024;1,50\r\n")
    assert result.purchases == [("a", "2024-01-01 00:00:00", 150)]
    assert result.aside == [(4, "no_customer")]


def test_a_file_without_header_is_known_by_its_content(read):
    rows = "".join(f"{i % 40:05d},2024-03-{i % 28 + 1:02d},{i}.50\n" for i in range(100))
    result = read(rows)
    assert result.reading.accepted == 100
    assert len({row[0] for row in result.purchases}) == 40
    assert sum(row[2] for row in result.purchases) == 100 * sum(range(100)) + 50 * 100
    assert "no header" in result.notes


@pytest.mark.parametrize("content", [b"", b"\n\n\n", b"\xef\xbb\xbf", b"\0\0\0", b"  "])
def test_an_empty_file_is_refused_with_the_reason(read, content):
    with pytest.raises(WrongTable, match="empty"):
        read(content)


def test_a_file_without_the_needed_columns_is_refused_with_a_hint(read):
    with pytest.raises(WrongTable, match=r"not.*recognised|no column was recognised.*'colour'.*--map"):
        read("colour,shape\nred,round\n")


def test_a_file_without_rows_is_refused(read):
    with pytest.raises(WrongTable, match="no rows"):
        read("customer,date,amount\n")


def test_a_file_of_which_no_row_is_usable_is_refused_with_the_reason(read):
    with pytest.raises(WrongTable, match=r"no_customer \(2\)"):
        read("customer,date,amount\n,2024-01-01,1\n,2024-01-01,1\n")


def test_a_missing_file_is_refused(read, tmp_path):
    with pytest.raises(WrongTable, match="no such file"):
        read(tmp_path / "nothing.csv")


@pytest.mark.parametrize("seed", range(4))
def test_the_careful_reader_reads_what_the_fast_one_reads(read, seed):
    """One short row sends a file to the careful reader; everything else must stay the same."""
    random_ = random.Random(seed)
    words = ["plain", "with, comma", 'a "word"', "two\nlines", " spaces ", "Ø", "", "\u00a0hard\t", "'", ";"]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n" if seed % 2 else "\n")
    writer.writerow(["customer", "date", "amount", "text", "more"])
    texts = [word for word in words if seed < 2 or "\n" not in word]
    for number in range(200):
        row = [f"c{random_.randint(1, 9)}", "2024-01-01", f"{number}.5"]
        writer.writerow([*row, random_.choice(texts), random_.choice(texts)])
    columns = "order_id, customer_id, ordered_at, net_amount, text, more"
    fast = read(out.getvalue())
    careful = read(out.getvalue() + "c1,2024-01-01,1\n")
    added = careful.rows("purchases", "max(CAST(split_part(order_id, ':', 2) AS INT))")[0][0]
    kept = [row for row in careful.rows("purchases", columns) if row[0] != f"orders:{added}"]
    assert kept == fast.rows("purchases", columns)
    assert len(kept) == 200


def test_a_header_may_have_line_breaks_in_quotes(read):
    result = read('customer,"order\ndate",amount\na,2024-01-01,5\n,2024-01-01,5\n')
    assert result.purchases == [("a", "2024-01-01 00:00:00", 500)]
    assert result.aside == [(4, "no_customer")]


def test_a_line_without_end_is_set_aside_and_the_rest_is_read(read, monkeypatch):
    text = "customer,date,amount\nb,2024-01-01,2,,\n" + "x" * 40_000_000 + "\na,2024-01-01,5\n"
    result = read(text)
    assert result.aside == [(3, "too_long")]
    assert [row[0] for row in result.purchases] == ["a", "b"]


def test_columns_apart_by_blanks_are_read(read):
    result = read(" 00001 19970101  1  11.77\r\n 00002 19970112 1 12.00\r\n 00003 19970112  5 77.00\r\n")
    assert result.purchases == [
        ("00001", "1997-01-01 00:00:00", 1177),
        ("00002", "1997-01-12 00:00:00", 1200),
        ("00003", "1997-01-12 00:00:00", 7700),
    ]
    assert "apart by blanks" in result.notes


def test_a_row_apart_by_blanks_that_lacks_a_part_is_set_aside(read):
    rows = [f"A{number:03} 2024-01-{1 + number % 28:02} 1 {number}.50" for number in range(80)]
    result = read(
        "\n".join(["customer date quantity amount", *rows, "A999 2024-01-01 7.50", "A998 2024-01-01 1 2.50"])
    )
    assert len(result.purchases) == 81
    assert result.aside == [(82, "no_time")]


def test_words_on_a_line_are_no_columns(read):
    with pytest.raises(WrongTable, match="'Dear all'"):
        read("Dear all\nthank you\n")


def test_compact_days_are_known_by_their_content(read):
    result = read("A123,20240105,5.10\nA244,20240107,6.20\nB777,20240108,6.20\n")
    assert [day for _, day, _ in result.purchases] == [f"2024-01-0{day} 00:00:00" for day in (5, 7, 8)]

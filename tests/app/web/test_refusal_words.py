"""Why a file cannot be used is said in the language of the page: files that are refused, and the sentence of each."""

from __future__ import annotations

import gzip
import time
from decimal import Decimal

import pytest

from treue.app.customers.importing import contacts_in, unpacked
from treue.app.web.refusal_words import REFUSALS, why_words
from treue.history.read import read_files
from treue.history.settings import Settings
from treue.kernel.errors import TreueError
from treue.kernel.language import Language

ROWS = "Kunde;Datum;Betrag"
FILES = {
    "no column": ("a.csv", b"Wer;Wann;Wieviel\nlea;01.02.2026;10,50\n", {}),
    "half a table": ("contacts.csv", b"contact_id,customer_id\n1,lea\n", {}),
    "no column of a table": ("a.csv", b"Kunde;Datum\nlea;01.02.2026\n", {"table": "promises"}),
    "no row": ("a.csv", f"{ROWS}\n;01.02.2026;10,50\n".encode(), {}),
    "empty": ("a.csv", b"  \n", {}),
    "only a header": ("a.csv", f"{ROWS}\n".encode(), {}),
    "no workbook": ("a.xlsx", b"PK\x03\x04nothing", {}),
    "no json": ("a.json", b"[{]", {}),
    "no object": ("a.jsonl", b"1\n2\n", {}),
    "no parquet": ("a.parquet", b"PAR1", {}),
    "bomb": ("a.csv.gz", gzip.compress(b"\0" * 300_000_000, 9), {}),
    "broken gzip": ("a.csv.gz", gzip.compress(b"a,b\n1,2\n" * 999)[:40], {}),
    "no such column": ("a.csv", f"{ROWS}\nlea;01.02.2026;10,50\n".encode(), {"amount": "Summe"}),
    "thousands": ("a.csv", f"{ROWS}\nlea;01.02.2026;1.234\nkim;13.02.2026;2.345\n".encode(), {}),
    "days and months": ("a.csv", f"{ROWS}\nlea;13/02/2026;1,50\nkim;02/13/2026;2,50\nkim;03/04/2026;2,50\n".encode(), {}),
    "day or month": ("a.csv", f"{ROWS}\nlea;01/02/2026;1,50\nkim;03/04/2026;2,50\n".encode(), {}),
    "currencies": ("a.csv", f"{ROWS};Währung\nlea;01.02.2026;1,5;EUR\nlea;02.02.2026;1,5;NOK\n".encode(), {}),
    "one currency": ("a.csv", f"{ROWS};Währung\nlea;01.02.2026;1,5;EUR\n".encode(), {"_currency": "NOK"}),
    "all rates": (
        "a.csv",
        f"{ROWS};Währung\nlea;01.02.2026;1,5;EUR\nlea;02.02.2026;1,5;NOK\n".encode(),
        {"_rates": {"EUR": Decimal(2), "NOK": Decimal(3)}},
    ),
}  # fmt: skip


def why_of(folder, name, content, choices):
    """Return why the reader refuses a file."""
    file = folder / name
    file.write_bytes(content)
    mapping = {key: column for key, column in choices.items() if not key.startswith("_")}
    options = {"mapping": mapping, "rates": choices.get("_rates")}
    with pytest.raises(TreueError) as caught:
        read_files([file], Settings(currency=choices.get("_currency")), **options)
    return str(caught.value)


@pytest.mark.parametrize("case", FILES)
def test_every_refusal_of_a_reader_is_said_in_three_languages(tmp_path, case):
    why = why_of(tmp_path, *FILES[case])
    said = {code: why_words(why, Language(code, "treue.app")) for code in ("en", "de", "nb")}
    assert all(here for _, here in said.values()), why
    assert len({words for words, _ in said.values()}) == 3, said
    assert "--" not in "".join(words for words, _ in said.values())


def test_a_sentence_that_nobody_knows_stays_english_and_says_so():
    assert why_words("a.csv: the moon is full", Language("de", "treue.app")) == (
        "a.csv: the moon is full",
        False,
    )


def test_names_and_counts_stand_in_the_sentence(tmp_path):
    language = Language("de", "treue.app")
    assert why_words(why_of(tmp_path, *FILES["no column"]), language)[0] == (
        "Keine Spalte wurde erkannt für: Kunde. Wählen Sie sie unten aus. Sind es keine Bestellungen, wählen Sie "
        "zuerst, was darin ist."
    )
    assert why_words(why_of(tmp_path, *FILES["half a table"]), language)[0] == (
        "Darin scheint zu sein: Kontakte. Es fehlen die Spalten: opened_at. Wählen Sie unten, was darin ist und "
        "welche Spalte welche ist, oder benennen Sie sie so in der Datei."
    )
    assert "„Betrag“" in why_words(why_of(tmp_path, *FILES["thousands"]), language)[0]
    assert "Zeile 2" in why_words(why_of(tmp_path, *FILES["no row"]), language)[0]


def test_what_the_application_refuses_itself_is_known(tmp_path):
    bomb = tmp_path / "a.csv.gz"
    bomb.write_bytes(gzip.compress(b"a" * 3_000_000))
    with pytest.raises(TreueError) as caught:
        unpacked.check_size(bomb, 100_000)
    assert why_words(str(caught.value), Language("nb", "treue.app"))[1]
    assert any("no column holds an e-mail" in said for said, _ in REFUSALS)
    assert contacts_in.NAMED == 10


HOSTILE = "01/02/2024 " + "=: " * 7_000
"""A cell that begins with a date and goes on with what the sentences have between their places."""


@pytest.mark.parametrize("column", ["time", "header"])
def test_a_cell_or_header_is_quoted_as_far_as_a_sentence_needs_it(tmp_path, column):
    header, cell = ("Datum", HOSTILE) if column == "time" else ("Datum " + "=: " * 7_000, "01/02/2024")
    rows = f"Kunde;{header};Betrag\nlea;{cell};1,50\nkim;{cell};2,50\n".encode()
    why = why_of(tmp_path, "a.csv", rows, {"time": header.strip()})
    assert "could be day/month or month/day" in why
    assert len(why) < 300
    assert all(why_words(why, Language(code, "treue.app"))[1] for code in ("en", "de", "nb"))


def test_a_reason_ten_times_as_long_takes_no_hundred_times_as_long():
    def seconds(length):
        why = f"Datum='{HOSTILE[:length]}' is odd"
        began = time.process_time()
        for _ in range(20):
            assert why_words(why, Language("de", "treue.app"))[1] is False
        return time.process_time() - began

    seconds(1_900)
    assert seconds(19_000) < 50 * max(seconds(1_900), 0.001)


def test_a_long_sentence_is_known_by_how_it_begins_and_ends():
    columns = ", ".join(f"'{'x' * 900}{number}'" for number in range(30))
    why = f"a.csv: no column was recognised for: time. The columns are {columns}. Say which is which with --map time=COLUMN"
    said = "Keine Spalte wurde erkannt für: Datum. Wählen Sie sie unten aus. Sind es keine Bestellungen, wählen Sie"
    assert why_words(why, Language("de", "treue.app")) == (f"{said} zuerst, was darin ist.", True)

"""What the readers say about files is said in the language of the page."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import treue
from treue.kernel.language import LANGUAGES, Language
from treue.report.data_quality import file_facts
from treue.report.reading_notes import NOTES, note_words

HISTORY = Path(__file__).parents[2] / "src" / "treue" / "history"
FOREIGN = [code for code in LANGUAGES if code != "en"]


def filled(note):
    values = {"count": "1,234", "total": "5,678", "last": "3", "column": "'Dato; {x}'", "currency": "NOK"}
    return re.sub(r"\{(\w+)\}", lambda place: values.get(place[1], f"<{place[1]}>"), note)


@pytest.mark.parametrize("code", FOREIGN)
@pytest.mark.parametrize("note", NOTES)
def test_a_note_is_said_in_the_language_with_its_names_and_counts(note, code):
    said, here = note_words(filled(note), Language(code))
    assert here
    assert said != filled(note)
    if "{column}" in note:
        assert "'Dato; {x}'" in said
    if "{count}" in note:
        assert Language(code).number(1234) in said


@pytest.mark.parametrize("note", NOTES)
def test_english_stays_as_the_reader_wrote_it(note):
    assert note_words(filled(note), Language("en")) == (filled(note), True)


def test_what_is_not_known_stays_english_and_says_so():
    assert note_words("Not used: x", Language("nb")) == ("Not used: x", False)


def sentences():
    """Yield every text in the readers that begins and ends as a sentence, with places for its values."""
    for path in HISTORY.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call | ast.Assign | ast.keyword)
                and "note" in ast.unparse(node)[:40].lower()
            ):
                for part in ast.walk(node):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        text = part.value
                        if re.fullmatch(r"[A-Z1][^.]*( [^.]*)+\..*", text) and "\n" not in text:
                            yield text


def test_every_whole_sentence_of_the_readers_is_known():
    found = set(sentences())
    assert len(found) > 8
    assert [text for text in sorted(found) if not note_words(text, Language("de"))[1]] == []


def test_a_norwegian_page_tells_in_norwegian_how_a_norwegian_file_was_read(tmp_path):
    lines = ["Kunde;Ordre;Dato;Beløp"] + [f"K{n};{n};{13 + n % 9}.03.2025;{n},50" for n in range(20)]
    path = tmp_path / "ordre.csv"
    path.write_bytes("\n".join(lines).encode("cp1252"))
    with treue.read(path) as history:
        from treue.report.contents import build_report

        report = build_report(history)
    (file,) = file_facts(report, Language("nb"))
    assert file.notes
    assert all(here for _, here in file.notes), file.notes
    assert any("Windows-1252" in words and "ble lest" in words for words, _ in file.notes)

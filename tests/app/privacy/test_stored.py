"""Whether a file names somebody, in whatever way it writes what they are called."""

from __future__ import annotations

import gzip
import io
import json
import unicodedata

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from treue.app.privacy import stored
from treue.app.privacy.whole import Words

NAME = 'Zoë "Zi" Müller 🐦 a/d Elbe'
WORDS = Words.of(["o-7710"], [NAME])


def parquet(name):
    out = io.BytesIO()
    pq.write_table(pa.table({"name": [name]}), out)
    return out.getvalue()


WRITTEN = {
    "json": json.dumps({"name": NAME}),
    "json with plain letters": json.dumps({"name": NAME}, ensure_ascii=False),
    "json with escaped slashes": json.dumps({"name": NAME}).replace("/", "\\/"),
    "json with capital digits": json.dumps({"name": NAME}).replace("\\u00eb", "\\u00EB"),
    "json in json": json.dumps({"row": json.dumps({"name": NAME})}),
    "json after an escape": json.dumps({"text": f"to\n{NAME}\nin haste"}),
    "doubled quotes": f'name\n"{NAME.replace(chr(34), chr(34) * 2)}"\n',
    "json in a cell": '"' + json.dumps({"name": NAME}).replace('"', '""') + '"',
    "apart": unicodedata.normalize("NFD", NAME),
    "apart and escaped": json.dumps(unicodedata.normalize("NFD", NAME)),
    "wide letters": NAME.replace("Elbe", "\uff25\uff4c\uff42\uff45"),
    "capitals": NAME.upper(),
    "no-break spaces": NAME.replace(" ", "\u00a0"),
    "a number of an order": json.dumps([{"order": "o-7710"}]),
    "utf-16": NAME.encode("utf-16"),
    "utf-16 without a mark": NAME.encode("utf-16-le"),
    "packed": gzip.compress(NAME.encode(), mtime=0x01010101),
    "parquet": parquet(NAME),
    "with a zero far behind": b"x," * 50_000 + NAME.replace("Elbe", "El\0be").encode(),
}


@pytest.mark.parametrize("content", WRITTEN.values(), ids=WRITTEN)
def test_a_file_names_somebody_however_it_is_written(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert stored.holds(path, WORDS)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_found_whichever_form_its_record_has(tmp_path, form):
    path = tmp_path / "file"
    for theirs in ("NFC", "NFD", "NFKC"):
        path.write_text(unicodedata.normalize(theirs, "Zoë Müller"), encoding="utf-8")
        assert stored.holds(path, Words.of([], [unicodedata.normalize(form, "Zoë Müller")]))


@pytest.mark.parametrize("before", ["", "Ærlig\n"])
def test_a_name_in_a_line_of_windows_is_found_beside_lines_of_others(tmp_path, before):
    path = tmp_path / "file"
    path.write_bytes(before.encode() + "Zoë Müller\n".encode("cp1252") + before.encode())
    assert stored.holds(path, Words.of([], ["Zoë Müller"]))


@pytest.mark.parametrize(
    "content",
    [
        'name\n"Zoë ""Za"" Müller"\n',
        json.dumps({"name": "Zoë Müllermann", "path": "C:\\users\\u00e", "end": "\\"}),
        "\\ud83d\\ud83d \\u12 \\",
        "o-77100,xo-7710,co-7710",
    ],
)
def test_a_file_that_names_others_stays(tmp_path, content):
    path = tmp_path / "file"
    path.write_text(content, encoding="utf-8")
    assert not stored.holds(path, WORDS)


@pytest.mark.parametrize("between", [" ", "x"])
def test_a_name_across_the_border_of_two_pieces_is_found_and_half_a_word_is_none(tmp_path, between):
    path = tmp_path / "file"
    words = Words.of(["o-7710"], ["Zoë Müller"])
    name = json.dumps("Zoë Müller").encode()
    for before in (1, len(name) // 2, len(name) - 1):
        filling = (between * (stored.CHUNK - before)).encode()
        path.write_bytes(filling + name + filling[:99])
        assert stored.holds(path, words), before
        path.write_bytes(filling + b" Zo\xc3\xab M\xc3\xbcllerin,xo-7710 " + filling[:99])
        assert not stored.holds(path, words), before


def test_no_count_of_accents_on_one_letter_keeps_an_erasure_from_ending(tmp_path):
    path = tmp_path / "file"
    path.write_text("a" + "\u0301\u0316" * 400_000 + "\nZoë Müller\n", encoding="utf-8")
    assert stored.holds(path, Words.of([], ["Zoë Müller"]))

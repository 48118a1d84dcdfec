from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from treue.kernel.catalogs import catalog_files
from treue.kernel.language import LANGUAGES, Language

APP = Path(__file__).parents[2] / "src" / "treue" / "app"
KEYWORDS = {"gettext": None, "ngettext": (1, 2), "message": None, "_": None}
TRANSLATED = [code for code in LANGUAGES if code != "en"]


@cache
def used_messages():
    found = {}
    for path in APP.rglob("*.py"):
        with path.open("rb") as file:
            for _, words, _, _ in extract("python", file, KEYWORDS):
                found[words if isinstance(words, str) else words[0]] = path.name
    for path in APP.rglob("*.j2"):
        with path.open("rb") as file:
            for _, _, words, _ in babel_extract(file, ["_", "ngettext"], [], {}):
                if words:  # a name that is looked up, `_(label)`, was marked where it was written
                    found[words if isinstance(words, str) else words[0]] = path.name
    return found


def entries(code):
    for source in catalog_files(code, "treue.app"):
        with source.open("rb") as file:
            yield from (
                (source.name, entry) for entry in read_po(file, locale=code, abort_invalid=True) if entry.id
            )


def first(entry):
    return entry.id[0] if isinstance(entry.id, tuple) else entry.id


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_message_of_the_application_is_translated(code):
    language = Language(code, "treue.app")
    missing = {words: place for words, place in used_messages().items() if words not in language._words}
    assert missing == {}


@pytest.mark.parametrize("code", TRANSLATED)
def test_no_translation_is_left_over_double_fuzzy_or_empty(code):
    seen = {}
    for file, entry in entries(code):
        words = first(entry)
        assert words in used_messages(), (file, words)
        assert words not in seen, (file, seen.get(words), words)
        assert not entry.fuzzy, (file, words)
        forms = entry.string if isinstance(entry.string, tuple) else (entry.string,)
        assert all(forms), (file, words)
        seen[words] = file


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_translation_has_the_places_of_its_message(code):
    for _, entry in entries(code):
        messages = entry.id if isinstance(entry.id, tuple) else (entry.id,)
        forms = entry.string if isinstance(entry.string, tuple) else (entry.string,)
        for words, form in zip(messages, forms, strict=True):
            places = set(re.findall(r"\{\w*\}", words))
            allowed = places | {"{count}"} if len(messages) == 2 else places
            assert places - {"{count}"} <= set(re.findall(r"\{\w*\}", form)) <= allowed, words
            assert not form.rstrip(".").endswith("!"), words

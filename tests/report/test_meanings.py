"""What each measure means: all of the library, as its pages in docs/measures say it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import treue
from treue.kernel.language import Language
from treue.kernel.registry import measures
from treue.report.explanations import EXPLANATIONS, METHODS

DOCS = Path(__file__).parents[2] / "docs" / "measures"
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?|(?<!\d)\.\d+")


def numbers(text):
    return [float(one.replace(",", "")) for one in NUMBER.findall(text)]


BESIDE = {
    "expected_orders": "expected_returners",
    "expected_revenue": "expected_returners",
    "time_to_climb": "probability_of_advocate",
}
"""Measure to the page whose example it goes on with."""


def known_of(name):
    """Return the numbers of a measure's page; a rate may be told for 100 customers."""
    pages = [DOCS / f"{one}.md" for one in (name, BESIDE.get(name)) if one]
    return [100.0, *(number for page in pages for number in numbers(page.read_text(encoding="utf-8")))]


def as_in(number, known):
    """Whether a number is one of those known, rounded, or as a percentage."""
    digits = len(f"{number:g}".partition(".")[2])
    return any(round(scale * one, digits) == number for one in known for scale in (1, 100))


def test_every_measure_of_the_library_is_explained_under_its_name():
    assert {name: one.label for name, one in EXPLANATIONS.items()} == {
        name: one.label for name, one in measures().items()
    }


@pytest.mark.parametrize("name", sorted(EXPLANATIONS))
def test_every_text_is_there_in_three_languages(name):
    one = EXPLANATIONS[name]
    for text in (one.label, one.words, one.caution, one.example):
        assert text
        for code in ("de", "nb"):
            assert Language(code).gettext(text) != text, (code, text)


@pytest.mark.parametrize("name", sorted(EXPLANATIONS))
def test_the_numbers_of_an_example_are_those_of_its_page(name):
    known = known_of(name)
    result = [number for number in numbers(EXPLANATIONS[name].example) if number >= 10 or number % 1]
    assert [number for number in result if not as_in(number, known)] == []


def test_another_number_would_be_noticed():
    known = known_of("retention_rate")
    assert as_in(85.1, known)
    assert not as_in(85.2, known)


METHOD = re.compile(
    r'"((?:aalen|bootstrap_customers|delta_|greenwood|garwood|goodman|linearised|newcombe|prediction|wilson)'
    r'[a-z_]*)"|ci_method="([a-z_]+)"'
)


def test_every_method_of_an_interval_is_told_in_words():
    library = Path(treue.__file__).parent
    named = {
        one or other
        for folder in ("kernel", "measures", "ladder", "models")
        for file in sorted((library / folder).rglob("*.py"))
        for one, other in METHOD.findall(file.read_text(encoding="utf-8"))
    }
    assert {"wilson", "t", "garwood", "bootstrap_customers_one_step", "aalen_johansen_log_log"} <= named
    assert named - set(METHODS) == set()

"""What looks for a few among many must leave out nobody whom the whole comparison would find."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treue.app.customers.folded import RARE, hinting

LETTERS = "aeiknqwxz70 %_\\ÄøßſİıK\u0130\u212a"


def english(text):
    """Return a text with small letters of English alone, as a database does that knows no others."""
    return "".join(one.lower() if one.isascii() else one for one in text)


def fits(text, patterns):
    """Tell whether a text fits a pattern of letters with anything before and behind."""
    plain = [one[1:-1].replace("\\\\", "\0").replace("\\", "").replace("\0", "\\") for one in patterns]
    return any(one in text for one in plain)


@given(st.text(LETTERS, min_size=1), st.text(LETTERS), st.text(LETTERS), st.lists(st.booleans()))
def test_a_hint_fits_every_text_that_has_the_other_in_it(sought, before, behind, large):
    size = [*large, *[False] * len(sought)]
    inside = "".join(one.upper() if up else one for one, up in zip(sought, size, strict=False))
    whole = f"{before}{inside}{behind}"
    fold = english if sought.isascii() else str.lower
    patterns = hinting(sought)
    if patterns and fold(sought) in fold(whole):
        assert fits(whole, patterns), patterns


def test_a_hint_without_its_other_sizes_would_miss_some():
    assert fits("ZORN", hinting("zo"))
    assert not fits("ZORN", hinting("zo")[:1])
    assert not fits("AL", [one for one in hinting("al") if one != "%AL%"])


@pytest.mark.parametrize("text", ["", "ø", "Øi", "İ"])
def test_without_plain_letters_there_is_no_hint(text):
    assert hinting(text) == []


def test_the_rarest_letter_is_taken():
    assert hinting("Paq") == ["%q%", "%Q%"]
    assert hinting("Paul") == ["%p%", "%P%"]
    assert not set(RARE) & set("ik")

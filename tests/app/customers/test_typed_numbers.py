from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treue.app.customers.typed_numbers import group_sign, number_shown, plain_number
from treue.kernel.errors import WrongArgument
from treue.kernel.language import LANGUAGES, Language

EVERYWHERE = [
    "1000",
    "12",
    "0.5",
    "0,5",
    "0.500",
    "99,00",
    "1.234,5",
    "1,234.5",
    "1.234.567",
    "1 000",
    "-3",
    "1.2340",
]


@pytest.mark.parametrize(
    ("code", "typed", "plain"),
    [
        ("en", "1,000", "1000"),
        ("de", "1.000", "1000"),
        ("nb", "1 000", "1000"),
        ("nb", "1\u00a0000,5", "1000.5"),
        ("nb", "12\u202f345", "12345"),
        ("de", "12’345,60", "12345.6"),
        ("en", "1,234,567.25", "1234567.25"),
        ("de", "-1.000", "-1000"),
        ("de", "\u22121.000", "-1000"),
        ("de", "98,99", "98.99"),
        ("de", "98.99", "98.99"),
        ("en", "0", "0"),
        ("en", "-0.00", "0"),
    ],
)
def test_a_number_is_read_as_its_language_writes_it(code, typed, plain):
    assert plain_number("Orders", typed, group_sign(Language(code))) == plain


@pytest.mark.parametrize("typed", EVERYWHERE)
def test_what_can_mean_only_one_number_means_it_in_every_language(typed):
    assert len({plain_number("Orders", typed, group_sign(Language(code))) for code in LANGUAGES}) == 1
    assert plain_number("Orders", typed) == plain_number("Orders", typed, ",")


@pytest.mark.parametrize(
    ("code", "typed", "ways"),
    [
        ("en", "1.000", "1000 or as 1;"),
        ("de", "1,000", "1000 or as 1;"),
        ("nb", "1.000", "1000 or as 1;"),
        ("nb", "12,345", "12345 or as 12,3450;"),
        ("en", "-12.345", "-12345 or as -12.3450;"),
    ],
)
def test_what_can_be_read_two_ways_is_refused_with_both(code, typed, ways):
    group = group_sign(Language(code))
    with pytest.raises(WrongArgument, match=ways):
        plain_number("Orders", typed, group)
    for way in ways.rstrip(";").split(" or as "):
        assert plain_number("Orders", way, group)


@pytest.mark.parametrize(
    "typed", ["", "many", "1e3", "nan", "1,00,000", "10 00", "1.23.4", "1,2,3", "--1", "٣", "1.", "."]
)
def test_what_is_no_number_is_refused(typed):
    with pytest.raises(WrongArgument, match="is no number"):
        plain_number("Orders", typed, ",")


@given(
    st.decimals(-(10**11), 10**11, places=4, allow_nan=False),
    st.sampled_from(list(LANGUAGES)),
    # Three decimals behind a few digits could be thousands.
    st.sampled_from([0, 1, 2, 4]),
)
def test_a_number_that_is_shown_comes_back(number, code, digits):
    language = Language(code)
    group = group_sign(language)
    kept = plain_number("Orders", f"{number:f}0")
    assert plain_number("Orders", number_shown(kept, language), group) == kept == plain_number("Orders", kept)
    rounded = float(round(number, digits))
    assert float(plain_number("Orders", language.number(rounded, digits), group)) == pytest.approx(rounded)

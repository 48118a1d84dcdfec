from __future__ import annotations

import re

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from treue.kernel.guard import (
    OF_LISTS,
    SEPARATORS,
    Guards,
    guarded,
    guards_in,
    is_computed,
    sql_unguarded,
    unguarded,
)
from treue.kernel.language import Language
from treue.kernel.spreadsheet_line import spreadsheet_line

SIGNS = [*"';,|\t\r\n\" =+-@%ab\\", "\u00a0", "\ufeff", "\uff1d", "\uff20"]
TEXTS = st.text(st.sampled_from(SIGNS), max_size=12) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20
)
FORMULAS = ["Jens;=1+1", "Kim\t=2+2", "a,@x", "a|-1", "a\n+1", 'a;"=1', "a; =1", "a;\uff1d1", 'a,"" =1;=2']
MEANT = ["a;'=b", "a;''=b", "'", "''=", ";'=", ";'\"=", "\t=", "',='", "a;;=;'="]


@given(TEXTS)
@example("\0abc")
def test_every_text_comes_back_as_it_was(text):
    assert unguarded(guarded(text)) == text.replace("\0", "")


@pytest.mark.parametrize("text", [*FORMULAS, *MEANT])
def test_apostrophes_that_somebody_wrote_are_told_from_guards(text):
    assert unguarded(guarded(text)) == text


@given(TEXTS, TEXTS)
def test_no_two_texts_are_written_alike(one, other):
    assert (guarded(one) == guarded(other)) == (one == other)


@given(TEXTS)
def test_no_part_of_a_text_is_computed_whatever_separates_cells(text):
    first, *parts = re.split(f"[{SEPARATORS}]", guarded(text))
    assert not is_computed(first)
    assert not [part for part in parts if is_computed(part.lstrip(' \u00a0\ufeff"'))]


@given(TEXTS, st.sampled_from(Guards))
def test_the_database_takes_the_same_off(text, guards):
    query = f"SELECT {sql_unguarded('told', guards)} FROM (SELECT ? AS told)"
    with duckdb.connect() as connection:
        for told in (text, guarded(text)):
            assert connection.execute(query, [told]).fetchall() == [(unguarded(told, guards),)]


@pytest.mark.parametrize("text", FORMULAS)
def test_the_check_sees_what_nobody_guards(text):
    assert [part for part in re.split(f"[{SEPARATORS}]", text) if is_computed(part.lstrip(' "'))]


@pytest.mark.parametrize("text", MEANT[:2])
def test_a_file_of_somebody_else_keeps_its_apostrophes_within_a_text(text):
    assert unguarded(text, guards_in(["Name", "Note"])) == text


def test_lists_of_every_language_are_known():
    assert {Language(code, "treue.app").gettext("Customer number") for code in ("en", "de", "nb")} == OF_LISTS


def test_texts_are_quoted_and_numbers_are_not():
    assert spreadsheet_line(["a", 1, 'b"c', ""]) == '"a",1,"b""c",""\r\n'
    assert spreadsheet_line([1.5, "a;=b"], ";", lambda _: "1;5") == '"1;5";"a;\'=b"\r\n'
    assert spreadsheet_line([None], plain=lambda _: "") == '""\r\n'

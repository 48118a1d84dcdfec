from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treue.app.customers.export import csv_lines
from treue.kernel.guard import STARTS_FORMULA, guarded, unguarded

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00"), max_size=40)


@given(CELLS)
def test_a_guard_is_taken_off_exactly(cell):
    assert unguarded(guarded(cell)) == cell


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=20))
def test_what_goes_to_another_program_comes_back_byte_for_byte(rows):
    text = "".join(csv_lines(["a", "b"], rows, spreadsheet=False))
    assert list(csv.reader(io.StringIO(text, newline="")))[1:] == rows


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=20))
def test_no_cell_for_a_spreadsheet_is_computed_and_all_come_back(rows):
    text = "".join(csv_lines(["a", "b"], rows, spreadsheet=True))
    assert text.startswith("\ufeff")
    read = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))[1:]
    assert not [cell for row in read for cell in row if cell.startswith(STARTS_FORMULA)]
    assert not re.search(r"[;,\t\n][\"\ufeff\u00a0 ]*[=+@%-]", "".join(cell for row in read for cell in row))
    assert [[unguarded(cell) for cell in row] for row in read] == rows


@pytest.mark.parametrize("cell", ["=1+1", "+4722", "-5", "@SUM", "\tx", "%0", "＝1"])
def test_without_the_guard_the_check_would_fail(cell):
    text = "".join(csv_lines(["a", "b"], [[cell, ""]], spreadsheet=False))
    assert next(iter(list(csv.reader(io.StringIO(text, newline="")))[1])).startswith(STARTS_FORMULA)

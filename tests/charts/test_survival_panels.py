from __future__ import annotations

import pytest

from treue.charts.drawing import render
from treue.charts.survival_panels import survival_panels_spec
from treue.kernel.language import Language

CURVE = [(0.0, 1.0, None, None, True), (30.0, 0.8, 0.7, 0.9, True), (90.0, 0.6, 0.5, 0.7, True)]


@pytest.mark.parametrize(("size", "columns"), [("wide", 3), ("narrow", 1)])
def test_every_group_has_its_panel_and_sees_the_whole(size, columns):
    spec = survival_panels_spec(dict.fromkeys("abcd", CURVE), CURVE, Language("en"), size=size)
    assert spec["columns"] == columns
    rows = spec["data"]["values"]
    assert {(row["panel"], row["part"]) for row in rows} == {
        (place, part) for place in range(4) for part in ("own", "whole")
    }


def test_the_whole_is_drawn_no_further_than_the_groups_go():
    long = [*CURVE, (400.0, 0.1, 0.05, 0.2, True)]
    spec = survival_panels_spec({"a": CURVE}, long, Language("de"), size="wide")
    assert max(row["x"] for row in spec["data"]["values"]) == 90.0


def test_no_name_can_break_the_drawing():
    names = ["it's", "back\\slash", "two\nlines", "<b>bold</b>", "line\u2028end", '"quoted"']
    spec = survival_panels_spec(dict.fromkeys(names, CURVE), CURVE, Language("nb"), size="wide")
    drawn = render(spec, name="panels", label="x")
    assert "<b>" not in drawn
    for words in ("it's", "back\\slash", "two lines", "&lt;b&gt;bold&lt;/b&gt;", "line end"):
        assert words in drawn

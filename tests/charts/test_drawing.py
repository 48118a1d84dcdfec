from __future__ import annotations

import re

from treue.charts.drawing import drawing_aside, finish, label_expression, render
from treue.charts.palette import ACCENT, HATCH, VARIABLES

SPEC = {
    "width": 200,
    "height": 80,
    "data": {"values": [{"x": 1, "y": 2}, {"x": 2, "y": 3}]},
    "mark": {"type": "bar", "color": ACCENT},
    "encoding": {"x": {"field": "x", "type": "ordinal"}, "y": {"field": "y", "type": "quantitative"}},
}


def test_colours_are_those_of_the_page():
    svg = render(SPEC, name="one", label="two bars")
    assert "var(--accent)" in svg
    assert not any(stand_in in svg for stand_in in (*VARIABLES, HATCH))
    assert not re.search(r"#0[0-9]0[0-9]0[0-9]", svg)


def test_no_colour_is_left_that_dark_mode_would_not_follow():
    svg = render(SPEC, name="one", label="two bars")
    assert re.findall(r'(?:fill|stroke)="(?!var\(|none|transparent|url\()[^"]*"', svg) == []


def test_a_drawing_has_a_name_and_no_roles_inside():
    svg = render(SPEC, name="one", label='5 < 6 & "so"')
    assert svg.count("role=") == 1
    assert 'aria-label="5 &lt; 6 &amp; &quot;so&quot;"' in svg


def test_a_drawing_takes_its_size_from_the_page():
    opening = render(SPEC, name="one", label="x").partition(">")[0]
    assert "viewBox=" in opening
    assert "width=" not in opening
    assert "height=" not in opening


def test_ids_of_two_drawings_never_meet():
    raw = '<svg width="9" viewBox="0 0 9 9"><clipPath id="clip0"></clipPath><g clip-path="url(#clip0)" fill="#080808"></g></svg>'
    first, second = (finish(raw, name=name, label="x") for name in ("a", "b"))
    assert set(re.findall(r'\bid="([^"]+)"', first)).isdisjoint(re.findall(r'\bid="([^"]+)"', second))
    assert 'clip-path="url(#a-clip0)"' in first


def test_hatching_brings_its_pattern():
    raw = f'<svg viewBox="0 0 9 9"><path fill="{HATCH}"/></svg>'
    svg = finish(raw, name="a", label="x")
    assert '<pattern id="a-hatch"' in svg
    assert 'fill="url(#a-hatch)"' in svg


def test_labels_with_quotation_marks_stay_labels():
    assert label_expression({1: "l'an \\ 1"}) == "{'1': 'l\\'an \\\\ 1'}[toString(datum.value)] || ''"


def test_another_process_draws_the_same():
    here = render(SPEC, name="one", label="two bars")
    with drawing_aside():
        assert render(SPEC, name="one", label="two bars") == here
    assert render(SPEC, name="one", label="two bars") == here

from __future__ import annotations

from treue.charts.drawing import render
from treue.charts.survival_curve import curve_rows, survival_spec

POINTS = [
    (0.0, 1.0, None, None, False),
    (30.0, 0.9, 0.85, 0.94, True),
    (60.0, 0.6, 0.5, 0.7, True),
    (90.0, 0.4, 0.3, 0.5, True),
]


def test_the_curve_has_no_hole_where_it_becomes_final():
    rows = curve_rows(POINTS)
    assert [(row["x"], row["final"]) for row in rows] == [
        (0, False),
        (30, False),
        (30, True),
        (60, True),
        (90, True),
    ]


def test_a_point_without_an_interval_has_none_drawn():
    assert (curve_rows(POINTS)[0]["low"], curve_rows(POINTS)[0]["high"]) == (1.0, 1.0)


def test_the_median_is_marked_only_where_it_lies_inside(english):
    def count(median):
        return len(survival_spec(POINTS, english, size="wide", median_days=median)["layer"])

    assert count(75.0) == count(None) + 2
    assert count(200.0) == count(None)


def test_the_axis_always_shows_the_whole_share(english):
    spec = survival_spec(POINTS, english, size="narrow")
    assert spec["layer"][0]["encoding"]["y"]["scale"]["domain"] == [0, 1]


def test_it_can_be_drawn(english):
    svg = render(survival_spec(POINTS, english, size="wide", median_days=75.0), name="s", label="x")
    assert "half are gone after 75 days" in svg
    assert "stroke-dasharray" in svg

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from treue.charts.figure_scale import figure_scale, open_range, share_range
from treue.charts.ladder_stair import MOST_DOTS, Step, dots, ladder_stair, people_per_dot
from treue.charts.rhythm_strip import rhythm_strip


def parsed(drawing):
    return ET.fromstring(drawing)  # noqa: S314  (our own drawing)


def scale(**changes):
    given = {
        "value": 0.8,
        "low": 0.7,
        "high": 0.85,
        "ends": (0.0, 1.0),
        "end_labels": ("0%", "100%"),
        "label": "x",
    }
    given.update(changes)
    places = [given.pop(name) for name in ("value", "low", "high", "ends")]
    return parsed(figure_scale(*places, **given))


def test_the_dot_and_the_stroke_lie_where_the_numbers_are():
    drawn = scale()
    assert drawn.find("circle").get("cx") == "80.00%"
    stroke = drawn.findall("line")[1]
    assert (stroke.get("x1"), stroke.get("x2")) == ("70.00%", "85.00%")


def test_a_figure_that_cannot_be_told_is_open_and_dashed():
    drawn = scale(firm=False)
    assert drawn.find("circle").get("fill") == "var(--paper)"
    assert drawn.findall("line")[1].get("stroke-dasharray")


def test_without_a_value_only_the_scale_is_drawn():
    drawn = scale(value=None, low=None, high=None)
    assert drawn.find("circle") is None
    assert len(drawn.findall("line")) == 1


def test_the_comparison_is_a_dashed_mark():
    drawn = scale(other=0.5)
    assert [line.get("x1") for line in drawn.findall("line") if line.get("stroke-dasharray")] == ["50.00%"]


def test_words_in_a_scale_cannot_become_markup():
    assert "<b>" not in figure_scale(1, 1, 1, (0, 2), end_labels=("<b>", "&"), label='"<b>')


@pytest.mark.parametrize(
    ("low", "high", "other"), [(0, 1, None), (0.831, 0.832, None), (0.95, 0.99, 0.99), (0, 0, None)]
)
def test_the_ends_of_a_scale_hold_every_mark(low, high, other):
    for ends in (share_range(low, high, other), open_range(low, high, other)):
        assert ends[0] <= low <= high <= ends[1]
        assert ends[1] > ends[0]
    assert share_range(low, high, other)[0] >= 0
    assert share_range(low, high, other)[1] <= 1


def test_a_scale_of_days_may_begin_below_nothing_only_for_losses():
    assert open_range(2, 9)[0] >= 0
    assert open_range(-5, 9)[0] <= -5


def test_silence_is_shaded_only_beyond_the_habit():
    def rects(habit):
        return parsed(rhythm_strip([(900, 5), (950, 9)], 1000, habit_days=habit, label="x")).findall("rect")

    assert len(rects(30)) == 1
    assert rects(60) == []
    assert rects(None) == []


def test_a_larger_amount_is_a_taller_tick():
    drawn = rhythm_strip([(900, 100), (950, 400)], 1000, habit_days=None, label="x")
    heights = [float(height) for height in re.findall(r"v-([\d.]+)", drawn)]
    assert heights[0] < heights[1]


def test_purchases_before_the_strip_and_returns_do_no_harm():
    drawn = rhythm_strip([(1, 5), (990, -3), (995, 0)], 1000, habit_days=2, label="x", shown_days=100)
    assert drawn.count("M") == 2
    assert 'width="-' not in drawn


def test_nobody_vanishes_from_the_stair():
    assert dots(86, 100, 0, 0, 20).count("<circle") == 1
    assert dots(0, 100, 0, 0, 20) == ""
    assert dots(250, 100, 0, 0, 20).count("<circle") == 3


@pytest.mark.parametrize("largest", [0, 1, 99, 101, 7106, 10_000_000])
def test_a_rung_never_has_more_dots_than_people_can_see(largest):
    per_dot = people_per_dot([largest, 3], MOST_DOTS)
    assert -(-largest // per_dot) <= MOST_DOTS
    assert str(per_dot).rstrip("0") in {"1", "2", "5"}


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_the_height_of_a_step_is_its_rung_and_not_its_count(size):
    def treads(counts):
        steps = [Step(count=count, number=str(count), name="x") for count in counts]
        drawn = ladder_stair(steps, per_dot=1000, size=size, label="x")
        return re.findall(r'<path d="([^"]+)"', drawn)

    assert treads([1, 1, 1]) == treads([900, 20, 400])


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_a_rung_that_cannot_be_seen_is_a_dashed_step_without_dots(size):
    steps = [
        Step(count=None, number="cannot tell yet", name="prospects"),
        Step(count=3, number="3", name="<i>"),
    ]
    drawn = ladder_stair(steps, per_dot=1, size=size, label="x")
    assert drawn.count("stroke-dasharray") == 1
    assert drawn.count("<circle") == 3
    assert "<i>" not in drawn

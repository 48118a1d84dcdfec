"""Charts that answer the pointer: which do, and what is under it in words."""

from __future__ import annotations

from treue.charts.ladder_stair import Step, ladder_stair
from treue.charts.live import POINTER, answers, live_spec
from treue.charts.rehearsal import Point, rehearsal_spec
from treue.charts.survival_panels import survival_panels_spec

CURVE = [(0.0, 1.0, None, None, True), (30.0, 0.8, 0.7, 0.9, True)]


def panels(english):
    return survival_panels_spec({"north": CURVE, "south": CURVE}, CURVE, english, size="wide")


def test_the_curves_of_groups_answer_for_the_group_and_not_for_all(english):
    spec = panels(english)
    assert answers(spec)
    told = [row["told"] for row in spec["data"]["values"] if "told" in row]
    assert len(told) == 4
    assert told[1] == "north, after 30 days: 80.0% (70.0–90.0%)"
    live = live_spec(spec, name="groups-1", size="wide")
    assert [layer.get("name") for layer in live["spec"]["layer"]] == [None, None, None, POINTER]
    assert "layer" not in live
    assert spec["spec"]["layer"][-1] is not live["spec"]["layer"][-1]


def test_a_rehearsal_answers_with_what_was_expected_and_what_came():
    points = [Point("1 Jan", 10.0, 12.0, 7.0, 13.0), Point("8 Jan", 11.0, 9.0, None, None)]
    spec = rehearsal_spec(
        points, size="wide", write=str, tell=lambda point: f"{point.name}: {point.expected} {point.actual}"
    )
    assert answers(spec)
    assert [row["told"] for row in spec["data"]["values"]] == ["1 Jan: 10.0 12.0", "8 Jan: 11.0 9.0"]
    assert live_spec(spec, name="rehearsal", size="wide")["layer"][-1]["name"] == POINTER


def test_a_drawing_without_words_does_not_answer(english):
    spec = panels(english)
    for row in spec["data"]["values"]:
        row.pop("told", None)
    assert not answers(spec)


def test_a_step_of_the_ladder_says_what_it_is_and_what_is_written_is_safe():
    steps = [
        Step(count=3, number="3", name="customers", told='3 <b>"customers"</b>'),
        Step(count=None, number="?", name="x"),
    ]
    for size in ("wide", "narrow"):
        drawn = ladder_stair(steps, per_dot=1, size=size, label="The ladder")
        assert drawn.count("<title>") == drawn.count("data-told=") == 1
        assert "<title>3 &lt;b&gt;&quot;customers&quot;&lt;/b&gt;</title>" in drawn

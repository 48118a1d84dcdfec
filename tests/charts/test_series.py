from __future__ import annotations

import json

import pytest

from treue.charts.drawing import render
from treue.charts.series import axis_domain, axis_ticks, period_ticks, series_spec


def rows_of(spec):
    return spec["data"]["values"]


def write(value):
    return f"{100 * value:.0f}%"


def test_a_period_that_is_not_final_stays_off_the_line(share, english):
    figures = [
        share(80, 100, period="2026-01"),
        share(78, 100, period="2026-02"),
        share(9, 100, period="2026-03", provisional=True),
    ]
    spec = series_spec(figures, english, size="wide", write=write)
    assert [row["firm"] for row in rows_of(spec)] == [True, True, False]
    line = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "line")
    assert line["transform"] == [{"filter": "datum.firm"}]


def test_the_line_does_not_bridge_a_period_that_cannot_be_told(share, english):
    figures = [
        share(80, 100, period="2026-01"),
        share(2, 3, period="2026-02"),
        share(81, 100, period="2026-03"),
    ]
    runs = [
        row["run"] for row in rows_of(series_spec(figures, english, size="wide", write=write)) if row["firm"]
    ]
    assert runs[0] != runs[1]


def test_a_period_without_anybody_leaves_a_gap(share, english):
    figures = [
        share(80, 100, period="2026-01"),
        share(0, 0, period="2026-02"),
        share(81, 100, period="2026-03"),
    ]
    assert [row["x"] for row in rows_of(series_spec(figures, english, size="wide", write=write))] == [0, 2]


def test_the_axis_holds_every_interval(share, english):
    figures = [
        share(events, 40, period=f"2026-0{month}") for month, events in enumerate((12, 20, 30), start=1)
    ]
    spec = series_spec(figures, english, size="narrow", write=write)
    low, high = spec["layer"][0]["encoding"]["y"]["scale"]["domain"]
    assert low <= min(figure.ci_low for figure in figures)
    assert high >= max(figure.ci_high for figure in figures)


def test_the_axis_of_a_share_ends_at_0_and_1():
    assert axis_domain([{"low": 0.0, "high": 1.0, "firm": True}], share=True) == (0.0, 1.0)
    assert axis_domain([], share=True) == (0.0, 1.0)


def test_the_axis_of_money_may_exceed_1_and_never_falls_below_0():
    low, high = axis_domain([{"low": 1.0, "high": 60.0, "firm": True}], share=False)
    assert low == 0.0
    assert high > 60.0


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.031, 0.034), (17.0, 41.0), (0.0, 2_300_000.0)])
def test_ticks_are_round_and_inside(low, high):
    ticks = axis_ticks(low, high)
    assert 2 <= len(ticks) <= 6
    assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in ticks)


@pytest.mark.parametrize("count", [1, 2, 7, 36, 40])
def test_the_last_period_always_has_its_name(count):
    shown = period_ticks(count, 4)
    assert shown[-1] == count - 1
    assert len(shown) <= 4


def test_it_can_be_drawn_and_holds_plain_json(share, english):
    figures = [share(80 + month, 100, period=f"2026-0{month}") for month in range(1, 6)]
    spec = series_spec(figures, english, size="narrow", write=write)
    svg = render(json.loads(json.dumps(spec)), name="s", label="five months")
    assert svg.startswith("<svg")
    assert "May 2026" in svg

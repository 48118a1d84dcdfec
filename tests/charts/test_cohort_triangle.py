from __future__ import annotations

from treue.charts.cohort_triangle import cells, period_place, triangle_spec
from treue.charts.drawing import render
from treue.charts.palette import HEAT_LIMIT


def months(share):
    return [
        share(60, 60, segment="2026-01", period="2026-01"),
        share(20, 60, segment="2026-01", period="2026-02"),
        share(30, 60, segment="2026-01", period="2026-03", provisional=True),
        share(50, 50, segment="2026-02", period="2026-02"),
        share(1, 50, segment="2026-02", period="2026-03"),
    ]


def test_ages_count_whole_periods_over_the_turn_of_a_year():
    assert period_place("2027-01") - period_place("2026-11") == 2
    assert period_place("2027-Q1") - period_place("2025-Q4") == 5
    assert period_place("2027") - period_place("2024") == 3


def test_cells_are_in_order_and_know_their_age(share):
    found = cells(list(reversed(months(share))))
    assert [(cell.cohort, cell.age) for cell in found] == [
        ("2026-01", 0), ("2026-01", 1), ("2026-01", 2), ("2026-02", 0), ("2026-02", 1),
    ]  # fmt: skip


def test_an_empty_cohort_has_no_cell(share):
    assert cells([share(0, 0, segment="2026-01", period="2026-02")]) == []


def test_only_reliable_cells_are_tinted_and_open_ones_are_hatched(share, english):
    rows = triangle_spec(cells(months(share)), english, size="wide")["data"]["values"]
    by_place = {(row["row"], row["age"]): row for row in rows}
    assert by_place[0, 1]["tint"] > 0
    assert by_place[0, 2]["open"]
    assert by_place[0, 2]["tint"] == 0
    assert by_place[1, 1]["tint"] == 0
    assert not by_place[1, 1]["open"]


def test_the_tint_never_hides_the_number(share, english):
    rows = triangle_spec(cells(months(share)), english, size="wide")["data"]["values"]
    assert max(row["tint"] for row in rows) <= HEAT_LIMIT


def test_a_narrow_drawing_leaves_the_numbers_to_the_table(share, english):
    found = cells(months(share))
    marks = {
        size: [layer["mark"]["type"] for layer in triangle_spec(found, english, size=size)["layer"]]
        for size in ("wide", "narrow")
    }
    assert "text" in marks["wide"]
    assert "text" not in marks["narrow"]


def test_hatching_is_drawn(share, english):
    svg = render(triangle_spec(cells(months(share)), english, size="wide"), name="t", label="x")
    assert "url(#t-hatch)" in svg
    assert "Jan 2026" in svg

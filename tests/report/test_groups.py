"""Customers divided by a column: who stays, whether the total lies, whether it could be chance."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from treue.engine.duckdb import DuckDBEngine
from treue.history.history import History
from treue.history.settings import Settings
from treue.kernel.language import LANGUAGES, Language
from treue.report.contents import build_report, report_json
from treue.report.groups import divide, joined_groups, likely_columns
from treue.report.page import render_html
from treue.report.sentences import change_sentence

AS_OF = date(2025, 12, 31)
EVIL = "<script>alert(1)</script>\n'\\"


def firm(*groups, as_of=AS_OF, **columns):
    """Return a history of contracts; a group is (name, started, ended or None, how many)."""
    rows = [group[:3] for group in groups for _ in range(group[3])]
    ids = [f"C{place:05d}" for place in range(len(rows))]
    contracts = pa.table(
        {
            "contract_id": ids,
            "customer_id": ids,
            "started_on": pa.array([row[1] for row in rows], pa.date32()),
            "ended_on": pa.array([row[2] for row in rows], pa.date32()),
        }
    )
    customers = {"customer_id": ids, "segment": [row[0] for row in rows]}
    customers |= {name: [make(place) for place in range(len(rows))] for name, make in columns.items()}
    tables = {"contracts": contracts, "customers": pa.table(customers)}
    return History.of(DuckDBEngine(), tables, Settings(as_of=as_of))


def stay_and_go(name, started, ended, stay, go):
    return [(name, started, None, stay), (name, started, ended, go)]


def paradox():
    """Small customers fall from 90 to 85 %, large ones from 70 to 60 %; the total rises with the mix."""
    old, lost, new, gone = date(2023, 5, 1), date(2024, 11, 1), date(2025, 2, 1), date(2025, 11, 1)
    return firm(
        # At the start of the last quarter of 2024: 100 small and 1,000 large.
        ("small", old, None, 50), ("small", old, date(2025, 6, 1), 40), ("small", old, lost, 10),
        ("large", old, date(2025, 6, 1), 640), ("large", old, None, 60), ("large", old, lost, 300),
        # At the start of the last quarter of 2025: 1,000 small and 100 large.
        ("small", new, None, 800), ("small", new, gone, 150), ("large", new, gone, 40),
    )  # fmt: skip


@pytest.fixture(scope="module")
def turned():
    with paradox() as history:
        yield build_report(history)


def test_retention_of_each_group_is_counted_with_its_interval(turned):
    (one,) = turned.divisions
    counted = {figure.segment: (figure.numerator, figure.denominator) for figure in one.retention}
    assert counted == {"small": (850, 1000), "large": (60, 100)}
    assert all(figure.ci_low < figure.value < figure.ci_high for figure in one.retention)
    assert one.ranked
    assert [figure.segment for figure in one.retention] == ["small", "large"]


def test_a_total_that_moves_against_every_group_is_flagged_where_it_would_mislead(turned):
    (one,) = turned.divisions
    assert one.mix.opposes
    assert one.standardised.value == pytest.approx(0.6227, abs=1e-4)
    assert "although it fell in every group" in change_sentence(turned, Language("en"))
    for code in LANGUAGES:
        page = render_html(turned, code)
        assert '<p class="warning">' in page
    assert "62.3%" in render_html(turned, "en")


def test_json_has_the_groups_with_their_segment(turned):
    plain = report_json(turned)
    found = {
        (one["id"], one["segment"]): one
        for one in plain["figures"]
        if one.get("segment") in {"small", "large"}
    }
    assert found["retention_rate", "small"]["value"] == 0.85
    assert ("survival", "large") in found
    (one,) = plain["comparisons"]
    assert one["total_opposes_segments"] is True
    assert (one["column"], one["table"], one["tests"]) == ("segment", "customers", 1)
    assert one["p_value_adjusted"] == one["p_value"]


def test_a_history_without_columns_says_nothing_about_groups(tiny_report):
    assert tiny_report.divisions == ()
    assert "comparisons" not in report_json(tiny_report)
    assert 'id="groups"' not in render_html(tiny_report, "en")


def test_columns_are_chosen_by_name_and_number_of_values_never_by_outcome():
    with firm(
        *stay_and_go("a", date(2024, 1, 1), date(2025, 11, 1), 60, 20),
        *stay_and_go("b", date(2024, 1, 1), date(2025, 11, 1), 60, 20),
        zebra=lambda place: "xy"[place % 2],
        country=lambda place: ("NO", "DE", "SE")[place % 3],
        diary=lambda place: f"page {place}",
        alone=lambda _: "one",
    ) as history:
        assert likely_columns(history) == ["segment", "country", "zebra"]
        assert [one.column for one in divide(history)] == ["segment", "country"]


def test_p_values_are_held_against_the_number_of_comparisons():
    with firm(
        *stay_and_go("a", date(2024, 1, 1), date(2025, 11, 1), 60, 40),
        *stay_and_go("b", date(2024, 1, 1), date(2025, 11, 1), 80, 20),
        country=lambda place: "xy"[place % 2],
    ) as history:
        first, second = divide(history)
        page = render_html(build_report(history), "en")
    assert first.survival.p_value < second.survival.p_value
    assert first.adjusted_p_value == pytest.approx(2 * first.survival.p_value)
    assert not first.could_be_chance
    assert second.could_be_chance
    assert "2 such comparisons were made" in page
    assert "How long these groups stay differs by more than chance would explain." in page
    assert "could be chance" in page


@pytest.mark.slow
def test_equal_groups_are_called_different_about_once_in_twenty():
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(40):
        ends = [date(2025, int(month), 1) if month <= 12 else None for month in rng.integers(1, 40, 200)]
        with firm(*(("ab"[k % 2], date(2024, 1, 1), end, 1) for k, end in enumerate(ends))) as history:
            alarms += not divide(history)[0].could_be_chance
    assert alarms <= 6


@pytest.fixture(scope="module")
def mixed():
    with firm(
        *stay_and_go("b", date(2024, 1, 1), date(2025, 11, 1), 60, 20),
        *stay_and_go(EVIL, date(2024, 1, 1), date(2025, 11, 1), 80, 6),
        ("few", date(2024, 1, 1), None, 9),
        ("rare", date(2024, 1, 1), None, 3),
        ("rarer", date(2024, 1, 1), None, 2),
    ) as history:
        yield build_report(history)


def test_small_groups_are_not_ranked_and_cannot_be_told(mixed):
    (one,) = mixed.divisions
    assert not one.ranked
    assert [figure.segment for figure in one.retention] == [EVIL, "b", "few", "others"]
    page = render_html(mixed, "en")
    assert "they are not ranked" in page
    assert "9 of 30 customers" in page


def test_fewer_than_five_people_are_never_shown_alone(mixed):
    (one,) = mixed.divisions
    assert one.retention[-1].denominator == 5
    assert "rare" not in render_html(mixed, "en")
    assert not any(row.get("segment") in {"rare", "rarer"} for row in report_json(mixed)["figures"])


def test_a_name_of_a_group_cannot_bring_markup_or_break_the_page(mixed):
    page = render_html(mixed, "de")
    assert "<script" not in page
    assert page.count("&lt;script&gt;") > 1


@pytest.mark.parametrize(
    ("groups", "shown", "joined"),
    [
        ([("a", 9, 10), ("b", 5, 6)], [("a", 9, 10), ("b", 5, 6)], 0),
        ([("a", 9, 10), ("b", 5, 6), ("c", 0, 0)], [("a", 9, 10), ("b", 5, 6)], 0),
        # A single small group would be known from the total, so the next smallest joins it.
        ([("a", 9, 10), ("b", 5, 6), ("c", 1, 1)], [("a", 9, 10), ("others", 6, 7)], 2),
        ([("c", 1, 1)], [], 1),
        ([], [], 0),
    ],
)
def test_what_is_joined_cannot_be_found_out_from_the_total(groups, shown, joined):
    assert joined_groups(groups) == (shown, joined)


def test_groups_of_one_name_in_two_columns_are_told_apart():
    with firm(
        *stay_and_go("north", date(2024, 1, 1), date(2025, 11, 1), 60, 20),
        *stay_and_go("south", date(2024, 1, 1), date(2025, 11, 1), 60, 20),
        country=lambda place: ("north", "west")[place % 2],
    ) as history:
        report = build_report(history)
    segments = [
        figure.segment for figure in report.figures if figure.id == "retention_rate" and figure.segment
    ]
    assert sorted(segments) == ["country: north", "north", "south", "west"]


def test_numbers_on_an_order_are_quantities_and_not_groups(make_orders):
    table = make_orders(300, 700)
    count = len(table)
    table = table.append_column("quantity", [[str(1 + place % 3) for place in range(count)]])
    table = table.append_column("shop", [["ab"[place % 2] for place in range(count)]])
    with History.of(DuckDBEngine(), {"purchases": table}, Settings(window_days=120)) as history:
        assert {"shop", "quantity"} <= set(likely_columns(history))
        assert [one.column for one in divide(history)] == ["shop"]

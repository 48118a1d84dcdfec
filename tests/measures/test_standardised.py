"""A change of mix must not pass for a change of loyalty."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from treue.kernel.intervals import wilson
from treue.kernel.status import Status
from treue.measures.retention import retention_rate
from treue.measures.standardised import (
    mix_change,
    segment_directions,
    standardised_retention,
    standardised_share,
)

OLD_MIX = {"small": (90, 100), "large": (700, 1000)}
NEW_MIX = {"small": (850, 1000), "large": (60, 100)}
WON, AS_OF = date(2024, 12, 10), date(2025, 6, 30)


def test_the_printed_example():
    before = (90 + 700) / 1100
    after = (850 + 60) / 1100
    share, low, high, missing = standardised_share({"small": 100, "large": 1000}, NEW_MIX)
    assert (round(before, 3), round(after, 3), round(share, 3)) == (0.718, 0.827, 0.623)
    assert low < share < high
    assert not missing
    assert segment_directions(OLD_MIX, NEW_MIX) == (0, 2, True)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (OLD_MIX, OLD_MIX, (0, 0, False)),
        ({"a": (5, 10)}, {"a": (4, 10)}, (0, 1, False)),
        ({"a": (5, 10), "b": (5, 10)}, {"a": (6, 10), "b": (4, 10)}, (1, 1, False)),
        (NEW_MIX, OLD_MIX, (2, 0, True)),
        ({"a": (5, 10), "b": (5, 10)}, {"a": (8, 10), "b": (4, 10)}, (1, 1, False)),
        ({"a": (5, 10), "b": (5, 10)}, {"a": (6, 10), "b": (2, 10)}, (1, 1, False)),
        ({"a": (1, 3), "b": (9, 10)}, {"a": (2, 6), "b": (1, 10)}, (0, 1, False)),
        ({"a": (5, 10)}, {"b": (5, 10)}, (0, 0, False)),
    ],
)
def test_only_a_total_against_every_segment_is_flagged(before, after, expected):
    assert segment_directions(before, after) == expected


def test_one_segment_has_its_own_share_and_interval():
    assert standardised_share({"a": 7}, {"a": (81, 263)})[:3] == pytest.approx((81 / 263, *wilson(81, 263)))


def test_a_segment_that_is_gone_is_reported_and_the_others_stand_in():
    share, _, _, missing = standardised_share({"a": 50, "b": 50}, {"a": (9, 10)})
    assert (share, missing) == (0.9, True)
    assert standardised_share({"a": 50}, {}) == (None, None, None, True)


def told_history(of_contracts):
    """The first quarter keeps 9 of 10 and 70 of 100; the second 850 of 1,000 and 42 of 70."""
    rows, segment = [], {}

    def customers(kind, start, end, count):
        for _ in range(count):
            name = f"k{len(segment)}"
            segment[name] = kind
            rows.append((name, start, end))

    q1, q2 = date(2025, 2, 1), date(2025, 5, 1)
    customers("small", WON, None, 9)
    customers("small", WON, q1, 1)
    customers("large", WON, q1, 30)
    customers("large", WON, q2, 28)
    customers("large", WON, None, 42)
    customers("small", date(2025, 3, 1), q2, 150)
    customers("small", date(2025, 3, 1), None, 841)
    table = pa.table({"customer_id": list(segment), "country": list(segment.values())})
    return of_contracts(rows, customers=table, as_of=AS_OF)


def test_the_flag_is_raised_on_a_history(of_contracts):
    history = told_history(of_contracts)
    change = mix_change(history, "country")
    assert (change.earlier_period, change.later_period, change.compared_with) == (
        "2025-Q1",
        "2025-Q2",
        "previous",
    )
    total = {figure.period: figure.value for figure in retention_rate(history, by="quarter")}
    assert (change.earlier_share, change.later_share) == (total["2025-Q1"], total["2025-Q2"])
    assert change.later_share > change.earlier_share
    assert change.standardised_share == pytest.approx((10 * 0.85 + 100 * 0.6) / 110)
    assert (change.risen, change.fallen, change.opposes) == (0, 2, True)


def test_the_standardised_series_keeps_the_first_mix(of_contracts):
    history = told_history(of_contracts)
    figures = {figure.period: figure for figure in standardised_retention(history, "country")}
    assert figures["2024-Q4"].status is Status.UNDEFINED
    total = {figure.period: figure.value for figure in retention_rate(history, by="quarter")}
    assert figures["2025-Q1"].value == pytest.approx(total["2025-Q1"])
    segments = {f.segment: f.value for f in retention_rate(history, by="country")}
    expected = (10 * segments["small"] + 100 * segments["large"]) / 110
    assert figures["2025-Q2"].value == pytest.approx(expected)
    assert figures["2025-Q2"].ci_method == "wilson_weighted"


def test_nothing_to_compare_is_no_flag(of_contracts):
    table = pa.table({"customer_id": ["a"], "country": ["NO"]})
    history = of_contracts([("a", date(2025, 5, 1), None)], customers=table, as_of=AS_OF)
    assert mix_change(history, "country") is None
    assert standardised_retention(history, "country") == []


def test_a_mix_that_has_lost_a_segment_is_not_to_be_relied_on(of_contracts):
    gone = [(f"a{k}", WON, date(2025, 2, 1)) for k in range(20)]
    stay = [(f"b{k}", WON, None if k < 60 else date(2025, 5, 1)) for k in range(80)]
    names = [row[0] for row in gone + stay]
    table = pa.table({"customer_id": names, "country": [name[0] for name in names]})
    figure = standardised_retention(of_contracts(gone + stay, customers=table, as_of=AS_OF), "country")[-1]
    assert (figure.value, figure.status) == (0.75, Status.INSUFFICIENT)

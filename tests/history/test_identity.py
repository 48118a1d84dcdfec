"""Records that are one customer are followed to the id that stayed, and the merge can be undone."""

from __future__ import annotations

from datetime import date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from treue.history.history import History
from treue.history.identity import merge_map
from treue.history.settings import Settings
from treue.measures.retention import retention_rate


def merge(old, new, day, undone=None):
    return {
        "from_id": old,
        "into_id": new,
        "merged_at": datetime(2026, 1, day),
        "undone_at": undone and datetime(2026, 1, undone),
    }


@pytest.mark.parametrize(
    ("merges", "expected"),
    [
        ([], {}),
        ([merge("a", "b", 1)], {"a": "b"}),
        ([merge("a", "b", 1), merge("b", "c", 2)], {"a": "c", "b": "c"}),
        ([merge("b", "c", 2), merge("a", "b", 1)], {"a": "c", "b": "c"}),
        ([merge("a", "b", 1), merge("b", "a", 2)], {"a": "b"}),
        ([merge("a", "a", 1)], {}),
        ([merge("a", "b", 1, undone=3)], {}),
        ([merge("a", "b", 1), merge("a", "c", 2)], {"a": "c", "b": "c"}),
    ],
)
def test_where_each_record_ended_up(merges, expected):
    assert merge_map(merges) == expected


def test_an_earlier_day_sees_the_merges_of_that_day():
    merges = [merge("a", "b", 1, undone=10), merge("c", "b", 20)]
    assert merge_map(merges, before=datetime(2026, 1, 5)) == {"a": "b"}
    assert merge_map(merges, before=datetime(2026, 1, 15)) == {}
    assert merge_map(merges, before=datetime(2026, 1, 31)) == {"c": "b"}


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef"), st.integers(1, 28)), max_size=12)
)
def test_nobody_ends_in_a_record_that_was_merged_away(pairs):
    found = merge_map([merge(*pair) for pair in pairs])
    assert not set(found.values()) & set(found)


def test_a_merged_pair_is_one_customer_not_one_lost(duckdb_engine):
    """200 records hold one pair, one of them still active: 199 customers, nobody lost."""
    ended = [date(2026, 1, 20)] + [None] * 199
    contracts = pa.table(
        {
            "contract_id": [str(k) for k in range(200)],
            "customer_id": [f"k{k}" for k in range(200)],
            "started_on": [date(2025, 6, 1)] * 200,
            "ended_on": ended,
        }
    )
    merges = pa.table({"from_id": ["k0"], "into_id": ["k1"], "merged_at": [datetime(2026, 1, 10)]})
    tables = {"contracts": contracts, "merges": merges}
    history = History.of(duckdb_engine, tables, Settings(as_of=date(2026, 1, 31)))
    figure = retention_rate(history, by="month")[-1]
    assert (figure.numerator, figure.denominator) == (199, 199)
    earlier = history.with_settings(as_of=date(2026, 1, 9))
    assert retention_rate(earlier, by="month")[-1].denominator == 200

"""RFM by mid-ranks: equal customers get equal scores, on every engine, whatever their number."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import rankdata

from treue.history.history import History
from treue.history.settings import Settings
from treue.kernel.errors import NotEnoughData, WrongArgument
from treue.measures.rfm import customer_rfm, find_cuts, mid_rank_scores, rfm, rfm_scores

START = datetime(2025, 1, 1, 9)


def history_of(engine, rows, **settings):
    """Make a history of ``(customer, day, cents)``."""
    table = pa.table(
        {
            "order_id": pa.array([f"o{number}" for number in range(len(rows))], pa.string()),
            "customer_id": pa.array([row[0] for row in rows], pa.string()),
            "ordered_at": pa.array([START + timedelta(days=int(row[1])) for row in rows], pa.timestamp("us")),
            "net_amount": pa.array([int(row[2]) for row in rows], pa.int64()),
        }
    )
    return History.of(engine, {"purchases": table}, Settings(**settings))


def by_definition(values):
    rank = rankdata(values, method="average")
    return (1 + np.floor(5 * (2 * rank - 1) / (2 * len(values)))).astype(int)


def scores(history):
    rows = history.engine.arrow(rfm_scores(history)).to_pylist()
    return {row["customer_id"]: row for row in rows}


def test_the_printed_example_gives_its_printed_scores():
    values, counts = np.unique([1, 1, 1, 2, 2, 3, 4, 5, 7, 9], return_counts=True)
    each = np.repeat(mid_rank_scores(values, counts), counts)
    assert each.tolist() == [1, 1, 1, 3, 3, 3, 4, 4, 5, 5]


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_one_customer_or_all_equal_are_in_the_middle(size):
    assert mid_rank_scores([4], [size]).tolist() == [3]


def test_scores_are_those_of_the_definition(rng):
    for _ in range(50):
        drawn = rng.integers(0, rng.integers(1, 30), rng.integers(1, 60))
        values, counts = np.unique(drawn, return_counts=True)
        found = dict(zip(values.tolist(), mid_rank_scores(values, counts).tolist(), strict=True))
        assert [found[value] for value in drawn.tolist()] == by_definition(drawn).tolist()


def test_a_count_for_each_value_is_needed():
    with pytest.raises(ValueError, match="2 entries and counts 1"):
        mid_rank_scores([1, 2], [3])


def test_customers_are_scored_as_by_definition_on_every_engine(engine, rng):
    rows = [
        (f"c{number}", int(rng.integers(0, 60)), int(rng.integers(-50, 400)))
        for number in rng.integers(0, 40, 150).tolist()
    ]
    history = history_of(engine, rows)
    found = scores(history)
    plain = engine.arrow(customer_rfm(history)).to_pylist()
    kept = {row[0] for row in rows if row[2] > 0}
    assert {row["customer_id"] for row in plain} == set(found) == kept
    last = max(row[1] for row in rows)
    for name in kept:
        mine = [row for row in rows if row[0] == name]
        assert found[name]["recency_days"] == last - max(row[1] for row in mine if row[2] > 0)
        assert found[name]["net_amount"] == sum(row[2] for row in mine)
    for column, score, sign in (
        ("recency_days", "recency_score", -1),
        ("orders_count", "frequency_score", 1),
        ("net_amount", "value_score", 1),
    ):
        expected = by_definition([sign * row[column] for row in plain])
        assert [found[row["customer_id"]][score] for row in plain] == expected.tolist()
    assert all(
        row["rfm_class"] == f"{row['recency_score']}{row['frequency_score']}{row['value_score']}"
        for row in found.values()
    )


def test_frozen_cuts_score_later_customers_by_the_same_measure(duckdb_engine):
    rows = [(f"c{number}", number, 100 * (number + 1)) for number in range(10)]
    cuts = find_cuts(history_of(duckdb_engine, rows), customer_rfm(history_of(duckdb_engine, rows)))
    later = history_of(
        duckdb_engine, [(name, day, 10 * cents) for name, day, cents in rows], as_of=date(2026, 1, 1)
    )
    found = duckdb_engine.arrow(rfm_scores(later, cuts)).to_pylist()
    assert {row["recency_score"] for row in found} == {1}
    assert sorted(row["value_score"] for row in found)[1:] == [5] * 9


def test_shares_of_classes_add_up_to_the_whole(duckdb_engine, rng):
    rows = [(f"c{number}", int(rng.integers(0, 300)), int(rng.integers(1, 4000))) for number in range(200)]
    figures = rfm(history_of(duckdb_engine, rows))
    assert sum(figure.numerator for figure in figures) == 200
    assert sum(figure.value for figure in figures) == pytest.approx(1)
    names = [figure.segment for figure in figures]
    assert names == sorted(names, reverse=True)
    assert all(figure.ci_low <= figure.value <= figure.ci_high for figure in figures)


def test_without_a_kept_order_there_is_nobody_to_score(duckdb_engine):
    with pytest.raises(NotEnoughData, match="nobody to score"):
        rfm(history_of(duckdb_engine, [("a", 0, 0)]))


def test_classes_cannot_be_divided(duckdb_engine):
    with pytest.raises(WrongArgument, match="by='month' cannot divide rfm"):
        rfm(history_of(duckdb_engine, [("a", 0, 100)]), by="month")

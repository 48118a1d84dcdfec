"""Stays from changes are what a recount of every person on every day gives."""

from __future__ import annotations

import pytest

from treue.ladder.standing import rungs_at
from treue.ladder.stays import ladder_stays


def panel_of(stays):
    rows = stays.engine.arrow(stays.frame).to_pylist()
    return {
        (row["customer_id"], t): row["rung"]
        for row in rows
        for t in range(row["from_day"] + 1, row["to_day"] + 1)
    }


@pytest.mark.parametrize("seed", range(12))
def test_equal_a_recount_of_every_day(seed, duckdb_engine, firm, make_history, recount):
    tables = firm(seed)
    history = make_history(duckdb_engine, tables)
    assert panel_of(ladder_stays(history)) == recount(tables, history.as_of).panel()


@pytest.mark.slow_on_spark
def test_are_the_same_on_every_engine(engine, firm, make_history, recount):
    tables = firm(77)
    history = make_history(engine, tables)
    truth = recount(tables, history.as_of)
    assert panel_of(ladder_stays(history)) == truth.panel()
    now = {row["customer_id"]: row for row in engine.arrow(rungs_at(history)).to_pylist()}
    t = history.as_of_day + 1
    assert {who: row["rung"] for who, row in now.items()} == {
        who: rung for (who, day), rung in truth.panel([t]).items() if day == t
    }

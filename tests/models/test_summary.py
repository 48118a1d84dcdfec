"""The distinct (x, t_x, T) rows, from columns and from a history."""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest

from treue.history.history import History
from treue.kernel.errors import WrongTable
from treue.models.summary import Summary, summarise


def test_equal_rows_are_joined():
    summary = Summary.of([1, 0, 1], [2, 0, 2], [5, 7, 5])
    assert summary.x.tolist() == [0, 1]
    assert summary.weight.tolist() == [1, 2]
    assert summary.n == 3


@pytest.mark.parametrize(
    ("x", "t_x", "T", "fault"),
    [
        (1.5, 2, 5, "whole number"),
        (-1, 0, 5, "whole number"),
        (1, 6, 5, "between 0 and T"),
        (1, -1, 5, "between 0 and T"),
        (0, 2, 5, "0 where x is 0"),
        (1, np.nan, 5, "numbers"),
        (np.inf, 2, 5, "numbers"),
        (1, 2, np.inf, "numbers"),
        (1, 2, np.nan, "numbers"),
    ],
)
def test_impossible_row_is_named(x, t_x, T, fault):
    with pytest.raises(WrongTable, match=f"row=2: .*{fault}"):
        Summary.of([1, x], [2, t_x], [5, T])


def test_impossible_row_is_named_far_down():
    x = np.zeros(100_000)
    x[70_000] = 0.5
    with pytest.raises(WrongTable, match=r"row=70001: .*whole number.* x=0\.5, t_x=1, T=2"):
        Summary.of(x, x * 2, np.full(100_000, 2))


def test_whole_numbers_of_any_kind_give_the_same_summary():
    x, t_x, T = [1, 0, 1, 3], [2, 0, 2, 7], [5, 7, 5, 9]
    plain = Summary.of(x, t_x, T)
    for kind in ("int8", "uint16", "int32", "uint64", "float32", "float64", object):
        other = Summary.of(*(np.array(column, dtype=kind) for column in (x, t_x, T)))
        for name in ("x", "t_x", "T", "weight"):
            assert getattr(other, name).dtype == np.float64
            assert getattr(other, name).tolist() == getattr(plain, name).tolist()


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="shape"):
        Summary.of([1, 2], [1, 2, 3], [5, 5, 5])


def test_history_becomes_days_of_buying(engine):
    bought = pa.table(
        {
            "order_id": ["1", "2", "3", "4", "5"],
            "customer_id": ["a", "a", "a", "b", "b"],
            "ordered_at": [datetime(2026, 1, day, 10) for day in (1, 1, 15, 8, 8)],
            "net_amount": [500, 700, 100, 900, 0],
        }
    )
    history = History.of(engine, {"purchases": bought})
    summary = summarise(history, "week")
    assert summary.x.tolist() == [0, 1]
    assert summary.t_x.tolist() == [0, 2]
    assert summary.T.tolist() == [1, 2]

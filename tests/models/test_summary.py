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
    ],
)
def test_impossible_row_is_named(x, t_x, T, fault):
    with pytest.raises(WrongTable, match=f"row=2: .*{fault}"):
        Summary.of([1, x], [2, t_x], [5, T])


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

import threading

import pytest

from treue.kernel.side_by_side import side_by_side


def test_work_is_done_at_the_same_time_and_told_in_its_order():
    met = threading.Barrier(2, timeout=20)
    assert side_by_side([lambda: (met.wait(), "a")[1], lambda: (met.wait(), "b")[1]]) == ["a", "b"]


def test_no_work_has_no_results():
    assert side_by_side([]) == []


def test_what_goes_wrong_in_one_piece_is_told():
    with pytest.raises(ZeroDivisionError):
        side_by_side([lambda: 1, lambda: 1 // 0])

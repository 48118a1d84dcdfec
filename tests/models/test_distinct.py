"""Equal rows and pairs are found once, whatever the numbers are."""

import numpy as np
import pytest

from treue.models.distinct import joined, pairs

RNG = np.random.default_rng(20260101)
DAYS = [RNG.integers(0, top, 5000).astype(float) for top in (4, 30, 50)]
COLUMNS = {
    "days": DAYS,
    "weeks": [DAYS[0], DAYS[1] / 7, DAYS[2] / 7],
    "one column of seconds": [DAYS[0], DAYS[1] * 86_400 * 1000, DAYS[2]],
    "nearly equal": [DAYS[0], DAYS[1], np.nextafter(DAYS[2], DAYS[2] + RNG.integers(0, 2, 5000))],
    "nobody": [np.empty(0)] * 3,
}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("largest", [2**63 - 1, 1], ids=["numbers", "rows"])
def test_joined_rows_are_those_of_numpy(name, weighted, largest):
    columns = COLUMNS[name]
    weight = RNG.integers(1, 9, len(columns[0])).astype(float) if weighted else None
    rows, inverse = np.unique(np.column_stack(columns), axis=0, return_inverse=True)
    found, total = joined(columns, weight, largest)
    assert np.array_equal(np.column_stack(found), rows)
    assert np.array_equal(total, np.bincount(inverse.reshape(-1), weight, len(rows)))


@pytest.mark.parametrize("name", ["days", "weeks", "one column of seconds"])
def test_pairs_give_the_columns_back(name):
    _, one, other = COLUMNS[name]
    left, right, place = pairs(one, other)
    assert np.array_equal(left[place], one)
    assert np.array_equal(right[place], other)
    assert len(set(zip(left, right, strict=True))) == len(left)


def test_pairs_are_left_alone_where_most_differ():
    assert pairs(np.arange(100.0), np.arange(100.0)) is None


@pytest.mark.parametrize("reach", [1, 1000], ids=["few possible", "many possible"])
def test_pairs_are_sorted_where_asked_to(reach):
    one, other = RNG.integers(0, 9, 3000) * 1.0, RNG.integers(0, 9, 3000) * 1.0 * reach
    left, right, place = pairs(one, other, sort=True)
    assert np.array_equal(left[place], one)
    assert np.array_equal(right[place], other)
    assert len(left) == 81
    assert (pairs(one, other) is None) is (reach > 1)
    assert pairs(np.arange(100.0), np.arange(100.0) * reach, sort=True) is None

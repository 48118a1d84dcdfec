"""Equal rows are found once: numbers stand for rows, because numbers sort a hundred times as fast."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Vector = NDArray[np.float64]
    Numbers = NDArray[np.float64] | NDArray[np.int64]

WHOLE_NUMBERS = 2**20
"""Up to here whole numbers, as days and counts are, stand for themselves."""

LARGEST_KEY = 2**63 - 1


def joined(
    columns: Sequence[Numbers], weight: Numbers | None, largest: int = LARGEST_KEY
) -> tuple[list[Vector], Vector]:
    """Return the distinct rows, sorted, and the weight of each.

    Parameters
    ----------
    columns : sequence of numpy.ndarray, shape (n,)
        Three columns of finite numbers, 0 or more.
    weight : numpy.ndarray, shape (n,), optional
        What each row counts; 1 where left out.
    largest : int
        The largest number that may stand for a row; beyond it rows are compared themselves.

    Returns
    -------
    list of numpy.ndarray, shape (k,)
        The columns of the distinct rows.
    numpy.ndarray, shape (k,)
        Sum of the weights of equal rows.
    """
    codes, values = zip(*(_coded(column) for column in columns), strict=True)
    sizes = [len(value) for value in values]
    if math.prod(sizes) > largest:
        rows, inverse = np.unique(np.column_stack(columns), axis=0, return_inverse=True)
        total = np.bincount(inverse.reshape(-1), weight, len(rows))
        return list(rows.T.astype(np.float64)), total.astype(np.float64)
    key = codes[0].astype(np.int32 if math.prod(sizes) < 2**31 else np.int64)  # short ones sort twice as fast
    for code, size in zip(codes[1:], sizes[1:], strict=True):
        key *= size
        key += code
    if weight is None:
        key.sort()
    else:
        order = np.argsort(key)
        key, weight = key[order], weight[order]
    first = np.flatnonzero(np.concatenate([key[:1] >= 0, key[1:] != key[:-1]]))
    total = np.diff(first, append=len(key)) if weight is None else np.add.reduceat(weight, first)
    rest, last = np.divmod(key[first], sizes[2])
    places = (*np.divmod(rest, sizes[1]), last)
    return [value[place] for value, place in zip(values, places, strict=True)], total.astype(np.float64)


def pairs(one: Numbers, other: Numbers) -> tuple[Vector, Vector, NDArray[np.intp]] | None:
    """Return the distinct pairs of two columns, and which of them each row has.

    Parameters
    ----------
    one, other : numpy.ndarray, shape (n,)
        Finite numbers, 0 or more.

    Returns
    -------
    tuple of numpy.ndarray, shapes (k,), (k,), (n,), or None
        Both columns of the pairs, and the place of each row's pair; None where there may be as many pairs
        as rows, so that nothing is saved.
    """
    (one_code, one_values), (other_code, other_values) = _coded(one), _coded(other)
    size = len(one_values) * len(other_values)
    if size > len(one):
        return None
    key = one_code * len(other_values) + other_code
    seen = np.zeros(size, dtype=bool)
    seen[key] = True
    there = np.flatnonzero(seen)
    place = np.empty(size, dtype=np.intp)
    place[there] = np.arange(len(there))
    left, right = np.divmod(there, len(other_values))
    return one_values[left], other_values[right], place[key]


def _coded(column: Numbers) -> tuple[NDArray[np.int64], Vector]:
    """Return the place of each number in a sorted list of numbers, and the list."""
    size = int(column.max(initial=0)) + 1
    if size <= WHOLE_NUMBERS:
        codes = column.astype(np.int64, copy=False)
        if codes is column or (codes == column).all():
            return codes, np.arange(size, dtype=np.float64)
    values, places = np.unique(column, return_inverse=True)
    return places.astype(np.int64), values.astype(np.float64)

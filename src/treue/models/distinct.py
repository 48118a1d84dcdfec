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
    Keys = NDArray[np.int32] | NDArray[np.int64]

WHOLE_NUMBERS = 2**20
"""Up to here whole numbers, as days and counts are, stand for themselves."""

LARGEST_KEY = 2**63 - 1

KEPT_BYTES = 2**25 - 2**16
"""The largest array that the allocator learns from is a little larger."""

PIECE_ROWS = 32_768
"""Rows at a time: what is made of them on the way stays in the processor's cache, and new memory is slow."""


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
    _keep_memory()
    codes, values = zip(*(_coded(column) for column in columns), strict=True)
    sizes = [len(value) for value in values]
    if math.prod(sizes) > largest:
        rows, inverse = np.unique(np.column_stack(columns), axis=0, return_inverse=True)
        total = np.bincount(inverse.reshape(-1), weight, len(rows))
        return list(rows.T.astype(np.float64)), total.astype(np.float64)
    key = _keys(codes, sizes)
    if weight is None:
        key.sort()
    else:
        order = np.argsort(key)
        key, weight = key[order], weight[order]
    first = np.flatnonzero(starts(key))
    weights = np.empty(len(first))
    if weight is None:
        np.subtract(first[1:], first[:-1], out=weights[:-1])
        weights[-1:] = len(key) - first[-1:]
    else:
        np.add.reduceat(weight, first, out=weights)
    return _columns(key[first], values), weights


def _keep_memory() -> None:
    """Have memory that is done with kept for the next array, which is touched page by page otherwise.

    The usual allocator of Linux gives large arrays back to the system, up to twice the size of the largest that it
    once got back; fresh pages then take longer than what is reckoned in them. This array is never touched.
    """
    np.empty(KEPT_BYTES, dtype=np.uint8)


def _keys(codes: Sequence[NDArray[np.int64]], sizes: Sequence[int]) -> Keys:
    """Return a number for each row; short ones where they suffice, because they sort twice as fast."""
    rows, short = len(codes[0]), math.prod(sizes) < 2**31
    keys: Keys = np.empty(rows, dtype=np.int32) if short else np.empty(rows, dtype=np.int64)
    for at in range(0, len(keys), PIECE_ROWS):
        some = slice(at, at + PIECE_ROWS)
        key = keys[some]
        key[:] = codes[0][some]
        for code, size in zip(codes[1:], sizes[1:], strict=True):
            np.multiply(key, size, out=key)
            np.add(key, code[some].astype(keys.dtype), out=key)
    return keys


def _columns(keys: Keys, values: Sequence[Vector]) -> list[Vector]:
    """Return the columns of the rows that the numbers stand for."""
    found = [np.empty(len(keys)) for _ in values]
    for at in range(0, len(keys), PIECE_ROWS):
        some = slice(at, at + PIECE_ROWS)
        rest = keys[some]
        for column, value in zip(found[:0:-1], values[:0:-1], strict=True):
            above = rest // len(value)  # divmod takes ten times as long
            value.take(rest - above * len(value), out=column[some], mode="clip")
            rest = above
        values[0].take(rest, out=found[0][some], mode="clip")
    return found


def starts(column: Numbers | Keys) -> NDArray[np.bool_]:
    """Return where a column begins or goes on with another number than the one before.

    Parameters
    ----------
    column : numpy.ndarray, shape (n,)
        Numbers.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
        True at the first row of each run of equal numbers.
    """
    new = np.ones(len(column), dtype=bool)
    np.not_equal(column[1:], column[:-1], out=new[1:])
    return new


def pairs(
    one: Numbers, other: Numbers, *, sort: bool = False
) -> tuple[Vector, Vector, NDArray[np.intp]] | None:
    """Return the distinct pairs of two columns, and which of them each row has.

    Parameters
    ----------
    one, other : numpy.ndarray, shape (n,)
        Finite numbers, 0 or more.
    sort : bool
        Whether what is saved is worth sorting the rows, where a table of all possible pairs would be too large.

    Returns
    -------
    tuple of numpy.ndarray, shapes (k,), (k,), (n,), or None
        Both columns of the pairs, and the place of each row's pair; None where there may be as many pairs
        as rows, or with `sort` more than half as many, so that nothing is saved.
    """
    (one_code, one_values), (other_code, other_values) = _coded(one), _coded(other)
    size = len(one_values) * len(other_values)
    if size > len(one) and (not sort or size > LARGEST_KEY):
        return None
    key = one_code * len(other_values) + other_code
    if size > len(one):
        there, places = np.unique(key, return_inverse=True)
        if 2 * len(there) > len(one):
            return None
    else:
        seen = np.zeros(size, dtype=bool)
        seen[key] = True
        there = np.flatnonzero(seen)
        place = np.empty(size, dtype=np.intp)
        place[there] = np.arange(len(there))
        places = place[key]
    left, right = np.divmod(there, len(other_values))
    return one_values[left], other_values[right], places


def _coded(column: Numbers) -> tuple[NDArray[np.int64], Vector]:
    """Return the place of each number in a sorted list of numbers, and the list."""
    size = int(column.max(initial=0)) + 1
    codes = _whole_numbers(column) if size <= WHOLE_NUMBERS else None
    if codes is not None:
        return codes, np.arange(size, dtype=np.float64)
    values, places = np.unique(column, return_inverse=True)
    return places.astype(np.int64), values.astype(np.float64)


def _whole_numbers(column: Numbers) -> NDArray[np.int64] | None:
    """Return a column as whole numbers; None where it holds others."""
    if column.dtype == np.int64:
        return column.astype(np.int64, copy=False)
    codes = np.empty(len(column), dtype=np.int64)
    for at in range(0, len(codes), PIECE_ROWS):
        some = slice(at, at + PIECE_ROWS)
        codes[some] = column[some]
        if (codes[some] != column[some]).any():
            return None
    return codes

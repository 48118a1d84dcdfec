"""Columns of Arrow tables as numpy arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray


def numbers(column: pa.ChunkedArray) -> NDArray[Any]:
    """Return a column as a numpy array of its own type, without a copy where that is possible.

    pyarrow's own ``to_numpy`` imports pandas where it is installed, which takes a second; it is used
    only for what cannot be handed over as it is: nulls (they become NaN), booleans and text.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        A column of a table.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Not to be written to.

    Examples
    --------
    >>> import pyarrow as pa
    >>> numbers(pa.table({"n": [1, 2]})["n"]).tolist()
    [1, 2]
    """
    whole = column.combine_chunks()
    kind = whole.type
    if whole.null_count or not len(whole) or not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return np.asarray(column.to_numpy())
    return np.from_dlpack(whole)


def column_of(values: NDArray[Any]) -> pa.Array:
    """Return a numpy array of whole or real numbers as an Arrow array (the counterpart of `numbers`).

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        Integers or floats; NaN stays NaN.

    Returns
    -------
    pyarrow.Array
        Shares the memory of `values`.

    Examples
    --------
    >>> import numpy as np
    >>> column_of(np.array([1.5, 2.0])).to_pylist()
    [1.5, 2.0]
    """
    whole = np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.from_numpy_dtype(whole.dtype), whole.size, [None, pa.py_buffer(whole)])

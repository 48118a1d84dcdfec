"""Independent pieces of work at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

# numpy lets others go on while it computes. Two keep the memory of what is begun small.
_AT_A_TIME = 2


def side_by_side(work: Iterable[Callable[[], T]]) -> list[T]:
    """Do pieces of work two at a time.

    Parameters
    ----------
    work : iterable of callable
        Each returns its own result and changes nothing that another one reads.

    Returns
    -------
    list
        The results in the order of `work`, the same as one after the other.

    Examples
    --------
    >>> side_by_side([lambda: "a", lambda: "b", lambda: "c"])
    ['a', 'b', 'c']
    """
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        return [begun.result() for begun in [pool.submit(one) for one in work]]

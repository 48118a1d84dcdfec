"""Second records of the same customer, the merges that join them, and a few merges made by mistake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from treue.simulate.people import SECOND_RECORD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.simulate.buying import Orders
    from treue.simulate.people import People

_CHECKED_AFTER_DAYS = 10.0
_UNDONE_AFTER_DAYS = 20.0


@dataclass(slots=True)
class Duplicates:
    """Merges of one chunk.

    Parameters
    ----------
    record : ndarray of int
        For every order the record that holds it: the buyer's own place, or the second record's.
    from_record, into_record : ndarray of int
        The merges, as places among the chunk's people.
    merged, undone : ndarray of float
        When, in days since the start; undone is NaN for merges that stand.
    """

    record: NDArray[np.int64]
    from_record: NDArray[np.int64]
    into_record: NDArray[np.int64]
    merged: NDArray[np.float64]
    undone: NDArray[np.float64]

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Which merges were made by mistake and undone."""
        return ~np.isnan(self.undone)


def duplicate(
    orders: Orders, people: People, *, wanted: int, mistakes: int, end: float, rng: np.random.Generator
) -> Duplicates:
    """Return second records and the merges.

    A second record takes over an order of somebody with two orders or more, and all orders after it. It
    stands in the place of somebody who never buys, so the number of records stays what was asked for;
    changes `people` accordingly. Every second record is merged before the end.

    Parameters
    ----------
    orders : Orders
        The chunk's orders.
    people : People
        The chunk's people; those who make room become ``SECOND_RECORD``.
    wanted : int
        Second records; fewer where too few customers order twice, or too few never do.
    mistakes : int
        Merges of two strangers, undone later; fewer where time is short.
    end : float
        Days simulated.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    Duplicates
        Merges that stand first, then the mistakes.
    """
    bounds = np.searchsorted(orders.person, np.arange(people.count + 1))
    second = bounds[:-1] + 1
    enough = np.flatnonzero(np.diff(bounds) >= 2)
    early = enough[orders.at[second[enough]] < end - _CHECKED_AFTER_DAYS]
    room = np.flatnonzero(~people.bought)
    count = min(wanted, early.size, room.size)
    owner = rng.choice(early, size=count, replace=False)
    place = rng.choice(room, size=count, replace=False)
    record = orders.person.copy()
    for one, other in zip(owner.tolist(), place.tolist(), strict=True):
        record[second[one] : bounds[one + 1]] = other
    since = orders.at[second[owner]]
    people.kind[place] = SECOND_RECORD
    people.first_seen[place] = since
    for column in (people.segment, people.channel, people.country):
        column[place] = column[owner]
    merged = since + rng.random(count) * (end - since)
    strangers = rng.permutation(np.setdiff1d(np.arange(people.count), np.concatenate([owner, place])))
    left, right = strangers[: 2 * min(mistakes, strangers.size // 2)].reshape(2, -1)
    mistaken = np.maximum(people.first_seen[left], people.first_seen[right]) + 1
    seen = mistaken + _UNDONE_AFTER_DAYS < end
    left, right, mistaken = left[seen], right[seen], mistaken[seen]
    return Duplicates(
        record=record,
        from_record=np.concatenate([place, left]),
        into_record=np.concatenate([owner, right]),
        merged=np.concatenate([merged, mistaken]),
        undone=np.concatenate([np.full(count, np.nan), mistaken + _UNDONE_AFTER_DAYS]),
    )

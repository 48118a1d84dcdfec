"""How likely people on a rung reach a higher one, by the estimate that fits the firm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from treue.ladder.chain import Reached, reach, resampled_totals
from treue.ladder.moves import Moves, distinct_paths, ladder_moves
from treue.ladder.rungs import CUSTOMER, FORMER, POSSIBLE, RUNGS, STATES, at_least, below
from treue.ladder.stays import ladder_stays
from treue.ladder.steadiness import Test, same_moves

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.engine.seam import Engine
    from treue.history.history import History
    from treue.kernel.units import Grain

GRAIN: Grain = "quarter"
WITHIN_PERIODS = 4


@dataclass(frozen=True, slots=True)
class Steadiness:
    """Whether one table of moves describes all quarters, and newcomers as well as old hands.

    Parameters
    ----------
    over_time : Test
        Do people move alike in every quarter?
    over_stay : Test
        Do those who have just come to a rung move like those who have been there for longer?
    """

    over_time: Test
    over_stay: Test

    @property
    def holds(self) -> bool:
        """True only when every rung could be tested and no difference was found.

        Otherwise a chain may mislead, and what people really took is read instead.
        """
        return self.over_time.passes and self.over_stay.passes


def arrivals_of(target: str) -> tuple[str, ...]:
    """Return the states that show that somebody has reached a rung.

    A lapsed buyer has bought, so whoever is one has reached the rung of customers on the way.

    Parameters
    ----------
    target : str
        One of the rungs above the lowest.

    Returns
    -------
    tuple of str
        States.

    Examples
    --------
    >>> arrivals_of("customer")
    ('customer', 'client', 'advocate', 'former')
    """
    above = at_least(target)
    return above if RUNGS.index(target) > RUNGS.index(CUSTOMER) else (*above, FORMER)


class Climb:
    """The way up to one rung: the chain of quarters, its bootstrap, and whether it may be used.

    Parameters
    ----------
    engine : Engine
        Where the stays are kept.
    moves : Moves
        Moves from quarter to quarter.
    rungs : tuple of str
        The rungs below the target that the history can show.
    target : str
        The rung to be reached; a higher one counts as well.
    seed : int
        Seed of the bootstrap.
    """

    def __init__(self, engine: Engine, moves: Moves, rungs: tuple[str, ...], target: str, seed: int) -> None:
        self.moves, self.rungs, self.target = moves, rungs, target
        self._engine, self._seed = engine, seed

    @cached_property
    def table(self) -> NDArray[np.int64]:
        """Moves from each rung to each rung, to the target, and off the ladder, in all settled quarters."""
        return self._narrow(self.moves.settled.sum(axis=0))

    @cached_property
    def steadiness(self) -> Steadiness:
        """Whether the chain may be used."""
        return Steadiness(
            same_moves(self._narrow(self.moves.settled)), same_moves(self._narrow(self.moves.by_age))
        )

    @cached_property
    def _cells(self) -> list[tuple[str, str]]:
        total = self.moves.settled.sum(axis=0)
        return [
            (start, end)
            for start in self.rungs
            for end in POSSIBLE[start]
            if total[STATES.index(start), STATES.index(end)]
        ]

    @cached_property
    def _paths(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The distinct histories of customers as counts of the cells, and how many share each."""
        return distinct_paths(self._engine, self.moves, self._cells)

    @cached_property
    def reached(self) -> Reached:
        """What the chain says."""
        return reach(self.table, WITHIN_PERIODS)

    @cached_property
    def draws(self) -> tuple[Reached, str]:
        """What the chain says in other samples of as many customers, and how they were drawn."""
        places = {cell: number for number, cell in enumerate(self._columns)}
        fold = np.zeros((len(self._cells), len(places)), dtype=np.int64)
        for number, (start, end) in enumerate(self._cells):
            fold[number, places[self.rungs.index(start), self._end(end)]] = 1
        rows, same = np.unique(self._paths[0] @ fold, axis=0, return_inverse=True)
        people = np.bincount(same.ravel(), weights=self._paths[1]).astype(np.int64)
        totals, method = resampled_totals(rows, people, np.random.default_rng(self._seed))
        tables = np.zeros((len(totals), len(self.rungs), len(self.rungs) + 2))
        for (row, column), number in places.items():
            tables[:, row, column] = totals[:, number]
        return reach(tables, WITHIN_PERIODS), method

    def usable(self, rung: str) -> bool:
        """Whether the chain may speak of a rung: somebody was seen there, and the chain holds."""
        return bool(self.table[self.rungs.index(rung)].any()) and self.steadiness.holds

    def people_on(self, rung: str) -> int:
        """Return how many people were on a rung at the start of any complete quarter."""
        columns = [number for number, (start, _) in enumerate(self._cells) if start == rung]
        rows, people = self._paths
        return int(people[rows[:, columns].any(axis=1)].sum())

    def events_from(self, rung: str) -> tuple[int, int]:
        """Return how many arrivals and exits the figures of a rung rest on."""
        size = len(self.rungs)
        known = {self.rungs.index(rung)}
        for _ in range(size):
            known |= {end for start in known for end in range(size) if self.table[start, end]}
        rows = self.table[sorted(known)]
        return int(rows[:, size].sum()), int(rows[:, size + 1].sum())

    @property
    def _columns(self) -> list[tuple[int, int]]:
        return sorted({(self.rungs.index(start), self._end(end)) for start, end in self._cells})

    def _end(self, state: str) -> int:
        if state in arrivals_of(self.target):
            return len(self.rungs)
        return len(self.rungs) + 1 if state == FORMER else self.rungs.index(state)

    def _narrow(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return tables of all states as tables of the rungs below, the target and the exit."""
        narrow = np.zeros((*counts.shape[:-2], len(self.rungs), len(self.rungs) + 2), dtype=np.int64)
        for row, start in enumerate(self.rungs):
            for column, state in enumerate(STATES):
                if state in self.rungs or state == FORMER or state in arrivals_of(self.target):
                    narrow[..., row, self._end(state)] += counts[..., STATES.index(start), column]
        return narrow


_CLIMBS: WeakKeyDictionary[History, dict[str, Climb | None]] = WeakKeyDictionary()


def climb_to(history: History, target: str) -> Climb | None:
    """Return the chain of quarters up to a rung, computed once per history.

    Parameters
    ----------
    history : History
        What happened.
    target : str
        The rung to be reached.

    Returns
    -------
    Climb or None
        None when the history cannot show the rung, or any below it.
    """
    known = _CLIMBS.setdefault(history, {})
    if target not in known:
        known[target] = _make(history, target)
    return known[target]


def _make(history: History, target: str) -> Climb | None:
    shown = ladder_stays(history).observed
    rungs = tuple(rung for rung in below(target) if rung in shown)
    if target not in shown or not rungs:
        return None
    moves = ladder_moves(history, GRAIN)
    return Climb(history.engine, moves, rungs, target, history.settings.seed)

"""What moved on the ladder in the last complete period: the numbers beside the stair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from treue.ladder.moves import ladder_moves
from treue.ladder.rungs import FORMER, RUNGS, STATES, below
from treue.ladder.stays import ladder_stays

if TYPE_CHECKING:
    from treue.history.history import History
    from treue.kernel.units import Grain, Period


@dataclass(frozen=True, slots=True)
class RungMovement:
    """Who came to a rung and who left it between the start and the end of a period.

    Parameters
    ----------
    rung : str
        One of the rungs of the ladder.
    climbed : int
        On this rung at the end, on a lower one at the start.
    new : int
        On this rung at the end, unknown at the start.
    returned : int
        On this rung at the end, lapsed at the start.
    fell : int
        On this rung at the start, on a lower one at the end.
    quiet : int
        On this rung at the start, lapsed at the end.
    """

    rung: str
    climbed: int
    new: int
    returned: int
    fell: int
    quiet: int

    @property
    def up(self) -> int:
        """People who came to the rung from below, from outside or back."""
        return self.climbed + self.new + self.returned

    @property
    def down(self) -> int:
        """People who left the rung downwards or off the ladder."""
        return self.fell + self.quiet


@dataclass(frozen=True, slots=True)
class Movement:
    """The movement of one period, rung by rung, from the lowest to the highest."""

    period: Period
    rungs: tuple[RungMovement, ...]


def recent_movement(history: History, grain: Grain = "month") -> Movement | None:
    """Return who moved up and down in the last complete period.

    Parameters
    ----------
    history : History
        What happened.
    grain : {"month", "quarter", "year"}
        Length of the period.

    Returns
    -------
    Movement or None
        Counts of people on the rungs that the history can show; None when no period is complete.
    """
    moves = ladder_moves(history, grain)
    if not moves.periods:
        return None
    table, present = moves.counts[-1], moves.present[-1]
    place = {state: number for number, state in enumerate(STATES)}
    found = []
    for rung in RUNGS:
        if rung not in ladder_stays(history).observed:
            continue
        here, lower = place[rung], [place[one] for one in below(rung)]
        found.append(
            RungMovement(
                rung=rung,
                climbed=int(table[lower, here].sum()),
                new=int(present[here] - table[:, here].sum()),
                returned=int(table[place[FORMER], here]),
                fell=int(table[here, lower].sum()),
                quiet=int(table[here, place[FORMER]]),
            )
        )
    return Movement(moves.periods[-1], tuple(found))

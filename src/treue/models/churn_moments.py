"""When a firm's customers are looked at: days on which to learn, to calibrate, to compare and to tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from treue.kernel.errors import WrongArgument

ChurnEvent = Literal["purchase", "contract"]
"""What a loss is: no kept purchase within the horizon, or the end of the contract within it."""

STEP_DAYS = 30
"""About how long one step of the hazard is."""

MOST_MOMENTS = 12
"""On more days than this nobody is looked at again to learn from."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """How far ahead a loss is foretold, cut into steps of about a month.

    Parameters
    ----------
    days : int
        Length, 1 or more.

    Raises
    ------
    WrongArgument
        When the length is not positive.

    Examples
    --------
    >>> Horizon(90).steps, Horizon(90).bounds, Horizon(20).steps
    (3, (0, 30, 60, 90), 1)
    """

    days: int

    def __post_init__(self) -> None:
        if self.days < 1:
            raise WrongArgument(f"horizon_days={self.days} must be at least 1 day, as 90")

    @property
    def steps(self) -> int:
        """How many steps it has."""
        return max(1, round(self.days / STEP_DAYS))

    @property
    def bounds(self) -> tuple[int, ...]:
        """Days after the start at which the steps begin, and the end."""
        return tuple(self.days * step // self.steps for step in range(self.steps + 1))


@dataclass(frozen=True, slots=True)
class Moments:
    """The days on which customers are looked at; what happens on the day itself is not known yet.

    Outcomes of days that are learned from end before calibration begins, those of calibration before
    the comparison begins, and those of the comparison on the last day observed.

    Parameters
    ----------
    learn : tuple of int
        Day numbers for the model that is compared, latest first.
    learn_again : tuple of int
        Day numbers for the model that tells of today: the same recipe one horizon later.
    calibrate, compare, now : int
        Day numbers.
    """

    learn: tuple[int, ...]
    learn_again: tuple[int, ...]
    calibrate: int
    compare: int
    now: int

    @property
    def days(self) -> tuple[int, ...]:
        """Every day once, in order."""
        return tuple(sorted({*self.learn, *self.learn_again, self.calibrate, self.compare, self.now}))


def days_needed(horizon: Horizon) -> int:
    """Return how many days of history the shortest plan takes."""
    apart = _apart(horizon)
    learned_for = -(-horizon.days // apart) * apart
    return 2 * horizon.days + learned_for + _looking_back(horizon)


def _apart(horizon: Horizon) -> int:
    """Days between two moments that are learned from."""
    return max(STEP_DAYS, horizon.days // horizon.steps)


def _looking_back(horizon: Horizon) -> int:
    """Days of history before the first moment: there must be something to look back on."""
    return max(horizon.days, STEP_DAYS)


def plan_moments(first_day: int, last_day: int, horizon: Horizon, most: int = MOST_MOMENTS) -> Moments | None:
    """Return the days on which to look at the customers of a history.

    Parameters
    ----------
    first_day, last_day : int
        Day numbers of the first and the last day observed.
    horizon : Horizon
        How far ahead is foretold.
    most : int
        Days to learn from at most, 1 or more.

    Returns
    -------
    Moments or None
        None where the history is too short (see :func:`days_needed`).

    Examples
    --------
    >>> moments = plan_moments(0, 599, Horizon(90))
    >>> moments.now, moments.compare, moments.calibrate, moments.learn[:2], moments.learn_again[:2]
    (600, 510, 420, (330, 300), (420, 390))
    """
    now = last_day + 1
    compare = now - horizon.days
    calibrate = compare - horizon.days
    grid = range(calibrate, first_day + _looking_back(horizon) - 1, -_apart(horizon))
    learn = tuple(day for day in grid if day + horizon.days <= calibrate)[:most]
    if not learn:
        return None
    return Moments(learn, tuple(grid)[:most], calibrate, compare, now)

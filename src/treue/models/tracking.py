"""Expected beside actual buying, week by week, with the band in which it should lie."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from treue.kernel.intervals import Z95
from treue.kernel.units import day_of
from treue.models.summary import DAYS_PER_UNIT

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from treue.models.catalogue import RepeatModel
    from treue.models.held_out import HeldOut

    Vector = NDArray[np.float64]

DAYS_PER_WEEK = 7
THINNED = 2000
"""So many cases, drawn at random where there are more, give the shape of the path and the width of its band."""

CHANCE_DRAWS = 25
NODES = (0.0, 0.02, 0.06, 0.13, 0.25, 0.4, 0.6, 0.8, 1.0)
"""Shares of the time ahead at which the path is computed; it is smooth between."""

STEP = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Buying in one week, expected and actual.

    Parameters
    ----------
    starts_on, ends_on : datetime.date
        First and last day, both belonging to it; the last week may be shorter.
    held_out : bool
        Whether the week lies after the split.
    actual, cumulative_actual : int
        Repeat days of buying in the week, and from the first day (before the split) or from the split
        (after it) to its end.
    expected, cumulative_expected : float
        What the model says of them: before the split of customers of that age in general, after it of
        these customers with what was known of them.
    low, high, cumulative_low, cumulative_high : float or None
        Limits of 95 %, for parameters not known exactly and for chance; None before the split, where the
        model has seen what happened.
    """

    starts_on: date
    ends_on: date
    held_out: bool
    actual: int
    expected: float
    low: float | None
    high: float | None
    cumulative_actual: int
    cumulative_expected: float
    cumulative_low: float | None
    cumulative_high: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the week as plain JSON types."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        return plain | {"starts_on": self.starts_on.isoformat(), "ends_on": self.ends_on.isoformat()}


@dataclass(frozen=True, slots=True)
class Spread:
    """How far buying may lie from what is expected.

    Parameters
    ----------
    total : float
        Purchases expected in all.
    parameters : float
        Standard error of that total from the parameters, as a share of it.
    dispersion : float
        Variance of the total by chance, over the total; 1 where everybody buys at one known rate.
    """

    total: float
    parameters: float
    dispersion: float

    def band(self, expected: Vector) -> tuple[Vector, Vector]:
        """Return the limits of 95 % of counts of which so many are `expected`, shape (n,) each.

        Customers differ, so the variance by chance grows with the square of what is expected, as in a
        mixture of Poisson counts.
        """
        chance = expected * (1 + (self.dispersion - 1) * expected / max(self.total, 1e-300))
        half = Z95 * np.sqrt(chance + (self.parameters * expected) ** 2)
        return np.maximum(expected - half, 0.0), expected + half


@dataclass(frozen=True, slots=True)
class _Thinned:
    x: Vector
    t_x: Vector
    T: Vector
    weight: Vector

    def total(self, model: RepeatModel, horizon: float) -> float:
        expected = model.expected_purchases_of_customer(self.x, self.t_x, self.T, horizon)
        return float(self.weight @ expected)


def _thinned(held: HeldOut, rng: np.random.Generator) -> _Thinned:
    known = held.known
    if known.x.size <= THINNED:
        return _Thinned(known.x, known.t_x, known.T, known.weight)
    drawn = rng.multinomial(THINNED, known.weight / known.weight.sum())
    rows = np.flatnonzero(drawn)
    return _Thinned(known.x[rows], known.t_x[rows], known.T[rows], drawn[rows].astype(float))


@dataclass(frozen=True, slots=True)
class Path:
    """Buying expected after the split, as it adds up day by day.

    Parameters
    ----------
    cumulative : numpy.ndarray, shape (days + 1,)
        Purchases expected from the split to the end of each day; 0 at the split.
    spread : Spread
        How far the truth may lie from it.
    """

    cumulative: Vector
    spread: Spread


def expected_path(model: RepeatModel, held: HeldOut, total: float, rng: np.random.Generator) -> Path:
    """Return the path of expected buying after the split, and its spread.

    Parameters
    ----------
    model : RepeatModel
        Fitted on what was known at the split.
    held : HeldOut
        The customers.
    total : float
        Purchases expected of them in all, by this model.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    Path
        Scaled to end at `total`.
    """
    few = _thinned(held, rng)
    nodes = np.array(NODES) * held.horizon
    heights = np.array([0.0, *(few.total(model, node) for node in nodes[1:].tolist())])
    scale = total / heights[-1] if heights[-1] > 0 else 0.0
    days = np.arange(held.days + 1) / DAYS_PER_UNIT[held.known.unit]
    cumulative = _smooth(np.minimum(days, nodes[-1]), nodes, heights * scale)
    spread = Spread(total, _parameter_share(model, few, held.horizon), _dispersion(model, few, held, rng))
    return Path(cumulative, spread)


def _smooth(at: Vector, nodes: Vector, heights: Vector) -> Vector:
    """Return a curve through the nodes with their slopes (cubic Hermite); scipy's takes a second to import."""
    slopes = np.gradient(heights, nodes, edge_order=2)
    left = np.clip(np.searchsorted(nodes, at, side="right") - 1, 0, nodes.size - 2)
    width = nodes[left + 1] - nodes[left]
    u = (at - nodes[left]) / width
    from_left = (1 + 2 * u) * heights[left] + u * width * slopes[left]
    from_right = (3 - 2 * u) * heights[left + 1] + (u - 1) * width * slopes[left + 1]
    curve: Vector = (1 - u) ** 2 * from_left + u**2 * from_right
    return curve


def _parameter_share(model: RepeatModel, few: _Thinned, horizon: float) -> float:
    """Standard error of the total from the parameters, as a share of it (delta method on logarithms)."""
    if model.optimum is None:
        return 0.0
    slopes = []
    for letter in model.LETTERS:
        up, down = (
            few.total(replace(model, **{letter: getattr(model, letter) * np.exp(step)}), horizon)  # type: ignore[type-var]
            for step in (STEP, -STEP)
        )
        slopes.append((np.log(up) - np.log(down)) / (2 * STEP) if min(up, down) > 0 else 0.0)
    slope = np.array(slopes)
    return float(np.sqrt(max(slope @ model.optimum.covariance @ slope, 0.0)))


def _dispersion(model: RepeatModel, few: _Thinned, held: HeldOut, rng: np.random.Generator) -> float:
    """Variance by chance over the mean of what these customers buy, from draws of the model."""
    x, t_x, T = (np.tile(column, CHANCE_DRAWS) for column in (few.x, few.t_x, few.T))
    drawn = model.simulate_ahead(x, t_x, T, held.horizon, rng).reshape(CHANCE_DRAWS, -1)
    mean = float(few.weight @ drawn.mean(axis=0))
    return float(few.weight @ drawn.var(axis=0, ddof=1)) / mean if mean > 0 else 1.0


def weeks(model: RepeatModel, held: HeldOut, path: Path) -> tuple[Week, ...]:
    """Return expected and actual buying of every week, before and after the split.

    Parameters
    ----------
    model : RepeatModel
        Fitted on what was known at the split.
    held : HeldOut
        The customers and what they did.
    path : Path
        What :func:`expected_path` returned.

    Returns
    -------
    tuple of Week
        In order; weeks are counted from the first day and again from the day after the split.
    """
    known_days = held.split_day - held.first_day + 1
    before = cohort_path(model, held, known_days)
    return (
        *_stretch(held.first_day, held.daily[:known_days], before, None),
        *_stretch(held.split_day + 1, held.daily[known_days:], path.cumulative, path.spread),
    )


def cohort_path(model: RepeatModel, held: HeldOut, days: int) -> Vector:
    """Return buying expected of customers in general, from the first day, as it adds up day by day.

    Parameters
    ----------
    model : RepeatModel
        A fitted model.
    held : HeldOut
        Says how many customers were won on each day.
    days : int
        How far, counted from the first day; it may go past the split, and then says what the model would
        have said of these customers without knowing any of them.

    Returns
    -------
    numpy.ndarray, shape (days + 1,)
        Repeat purchases from the first day to the end of each day.
    """
    # Somebody won on a day has been a customer for 0 time at its end.
    ages = np.arange(days) / DAYS_PER_UNIT[held.known.unit]
    each = model.expected_purchases(ages)
    return np.concatenate([[0.0], np.convolve(held.acquired, each)[:days]])


def _stretch(first_day: int, daily: Vector, cumulative: Vector, spread: Spread | None) -> list[Week]:
    ends = np.append(np.arange(DAYS_PER_WEEK, daily.size, DAYS_PER_WEEK), daily.size)
    starts = np.concatenate([[0], ends[:-1]])
    bought = np.concatenate([[0.0], np.cumsum(daily)])
    expected = cumulative[ends] - cumulative[starts]
    low, high = _limits(spread, expected)
    sum_low, sum_high = _limits(spread, cumulative[ends])
    return [
        Week(
            starts_on=day_of(first_day + int(starts[k])),
            ends_on=day_of(first_day + int(ends[k]) - 1),
            held_out=spread is not None,
            actual=int(bought[ends[k]] - bought[starts[k]]),
            expected=float(expected[k]),
            low=low[k],
            high=high[k],
            cumulative_actual=int(bought[ends[k]]),
            cumulative_expected=float(cumulative[ends[k]]),
            cumulative_low=sum_low[k],
            cumulative_high=sum_high[k],
        )
        for k in range(ends.size)
    ]


def _limits(spread: Spread | None, expected: Vector) -> tuple[list[float | None], list[float | None]]:
    if spread is None:
        return [None] * expected.size, [None] * expected.size
    low, high = spread.band(expected)
    return [*low.tolist()], [*high.tolist()]

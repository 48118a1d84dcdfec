"""How many purchases all customers together will make, with what is not known of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from treue.kernel.errors import WrongArgument
from treue.kernel.side_by_side import side_by_side
from treue.models.summary import length_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from treue.models.repeat_model import RepeatModel
    from treue.models.summary import Summary

    Vector = NDArray[np.float64]

LINEARISED_FROM = 2_000
"""From so many customers on totals are normal, and how they vary follows from what each customer adds to them."""

CHANCE_ROUNDS = 4
"""The chance of a large firm's purchases is the sum of its customers' own, told well by a few futures of each."""

SLOPE_CUSTOMERS = 20_000
CHANCE_CUSTOMERS = 100_000
"""So many customers, each with a few futures, tell a firm's chance to half a percent of itself."""

Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Total:
    """A forecast of a total.

    Parameters
    ----------
    value : float
        Expected purchases of all customers.
    ci_low, ci_high : float
        95 % interval of the expected total: had other customers like these come.
    prediction_low, prediction_high : float
        95 % interval of the total that will be seen, of these customers: parameters and chance together.
    """

    value: float
    ci_low: float
    ci_high: float
    prediction_low: float
    prediction_high: float


def totals_ahead(model: RepeatModel, summary: Summary, horizon_days: int, seed: int) -> tuple[Total, Total]:
    """Return both totals of the next days, worked out at the same time.

    Parameters
    ----------
    model : RepeatModel
        Fitted.
    summary : Summary
        Repeat buying of all customers, in the unit of the model.
    horizon_days : int
        Days ahead.
    seed : int
        For what is drawn by chance.

    Returns
    -------
    tuple of Total
        :func:`expected_total` and :func:`expected_returning`.
    """
    horizon = horizon_days / length_of(model.unit)
    orders, customers = side_by_side(
        [
            partial(expected_total, model, summary, horizon, np.random.default_rng(seed)),
            partial(expected_returning, model, summary, horizon),
        ]
    )
    return orders, customers


def expected_total(
    model: RepeatModel,
    summary: Summary,
    horizon: float,
    rng: np.random.Generator,
    draws: int = 500,
) -> Total:
    """Return how many purchases these customers will make in the next `horizon`, with two intervals.

    Below 2,000 customers these are drawn anew, with replacement, and the parameters moved by one Newton step for
    each draw; from 2,000 on the same spread is computed from what each customer adds to the total. The prediction
    interval adds the chance of the purchases themselves. It misleads where the time ahead is not
    like the time seen: neither seasons nor growth are in the model.

    Parameters
    ----------
    model : RepeatModel
        Fitted to `summary`.
    summary : Summary
        Repeat buying of the customers.
    horizon : float
        Time ahead, in the model's unit, 0 or more.
    rng : numpy.random.Generator
        Source of chance.
    draws : int
        Resampled sets of customers, where customers are resampled.

    Returns
    -------
    Total
        Purchases, and both intervals.

    Raises
    ------
    WrongArgument
        When the model was not fitted, or its unit is not that of the summary.
    """
    if model.unit != summary.unit:
        raise WrongArgument(f"unit={summary.unit!r} of the summary must be that of the model, {model.unit!r}")
    expected = model.expected_purchases_of_customer(summary.x, summary.t_x, summary.T, horizon)
    value = float(summary.weight @ expected)
    limits = _linear_limits if summary.n >= LINEARISED_FROM else _drawn_limits
    ci, prediction = limits(model, summary, horizon, expected, rng, draws)
    return Total(value, ci[0], ci[1], max(prediction[0], 0.0), prediction[1])


def expected_returning(model: RepeatModel, summary: Summary, horizon: float) -> Total:
    """Return how many of these customers will buy at least once in the next `horizon`, with two intervals.

    Parameters
    ----------
    model : RepeatModel
        Fitted to `summary`.
    summary : Summary
        Repeat buying of the customers.
    horizon : float
        Time ahead, in the model's unit, 0 or more.

    Returns
    -------
    Total
        Customers, and both intervals: of the expectation had other customers come, and of the count that will
        be seen.

    Raises
    ------
    WrongArgument
        When the model was not fitted.
    """
    w = summary.weight
    buys = model.probability_of_purchase(summary.x, summary.t_x, summary.T, horizon)
    slopes = _slopes_of_sum(model, summary, lambda moved, few: moved.probability_of_purchase(*few, horizon))
    through = slopes @ _newton_steps(model, summary)
    value = float(w @ buys)
    both = [_spread(buys + through, w), _spread(through, w) + float(w @ (buys * (1 - buys)))]
    reach = Z * np.sqrt(both)
    low, high = np.clip([value - reach, value + reach], 0.0, summary.n)
    return Total(value, float(low[0]), float(high[0]), float(low[1]), float(high[1]))


def _slopes_of_sum(
    model: RepeatModel, summary: Summary, told: Callable[[RepeatModel, tuple[Vector, Vector, Vector]], Vector]
) -> Vector:
    """Return the slopes of what is told of all customers by the parameters' logarithms: a few tell them well enough."""
    few = summary.thinned(max(summary.n // SLOPE_CUSTOMERS, 1))
    slopes = []
    for letter, value in model.parameters.items():
        sides = [
            type(model)(**{**model.parameters, letter: value * np.exp(side)}, unit=model.unit, optimum=None)
            for side in (1e-4, -1e-4)
        ]
        above, below = (float(few.weight @ told(side, (few.x, few.t_x, few.T))) for side in sides)
        slopes.append((above - below) / 2e-4 * summary.n / few.n)
    return np.array(slopes)


def _spread(added: Vector, weight: Vector) -> float:
    """Return the variance of a sum over customers drawn anew, from what each of them adds to it."""
    return float(weight @ (added - weight @ added / weight.sum()) ** 2)


def _drawn_limits(
    model: RepeatModel,
    summary: Summary,
    horizon: float,
    expected: Vector,
    rng: np.random.Generator,
    draws: int,
) -> tuple[list[float], list[float]]:
    """Return both intervals from resampled customers."""
    log_slope, steps = _log_slope(model, summary, horizon), _newton_steps(model, summary)
    share = summary.weight / summary.weight.sum()
    drawn = rng.multinomial(summary.n, share, size=draws).astype(float)
    moved = expected * np.exp(drawn @ steps.T @ log_slope)
    ci = np.quantile((drawn * moved).sum(axis=1), [0.025, 0.975])
    x, t_x, T = _each_customer(summary)
    totals = np.array([model.simulate_ahead(x, t_x, T, horizon, rng).sum() for _ in range(draws)])
    prediction = np.quantile(moved @ summary.weight + totals - totals.mean(), [0.025, 0.975])
    return ci.tolist(), prediction.tolist()


def _linear_limits(
    model: RepeatModel,
    summary: Summary,
    horizon: float,
    expected: Vector,
    rng: np.random.Generator,
    _: int,
) -> tuple[list[float], list[float]]:
    """Return both intervals from what each customer adds to the total, directly and through the parameters."""
    w = summary.weight
    slopes = _slopes_of_sum(
        model, summary, lambda moved, few: moved.expected_purchases_of_customer(*few, horizon)
    )
    through = slopes @ _newton_steps(model, summary)
    value = float(w @ expected)

    few = summary.thinned(max(summary.n // CHANCE_CUSTOMERS, 1))
    x, t_x, T = _each_customer(few)
    mean = model.expected_purchases_of_customer(x, t_x, T, horizon)
    off = [model.simulate_ahead(x, t_x, T, horizon, rng) - mean for _ in range(CHANCE_ROUNDS)]
    chance = float(np.mean([one @ one for one in off])) * summary.n / few.n
    reach = Z * np.sqrt([_spread(expected + through, w), _spread(through, w) + chance])
    return [value - reach[0], value + reach[0]], [value - reach[1], value + reach[1]]


def _newton_steps(model: RepeatModel, summary: Summary) -> NDArray[np.float64]:
    """Return by how much a customer of each row moves the parameters' logarithms, shape (k, rows)."""
    if model.optimum is None:
        raise WrongArgument(f"model={model.MODEL!r} was not fitted: intervals need its covariance")
    point = np.array(list(model.parameters.values()))
    steps: NDArray[np.float64] = model.optimum.covariance @ (model.scores(summary) * point[:, None])
    return steps


def _each_customer(summary: Summary) -> tuple[Vector, Vector, Vector]:
    count = summary.weight.astype(int)
    x, t_x, T = (np.repeat(column, count) for column in (summary.x, summary.t_x, summary.T))
    return x, t_x, T


def _log_slope(model: RepeatModel, summary: Summary, horizon: float) -> NDArray[np.float64]:
    """Return the slope of each row's ln E[purchases] by the parameters' logarithms, shape (k, rows)."""
    step = 1e-4
    rows = []
    for letter, value in model.parameters.items():
        sides = []
        for side in (step, -step):
            letters = {**model.parameters, letter: value * np.exp(side)}
            moved = type(model)(**letters, unit=model.unit, optimum=None)
            sides.append(moved.expected_purchases_of_customer(summary.x, summary.t_x, summary.T, horizon))
        above, below = sides
        some = below > 0
        rows.append(
            np.where(some, np.log(np.where(some, above, 1.0) / np.where(some, below, 1.0)) / (2 * step), 0.0)
        )
    return np.stack(rows)

"""How many purchases all customers together will make, with what is not known of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.models.repeat_model import RepeatModel
    from treue.models.summary import Summary

    Vector = NDArray[np.float64]

CUSTOMERS_DRAWN = 20_000_000
"""So many customers' futures are drawn at most; for large firms fewer rounds tell the spread well enough."""

LEAST_ROUNDS = 40


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


def expected_total(
    model: RepeatModel,
    summary: Summary,
    horizon: float,
    rng: np.random.Generator,
    draws: int = 500,
) -> Total:
    """Return how many purchases these customers will make in the next `horizon`, with two intervals.

    The customers are drawn anew, with replacement, and the parameters moved by one Newton step for each draw.
    The prediction interval adds the chance of the purchases themselves. It misleads where the time ahead is not
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
        Resampled sets of customers.

    Returns
    -------
    Total
        Purchases, and both intervals.

    Raises
    ------
    WrongArgument
        When the model was not fitted, or its unit is not that of the summary.
    """
    if model.optimum is None:
        raise WrongArgument(f"model={model.MODEL!r} was not fitted: intervals need its covariance")
    if model.unit != summary.unit:
        raise WrongArgument(f"unit={summary.unit!r} of the summary must be that of the model, {model.unit!r}")
    expected = model.expected_purchases_of_customer(summary.x, summary.t_x, summary.T, horizon)
    log_slope = _log_slope(model, summary, horizon)
    point = np.array(list(model.parameters.values()))
    scores = model.scores(summary) * point[:, None]
    share = summary.weight / summary.weight.sum()
    resampled, fixed = np.empty(draws), np.empty(draws)
    for draw in range(draws):
        drawn = rng.multinomial(summary.n, share)
        step = model.optimum.covariance @ (scores @ drawn)
        moved = expected * np.exp(step @ log_slope)
        resampled[draw], fixed[draw] = drawn @ moved, summary.weight @ moved
    ci = np.quantile(resampled, [0.025, 0.975])
    prediction = np.quantile(fixed + _chance(model, summary, horizon, rng, draws), [0.025, 0.975])
    value = float(summary.weight @ expected)
    return Total(value, float(ci[0]), float(ci[1]), max(float(prediction[0]), 0.0), float(prediction[1]))


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


def _chance(
    model: RepeatModel, summary: Summary, horizon: float, rng: np.random.Generator, draws: int
) -> Vector:
    """Return by how much totals differ from their expectation, were the parameters known."""
    rounds = int(np.clip(CUSTOMERS_DRAWN // summary.n, LEAST_ROUNDS, draws))
    count = summary.weight.astype(int)
    x, t_x, T = (np.repeat(column, count) for column in (summary.x, summary.t_x, summary.T))
    totals = np.array([model.simulate_ahead(x, t_x, T, horizon, rng).sum() for _ in range(rounds)])
    if rounds == draws:
        off: Vector = totals - totals.mean()
        return off
    return rng.normal(0.0, totals.std(ddof=1), draws)  # the sum of very many customers

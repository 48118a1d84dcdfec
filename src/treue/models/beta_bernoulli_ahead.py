"""How customers go on who may buy at each opportunity and may leave before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

MOST_OPPORTUNITIES = 10_000
"""A purchase that takes more opportunities than that is as good as never."""


@dataclass(frozen=True, slots=True)
class BetaBernoulliAhead:
    """Customers who are here now: buying (beta, alpha and beta), leaving before each (beta, gamma and delta).

    References
    ----------
    Fader, Hardie & Shang (2010), Marketing Science 29, 1086-1108.
    """

    alpha: Vector
    beta: Vector
    gamma: Vector
    delta: Vector

    def expected(self, horizon: Vector) -> Vector:
        """Return the mean number of purchases in that many opportunities (sum over them, so gamma may be 1)."""
        horizon = _whole(horizon)
        shape = np.broadcast_shapes(np.shape(self.gamma), horizon.shape)
        here, active = np.ones(shape), np.zeros(shape)
        for j in range(int(horizon.max(initial=0))):
            here *= (self.delta + j) / (self.gamma + self.delta + j)
            active += np.where(j < horizon, here, 0.0)
        return self.alpha / (self.alpha + self.beta) * active

    def at_least(self, count: float | Vector, horizon: Vector) -> Vector:
        """Return the probability of `count` or more purchases in `horizon` opportunities.

        It is the sum, over the opportunity j of the last of them, of buying so and being here until then.
        """
        horizon = _whole(horizon)
        k = np.asarray(count, dtype=np.float64)
        alpha, beta, gamma, delta = self.alpha, self.beta, self.gamma, self.delta
        shape = np.broadcast_shapes(np.shape(gamma), k.shape, horizon.shape)
        log_term = special.betaln(alpha + k, beta) - special.betaln(alpha, beta)
        log_term = log_term + special.betaln(gamma, delta + k) - special.betaln(gamma, delta)
        total = np.zeros(shape)
        for i in range(int(np.max(horizon - k, initial=-1)) + 1):
            j = k + i
            total += np.where(j <= horizon, np.exp(log_term), 0.0)
            log_term += np.log(
                j / (i + 1) * (beta + i) / (alpha + beta + j) * (delta + j) / (gamma + delta + j)
            )
        return total

    def time_until(self, probability: Vector) -> Vector:
        """Return at which opportunity a purchase has happened with that `probability`; NaN where never."""
        alpha, beta, gamma, delta = self.alpha, self.beta, self.gamma, self.delta
        shape = np.broadcast_shapes(np.shape(gamma), np.shape(probability))
        bought, silent, when = np.zeros(shape), np.ones(shape), np.full(shape, np.nan)
        for j in range(MOST_OPPORTUNITIES):
            silent = silent * (delta + j) / (gamma + delta + j)
            bought = bought + silent * alpha / (alpha + beta + j)
            silent = silent * (beta + j) / (alpha + beta + j)
            when = np.where(np.isnan(when) & (bought >= probability), j + 1.0, when)
            if not (np.isnan(when) & (bought + silent >= probability)).any():
                break
        return when

    def draw(self, horizon: Vector, rng: np.random.Generator) -> tuple[Vector, Vector]:
        """Return a number of purchases within `horizon`, drawn by `rng`, and the opportunity of the last one."""
        horizon = _whole(horizon)
        shape = np.broadcast_shapes(np.shape(self.gamma), horizon.shape)
        leave = np.maximum(rng.beta(self.gamma, self.delta, shape), 1e-18)
        active = np.minimum(rng.geometric(leave) - 1, horizon)
        buy = rng.beta(self.alpha, self.beta, shape)
        count, last = np.zeros(shape), np.zeros(shape)
        for j in range(1, int(active.max(initial=0)) + 1):
            bought = (j <= active) & (rng.random(shape) < buy)
            count += bought
            last = np.where(bought, float(j), last)
        return count, last


def _whole(horizon: Vector) -> Vector:
    wrong = horizon % 1 != 0
    if wrong.any():
        raise WrongArgument(f"horizon={horizon[wrong].ravel()[0]:g} must be a whole number of opportunities")
    return horizon

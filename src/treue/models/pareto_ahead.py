"""How customers go on buying who may leave at any moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(48)
CHUNK_ROWS = 1024
"""Rows at a time: what is made of their nodes stays in the processor's cache."""
TAIL = 34.0
"""The integrand is followed until it has fallen by exp(-34): what is left out is below 1e-13 of it."""

STEPS = 500
LONGEST = 600.0
"""Logarithm of a time beyond all calendars that numbers can still hold."""


@dataclass(frozen=True, slots=True)
class ParetoAhead:
    """Customers who are here now: buying (gamma, r and alpha), leaving at any moment (gamma, s and beta).

    References
    ----------
    Fader & Hardie (2005), A note on deriving the Pareto/NBD model; Fader & Hardie (2014), Deriving the
    conditional PMF of the Pareto/NBD model.
    """

    r: Vector
    alpha: Vector
    s: Vector
    beta: Vector

    def expected(self, horizon: Vector) -> Vector:
        """Return the mean number of purchases within `horizon`."""
        length = np.log1p(horizon / self.beta)
        # beta * (1 - e^{(1-s) length}) / (s - 1) is the mean time until leaving, cut at `horizon`; safe at s = 1.
        active = self.beta * length * special.exprel((1 - self.s) * length)
        return np.asarray(self.r / self.alpha * active, dtype=np.float64)

    def at_least(self, count: float | Vector, horizon: Vector) -> Vector:
        """Return the probability of `count` or more purchases within `horizon`.

        It is the integral, over when that many would have been made, of the probability of still being here.
        """
        row = np.broadcast_arrays(self.r, self.alpha, self.s, self.beta, count, horizon)
        flat = [np.ascontiguousarray(v, dtype=np.float64).ravel() for v in row]
        probability = np.empty(flat[0].size)
        for at in range(0, probability.size, CHUNK_ROWS):
            probability[at : at + CHUNK_ROWS] = _at_least(*(v[at : at + CHUNK_ROWS] for v in flat))
        return probability.reshape(row[0].shape)

    def time_until(self, probability: Vector) -> Vector:
        """Return when a purchase has happened with that `probability`; NaN where that is never."""
        row = np.broadcast_arrays(self.r, self.alpha, self.s, self.beta, probability)
        r, alpha, s, beta, wanted = (np.array(v, dtype=np.float64).ravel() for v in row)
        time = np.full(wanted.size, np.nan)
        ever = ParetoAhead(r, alpha, s, beta).at_least(1, np.full(wanted.size, np.inf))
        open_rows = np.flatnonzero(ever > wanted)
        time[open_rows] = (alpha * np.expm1(np.minimum(-np.log1p(-wanted) / r, LONGEST)))[open_rows]
        # The probability rises ever more slowly, so Newton's steps come from below and never overshoot.
        for _ in range(STEPS):
            r_, alpha_, s_, beta_, now = (v[open_rows] for v in (r, alpha, s, beta, time))
            lacking = wanted[open_rows] - ParetoAhead(r_, alpha_, s_, beta_).at_least(1, now)
            slope = r_ / (alpha_ + now) * np.exp(-r_ * np.log1p(now / alpha_) - s_ * np.log1p(now / beta_))
            step = np.maximum(lacking, 0) / slope
            time[open_rows] += step
            open_rows = open_rows[step > 1e-9 * now]
            if not open_rows.size:
                break
        return time.reshape(row[0].shape)

    def draw(self, horizon: Vector, rng: np.random.Generator) -> tuple[Vector, Vector]:
        """Return a number of purchases within `horizon`, drawn by `rng`, and the time of the last one."""
        shape = np.broadcast_shapes(np.shape(self.r), np.shape(horizon))
        leaving = np.maximum(rng.gamma(self.s, 1.0, shape), 1e-300) / self.beta
        end = np.minimum(horizon, rng.exponential(1.0, shape) / leaving)
        count = rng.poisson(rng.gamma(self.r, 1.0, shape) / self.alpha * end).astype(np.float64)
        # Given their number, purchases are spread evenly: the last one is the greatest of them.
        place = rng.random(shape) ** (1 / np.maximum(count, 1))
        return count, np.where(count > 0, place * end, 0.0)


def _at_least(r: Vector, alpha: Vector, s: Vector, beta: Vector, count: Vector, horizon: Vector) -> Vector:
    some = horizon > 0
    low, high = _range(r, s, alpha / beta, count, np.where(some, horizon, 1.0) / alpha)
    near, far = np.minimum(alpha, beta), np.maximum(alpha, beta)
    on_near, on_far = np.where(alpha <= beta, (r + count, s), (s, r + count))
    # Time in the logarithm of 1 + t / near: both gammas are smooth in it, however far it reaches.
    first, last = np.log1p(alpha * np.exp(low) / near), np.log1p(alpha * np.exp(high) / near)
    half = 0.5 * (last - first)
    log_t = first[:, None] + half[:, None] * (NODES + 1)
    t = near[:, None] * np.expm1(log_t)
    level = np.log(near / alpha) - special.betaln(count, r)
    log_f = level[:, None] + (1 - on_near)[:, None] * log_t
    log_f += (count - 1)[:, None] * np.log(t / alpha[:, None])
    log_f -= on_far[:, None] * np.log(1 + t / far[:, None])  # in half the time of log1p, and as good in a sum
    probability: Vector = np.where(some, half * (np.exp(log_f) @ WEIGHTS), 0.0)
    return probability


def _range(r: Vector, s: Vector, c: Vector, n: Vector, reach: Vector) -> tuple[Vector, Vector]:
    """Return between which logarithms of t / alpha the integrand matters; `reach` is the last t / alpha.

    In w = ln(t / alpha) its logarithm is n w - (n + r) ln(1 + e^w) - s ln(1 + c e^w), which is concave.
    """

    def height(w: Vector) -> Vector:
        return n * w - (n + r) * np.logaddexp(0, w) - s * np.logaddexp(0, w + np.log(c))

    def slope(w: Vector) -> Vector:
        value: Vector = n - (n + r) * special.expit(w) - s * special.expit(w + np.log(c))
        return value

    # Where the slope is 0, e^w solves c (r + s) q^2 - (n c - r - s c) q - n = 0.
    square, line = c * (r + s), n * c - r - s * c
    root = np.hypot(line, 2 * np.sqrt(square * n))
    mode = np.log(
        np.where(line > 0, (line + root) / (2 * square), 2 * n / np.where(line > 0, 1.0, root - line))
    )
    with np.errstate(divide="ignore"):
        end = np.log(reach)
    best = np.minimum(mode, end)
    top = height(best)
    wide = np.sqrt(2 * TAIL * (1 / n + 1 / r))
    low, high = best - TAIL / n - wide, mode + TAIL / (r + s) + wide
    for _ in range(6):
        low += (top - TAIL - height(low)) / slope(low)
        high += (top - TAIL - height(high)) / slope(high)
    return low, np.where(end <= mode, end, np.minimum(np.minimum(high, end), LONGEST))

"""How customers go on buying who leave, if at all, right after a purchase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

CHUNK_ROWS = 2048
NODES = 96
TAIL = 30.0
"""The integrand is followed until it has fallen by exp(-30): what is left out is below 1e-12 of it."""

LONGEST = 600.0
"""Logarithm of a time beyond all calendars that numbers can still hold."""


@dataclass(frozen=True, slots=True)
class BetaGeometricAhead:
    """Customers who are here now: buying (gamma, r and alpha), leaving after each purchase (beta, a and b).

    References
    ----------
    Fader, Hardie & Lee (2005), "Counting your customers" the easy way, Marketing Science 24, 275-284.
    """

    r: Vector
    alpha: Vector
    a: Vector
    b: Vector

    def expected(self, horizon: Vector) -> Vector:
        """Return the mean number of purchases within `horizon` (the paper's equation 9).

        The paper's hypergeometric form divides by a - 1 and overflows for frequent buyers. Near there the same
        mean is taken as an integral over the chance of leaving, which has neither fault but takes ten times
        as long.
        """
        row = np.broadcast_arrays(self.r, self.a, self.b, horizon / self.alpha)
        r, a, b, y = (np.ascontiguousarray(v, dtype=np.float64).ravel() for v in row)
        safe = (a + b != 1) & (r < 30) & (y < 8) & (r * y * np.abs(a - 1) > 1e-5 * (1 + np.abs(a + b - 1)))
        mean = np.empty(r.size)
        mean[safe] = _mean_in_closed_form(r[safe], a[safe], b[safe], y[safe])
        others = np.flatnonzero(~safe)
        for at in range(0, others.size, CHUNK_ROWS):
            some = others[at : at + CHUNK_ROWS]
            mean[some] = _mean(r[some], a[some], b[some], y[some])
        return mean.reshape(row[0].shape)

    def at_least(self, count: float | Vector, horizon: Vector) -> Vector:
        """Return the probability of `count` or more purchases within `horizon` (equation 8, summed).

        They take `count` arrivals, and that the customer stayed after all but the last.
        """
        if np.ndim(count) == 0 and count == 1:
            return -np.expm1(-self.r * np.log1p(horizon / self.alpha))
        stayed = np.exp(special.betaln(self.a, self.b + count - 1) - special.betaln(self.a, self.b))
        arrived = special.betainc(count, self.r, horizon / (self.alpha + horizon))
        return np.asarray(stayed * arrived, dtype=np.float64)

    def time_until(self, probability: Vector) -> Vector:
        """Return when a purchase has happened with that `probability`: the first one always comes."""
        return self.alpha * np.expm1(np.minimum(-np.log1p(-probability) / self.r, LONGEST))

    def draw(self, horizon: Vector, rng: np.random.Generator) -> tuple[Vector, Vector]:
        """Return a number of purchases within `horizon`, drawn by `rng`, and the time of the last one."""
        shape = np.broadcast_shapes(np.shape(self.r), np.shape(horizon))
        arrivals = rng.poisson(rng.gamma(self.r, 1.0, shape) / self.alpha * horizon)
        leave = np.maximum(rng.beta(self.a, self.b, shape), 1e-18)
        count = np.minimum(arrivals, rng.geometric(leave)).astype(np.float64)
        # Given their number, arrivals are spread evenly: the last purchase is one of their order statistics.
        place = rng.beta(np.maximum(count, 1), arrivals - count + 1)
        return count, np.where(count > 0, place * horizon, 0.0)


def _mean_in_closed_form(r: Vector, a: Vector, b: Vector, y: Vector) -> Vector:
    series = special.hyp2f1(r, b, a + b - 1, y / (1 + y))
    mean: Vector = (a + b - 1) / (a - 1) * (1 - (1 + y) ** -r * series)
    return mean


def _mean(r: Vector, a: Vector, b: Vector, y: Vector) -> Vector:
    """Return the mean of (1 - (1 + p y)^-r) / p over p from a beta distribution (a, b).

    With k(p) = 1 - (1 - (1 + p y)^-r) / (r y p), which rises from 0 to k(1), it is r y (1 - mean of k). The
    straight line k(1) p is taken off k, because the rest vanishes at both ends: then the integral, in the log
    odds of p, has short tails for any a and b, and equal steps are exact to ten digits.
    """
    top = -np.expm1(-r * np.log1p(y))
    some = np.where(y > 0, y, 1.0)
    line = 1 - top / (r * some)
    low, high = _range(r, a, b, some)
    step = (high - low) / (NODES - 1)
    u = low[:, None] + step[:, None] * np.arange(NODES)
    log_p, log_q = -np.logaddexp(0, -u), -np.logaddexp(0, u)
    p = np.exp(log_p)
    ry = (r * some)[:, None]
    k = 1 + np.expm1(-r[:, None] * np.log1p(p * some[:, None])) / (ry * p)
    weight = np.exp(a[:, None] * log_p + b[:, None] * log_q - special.betaln(a, b)[:, None])
    bend = step * np.einsum("nq,nq->n", weight, k - line[:, None] * p)
    mean: Vector = np.where(y > 0, r * some * (1 - line * a / (a + b) - bend), 0.0)
    return mean


def _range(r: Vector, a: Vector, b: Vector, y: Vector) -> tuple[Vector, Vector]:
    """Return between which log odds of p the integrand matters."""
    bend = -np.log(y * (r + 1))  # left of it k falls like p, right of it k is nearly constant
    steep = TAIL / (a + 1)
    low = np.maximum(_fallen(a, b + 1, -1), np.minimum(_fallen(a + 1, b + 1, -1), bend - steep))
    return low, _fallen(a + 1, b + 1, 1)


def _fallen(left: Vector, right: Vector, side: int) -> Vector:
    """Return where p^left (1 - p)^right has fallen by exp(-TAIL), in log odds, below or above its mode."""
    mode = np.log(left) - np.log(right)
    whole = left + right
    top = left * mode - whole * np.logaddexp(0, mode)
    u = mode + side * (TAIL / np.where(side < 0, left, right) + np.sqrt(2 * TAIL * (1 / left + 1 / right)))
    for _ in range(5):
        fall = top - left * u + whole * np.logaddexp(0, u)
        u -= (fall - TAIL) / (whole * special.expit(u) - left)
    return u

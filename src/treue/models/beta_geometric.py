"""What BG/NBD and MBG/NBD share: buying at random, leaving only right after a purchase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy import special

from treue.models.beta_geometric_ahead import BetaGeometricAhead
from treue.models.beta_geometric_sides import Sides
from treue.models.cases import checked_cases
from treue.models.repeat_model import RepeatModel
from treue.models.starts import starting_pace

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from treue.models.cases import Cases
    from treue.models.newton import Derivatives, Optimum, Troubles
    from treue.models.summary import Summary

    Vector = NDArray[np.float64]

CHUNK_ROWS = 8192
"""Rows at a time: they stay in the processor's cache, and BLAS starts no threads for so few, which on a busy
machine take many times as long as the sums."""


@dataclass(frozen=True, slots=True)
class BetaGeometric(RepeatModel):
    """Gamma-Poisson buying with a beta-geometric chance of leaving after a purchase.

    Parameters
    ----------
    r, alpha, a, b : float
        Positive parameters; alpha is in `unit`. A customer buys at a rate drawn from a gamma
        distribution (shape r, rate alpha) and leaves after a purchase with a probability drawn from a
        beta distribution (a, b).
    unit : str
        Unit of time of alpha and of every argument.
    optimum : Optimum, optional
        How the parameters were found.
    """

    LETTERS: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")
    TROUBLES: ClassVar[Troubles] = {
        "r": ("too few customers came back", "customers buy at too equal a pace"),
        "alpha": ("too few customers came back", "customers buy at too equal a pace"),
        "a": ("hardly anybody seems to have left", "customers leave with too equal a chance"),
        "b": ("nearly everybody left as soon as they could", "hardly anybody seems to have left"),
    }
    CHANCES_AT_FIRST: ClassVar[int] = 0
    """1 where a customer may leave right after the first purchase, else 0."""

    r: float
    alpha: float
    a: float
    b: float
    unit: str = "day"
    optimum: Optimum | None = None

    @classmethod
    def start(cls, summary: Summary) -> list[float]:
        """Return parameters to start a fit to a `summary` from."""
        return [*starting_pace(summary), 1.0, 3.0]

    @classmethod
    def derivatives(cls, parameters: Vector, summary: Summary) -> tuple[float, Vector, NDArray[np.float64]]:
        """Return the log-likelihood of a `summary` at `parameters`, with its gradient and Hessian."""
        return derivatives(parameters, summary, cls.CHANCES_AT_FIRST)

    @classmethod
    def likelihood(cls, summary: Summary) -> Derivatives:
        """Return the log-likelihood of a `summary`, with gradient and Hessian, as a function of the parameters."""
        sides = Sides.of(summary, cls.CHANCES_AT_FIRST)
        if sides is None:
            return lambda parameters: derivatives(parameters, summary, cls.CHANCES_AT_FIRST)
        x, weight = sides.counts

        def likelihood(parameters: Vector) -> tuple[float, Vector, NDArray[np.float64]]:
            counted = _count_derivatives(parameters, x, weight, cls.CHANCES_AT_FIRST)
            timed = sides.derivatives(parameters)
            return counted[0] + timed[0], counted[1] + timed[1], counted[2] + timed[2]

        return likelihood

    def scores(self, summary: Summary) -> NDArray[np.float64]:
        """Return the slope of the log-likelihood of one customer of each row of a `summary`."""
        return scores(self, summary)

    def probability_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Vector:
        """Return the probability that each customer has not left.

        Parameters
        ----------
        x, t_x, T : array_like, shape (n,)
            Repeat count, recency and age, in the model's unit.

        Returns
        -------
        numpy.ndarray, shape (n,)
            Between 0 and 1; NaN where the model cannot know it (x = 0 under BG/NBD).

        References
        ----------
        Fader & Hardie (2008), Computing P(alive) using the BG/NBD model.
        """
        x, t_x, T = checked_cases(x, t_x, T)
        known = x + self.CHANCES_AT_FIRST > 0
        alive: Vector = np.where(known, special.expit(-self._log_odds_of_leaving(x, t_x, T)), np.nan)
        return alive

    def _new(self) -> tuple[float, BetaGeometricAhead]:
        b = self.b + self.CHANCES_AT_FIRST
        stays = self.b / (self.a + self.b) if self.CHANCES_AT_FIRST else 1.0
        return stays, BetaGeometricAhead(*map(np.asarray, (self.r, self.alpha, self.a, b)))

    def _known(self, cases: Cases) -> tuple[Vector, BetaGeometricAhead]:
        """Take the model at its word: a customer who had no chance to leave is here."""
        x, t_x, T = cases
        chances = x + self.CHANCES_AT_FIRST
        here = np.where(chances > 0, special.expit(-self._log_odds_of_leaving(x, t_x, T)), 1.0)
        a = np.full_like(x, self.a)
        return here, BetaGeometricAhead(self.r + x, self.alpha + T, a, self.b + chances)

    def _log_odds_of_leaving(self, x: Vector, t_x: Vector, T: Vector) -> Vector:
        """Return the logarithm of P(left) / P(not left); meaningful where a chance to leave was had."""
        silence: Vector = np.log(self.alpha + T) - np.log(self.alpha + t_x)
        chances = np.maximum(x + self.CHANCES_AT_FIRST, 1)
        odds: Vector = np.log(self.a) - np.log(self.b + chances - 1) + (self.r + x) * silence
        return odds


def derivatives(
    parameters: Vector, summary: Summary, chances_at_first: int
) -> tuple[float, Vector, NDArray[np.float64]]:
    """Return the log-likelihood with its gradient and Hessian.

    Parameters
    ----------
    parameters : numpy.ndarray, shape (4,)
        r, alpha, a, b.
    summary : Summary
        Repeat buying of the customers.
    chances_at_first : int
        1 where a customer may leave right after the first purchase, else 0.

    Returns
    -------
    tuple
        Log-likelihood, gradient, shape (4,), Hessian, shape (4, 4).

    References
    ----------
    Fader, Hardie & Lee (2005), equation 6; Batislam, Denizel & Filiztekin (2007).
    """
    first, bought = summary.counts
    value, gradient, hessian = _count_derivatives(parameters, summary.x[first], bought, chances_at_first)
    for at in range(0, len(summary.x), CHUNK_ROWS):
        some = slice(at, at + CHUNK_ROWS)
        rows = _rows(parameters, summary.x[some], summary.t_x[some], summary.T[some], chances_at_first)
        part = _time_derivatives(parameters, rows, summary.weight[some])
        value, gradient, hessian = value + part[0], gradient + part[1], hessian + part[2]
    return value, gradient, hessian


def scores(model: BetaGeometric, summary: Summary) -> NDArray[np.float64]:
    """Return each row's slope of the log-likelihood at a fitted model.

    Parameters
    ----------
    model : BetaGeometric
        Where the slope is taken.
    summary : Summary
        Repeat buying of the customers, k rows.

    Returns
    -------
    numpy.ndarray, shape (4, k)
        With respect to r, alpha, a, b, for one customer of the row.
    """
    point = np.array([model.r, model.alpha, model.a, model.b])
    first, _ = summary.counts
    by_count = _count_slopes(point, summary.x[first], model.CHANCES_AT_FIRST)
    slopes = np.repeat(by_count, np.diff(first, append=len(summary.x)), axis=1)
    rows = _rows(point, summary.x, summary.t_x, summary.T, model.CHANCES_AT_FIRST)
    slopes += rows.here * rows.slopes
    slopes[0] -= rows.log_gap
    slopes[1] -= rows.k * rows.near
    return slopes


# The likelihood of a customer who left after the last purchase, times 1 + odds(here): the first factor's
# special functions know only x, of which there are few values; the rest takes one exponential per row.


@dataclass(frozen=True, slots=True)
class _Rows:
    """What of each row's likelihood knows t_x and T; 1 + odds of being here, and the slopes of their logarithm."""

    k: Vector
    near: Vector
    far: Vector
    log_gap: Vector
    total: Vector
    here: Vector
    slopes: NDArray[np.float64]


def _rows(parameters: Vector, x: Vector, t_x: Vector, T: Vector, chances_at_first: int) -> _Rows:
    r, alpha, a, b = parameters
    k = r + x
    b_x = b + (x + (chances_at_first - 1))
    prior_odds = b_x / a
    if chances_at_first == 0 and not x.all():
        # Who had no chance to leave is written as if gone, but at the end: neither a nor b is in it.
        could_leave = x > 0
        t_x = np.where(could_leave, t_x, T)
        prior_odds *= could_leave
        b_x = np.where(could_leave, b_x, 1.0)
    gap, gap_end = alpha + t_x, alpha + T
    log_gap = np.log(gap)
    silence = np.log(gap_end) - log_gap
    odds = np.exp(-k * silence) * prior_odds
    slopes = np.empty((4, len(x)))
    slopes[0] = -silence
    near, far, total = 1 / gap, 1 / gap_end, 1 + odds
    slopes[1] = k * (near - far)
    slopes[2] = -1 / a
    slopes[3] = 1 / b_x
    return _Rows(k, near, far, log_gap, total, odds / total, slopes)


def _time_derivatives(
    parameters: Vector, rows: _Rows, w: Vector
) -> tuple[float, Vector, NDArray[np.float64]]:
    """Return the part of the likelihood that knows t_x and T, weighted by w."""
    a = parameters[2]
    still, bought, near, far = w * rows.here, w * rows.k, rows.near, rows.far
    value = w @ np.log(rows.total) - bought @ rows.log_gap
    gradient = np.array([still @ slope for slope in rows.slopes])
    gradient[:2] -= w @ rows.log_gap, bought @ near
    hessian = (rows.slopes * (still / rows.total)) @ rows.slopes.T
    cross = still @ (near - far) - w @ near
    hessian[0, 1] += cross
    hessian[1, 0] += cross
    hessian[1, 1] += (bought * near) @ near - (still * rows.slopes[1]) @ (near + far)
    hessian[2, 2] += still.sum() / a**2
    hessian[3, 3] -= (still * rows.slopes[3]) @ rows.slopes[3]
    return float(value), gradient, hessian


def _count_slopes(parameters: Vector, x: Vector, chances_at_first: int) -> NDArray[np.float64]:
    """Return the slopes of the part of the likelihood that knows only x, shape (4, m)."""
    r, alpha, a, b = parameters
    psi = special.digamma
    chances = x + chances_at_first
    could_leave = chances > 0
    beta_a = psi(a + b) - psi(a + b + chances)
    beta_b = beta_a + psi(b + chances) - psi(b)
    left_b = could_leave / np.where(could_leave, b + chances - 1, 1.0)
    buying = psi(r + x) - psi(r) + np.log(alpha)
    return np.stack([buying, np.full_like(x, r / alpha), beta_a + could_leave / a, beta_b - left_b])


def _count_derivatives(
    parameters: Vector, x: Vector, w: Vector, chances_at_first: int
) -> tuple[float, Vector, NDArray[np.float64]]:
    """Return the part of the likelihood that knows only x: one term for each repeat count, which w customers have."""
    r, alpha, a, b = parameters
    gammaln = special.gammaln
    chances = x + chances_at_first
    could_leave = chances > 0
    b_x = np.where(could_leave, b + chances - 1, 1.0)
    total, leavers = w.sum(), w * could_leave

    def psi1(value: Vector | float) -> Vector:
        result: Vector = special.polygamma(1, value)
        return result

    buying = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    leaving = gammaln(a + b) + gammaln(b + chances) - gammaln(b) - gammaln(a + b + chances)
    value = w @ (buying + leaving) + leavers @ (np.log(a) - np.log(b_x))
    hessian = np.zeros((4, 4))
    hessian[0, 0] = w @ (psi1(r + x) - psi1(r))
    hessian[0, 1] = hessian[1, 0] = total / alpha
    hessian[1, 1] = -total * r / alpha**2
    curve = w @ (psi1(a + b) - psi1(a + b + chances))
    hessian[2, 2] = curve - leavers.sum() / a**2
    hessian[2, 3] = hessian[3, 2] = curve
    hessian[3, 3] = curve + w @ (psi1(b + chances) - psi1(b)) + leavers @ b_x**-2.0
    return float(value), _count_slopes(parameters, x, chances_at_first) @ w, hessian

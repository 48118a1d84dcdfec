"""Pareto/NBD: customers buy at random and may leave at any moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy import special

from treue.models.cases import checked_cases
from treue.models.pareto_ahead import ParetoAhead
from treue.models.repeat_model import RepeatModel
from treue.models.starts import starting_pace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from treue.models.cases import Cases
    from treue.models.newton import Optimum, Troubles
    from treue.models.summary import Summary

    Vector = NDArray[np.float64]

RULES = {count: np.polynomial.legendre.leggauss(count) for count in (8, 12, 16, 32)}
"""Gauss-Legendre points and their weights."""

CHUNK_POINTS = 8192
"""Points at a time: they stay in the processor's cache, and BLAS starts no threads for so few."""

TAIL = 30.0
"""The integrand is followed until it has fallen by exp(-30): what is left out is below 1e-12 of it."""


@dataclass(frozen=True, slots=True)
class ParetoNbd(RepeatModel):
    """The Pareto / negative-binomial model of repeat buying.

    While active, a customer buys at random at a rate of their own (gamma over customers, shape r,
    rate alpha) and may leave at any moment at a rate of their own (gamma, shape s, rate beta). Unlike
    BG/NBD it can say of customers who bought once how likely they are still active.

    Parameters
    ----------
    r, alpha, s, beta : float
        Positive parameters; alpha and beta are in `unit`.
    unit : str
        Unit of time of alpha, beta and of every argument.
    optimum : Optimum, optional
        How the parameters were found.

    Notes
    -----
    The likelihood's hypergeometric functions overflow for frequent buyers. Here the same quantity is
    an integral over the moment of leaving, taken in the logarithm of time by Gauss-Legendre with 8 to 32
    points, as many as the row needs; its derivatives are moments under the same integrand.

    References
    ----------
    Schmittlein, Morrison & Colombo (1987), Counting your customers, Management Science 33, 1-24;
    Fader & Hardie (2005), A note on deriving the Pareto/NBD model.

    Examples
    --------
    >>> model = ParetoNbd(0.553, 10.578, 0.606, 11.669, unit="week")
    >>> round(float(model.probability_alive(2, 30.43, 38.86)), 3)
    0.869
    """

    MODEL: ClassVar[str] = "pareto-nbd"
    LETTERS: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")
    TROUBLES: ClassVar[Troubles] = {
        "r": ("too few customers came back", "customers buy at too equal a pace"),
        "alpha": ("too few customers came back", "customers buy at too equal a pace"),
        "s": ("hardly anybody seems to have left", "customers leave at too equal a pace"),
        "beta": ("many customers left at once", "hardly anybody left, or all at too equal a pace"),
    }

    r: float
    alpha: float
    s: float
    beta: float
    unit: str = "day"
    optimum: Optimum | None = None

    @classmethod
    def start(cls, summary: Summary) -> list[float]:
        """Return parameters to start a fit to a `summary` from."""
        return [*starting_pace(summary), 0.5, float(summary.weight @ summary.T / summary.n)]

    @classmethod
    def derivatives(cls, parameters: Vector, summary: Summary) -> tuple[float, Vector, NDArray[np.float64]]:
        """Return the log-likelihood of a `summary` at `parameters`, with its gradient and Hessian."""
        return _derivatives(parameters, summary)

    def scores(self, summary: Summary) -> NDArray[np.float64]:
        """Return the slope of the log-likelihood of one customer of each row of a `summary`."""
        point = np.array(list(self.parameters.values()))
        first, _ = summary.counts
        by_count = _count_slopes(point, summary.x[first])
        slopes: NDArray[np.float64] = np.repeat(by_count, np.diff(first, append=len(summary.x)), axis=1)
        for rows, points in _alike(point, summary.x, summary.t_x, summary.T):
            one = _rows(point, summary.x[rows], summary.t_x[rows], summary.T[rows], points)
            slopes[:, rows] += one.stay_slope + one.gone * (one.left_slope - one.stay_slope)
        return slopes

    def probability_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Vector:
        """Return the probability that each customer has not left.

        Parameters
        ----------
        x, t_x, T : array_like, shape (n,)
            Repeat count, recency and age, in the model's unit.

        Returns
        -------
        numpy.ndarray, shape (n,)
            Between 0 and 1.
        """
        here, _ = self._known(checked_cases(x, t_x, T))
        return here

    def _new(self) -> tuple[float, ParetoAhead]:
        return 1.0, ParetoAhead(*map(np.asarray, (self.r, self.alpha, self.s, self.beta)))

    def _known(self, cases: Cases) -> tuple[Vector, ParetoAhead]:
        x, t_x, T = cases
        stayed = -(self.r + x) * np.log(self.alpha + T) - self.s * np.log(self.beta + T)
        left = np.log(self.s) + _log_integral(self, x.ravel(), t_x.ravel(), T.ravel()).reshape(x.shape)
        here: Vector = special.expit(stayed - left)
        return here, ParetoAhead(self.r + x, self.alpha + T, np.full_like(x, self.s), self.beta + T)


def _log_integral(model: ParetoNbd, x: Vector, t_x: Vector, T: Vector) -> Vector:
    """Return ln of the integral over the moment of leaving, from t_x to T; -inf where they are equal."""
    parameters = np.array([model.r, model.alpha, model.s, model.beta])
    log_integral = np.empty(len(x))
    for rows, points in _alike(parameters, x, t_x, T):
        log_integral[rows] = _under_integral(parameters, x[rows], t_x[rows], T[rows], points).log_integral
    return log_integral


@dataclass(frozen=True, slots=True)
class _UnderIntegral:
    """I = integral from t_x to T of (alpha + y)^-(r + x) * (beta + y)^-(s + 1) dy, and where it comes from.

    Of q points and n rows: the share of each point in I, and its moment of leaving y in four ways.
    """

    log_integral: Vector
    share: NDArray[np.float64]
    log_alpha: NDArray[np.float64]
    log_beta: NDArray[np.float64]
    alpha_y: NDArray[np.float64]
    beta_y: NDArray[np.float64]


def _range(
    parameters: NDArray[np.float64], x: Vector, t_x: Vector, T: Vector
) -> tuple[Vector, Vector, Vector]:
    """Return where the integral starts, its length in the logarithm of time, and how fast it falls there."""
    r, alpha, s, beta = parameters
    low = min(alpha, beta)
    start = low + t_x
    fall = (r + x) * np.minimum(start / (alpha + t_x), 1.0) + s * np.minimum(start / (beta + t_x), 1.0)
    return start, np.minimum(np.log((low + T) / start), TAIL / fall), fall


def _alike(
    parameters: NDArray[np.float64], x: Vector, t_x: Vector, T: Vector
) -> Iterator[tuple[NDArray[np.intp], int]]:
    """Yield the places of rows for which the same number of points gives ten digits, some at a time."""
    _, length, fall = _range(parameters, x, t_x, T)
    needed = np.select([length >= 2, length * fall > 8, length * fall > 1], [32, 16, 12], 8)
    for points in RULES:
        places = np.flatnonzero(needed == points)
        for at in range(0, len(places), CHUNK_POINTS // points):
            yield places[at : at + CHUNK_POINTS // points], points


def _under_integral(
    parameters: NDArray[np.float64], x: Vector, t_x: Vector, T: Vector, points: int
) -> _UnderIntegral:
    r, alpha, s, beta = parameters
    low = min(alpha, beta)
    start, length, _ = _range(parameters, x, t_x, T)
    nodes, weights = RULES[points]
    w = 0.5 * (nodes[:, None] + 1) * length
    low_y = start * np.exp(w)
    log_low = np.log(start) + w
    alpha_y, beta_y = low_y + (alpha - low), low_y + (beta - low)
    # One of the two logarithms is known already.
    log_alpha = log_low if alpha == low else np.log(alpha_y)
    log_beta = log_low if beta == low else np.log(beta_y)
    # ln of the integrand in w: dy = (low + y) dw.
    log_f = log_low - (r + x) * log_alpha - (s + 1) * log_beta
    top = log_f.max(axis=0)
    share = np.exp(log_f - top) * weights[:, None]
    total = share.sum(axis=0)
    with np.errstate(divide="ignore"):
        log_integral = top + np.log(0.5 * length * total)
    share /= total
    return _UnderIntegral(log_integral, share, log_alpha, log_beta, alpha_y, beta_y)


def _derivatives(
    parameters: NDArray[np.float64], summary: Summary
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Return the log-likelihood with its gradient and Hessian."""
    value, gradient, hessian = _count_derivatives(parameters, summary)
    x, t_x, T, w = summary.x, summary.t_x, summary.T, summary.weight
    for rows, points in _alike(parameters, x, t_x, T):
        part = _time_derivatives(parameters, x[rows], t_x[rows], T[rows], w[rows], points)
        value, gradient, hessian = value + part[0], gradient + part[1], hessian + part[2]
    return value, gradient, hessian


def _count_slopes(parameters: NDArray[np.float64], x: Vector) -> NDArray[np.float64]:
    """Return the slopes of the part of the likelihood that knows only x, shape (4, m)."""
    r, alpha, s, beta = parameters
    buying = special.digamma(r + x) - special.digamma(r) + np.log(alpha)
    return np.stack(np.broadcast_arrays(buying, r / alpha, np.log(beta), s / beta))


def _count_derivatives(
    parameters: NDArray[np.float64], summary: Summary
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Return the part of the likelihood that knows only x: one term for each repeat count."""
    r, alpha, s, beta = parameters
    first, w = summary.counts
    x, total = summary.x[first], w.sum()
    value = w @ (special.gammaln(r + x) - special.gammaln(r)) + total * (r * np.log(alpha) + s * np.log(beta))
    hessian = np.diag([0.0, -total * r / alpha**2, 0.0, -total * s / beta**2])
    hessian[0, 0] = w @ (special.polygamma(1, r + x) - special.polygamma(1, r))
    hessian[0, 1] = hessian[1, 0] = total / alpha
    hessian[2, 3] = hessian[3, 2] = total / beta
    return float(value), _count_slopes(parameters, x) @ w, hessian


@dataclass(frozen=True, slots=True)
class _Rows:
    """What of each row's likelihood knows t_x and T: as if the customer stayed, and as if they left."""

    under: _UnderIntegral
    points: NDArray[np.float64]
    log_likelihood: Vector
    gone: Vector
    stay_slope: NDArray[np.float64]
    left_slope: NDArray[np.float64]


def _rows(parameters: NDArray[np.float64], x: Vector, t_x: Vector, T: Vector, points: int) -> _Rows:
    r, alpha, s, beta = parameters
    k, alpha_T, beta_T = r + x, alpha + T, beta + T  # noqa: N806
    under = _under_integral(parameters, x, t_x, T, points)
    slopes = np.empty((4, *under.share.shape))
    slopes[0], slopes[2] = -under.log_alpha, -under.log_beta
    slopes[1], slopes[3] = -k / under.alpha_y, -(s + 1) / under.beta_y
    left_slope = np.einsum("iqn,qn->in", slopes, under.share)
    left_slope[2] += 1 / s
    stay_slope = np.stack([-np.log(alpha_T), -k / alpha_T, -np.log(beta_T), -s / beta_T])
    stayed = k * stay_slope[0] + s * stay_slope[2]
    left = np.log(s) + under.log_integral
    mixed = np.logaddexp(stayed, left)
    return _Rows(under, slopes, mixed, np.exp(left - mixed), stay_slope, left_slope)


def _time_derivatives(
    parameters: NDArray[np.float64], x: Vector, t_x: Vector, T: Vector, w: Vector, points: int
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Return the part of the likelihood that knows t_x and T, weighted by w."""
    r, alpha, s, beta = parameters
    rows = _rows(parameters, x, t_x, T, points)
    left, stay = w * rows.gone, w * (1 - rows.gone)
    both = zip(rows.stay_slope, rows.left_slope, strict=True)
    gradient = np.array([stay @ stay_slope + left @ left_slope for stay_slope, left_slope in both])
    jump, mean = rows.left_slope - rows.stay_slope, rows.left_slope.copy()
    mean[2] -= 1 / s  # of the integral alone
    hessian = (jump * (left * (1 - rows.gone))) @ jump.T - (mean * left) @ mean.T
    hessian += _left_curvature(rows.points, rows.under.share * left, r + x, s)
    hessian[[0, 1], [1, 0]] += left @ (mean[1] / (r + x)) - stay @ (1 / (alpha + T))
    hessian[[2, 3], [3, 2]] += left @ mean[3] / (s + 1) - stay @ (1 / (beta + T))
    hessian[1, 1] += stay @ ((r + x) / (alpha + T) ** 2)
    hessian[2, 2] -= left.sum() / s**2
    hessian[3, 3] += stay @ (s / (beta + T) ** 2)
    return float(w @ rows.log_likelihood), gradient, hessian


def _left_curvature(
    slopes: NDArray[np.float64], weight: NDArray[np.float64], k: Vector, s: float
) -> NDArray[np.float64]:
    """Return the second moments of the slopes under the integral, and the slopes of those by alpha and beta."""
    weighted = slopes * weight
    curvature: NDArray[np.float64] = weighted.reshape(4, -1) @ slopes.reshape(4, -1).T
    curvature[1, 1] += np.einsum("qn,qn->n", weighted[1], slopes[1]) @ (1 / k)
    curvature[3, 3] += curvature[3, 3] / (s + 1)
    return curvature

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
    from numpy.typing import ArrayLike, NDArray

    from treue.models.cases import Cases
    from treue.models.newton import Optimum, Troubles
    from treue.models.summary import Summary

    Vector = NDArray[np.float64]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(32)
CHUNK_ROWS = 16_384
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
    an integral over the moment of leaving, taken in the logarithm of time by 32-point Gauss-Legendre,
    which is exact to twelve digits for any number of purchases; its derivatives are moments under the
    same integrand.

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
        r, alpha, s, beta = point = np.array(list(self.parameters.values()))
        x, T = summary.x, summary.T
        parts = [slice(at, at + CHUNK_ROWS) for at in range(0, len(x), CHUNK_ROWS)]
        moments = [_moments(point, x[rows], summary.t_x[rows], T[rows])[:2] for rows in parts]
        log_integral = np.concatenate([part[0] for part in moments])
        left_slope = np.concatenate([part[1] for part in moments], axis=1)
        left_slope[2] += 1 / s
        stayed = -(r + x) * np.log(alpha + T) - s * np.log(beta + T)
        stay_slope = np.stack(
            [-np.log(alpha + T), -(r + x) / (alpha + T), -np.log(beta + T), -s / (beta + T)]
        )
        gone = special.expit(np.log(s) + log_integral - stayed)
        level = [
            special.digamma(r + x) - special.digamma(r) + np.log(alpha),
            r / alpha,
            np.log(beta),
            s / beta,
        ]
        outer = np.stack(np.broadcast_arrays(*level))
        slope: NDArray[np.float64] = outer + stay_slope + gone * (left_slope - stay_slope)
        return slope

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
    parts = [
        _moments(parameters, x[at : at + CHUNK_ROWS], t_x[at : at + CHUNK_ROWS], T[at : at + CHUNK_ROWS])[0]
        for at in range(0, len(x), CHUNK_ROWS)
    ]
    return np.concatenate(parts) if parts else np.empty(0)


def _moments(
    parameters: NDArray[np.float64],
    x: Vector,
    t_x: Vector,
    T: Vector,
) -> tuple[Vector, NDArray[np.float64], NDArray[np.float64]]:
    """Return ln I, its gradient, shape (4, n), and Hessian, shape (4, 4, n), where

    I = integral from t_x to T of (alpha + y)^-(r + x) * (beta + y)^-(s + 1) dy.
    """
    r, alpha, s, beta = parameters
    low = min(alpha, beta)
    start = low + t_x
    share = np.minimum(start / (alpha + t_x), 1.0)
    rate = (r + x) * share + s * np.minimum(start / (beta + t_x), 1.0)
    whole = np.log((low + T) / start)
    length = np.minimum(whole, TAIL / rate)
    w = 0.5 * length[:, None] * (NODES + 1)
    y = start[:, None] * np.exp(w) - low
    with np.errstate(divide="ignore"):
        log_alpha, log_beta = np.log(alpha + y), np.log(beta + y)
        # ln of the integrand in w: dy = (low + y) dw.
        log_f = -(r + x)[:, None] * log_alpha - (s + 1) * log_beta + np.log(low + y)
        log_weight = np.log(0.5 * length)[:, None] + np.log(WEIGHTS) + log_f
    log_I = special.logsumexp(log_weight, axis=1)  # noqa: N806
    share_of = np.exp(log_weight - np.where(np.isfinite(log_I), log_I, 0.0)[:, None])
    features = np.stack([-log_alpha, -(r + x)[:, None] / (alpha + y), -log_beta, -(s + 1) / (beta + y)])
    gradient = np.einsum("inq,nq->in", features, share_of)
    second = np.einsum("inq,jnq,nq->ijn", features, features, share_of, optimize=True)
    hessian = second - gradient[:, None] * gradient[None]
    inverse_alpha = np.einsum("nq,nq->n", share_of, 1 / (alpha + y))
    inverse_beta = np.einsum("nq,nq->n", share_of, 1 / (beta + y))
    hessian[0, 1] -= inverse_alpha
    hessian[1, 0] -= inverse_alpha
    hessian[2, 3] -= inverse_beta
    hessian[3, 2] -= inverse_beta
    hessian[1, 1] += (r + x) * np.einsum("nq,nq->n", share_of, (alpha + y) ** -2.0)
    hessian[3, 3] += (s + 1) * np.einsum("nq,nq->n", share_of, (beta + y) ** -2.0)
    return log_I, gradient, hessian


def _derivatives(
    parameters: NDArray[np.float64], summary: Summary
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Return the log-likelihood with its gradient and Hessian."""
    value, gradient, hessian = 0.0, np.zeros(4), np.zeros((4, 4))
    for at in range(0, len(summary.x), CHUNK_ROWS):
        rows = slice(at, at + CHUNK_ROWS)
        part = _chunk_derivatives(
            parameters, summary.x[rows], summary.t_x[rows], summary.T[rows], summary.weight[rows]
        )
        value, gradient, hessian = value + part[0], gradient + part[1], hessian + part[2]
    return value, gradient, hessian


def _chunk_derivatives(
    parameters: NDArray[np.float64],
    x: Vector,
    t_x: Vector,
    T: Vector,
    w: Vector,
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    r, alpha, s, beta = parameters
    psi, gammaln = special.digamma, special.gammaln
    log_I, left_slope, left_curve = _moments(parameters, x, t_x, T)  # noqa: N806
    stayed = -(r + x) * np.log(alpha + T) - s * np.log(beta + T)
    left = np.log(s) + log_I
    mixed = np.logaddexp(stayed, left)
    gone = np.exp(left - mixed)
    value = float(w @ (gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + mixed))
    zero = np.zeros_like(x)
    stay_slope = np.stack([-np.log(alpha + T), -(r + x) / (alpha + T), -np.log(beta + T), -s / (beta + T)])
    left_slope = left_slope + np.stack([zero, zero, np.full_like(x, 1 / s), zero])
    jump = left_slope - stay_slope
    outer = np.stack(
        [
            psi(r + x) - psi(r) + np.log(alpha),
            np.full_like(x, r / alpha),
            np.full_like(x, np.log(beta)),
            np.full_like(x, s / beta),
        ]
    )
    gradient = (outer + stay_slope + gone * jump) @ w
    hessian = np.einsum("in,jn,n->ij", jump, jump, w * gone * (1 - gone), optimize=True)
    hessian += left_curve @ (w * gone)
    hessian[2, 2] -= (w @ gone) / s**2
    stay = w * (1 - gone)
    total = w.sum()
    hessian[0, 0] += w @ (special.polygamma(1, r + x) - special.polygamma(1, r))
    cross_alpha = total / alpha - stay @ (1 / (alpha + T))
    cross_beta = total / beta - stay @ (1 / (beta + T))
    hessian[0, 1] += cross_alpha
    hessian[1, 0] += cross_alpha
    hessian[2, 3] += cross_beta
    hessian[3, 2] += cross_beta
    hessian[1, 1] += -total * r / alpha**2 + stay @ ((r + x) / (alpha + T) ** 2)
    hessian[3, 3] += -total * s / beta**2 + stay @ (s / (beta + T) ** 2)
    return value, gradient, hessian

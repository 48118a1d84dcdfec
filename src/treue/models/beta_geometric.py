"""What BG/NBD and MBG/NBD share: buying at random, leaving only right after a purchase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy import special

from treue.models.beta_geometric_ahead import BetaGeometricAhead
from treue.models.cases import checked_cases
from treue.models.repeat_model import RepeatModel
from treue.models.starts import starting_pace

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from treue.models.cases import Cases
    from treue.models.newton import Optimum, Troubles
    from treue.models.summary import Summary

    Vector = NDArray[np.float64]


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
    rows = _rows(parameters, summary, chances_at_first)
    w = summary.weight
    hessian = (rows.jump * (w * rows.gone * (1 - rows.gone))) @ rows.jump.T
    _add_curvature(hessian, parameters, summary, rows.chances, w * rows.gone, rows.b_x)
    return float(w @ rows.log_likelihood), rows.scores @ w, hessian


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
    return _rows(point, summary, model.CHANCES_AT_FIRST).scores


@dataclass(frozen=True, slots=True)
class _Rows:
    """The likelihood of each row and what its derivatives are made of."""

    log_likelihood: Vector
    scores: NDArray[np.float64]
    jump: NDArray[np.float64]
    gone: Vector
    chances: Vector
    b_x: Vector


def _rows(parameters: Vector, summary: Summary, chances_at_first: int) -> _Rows:
    r, alpha, a, b = parameters
    x, t_x, T = summary.x, summary.t_x, summary.T
    psi, gammaln = special.digamma, special.gammaln
    chances = x + chances_at_first
    could_leave = chances > 0
    gap_T, gap_x = alpha + T, alpha + t_x  # noqa: N806
    b_x = np.where(could_leave, b + chances - 1, 1.0)
    stayed = -(r + x) * np.log(gap_T)
    left = np.where(could_leave, np.log(a) - np.log(b_x) - (r + x) * np.log(gap_x), -np.inf)
    mixed = np.logaddexp(stayed, left)
    gone = np.exp(left - mixed)  # share of the likelihood in which the customer has left
    buying = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    leaving = gammaln(a + b) + gammaln(b + chances) - gammaln(b) - gammaln(a + b + chances)
    zero = np.zeros_like(x)
    stayed_slope = np.stack([-np.log(gap_T), -(r + x) / gap_T, zero, zero])
    left_slope = np.stack([-np.log(gap_x), -(r + x) / gap_x, np.full_like(x, 1 / a), -1 / b_x])
    jump = left_slope - stayed_slope
    beta_a = psi(a + b) - psi(a + b + chances)
    outer = np.stack(
        [
            psi(r + x) - psi(r) + np.log(alpha),
            np.full_like(x, r / alpha),
            beta_a,
            beta_a + psi(b + chances) - psi(b),
        ]
    )
    slope = outer + stayed_slope + gone * jump
    return _Rows(buying + leaving + mixed, slope, jump, gone, chances, b_x)


def _add_curvature(
    hessian: NDArray[np.float64],
    parameters: Vector,
    summary: Summary,
    chances: Vector,
    gone: Vector,
    b_x: Vector,
) -> None:
    """Add the second derivatives of the likelihood's parts; `gone` is weighted."""
    r, alpha, a, b = parameters
    x, w = summary.x, summary.weight
    gap_T, gap_x = alpha + summary.T, alpha + summary.t_x  # noqa: N806
    stay = w - gone
    total = w.sum()

    def psi1(value: Vector | float) -> Vector:
        result: Vector = special.polygamma(1, value)
        return result

    hessian[0, 0] += w @ (psi1(r + x) - psi1(r))
    cross = total / alpha - stay @ (1 / gap_T) - gone @ (1 / gap_x)
    hessian[0, 1] += cross
    hessian[1, 0] += cross
    hessian[1, 1] += -total * r / alpha**2 + stay @ ((r + x) / gap_T**2) + gone @ ((r + x) / gap_x**2)
    curve = w @ (psi1(a + b) - psi1(a + b + chances))
    hessian[2, 2] += curve - gone.sum() / a**2
    hessian[2, 3] += curve
    hessian[3, 2] += curve
    hessian[3, 3] += curve + w @ (psi1(b + chances) - psi1(b)) + gone @ (1 / b_x**2)

"""BG/BB: customers who may buy at fixed opportunities, a yearly fair or a weekly box, and may leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy import special

from treue.kernel.errors import NotEnoughData, WrongArgument, WrongTable
from treue.models.beta_bernoulli_ahead import BetaBernoulliAhead
from treue.models.cases import checked_cases
from treue.models.log_beta import log_beta
from treue.models.repeat_model import RepeatModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from treue.models.cases import Cases
    from treue.models.log_beta import LogBeta
    from treue.models.newton import Optimum, Troubles
    from treue.models.summary import Summary

    Vector = NDArray[np.float64]
    Term = tuple[Vector, Vector, NDArray[np.float64]]
    """ln of a part of the likelihood, shape (n,), its slopes (4, n) and curvatures (4, 4, n)."""


@dataclass(frozen=True, slots=True)
class BgBb(RepeatModel):
    """The beta-geometric / beta-Bernoulli model of repeat buying at opportunities.

    While active, a customer buys at each opportunity with a probability of their own (beta, alpha and
    beta); before each opportunity they leave with a probability of their own (beta, gamma and delta).

    Parameters
    ----------
    alpha, beta, gamma, delta : float
        Positive parameters.
    unit : str
        How far opportunities are apart: one ``day``, ``week``, ``month`` or ``year``.
    optimum : Optimum, optional
        How the parameters were found.

    References
    ----------
    Fader, Hardie & Shang (2010), Customer-base analysis in a discrete-time noncontractual setting,
    Marketing Science 29, 1086-1108.

    Examples
    --------
    >>> model = BgBb(1.204, 0.750, 0.657, 2.783)
    >>> round(float(model.probability_alive(6, 6, 6)), 2)
    0.93
    """

    MODEL: ClassVar[str] = "bg-bb"
    LETTERS: ClassVar[tuple[str, ...]] = ("alpha", "beta", "gamma", "delta")
    TROUBLES: ClassVar[Troubles] = {
        "alpha": ("too few customers came back", "customers buy with too equal a chance"),
        "beta": ("hardly anybody missed an opportunity", "customers buy with too equal a chance"),
        "gamma": ("hardly anybody seems to have left", "customers leave with too equal a chance"),
        "delta": ("nearly everybody left at once", "hardly anybody seems to have left"),
    }

    alpha: float
    beta: float
    gamma: float
    delta: float
    unit: str = "day"
    optimum: Optimum | None = None

    @classmethod
    def start(cls, summary: Summary) -> list[float]:
        """Return parameters to start a fit from, after checking that a `summary` counts opportunities.

        Raises
        ------
        WrongTable
            When t_x or T is no whole number, or x is more than t_x.
        NotEnoughData
            With fewer than two customers, or when nobody bought again.
        """
        wrong = (summary.t_x % 1 != 0) | (summary.T % 1 != 0) | (summary.x > summary.t_x)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise WrongTable(
                f"row={row + 1}: t_x and T count opportunities and x is at most t_x; it has x={summary.x[row]:g}, "
                f"t_x={summary.t_x[row]:g}, T={summary.T[row]:g}"
            )
        if summary.n < 2 or not (summary.x > 0).any():
            raise NotEnoughData(
                f"customers={summary.n}: one alone, or nobody bought again, so repeat buying cannot be modelled; "
                "use more customers and a history in which some bought at two opportunities"
            )
        return [1.0, 1.0, 1.0, 3.0]

    @classmethod
    def derivatives(cls, parameters: Vector, summary: Summary) -> tuple[float, Vector, NDArray[np.float64]]:
        """Return the log-likelihood of a `summary` at `parameters`, with its gradient and Hessian."""
        mixed, slope, curve = _mixed(parameters, summary)
        w = summary.weight
        return float(w @ mixed), slope @ w, curve @ w

    def scores(self, summary: Summary) -> NDArray[np.float64]:
        """Return the slope of the log-likelihood of one customer of each row of a `summary`."""
        return _mixed(np.array(list(self.parameters.values())), summary)[1]

    def probability_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Vector:
        """Return the probability that each customer is still active at the next opportunity.

        Parameters
        ----------
        x, t_x, T : array_like, shape (n,)
            Purchases, opportunity of the last one, number of opportunities.

        Returns
        -------
        numpy.ndarray, shape (n,)
            Between 0 and 1.

        References
        ----------
        Fader, Hardie & Shang (2010), equation 11.
        """
        here, ahead = self._known(checked_cases(x, t_x, T))
        return here * ahead.delta / (ahead.gamma + ahead.delta)

    def _new(self) -> tuple[float, BetaBernoulliAhead]:
        return 1.0, BetaBernoulliAhead(*map(np.asarray, (self.alpha, self.beta, self.gamma, self.delta)))

    def _known(self, cases: Cases) -> tuple[Vector, BetaBernoulliAhead]:
        """Say who was here at opportunity T: whether they stay for the next one lies ahead."""
        x, t_x, T = cases
        wrong = (t_x % 1 != 0) | (T % 1 != 0) | (x > t_x)
        if wrong.any():
            at = int(np.flatnonzero(wrong.ravel())[0])
            raise WrongArgument(
                f"x={x.ravel()[at]:g}, t_x={t_x.ravel()[at]:g}, T={T.ravel()[at]:g} (customer {at + 1}) cannot be: "
                "t_x and T count opportunities, and x is at most t_x"
            )
        alpha, beta = self.alpha + x, self.beta + T - x
        gamma = np.full_like(x, self.gamma)
        stayed = special.betaln(alpha, beta) + special.betaln(gamma, self.delta + T)
        whole = stayed
        for i in range(int((T - t_x).max(initial=0))):
            left = special.betaln(alpha, self.beta + t_x - x + i) + special.betaln(
                self.gamma + 1, self.delta + t_x + i
            )
            whole = np.logaddexp(whole, np.where(t_x + i < T, left, -np.inf))
        return np.exp(stayed - whole), BetaBernoulliAhead(alpha, beta, gamma, self.delta + T)


def _terms(parameters: Vector, x: Vector, t_x: Vector, T: Vector) -> Iterator[Term]:
    """Yield each part of the likelihood: active to the end, or gone after each silent opportunity."""
    alpha, beta, gamma, delta = parameters
    whole_buy, whole_leave = log_beta(alpha, beta), log_beta(gamma, delta)
    buying = log_beta(alpha + x, beta + T - x).minus(whole_buy)
    yield _joined(buying, log_beta(gamma, delta + T).minus(whole_leave))
    for i in range(int((T - t_x).max(initial=0))):
        buying = log_beta(alpha + x, beta + t_x - x + i).minus(whole_buy)
        value, slope, curve = _joined(buying, log_beta(gamma + 1, delta + t_x + i).minus(whole_leave))
        yield np.where(t_x + i < T, value, -np.inf), slope, curve


def _joined(buying: LogBeta, leaving: LogBeta) -> Term:
    """Return the product of a part about buying and one about leaving: they share no parameter."""
    curve = np.zeros((4, 4, *buying.value.shape))
    curve[:2, :2], curve[2:, 2:] = buying.curve, leaving.curve
    return buying.value + leaving.value, np.concatenate([buying.slope, leaving.slope]), curve


def _mixed(parameters: Vector, summary: Summary) -> Term:
    """Return the log-likelihood of each row with its slopes and curvatures (equation 5 of the paper)."""
    cases = (summary.x, summary.t_x, summary.T)
    mixed: Vector = np.logaddexp.reduce([term[0] for term in _terms(parameters, *cases)])
    slope, second = np.zeros((4, len(mixed))), np.zeros((4, 4, len(mixed)))
    # Twice over the parts, because all curvatures at once would fill the memory where opportunities are many.
    for value, its_slope, its_curve in _terms(parameters, *cases):
        share = np.exp(value - mixed)
        slope += share * its_slope
        second += share * (its_curve + its_slope[:, None] * its_slope[None])
    return mixed, slope, second - slope[:, None] * slope[None]

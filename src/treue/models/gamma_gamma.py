"""Gamma-gamma: what an order of a customer is worth, from the few that were seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy import special

from treue.kernel.errors import NotEnoughData, WrongArgument, WrongTable
from treue.models.fitted import Fitted
from treue.models.newton import maximise

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from treue.models.newton import Optimum, Troubles

    Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GammaGamma(Fitted):
    """The gamma-gamma model of order value.

    A customer's orders scatter around a mean of their own (gamma, shape p); these means differ
    between customers (through a gamma, shape q, rate v). It holds only where how much customers spend
    does not depend on how often they buy: look at the correlation first.

    Parameters
    ----------
    p, q, v : float
        Positive parameters; v is in the unit of money.
    optimum : Optimum, optional
        How the parameters were found.

    References
    ----------
    Fader & Hardie (2013), The gamma-gamma model of monetary value; Fader, Hardie & Lee (2005), RFM and
    CLV: using iso-value curves, Journal of Marketing Research 42, 415-430.

    Examples
    --------
    >>> round(float(GammaGamma(6.25, 3.74, 15.44).expected_order_value(2, 22.35)), 2)
    24.66
    """

    MODEL: ClassVar[str] = "gamma-gamma"
    LETTERS: ClassVar[tuple[str, ...]] = ("p", "q", "v")
    TROUBLES: ClassVar[Troubles] = {
        "p": (
            "orders of one customer scatter too widely",
            "orders of one customer are worth nearly the same",
        ),
        "q": ("a few customers spend beyond all measure", "customers spend too equally"),
        "v": ("a few customers spend beyond all measure", "customers spend too equally"),
    }

    p: float
    q: float
    v: float
    optimum: Optimum | None = None

    @classmethod
    def fit(
        cls,
        x: ArrayLike,
        mean_value: ArrayLike,
        weight: ArrayLike | None = None,
        start: GammaGamma | None = None,
    ) -> GammaGamma:
        """Fit by maximum likelihood.

        Parameters
        ----------
        x : array_like, shape (n,)
            Orders seen of each customer, 1 or more.
        mean_value : array_like, shape (n,)
            Their mean value, more than 0.
        weight : array_like, shape (n,), optional
            How many customers share the row.
        start : GammaGamma, optional
            A model to start from, for refits; the result does not depend on it.

        Returns
        -------
        GammaGamma
            With standard errors in `optimum`.

        Raises
        ------
        WrongTable
            When a count is no whole number of at least 1, or a value or weight not positive; the message names
            the first such row.
        NotEnoughData
            With fewer than two customers.
        DidNotConverge
            When the data do not identify the model.
        """
        x, m = np.broadcast_arrays(np.asarray(x, dtype=float), np.asarray(mean_value, dtype=float))
        w = np.ones(x.size) if weight is None else np.asarray(weight, dtype=float)
        _check(x, m, w)
        middle = [2.0, 3.0, float(w @ m / w.sum())]
        first = list(start.parameters.values()) if start else middle
        best = maximise(
            lambda point: _derivatives(point, x, m, w), first, float(w.sum()), cls.MODEL, cls.TROUBLES, middle
        )
        p, q, v = best.parameters.tolist()
        return cls(p, q, v, best)

    def expected_order_value(self, x: ArrayLike, mean_value: ArrayLike) -> Vector:
        """Return what each customer's next order is expected to be worth.

        Parameters
        ----------
        x : array_like, shape (n,)
            Orders seen, 0 or more; 0 gives the mean over all customers.
        mean_value : array_like, shape (n,)
            Their mean value; not used where x = 0.

        Returns
        -------
        numpy.ndarray, shape (n,)
            Money; infinite-mean cases (q at most 1 with x = 0) give NaN.
        """
        x, m = np.broadcast_arrays(np.asarray(x, dtype=float), np.asarray(mean_value, dtype=float))
        below = self.p * x + self.q - 1
        value: Vector = np.where(
            below > 0,
            self.p * (self.v + np.where(x > 0, m * x, 0.0)) / np.where(below > 0, below, 1.0),
            np.nan,
        )
        return value

    def simulate(self, x: ArrayLike, rng: np.random.Generator) -> Vector:
        """Draw the mean value of so many orders of customers who follow the model.

        Parameters
        ----------
        x : array_like of int, shape (n,)
            Orders of each customer, 1 or more.
        rng : numpy.random.Generator
            Source of chance.

        Returns
        -------
        numpy.ndarray, shape (n,)
            Mean values, in the unit of v.

        Raises
        ------
        WrongArgument
            When a count is below 1.
        """
        count = np.asarray(x, dtype=np.float64)
        if not (count >= 1).all():
            raise WrongArgument(f"x={count.min():g} must be 1 or more: no order has no mean value")
        rate = rng.gamma(self.q, 1 / self.v, count.shape)
        return rng.gamma(self.p * count, 1.0) / rate / count


def _check(x: Vector, m: Vector, w: Vector) -> None:
    # Written so that NaN is at fault too.
    right = (
        (x >= 1) & (x == np.floor(x)) & (m > 0) & (w > 0) & np.isfinite(x) & np.isfinite(m) & np.isfinite(w)
    )
    if not right.all():
        row = int(np.flatnonzero(~right)[0])
        raise WrongTable(
            f"row={row + 1}: an order value needs a whole x of at least 1, a mean above 0 and a weight above 0; it "
            f"has x={x[row]:g}, mean_value={m[row]:g}, weight={w[row]:g}"
        )
    if w.sum() < 2:
        raise NotEnoughData(f"customers={w.sum():g}: order values of at least two customers are needed")


def _derivatives(
    parameters: Vector, x: Vector, m: Vector, w: Vector
) -> tuple[float, Vector, NDArray[np.float64]]:
    """Return the log-likelihood with its gradient and Hessian (equation 1a of the 2013 note)."""
    p, q, v = parameters
    psi, gammaln = special.digamma, special.gammaln
    px, total = p * x, v + x * m
    value = float(
        w
        @ (
            gammaln(px + q)
            - gammaln(px)
            - gammaln(q)
            + q * np.log(v)
            + (px - 1) * np.log(m)
            + px * np.log(x)
            - (px + q) * np.log(total)
        )
    )
    both = psi(px + q)
    gradient = np.array(
        [
            w @ (x * (both - psi(px) + np.log(x * m) - np.log(total))),
            w @ (both - psi(q) + np.log(v) - np.log(total)),
            w @ (q / v - (px + q) / total),
        ]
    )
    curve = special.polygamma(1, px + q)
    hessian = np.empty((3, 3))
    hessian[0, 0] = w @ (x**2 * (curve - special.polygamma(1, px)))
    hessian[0, 1] = hessian[1, 0] = w @ (x * curve)
    hessian[0, 2] = hessian[2, 0] = -w @ (x / total)
    hessian[1, 1] = w @ (curve - special.polygamma(1, q))
    hessian[1, 2] = hessian[2, 1] = w @ (1 / v - 1 / total)
    hessian[2, 2] = w @ (-q / v**2 + (px + q) / total**2)
    return value, gradient, hessian

"""What it is worth to know who leaves: the profit of writing to those most likely to go.

A firm writes to some of its customers (contact cost f each) and offers them something (cost d if they take
it). Of those who would have left a share gamma accepts and stays, which is worth V; those who would have
stayed take the offer too. The gain assumes that accepting means staying, so a measured difference against a
hold-out says more, where there is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Vector = NDArray[np.float64]

ACCEPTANCE = (6.0, 14.0)
"""Parameters of the beta distribution of the share that accepts: mean 0.3 (Verbraken and others, 2013)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a firm spends on keeping a customer, and what one is worth to it; all in one currency.

    Parameters
    ----------
    value : float
        Worth of a customer who stays, more than 0.
    offer : float
        Cost of the offer to the firm where it is taken, 0 or more and below `value`.
    contact : float
        Cost of writing to one customer, 0 or more.

    Raises
    ------
    WrongArgument
        When a number cannot be right.
    """

    value: float
    offer: float
    contact: float

    def __post_init__(self) -> None:
        for name in ("value", "offer", "contact"):
            amount = getattr(self, name)
            if not (np.isfinite(amount) and amount >= 0):
                raise WrongArgument(f"{name}={amount} is not an amount; give 0 or more")
        if not self.value > self.offer:
            raise WrongArgument(
                f"value={self.value:g} must be more than offer={self.offer:g}: an offer dearer than the "
                "customer never pays"
            )


@dataclass(frozen=True, slots=True)
class Profit:
    """The most that a ranking earns.

    Parameters
    ----------
    value : float
        Profit per customer of the whole base, 0 or more.
    share : float
        Share of the base that is written to, 0 to 1; for EMPC the mean over the shares that accept.
    """

    value: float
    share: float


def mpc(
    churned: ArrayLike,
    score: ArrayLike,
    costs: Costs,
    acceptance: float = 0.3,
    weight: ArrayLike | None = None,
) -> Profit:
    """Return the maximum profit of writing to those with the highest scores.

    Parameters
    ----------
    churned : array_like, shape (k,)
        1 where the customer left, else 0.
    score : array_like, shape (k,)
        Higher where leaving was held more likely.
    costs : Costs
        The firm's own numbers.
    acceptance : float
        Share of those leaving who accept and stay, 0 to 1.
    weight : array_like, shape (k,), optional
        How many customers share the row.

    Returns
    -------
    Profit
        Per customer, at the best cut; writing to nobody earns 0.

    References
    ----------
    Verbraken, Verbeke & Baesens (2013), IEEE Transactions on Knowledge and Data Engineering 25, 961-973.

    Examples
    --------
    >>> best = mpc([1, 1, 0, 1, 0, 0, 1, 0, 0, 0], [.9, .8, .7, .6, .55, .4, .35, .2, .15, .1],
    ...            Costs(value=200, offer=10, contact=1))
    >>> round(best.value, 2), best.share
    (19.1, 0.7)
    """
    level, slope, share = _lines(*_rows(churned, score, weight), costs)
    profit = level + slope * acceptance
    place = int(np.argmax(profit))
    return Profit(float(profit[place]), float(share[place]))


def empc(
    churned: ArrayLike,
    score: ArrayLike,
    costs: Costs,
    acceptance: tuple[float, float] = ACCEPTANCE,
    weight: ArrayLike | None = None,
) -> Profit:
    """Return the maximum profit expected where the share that accepts is not known.

    Parameters
    ----------
    churned, score, weight : array_like, shape (k,)
        As for :func:`mpc`.
    costs : Costs
        The firm's own numbers.
    acceptance : tuple of float
        Parameters of the beta distribution of the share that accepts.

    Returns
    -------
    Profit
        Per customer, the best cut chosen for every share that accepts.

    References
    ----------
    Verbraken, Verbeke & Baesens (2013), equation 15.

    Examples
    --------
    >>> best = empc([1, 1, 0, 1, 0, 0, 1, 0, 0, 0], [.9, .8, .7, .6, .55, .4, .35, .2, .15, .1],
    ...             Costs(value=200, offer=10, contact=1))
    >>> round(best.value, 3)
    19.109
    """
    level, slope, share = _lines(*_rows(churned, score, weight), costs)
    best, mass, moment = _envelope(level, slope, acceptance)
    return Profit(float(level[best] @ mass + slope[best] @ moment), float(share[best] @ mass))


def profit_of_customers(
    churned: ArrayLike,
    score: ArrayLike,
    costs: Costs,
    acceptance: tuple[float, float] = ACCEPTANCE,
    weight: ArrayLike | None = None,
) -> Vector:
    """Return what each row adds to :func:`empc` when the cuts are held where they are.

    Parameters
    ----------
    churned, score, weight : array_like, shape (k,)
        As for :func:`mpc`.
    costs : Costs
        The firm's own numbers.
    acceptance : tuple of float
        As for :func:`empc`.

    Returns
    -------
    numpy.ndarray, shape (k,)
        Profit of one customer of the row; the weighted mean is the EMPC. At the best cuts a small move of
        them changes nothing, so resampling these means is resampling the EMPC.
    """
    y, s, w = _rows(churned, score, weight)
    level, slope, _ = _lines(y, s, w, costs)
    best, mass, moment = _envelope(level, slope, acceptance)
    # Cut number c writes to everybody among the c highest distinct scores.
    rank = np.unique(-s, return_inverse=True)[1].reshape(-1)
    written = best[None, :] > rank[:, None]
    saves, written_mass = written @ moment, written @ mass
    gain = (costs.value - costs.offer) * saves - costs.contact * written_mass
    loss = (costs.offer + costs.contact) * written_mass
    return np.asarray(np.where(y > 0, gain, -loss), dtype=np.float64)


def _rows(churned: ArrayLike, score: ArrayLike, weight: ArrayLike | None) -> tuple[Vector, Vector, Vector]:
    y, s = np.asarray(churned, dtype=float), np.asarray(score, dtype=float)
    return y, s, np.ones(s.size) if weight is None else np.asarray(weight, dtype=float)


def _lines(y: Vector, s: Vector, w: Vector, costs: Costs) -> tuple[Vector, Vector, Vector]:
    """Return profit as level + slope * acceptance for every cut, and the share each writes to."""
    _, group = np.unique(-s, return_inverse=True)
    gone = np.concatenate([[0.0], np.cumsum(np.bincount(group.reshape(-1), w * y))])
    written = np.concatenate([[0.0], np.cumsum(np.bincount(group.reshape(-1), w))])
    n = written[-1]
    level = -(costs.contact * written + costs.offer * (written - gone)) / n
    return level, (costs.value - costs.offer) * gone / n, written / n


def _envelope(
    level: Vector, slope: Vector, acceptance: tuple[float, float]
) -> tuple[NDArray[np.int64], Vector, Vector]:
    """Return the cuts that are best somewhere, with the mass and first moment of acceptance where they are."""
    best: list[int] = []
    since: list[float] = []
    for line in np.lexsort((level, slope)).tolist():
        if best and slope[line] == slope[best[-1]]:
            best.pop()
            since.pop()
        start = 0.0
        while best:
            last = best[-1]
            start = float((level[last] - level[line]) / (slope[line] - slope[last]))
            if start > since[-1]:
                break
            best.pop()
            since.pop()
        if not best:
            start = 0.0
        if start < 1:
            best.append(line)
            since.append(max(start, 0.0))
    a, b = acceptance
    edges = np.array([*since, 1.0])
    mass = np.diff(special.betainc(a, b, edges))
    moment = a / (a + b) * np.diff(special.betainc(a + 1, b, edges))
    return np.array(best), mass, moment

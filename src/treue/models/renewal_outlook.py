"""How contracts will go on to be renewed: a model that has foretold later periods from earlier ones, or why none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from treue.history.renewals import renewals
from treue.kernel.errors import DidNotConverge, NotEnoughData
from treue.kernel.product_limit import product_limit, risk_set
from treue.kernel.status import Status
from treue.models.beta_discrete_weibull import BetaDiscreteWeibull
from treue.models.shifted_beta_geometric import ShiftedBetaGeometric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.history.history import History
    from treue.history.renewals import Renewals
    from treue.models.renewal_model import Projection, RenewalModel

    Vector = NDArray[np.float64]

MODELS: tuple[type[RenewalModel], ...] = (ShiftedBetaGeometric, BetaDiscreteWeibull)
MINIMUM_CUSTOMERS = 100
"""Fewer contracts than this say hardly anything about how customers differ."""

MINIMUM_PERIODS = {"month": 9, "year": 4}
"""Two thirds must show how fast the losses slow down, and the last third must be long enough to be foretold."""

MINIMUM_AT_RISK = 10
"""Periods that fewer customers have reached are not looked at."""

NEAR_SHARE = 0.1
"""How far a foretold share may lie from what was seen, besides its interval: a tenth of it."""

YEARLY_SHARE = 0.8
"""Where so many of the losses fall on whole years, the contract is renewed by the year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalOutlook:
    """The projection of a firm's contracts, or why there is none.

    Parameters
    ----------
    status : Status
        ``ok``; ``insufficient`` where there is too little to try a model; ``not_identified`` where every model
        missed the later periods or could not be fitted.
    unit : str
        ``month`` or ``year``: the period after which contracts are renewed.
    customers, periods : int
        Customers, and the last period that ten of them have reached.
    split : int
        The model was tried knowing this many periods.
    foretold : float or None
        Share that the best model, knowing them, foretold to be left after `periods`.
    seen, seen_low, seen_high : float or None
        Share that was left (product-limit), with its 95 % limits.
    model : RenewalModel or None
        The model that gave the later periods the highest probability, fitted on all.
    projection : Projection or None
        Its share left after 0, 1, … periods, half as far again as was seen; the interval says how well the
        curve is known, not how chance will have it.
    """

    status: Status
    unit: str
    customers: int
    periods: int
    split: int = 0
    foretold: float | None = None
    seen: float | None = None
    seen_low: float | None = None
    seen_high: float | None = None
    model: RenewalModel | None = None
    projection: Projection | None = None


def renewal_outlook(history: History) -> RenewalOutlook:
    """Return how many customers will still have their contract, as far ahead as half of what was seen.

    It is computed once per history.

    Parameters
    ----------
    history : History
        With contracts.

    Returns
    -------
    RenewalOutlook
        A projection only by a model that, knowing the first two thirds of the periods, foretold the last.

    Raises
    ------
    NotEnoughData
        When there are no contracts.

    References
    ----------
    Fader & Hardie (2007), Journal of Interactive Marketing 21, 76-90; Fader, Hardie, Liu, Davin & Steenburgh
    (2018), Journal of Interactive Marketing 43, 1-16.
    """
    if ("renewal_outlook",) not in history.kept:
        stays = renewals(history, "month")
        history.kept["renewal_outlook",] = outlook_of(renewals(history, "year") if yearly(stays) else stays)
    found: RenewalOutlook = history.kept["renewal_outlook",]
    return found


def yearly(stays: Renewals) -> bool:
    """Return whether contracts are renewed by the year.

    Parameters
    ----------
    stays : Renewals
        By the month.

    Returns
    -------
    bool
        True when four in five of the losses fall on whole years.
    """
    return bool(stays.lost.sum()) and stays.lost[11::12].sum() >= YEARLY_SHARE * stays.lost.sum()


def outlook_of(stays: Renewals) -> RenewalOutlook:
    """Return the projection of customers by how long they are known to have stayed.

    Parameters
    ----------
    stays : Renewals
        By the month or by the year.

    Returns
    -------
    RenewalOutlook
        See :func:`renewal_outlook`.

    Examples
    --------
    >>> from treue.history.renewals import Renewals
    >>> rng = np.random.default_rng(1)
    >>> survivors = ShiftedBetaGeometric(alpha=0.7, beta=1.2).simulate(2000, 12, rng)
    >>> found = outlook_of(Renewals.of_survivors(survivors, "month"))
    >>> found.status.value, found.split, len(found.projection.share)
    ('ok', 8, 19)
    """
    periods = _last_period(stays)
    split = periods * 2 // 3
    facts: dict[str, Any] = {"unit": stays.unit, "customers": stays.n, "periods": periods}
    least = MINIMUM_PERIODS[stays.unit]
    later = stays.lost[split:periods].sum()
    if stays.n < MINIMUM_CUSTOMERS or periods < least or later == 0:
        return RenewalOutlook(status=Status.INSUFFICIENT, **facts)
    facts |= {"split": split, **_seen(stays, periods)}
    tried = [one for kind in MODELS if (one := _tried(kind, stays, split, periods))]
    if not tried:
        return RenewalOutlook(status=Status.NOT_IDENTIFIED, **facts)
    tried.sort(key=lambda one: -one[0])
    passed = [one for one in tried if _near(one[1], facts)]
    for _, foretold, early in passed:
        try:
            model = type(early).fit_stays(stays.lost, stays.open, early)
        except (NotEnoughData, DidNotConverge):
            continue
        projection = model.project(periods + max(periods // 2, 1))
        return RenewalOutlook(
            status=Status.OK, foretold=foretold, model=model, projection=projection, **facts
        )
    return RenewalOutlook(status=Status.NOT_IDENTIFIED, foretold=tried[0][1], **facts)


def _last_period(stays: Renewals) -> int:
    durations = np.concatenate([np.arange(1, stays.lost.size + 1), np.arange(stays.open.size)])
    at_risk = risk_set(durations, np.concatenate([stays.lost, stays.open]).astype(np.int64))
    return int(np.flatnonzero(at_risk >= MINIMUM_AT_RISK).max(initial=0))


def _seen(stays: Renewals, periods: int) -> dict[str, float]:
    durations = np.concatenate([np.arange(1, stays.lost.size + 1), np.arange(stays.open.size)])
    ended = np.arange(durations.size) < stays.lost.size
    counts = np.concatenate([stays.lost, stays.open]).astype(np.int64)
    curve = product_limit(durations, ended, counts)
    place = curve.after(periods)
    low, high = curve.limits()
    return {
        "seen": float(curve.surviving[place]),
        "seen_low": float(low[place]),
        "seen_high": float(high[place]),
    }


def _cut(stays: Renewals, periods: int) -> tuple[Vector, Vector]:
    """Return the counts as they would be had everybody been watched for no longer than so many periods."""
    lost = stays.lost[:periods]
    still = stays.open[: periods + 1].copy()
    still[periods] += stays.open[periods + 1 :].sum() + stays.lost[periods:].sum()
    return lost, still


def _tried(
    kind: type[RenewalModel], stays: Renewals, split: int, periods: int
) -> tuple[float, float, RenewalModel] | None:
    """Return the log-likelihood of the later periods, the share foretold, and the model of the earlier ones."""
    known, whole = _cut(stays, split), _cut(stays, periods)
    try:
        model = kind.fit_stays(*known)
    except (NotEnoughData, DidNotConverge):
        return None
    parameters = np.array(list(model.parameters.values()))
    score = kind.derivatives(parameters, *whole)[0] - kind.derivatives(parameters, *known)[0]
    return score, float(model.survival(periods)), model


def _near(foretold: float, facts: dict[str, Any]) -> bool:
    inside = facts["seen_low"] <= foretold <= facts["seen_high"]
    return bool(inside or abs(foretold - facts["seen"]) <= NEAR_SHARE * facts["seen"])

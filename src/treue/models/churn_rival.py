"""What a churn classifier has to beat: a model that knows only when customers bought, or how old contracts are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from treue.kernel.errors import DidNotConverge, NotEnoughData
from treue.models.catalogue import find_model
from treue.models.choice import choose_model
from treue.models.churn_hazard import person_periods
from treue.models.summary import summarise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.history.history import History
    from treue.models.churn_cases import Cases
    from treue.models.churn_moments import ChurnEvent, Horizon
    from treue.models.repeat_model import RepeatModel

    Vector = NDArray[np.float64]

SMALLEST = 1e-12
"""Chances are kept so far away from 0 and 1."""

UNCHOSEN = ("mbg-nbd", "pareto-nbd")
"""Models that stand in where none was chosen for the firm."""

MONTH_DAYS = 30
"""Contracts are sorted by age in pieces of so many days."""

AGE_WEIGHT = 20.0
"""The share of losses at an age is drawn toward that of all ages as by so many contracts."""


@dataclass(frozen=True)
class BuyingRival:
    """A probability model of repeat buying.

    Parameters
    ----------
    model : RepeatModel
        Fitted in days.
    horizon : Horizon
        How far ahead is foretold.
    """

    model: RepeatModel
    horizon: Horizon

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.MODEL

    def chance_of_loss(self, cases: Cases) -> Vector:
        """Return the probability that each customer buys nothing within the horizon.

        Parameters
        ----------
        cases : Cases
            Customers at moments.

        Returns
        -------
        numpy.ndarray, shape (n,)
            Inside 0 to 1.
        """
        x = (cases.days_count - 1).astype(np.float64)
        t_x = (cases.last_day - cases.first_day).astype(np.float64)
        # The last day known is the eve of the moment.
        age = (cases.moment - 1 - cases.first_day).astype(np.float64)
        buys = self.model.probability_of_purchase(x, t_x, age, float(self.horizon.days))
        return np.clip(1 - buys, SMALLEST, 1 - SMALLEST)


@dataclass(frozen=True)
class AgeRival:
    """The firm's own life table: how many contracts of an age end within a month.

    Parameters
    ----------
    hazards : numpy.ndarray, shape (months,)
        Share of contracts that end in each 30 days of age, the last for all older ones.
    horizon : Horizon
        How far ahead is foretold.
    """

    hazards: Vector
    horizon: Horizon

    @property
    def name(self) -> str:
        """What it is called."""
        return "life-table"

    def chance_of_loss(self, cases: Cases) -> Vector:
        """Return the probability that each contract ends within the horizon, by its age alone.

        Parameters
        ----------
        cases : Cases
            Customers at moments.

        Returns
        -------
        numpy.ndarray, shape (n,)
            Inside 0 to 1.
        """
        still = np.ones(cases.count)
        for start in self.horizon.bounds[:-1]:
            month = (cases.moment + start - cases.first_day) // MONTH_DAYS
            still *= 1 - self.hazards[np.minimum(month, self.hazards.size - 1)]
        return np.clip(1 - still, SMALLEST, 1 - SMALLEST)


@dataclass(frozen=True)
class EverybodyAlike:
    """The share of customers who were lost in the horizon before: the same chance for everybody.

    Parameters
    ----------
    share : float
        0 to 1.
    """

    share: float

    @property
    def name(self) -> str:
        """What it is called."""
        return "base-rate"

    def chance_of_loss(self, cases: Cases) -> Vector:
        """Return the same chance for each of the `cases`."""
        return np.full(cases.count, np.clip(self.share, SMALLEST, 1 - SMALLEST))


Rival = BuyingRival | AgeRival | EverybodyAlike
"""Something that foretells losses without features; all have a `name` and a `chance_of_loss`."""


def find_rival(history: History, seen: Cases, moment: int, horizon: Horizon, event: ChurnEvent) -> Rival:
    """Return what can be said without features, from what was known before a moment.

    Parameters
    ----------
    history : History
        What happened.
    seen : Cases
        Customers at moments whose horizon was over by then, one or more.
    moment : int
        Day number.
    horizon : Horizon
        How far ahead is foretold.
    event : str
        What a loss is.

    Returns
    -------
    Rival
        For purchases the model of repeat buying that was chosen for the firm, else MBG/NBD or Pareto/NBD,
        whichever makes what was seen likelier, and where none can be fitted the same chance for everybody.
        For contracts the life table.
    """
    if event == "contract":
        return _life_table(seen, horizon)
    model = _buying_model(history, moment)
    if model is not None:
        return BuyingRival(model, horizon)
    latest = seen.at(int(seen.moment.max()))
    losses = int(latest.lost(event, horizon.steps).sum())
    return EverybodyAlike((losses + 0.5) / (latest.count + 1))


def _buying_model(history: History, moment: int) -> RepeatModel | None:
    """Return the chosen model fitted on what was known before the moment.

    Where none was chosen, the likelier of two that have as many parameters and know of one-time buyers.
    """
    chosen = choose_model(history).name
    summary = summarise(history, until_day=moment - 1)
    found: list[RepeatModel] = []
    for name in (chosen,) if chosen else UNCHOSEN:
        kind: Any = find_model(name)
        try:
            found.append(kind.fit(summary))
        except (NotEnoughData, DidNotConverge):
            continue
    return max(found, key=lambda model: model.log_likelihood or -np.inf, default=None)


def _life_table(seen: Cases, horizon: Horizon) -> AgeRival:
    age = (seen.moment - seen.first_day).astype(np.float64)[:, None]
    rows, ended = person_periods(age, seen.step, horizon.steps)
    starts = np.array(horizon.bounds[:-1])
    month = ((rows[:, 0] + starts[rows[:, 1].astype(np.int64)]) // MONTH_DAYS).astype(np.int64)
    at_risk = np.bincount(month)
    ends = np.bincount(month, ended, at_risk.size)
    common = (ends.sum() + 0.5) / (at_risk.sum() + 1)
    return AgeRival((ends + AGE_WEIGHT * common) / (at_risk + AGE_WEIGHT), horizon)

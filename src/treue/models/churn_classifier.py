"""Who is about to be lost, and why: a classifier that is used only where it beats what needs no features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from treue.kernel.errors import NotEnoughData
from treue.kernel.units import day_number
from treue.models.churn_calibration import (
    Calibration,
    calibrate,
    seasonal_variance,
    without_season,
)
from treue.models.churn_cases import Cases, churn_cases
from treue.models.churn_comparison import Comparison, compare
from treue.models.churn_hazard import AdditiveHazard, fit_hazard
from treue.models.churn_moments import Horizon, Moments, days_needed, plan_moments
from treue.models.churn_reasons import Risk, risk_of
from treue.models.churn_result import ChurnRisk, ChurnStatus
from treue.models.churn_rival import find_rival

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.history.history import History
    from treue.models.churn_moments import ChurnEvent
    from treue.models.churn_rival import Rival

    Vector = NDArray[np.float64]

MINIMUM_EVENTS = 100
"""So many losses, and so many customers who stayed, are needed to learn, to calibrate and to compare."""

DEFAULT_HORIZON_DAYS = 90


@dataclass(frozen=True, slots=True)
class ChurnModel:
    """A hazard with its calibration.

    Parameters
    ----------
    hazard : AdditiveHazard
        What each feature adds.
    calibration : Calibration
        From later customers.
    event : str
        What a loss is.
    """

    hazard: AdditiveHazard
    calibration: Calibration
    event: ChurnEvent

    def risk(self, cases: Cases) -> Risk:
        """Return log-odds of a loss and contributions for each of the `cases`."""
        return risk_of(self.hazard, self.calibration, cases.features, event_is_loss=self.event == "contract")


def churn_risk(
    history: History,
    horizon_days: int | None = None,
    *,
    event: ChurnEvent | None = None,
    seed: int | None = None,
) -> ChurnRisk:
    """Return how likely each active customer is lost within the horizon, with reasons that add up.

    A reason says what distinguishes a customer whom the model expects to lose. It is not a cause: taking
    it away need not keep anybody.

    Parameters
    ----------
    history : History
        What happened.
    horizon_days : int, optional
        Days ahead, 1 or more. Default: 90, or the activity window where that is shorter.
    event : {"purchase", "contract"}, optional
        What a loss is. Default: the contract where contracts decide who is active, else the purchase.
    seed : int, optional
        For sampling. Default: that of the settings.

    Returns
    -------
    ChurnRisk
        With the classifier's word only where it beat the rival in the last horizon, on the same customers
        and by more than chance would explain; else with the rival's.

    Raises
    ------
    WrongArgument
        When the horizon is not positive.
    NotEnoughData
        When the history lacks the table that the event needs.

    References
    ----------
    Singer & Willett (1993), It's about time: using discrete-time survival analysis, Journal of
    Educational Statistics 18, 155-195; Lou, Caruana & Gehrke (2012), Intelligible models for
    classification and regression.

    Examples
    --------
    >>> from datetime import datetime
    >>> from treue.engine.duckdb import DuckDBEngine
    >>> from treue.history.history import History
    >>> bought = pa.table({"order_id": ["1", "2"], "customer_id": ["a", "a"],
    ...                    "ordered_at": [datetime(2026, 1, 1), datetime(2026, 1, 31)],
    ...                    "net_amount": [1000, 2000]})
    >>> with History.of(DuckDBEngine(), {"purchases": bought}) as history:
    ...     risk = churn_risk(history, 30)
    >>> risk.status, risk.used, risk.why
    ('insufficient', None, 'the history has 31 days; a horizon of 30 days needs 120')
    """
    kind = event or ("contract" if history.activity == "contract" else "purchase")
    history = _with_activity(history, kind)
    horizon = Horizon(_default_horizon(history, kind) if horizon_days is None else horizon_days)
    chance = history.settings.seed if seed is None else seed
    moments = plan_moments(day_number(history.first_day), history.as_of_day, horizon)
    if moments is None:
        why = (
            f"the history has {history.observed_days} days; "
            f"a horizon of {horizon.days} days needs {days_needed(horizon)}"
        )
        return _nothing(history, horizon, kind, why)
    return _judged(history, horizon, kind, moments, chance)


def _with_activity(history: History, event: ChurnEvent) -> History:
    """Return the history as the event needs it: with spells of contracts, or a window of purchases."""
    table = "contracts" if event == "contract" else "purchases"
    if not history.has(table):
        raise NotEnoughData(
            f"event={event!r} needs the table {table}; the history has {', '.join(sorted(history.tables))}"
        )
    fits = history.activity == "contract" if event == "contract" else True
    return history if fits else history.with_settings(activity="contract", as_of=history.as_of)


def _default_horizon(history: History, event: ChurnEvent) -> int:
    return DEFAULT_HORIZON_DAYS if event == "contract" else min(DEFAULT_HORIZON_DAYS, history.window_days)


def _judged(history: History, horizon: Horizon, event: ChurnEvent, moments: Moments, seed: int) -> ChurnRisk:
    """Let the classifier and its rival foretell the last horizon, and tell of today with the better one."""
    cases = churn_cases(history, moments.days, horizon, event)
    today = cases.at(moments.now)
    missing = _missing(cases, horizon, event, moments)
    if missing:
        rival = _rival_of_today(history, cases, horizon, event, moments)
        return _by_rival(history, horizon, event, today, rival, "insufficient", missing, None)
    tested = cases.at(moments.compare)
    model = fit_churn(cases.at(*moments.learn), cases.at(moments.calibrate), horizon, event, seed)
    before = cases.at(*moments.learn, moments.calibrate)
    rival = find_rival(history, before, moments.compare, horizon, event)
    found = compare(
        model.risk(tested).log_odds,
        rival.chance_of_loss(tested),
        tested.lost(event, horizon.steps),
        rival.name,
        seed,
    )
    if not found.better or model.calibration.slope <= 0:
        rival = _rival_of_today(history, cases, horizon, event, moments)
        return _by_rival(history, horizon, event, today, rival, "not_better", found.sentence, found)
    # The same recipe one horizon later, so that today is foretold from all that is known.
    model = fit_churn(cases.at(*moments.learn_again), tested, horizon, event, seed)
    return _by_classifier(history, horizon, event, today, model, found)


def fit_churn(learn: Cases, later: Cases, horizon: Horizon, event: ChurnEvent, seed: int) -> ChurnModel:
    """Learn the hazard from customers whose horizon is over, and calibrate it on those of a later time.

    Parameters
    ----------
    learn, later : Cases
        Customers at moments; in both, some are lost and some stay.
    horizon : Horizon
        How far ahead is foretold.
    event : str
        What a loss is.
    seed : int
        For sampling.

    Returns
    -------
    ChurnModel
        Ready to tell of customers it has not seen.
    """
    hazard = fit_hazard(learn, later, horizon.steps, seed)
    plain = ChurnModel(hazard, Calibration(0.0, 1.0), event)

    def outcome(cases: Cases) -> tuple[Vector, NDArray[np.bool_]]:
        return plain.risk(cases).log_odds, cases.lost(event, horizon.steps)

    seasons = seasonal_variance([outcome(learn.at(int(moment))) for moment in np.unique(learn.moment)])
    log_odds, lost = outcome(later)
    line = without_season(calibrate(log_odds, lost), log_odds, lost, seasons)
    return ChurnModel(hazard, line, event)


def _missing(cases: Cases, horizon: Horizon, event: ChurnEvent, moments: Moments) -> str:
    """Return what is too little, or nothing."""
    parts = {
        "to learn from": moments.learn,
        "to calibrate": (moments.calibrate,),
        "to compare": (moments.compare,),
    }
    for purpose, days in parts.items():
        found = cases.at(*days)
        losses = int(found.lost(event, horizon.steps).sum())
        if min(losses, found.count - losses) < MINIMUM_EVENTS:
            return (
                f"{losses} of {found.count} customers {purpose} were lost; "
                f"{MINIMUM_EVENTS} losses and {MINIMUM_EVENTS} who stayed are needed"
            )
    return ""


def _rival_of_today(
    history: History, cases: Cases, horizon: Horizon, event: ChurnEvent, moments: Moments
) -> Rival | None:
    """Return the rival with all that is known today, or None where nobody was ever seen through a horizon."""
    seen = cases.at(*moments.learn_again, moments.compare)
    return find_rival(history, seen, moments.now, horizon, event) if seen.count else None


def _by_rival(
    history: History,
    horizon: Horizon,
    event: ChurnEvent,
    today: Cases,
    rival: Rival | None,
    status: ChurnStatus,
    why: str,
    comparison: Comparison | None,
) -> ChurnRisk:
    if rival is None or not today.count:
        return _nothing(history, horizon, event, why)
    nothing = np.empty((today.count, 0))
    return ChurnRisk(
        event=event,
        horizon_days=horizon.days,
        as_of=history.as_of,
        status=status,
        used=rival.name,
        why=why,
        customer_id=today.customer_id,
        probability=rival.chance_of_loss(today),
        features=(),
        values=nothing,
        contributions=nothing,
        base_log_odds=None,
        curve=nothing,
        comparison=comparison,
    )


def _by_classifier(
    history: History,
    horizon: Horizon,
    event: ChurnEvent,
    today: Cases,
    model: ChurnModel,
    comparison: Comparison,
) -> ChurnRisk:
    risk = model.risk(today)
    return ChurnRisk(
        event=event,
        horizon_days=horizon.days,
        as_of=history.as_of,
        status="ok",
        used="classifier",
        why=comparison.sentence,
        customer_id=today.customer_id,
        probability=risk.probability,
        features=today.names,
        values=today.features,
        contributions=risk.contributions,
        base_log_odds=risk.base,
        curve=risk.curve(event_is_loss=event == "contract"),
        comparison=comparison,
    )


def _nothing(history: History, horizon: Horizon, event: ChurnEvent, why: str) -> ChurnRisk:
    return ChurnRisk(
        event=event,
        horizon_days=horizon.days,
        as_of=history.as_of,
        status="insufficient",
        used=None,
        why=why,
        customer_id=pa.array([], pa.string()),
        probability=np.empty(0),
        features=(),
        values=np.empty((0, 0)),
        contributions=np.empty((0, 0)),
        base_log_odds=None,
        curve=np.empty((0, 0)),
        comparison=None,
    )

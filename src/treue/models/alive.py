"""Who is still active, by a model: for firms whose customers differ too much for one window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from treue.kernel.errors import DidNotConverge, NotEnoughData
from treue.kernel.estimate import Figure, Status
from treue.kernel.registry import measure
from treue.kernel.units import day_of
from treue.models.beta_geometric import scores
from treue.models.bg_nbd import BgNbd
from treue.models.summary import Summary, summarise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.history.history import History

MINIMUM_CUSTOMERS = 1000
HOLD_OUT_TOLERANCE = 0.25
"""The model must foresee the repeat purchases of the last third of the history to within a quarter."""

DRAWS = 500


@dataclass(frozen=True, slots=True)
class HoldOut:
    """What a model fitted on the first two thirds foresaw for the last third.

    Parameters
    ----------
    split : str
        Last day of the first part, ISO.
    expected, actual : float
        Repeat purchases of the customers won before the split, in the last third.
    """

    split: str
    expected: float
    actual: float

    @property
    def passed(self) -> bool:
        """Whether the forecast lies within a quarter of what happened."""
        return self.actual > 0 and abs(self.expected / self.actual - 1) <= HOLD_OUT_TOLERANCE


def hold_out(history: History) -> HoldOut:
    """Return how well BG/NBD foresees the last third of a history from the first two.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    HoldOut
        Expected and actual repeat purchases.

    Raises
    ------
    NotEnoughData
        When nobody came back in the first two thirds.
    DidNotConverge
        When the model cannot be fitted there.
    """
    split_day = history.as_of_day - history.observed_days // 3
    summary = summarise(history, until_day=split_day)
    model = BgNbd.fit(summary)
    ahead = float(history.as_of_day - split_day)
    expected = summary.weight @ model.expected_purchases_of_customer(summary.x, summary.t_x, summary.T, ahead)
    F = history.engine.F
    later = history.active_days.where(
        (F.col("day") > F.lit(split_day)) & (F.col("first_day") <= F.lit(split_day))
    )
    actual = history.engine.arrow(later.agg(F.count("day").alias("days")))["days"][0].as_py()
    return HoldOut(day_of(split_day).isoformat(), float(expected), float(actual))


def _still_active(model: BgNbd, summary: Summary, window_days: int) -> NDArray[np.float64]:
    """P(alive) where the model knows it; the fixed window for those who bought once."""
    alive = model.probability_alive(summary.x, summary.t_x, summary.T)
    by_window = (window_days > summary.T).astype(float)
    return np.where(summary.x > 0, alive, by_window)


@measure("active_customers_expected", label="Customers still active, by a model", unit="count")
def active_customers_expected(history: History, by: str | None = None) -> list[Figure]:
    """Return how many customers are expected to be still active, by BG/NBD.

    One-time buyers are counted by the activity window, because the model cannot know about them. The
    figure is `not_identified` below 1,000 customers, where the model cannot be fitted, or where it fails
    to foresee the last third of the history to within a quarter.

    Parameters
    ----------
    history : History
        What happened.
    by : None
        There is no series of this measure.

    Returns
    -------
    list of Figure
        One figure: the expected count, with an interval over resampled customers, the
        parameters moved by one Newton step for each.

    References
    ----------
    Fader, Hardie & Lee (2005), Marketing Science 24, 275-284.
    """
    del by
    summary = summarise(history)
    unknown = _figure(history, summary.n, None, None)
    if summary.n < MINIMUM_CUSTOMERS:
        return [unknown]
    try:
        if not hold_out(history).passed:
            return [unknown]
        model = BgNbd.fit(summary)
    except (NotEnoughData, DidNotConverge):
        return [unknown]
    window = history.window_days
    expected = float(summary.weight @ _still_active(model, summary, window))
    low, high = _interval(history, model, summary, window)
    return [_figure(history, summary.n, expected, (low, high))]


def _interval(history: History, model: BgNbd, summary: Summary, window_days: int) -> tuple[float, float]:
    """Return the interval over resampled customers, each time with parameters moved by one Newton step."""
    rng = np.random.default_rng(history.settings.seed)
    drawn = rng.multinomial(summary.n, summary.weight / summary.n, size=DRAWS)
    point = np.array([model.r, model.alpha, model.a, model.b])
    optimum = model.optimum
    if optimum is None:
        raise ValueError("a fitted model is needed")
    # On the log scale: a resample's slope at the optimum, times the covariance, is its Newton step.
    steps = (drawn @ (scores(model, summary) * point[:, None]).T) @ optimum.covariance
    counts = []
    for weight, (r, alpha, a, b) in zip(drawn, (point * np.exp(steps)).tolist(), strict=True):
        moved = BgNbd(r, alpha, a, b, summary.unit)
        counts.append(float(weight @ _still_active(moved, summary, window_days)))
    low, high = np.quantile(counts, [0.025, 0.975])
    return float(low), float(high)


def _figure(history: History, n: int, value: float | None, limits: tuple[float, float] | None) -> Figure:
    status = Status.OK if value is not None else Status.UNDEFINED if n == 0 else Status.NOT_IDENTIFIED
    return Figure(
        id="active_customers_expected",
        value=value,
        numerator=None,
        denominator=None,
        n=n,
        ci_low=limits[0] if limits else None,
        ci_high=limits[1] if limits else None,
        ci_method="bootstrap_customers_one_step" if limits else None,
        status=status,
        window=f"at the end of {history.as_of.isoformat()}",
        as_of=history.as_of,
        definition_version="1",
    )

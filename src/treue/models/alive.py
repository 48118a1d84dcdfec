"""Who is still active, by a model: for firms whose customers differ too much for one window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from treue.kernel.estimate import Figure
from treue.kernel.registry import measure
from treue.kernel.status import Status
from treue.models.choice import choose_model
from treue.models.resampling import percentiles, resampled_weights, weighted_sums
from treue.models.summary import summarise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.history.history import History
    from treue.models.catalogue import RepeatModel
    from treue.models.summary import Summary

    Vector = NDArray[np.float64]

STEP = 1e-4


@measure("active_customers_expected", label="Customers still active, by a model", unit="count", version="2")
def active_customers_expected(history: History, by: str | None = None) -> list[Figure]:
    """Return how many customers are expected to be still active, by the model that foresaw them best.

    The figure is `insufficient` where there is too little to try a model, and `not_identified` where no
    model that knows of one-time buyers passed the back-test on the last third of the history.

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
    Schmittlein, Morrison & Colombo (1987), Management Science 33, 1-24; Batislam, Denizel & Filiztekin
    (2007), International Journal of Research in Marketing 24, 201-209.
    """
    del by
    choice = choose_model(history)
    model = choice.alive_model
    if model is None:
        status = Status.INSUFFICIENT if choice.status is Status.INSUFFICIENT else Status.NOT_IDENTIFIED
        return [
            _figure(history, choice.customers, None, None, status if choice.customers else Status.UNDEFINED)
        ]
    summary = summarise(history)
    expected = float(summary.weight @ _alive(model, summary))
    limits = _interval(model, summary, np.random.default_rng(history.settings.seed))
    return [_figure(history, summary.n, expected, limits, Status.OK)]


def _alive(model: RepeatModel, summary: Summary) -> Vector:
    return model.probability_alive(summary.x, summary.t_x, summary.T)


def _interval(
    model: RepeatModel, summary: Summary, rng: np.random.Generator
) -> tuple[float | None, float | None]:
    """Return the interval over resampled customers, each time with parameters moved by one Newton step."""
    optimum = model.optimum
    if optimum is None:
        raise ValueError("a fitted model is needed")
    alive = _alive(model, summary)
    slope = np.array([_slope(model, summary, letter) for letter in model.LETTERS])
    # On the log scale: a resample's slope at the optimum, times the covariance, is its Newton step.
    steps = (optimum.covariance @ slope) @ (model.scores(summary) * optimum.parameters[:, None])
    counts = [
        weighted_sums(weights, (alive + steps)[None, :])[:, 0]
        for weights in resampled_weights(summary.weight, rng)
    ]
    return percentiles(np.concatenate(counts))


def _slope(model: RepeatModel, summary: Summary, letter: str) -> float:
    """Return by how much the count changes with the logarithm of a parameter."""
    value, kind = getattr(model, letter), type(model)
    changed: list[dict[str, Any]] = [{letter: value * np.exp(step)} for step in (STEP, -STEP)]
    up, down = (
        float(summary.weight @ _alive(kind(**(model.parameters | change), unit=model.unit), summary))
        for change in changed
    )
    return (up - down) / (2 * STEP)


def _figure(
    history: History,
    n: int,
    value: float | None,
    limits: tuple[float | None, float | None] | None,
    status: Status,
) -> Figure:
    low, high = limits or (None, None)
    return Figure(
        id="active_customers_expected",
        value=value,
        numerator=None,
        denominator=None,
        n=n,
        ci_low=low,
        ci_high=high,
        ci_method="bootstrap_customers_one_step" if limits else None,
        status=status,
        window=f"at the end of {history.as_of.isoformat()}",
        as_of=history.as_of,
        definition_version="2",
    )

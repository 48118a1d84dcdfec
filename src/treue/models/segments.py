"""One model for each segment, each fit drawn toward that of all customers as far as its data are thin."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from treue.kernel.errors import DidNotConverge, NotEnoughData
from treue.models.newton import maximise
from treue.models.repeat_model import RepeatModel
from treue.models.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

Model = TypeVar("Model", bound=RepeatModel)

LEAST_SPREAD, GREATEST_SPREAD = 0.02, 3.0
"""Segments never count as wholly equal, nor as having nothing to do with one another."""


@dataclass(frozen=True, slots=True)
class SegmentFits(Generic[Model]):
    """The fits of all segments.

    Parameters
    ----------
    pooled : model
        Fitted to all customers.
    fits : dict of str to model
        By segment, drawn toward `pooled`; the covariance of each is that of the parameters' logarithms given
        its own customers and the other segments.
    spread : dict of str to float
        By letter: standard deviation of the parameter's logarithm between segments.
    alone : tuple of str
        Segments whose own customers would have been enough for a fit.
    """

    pooled: Model
    fits: dict[str, Model]
    spread: dict[str, float]
    alone: tuple[str, ...]


def fit_segments(model_class: type[Model], summaries: Mapping[str, Summary]) -> SegmentFits[Model]:
    """Fit a model to each segment, shrunk toward the fit of all customers (empirical Bayes).

    The logarithms of a segment's parameters are taken to scatter around those of all customers, with a variance
    estimated from the segments that can be fitted alone. A large segment keeps its own fit, a small one comes
    near that of all. It misleads where a segment is unlike all others and small: then it looks like them.

    Parameters
    ----------
    model_class : type
        A model of repeat buying, such as `BgNbd`.
    summaries : mapping of str to Summary
        Repeat buying of the customers of each segment, all in one unit; nobody may be in two.

    Returns
    -------
    SegmentFits
        A fit for every segment, also where its own customers do not identify the model.

    Raises
    ------
    NotEnoughData
        When there is no segment, or all customers together are too few.
    DidNotConverge
        When all customers together do not identify the model.

    References
    ----------
    Paule & Mandel (1982), Consensus values and weighting factors, for the variance between segments.
    """
    if not summaries:
        raise NotEnoughData("segments=0: there is nothing to fit")
    pooled = model_class.fit(_together(list(summaries.values())))
    alone = {name: fit for name, summary in summaries.items() if (fit := _alone(pooled, summary))}
    centre = np.log(list(pooled.parameters.values()))
    spread = _spread(centre, list(alone.values()))
    fits = {name: _shrunk(pooled, summary, spread) for name, summary in summaries.items()}
    return SegmentFits(
        pooled, fits, dict(zip(model_class.LETTERS, spread.tolist(), strict=True)), tuple(alone)
    )


def _together(summaries: list[Summary]) -> Summary:
    x, t_x, T, weight = (
        np.concatenate([getattr(one, name) for one in summaries]) for name in ("x", "t_x", "T", "weight")
    )
    return Summary.of(x, t_x, T, weight, summaries[0].unit)


def _alone(pooled: Model, summary: Summary) -> Model | None:
    try:
        return type(pooled).fit(summary, pooled)
    except (NotEnoughData, DidNotConverge):
        return None


def _spread(centre: Vector, fits: list[RepeatModel]) -> Vector:
    """Return the standard deviation between segments of each parameter's logarithm, by Paule and Mandel.

    It is where squared distances from the centre, each over its variance, average one.
    """
    optima = [fit.optimum for fit in fits if fit.optimum]
    if len(optima) < 2:
        return np.full(centre.size, LEAST_SPREAD)
    distance = np.log([optimum.parameters for optimum in optima]) - centre
    variance = np.array([np.diag(optimum.covariance) for optimum in optima])
    low = np.full(centre.size, LEAST_SPREAD**2)
    high = np.full(centre.size, GREATEST_SPREAD**2)
    for _ in range(60):
        middle = (low + high) / 2
        wider = (distance**2 / (variance + middle)).mean(axis=0) > 1
        low, high = np.where(wider, middle, low), np.where(wider, high, middle)
    found: Vector = np.sqrt((low + high) / 2)
    return found


def _shrunk(pooled: Model, summary: Summary, spread: Vector) -> Model:
    """Return the segment's fit whose likelihood carries the other segments' word, a normal distribution."""
    centre = np.log(list(pooled.parameters.values()))
    precision = spread**-2.0

    def derivatives(point: Vector) -> tuple[float, Vector, NDArray[np.float64]]:
        value, gradient, hessian = pooled.derivatives(point, summary)
        away = np.log(point) - centre
        value -= 0.5 * float(precision @ away**2)
        gradient = gradient - precision * away / point
        return value, gradient, hessian + np.diag(precision * (away - 1) / point**2)

    start = list(pooled.parameters.values())
    best = maximise(derivatives, start, summary.n, pooled.MODEL, pooled.TROUBLES)
    likelihood, _, _ = pooled.derivatives(best.parameters, summary)
    return type(pooled).of_optimum(dataclasses.replace(best, log_likelihood=likelihood), summary.unit)

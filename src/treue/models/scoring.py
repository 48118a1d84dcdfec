"""Every score of a model's forecast, each with an interval over resampled customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from treue.kernel.intervals import wilson
from treue.models.candidate import FrequencyRow, ReliabilityBin
from treue.models.profit import profit_of_customers
from treue.models.resampling import percentiles, resampled_weights, weighted_sums
from treue.models.scores import Answers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.models.forecast import Forecast
    from treue.models.held_out import HeldOut
    from treue.models.profit import Costs

    Vector = NDArray[np.float64]
    Matrix = NDArray[np.float64]

LIFT_SHARES = {"lift_10": 0.1, "lift_20": 0.2}
MOST_FREQUENT = 7
"""Customers with that many repeat purchases or more are shown together."""

RELIABILITY_BINS = 10

COUNT_SCORES = ("log_score", "coverage", "coverage_as_shown")
"""Scores that need the distribution of counts, which is worked out for some of very many outcomes."""

Limits = tuple[float | None, float | None]


class Scorer:
    """Scores one forecast under any weighting of the customers.

    Parameters
    ----------
    held : HeldOut
        What happened.
    said : Forecast
        What the model said.
    costs : Costs, optional
        The firm's own numbers; without them no profit is told.
    """

    def __init__(self, held: HeldOut, said: Forecast, costs: Costs | None = None) -> None:
        self.held, self.said = held, said
        bought, weight = held.purchases, held.weight
        happened = (bought > 0).astype(float)
        self.answers = Answers.of(happened, said.returns, weight)
        self.groups = np.minimum(held.known.x[held.case], MOST_FREQUENT).astype(np.int64)
        columns = {
            "expected": said.expected,
            "actual": bought,
            "counted": said.counted.astype(float),
            **{
                name: np.where(said.counted, values, 0.0)
                for name, values in zip(
                    COUNT_SCORES, (said.log_score, said.covered, said.within), strict=True
                )
            },
            "returned_observed": happened,
            "returned_expected": said.returns,
        }
        if costs is not None:
            columns["empc"] = profit_of_customers(1 - happened, -said.returns, costs, weight=weight)
        self.columns, self.table = tuple(columns), np.stack(list(columns.values()))

    def scores(self, weights: Matrix | None = None, *, ranked: bool = True) -> dict[str, Vector]:
        """Return every score by name, one number per weighting.

        Parameters
        ----------
        weights : numpy.ndarray, shape (draws, m), optional
            How many customers share each outcome, in each draw; the true numbers when left out.
        ranked : bool
            False leaves out what needs customers in order, AUC and lift: half of the work.

        Returns
        -------
        dict of str to numpy.ndarray, shape (draws,)
            NaN where a score is undefined.
        """
        answers = self.answers
        table = answers.weightings(weights)
        n = table.sum(axis=1)
        sums = dict(zip(self.columns, weighted_sums(table, self.table).T, strict=True))
        expected, actual, counted = sums.pop("expected"), sums.pop("actual"), sums.pop("counted")
        ratio = np.divide(expected, actual, out=np.full(actual.size, np.nan), where=actual > 0)
        brier, skill, log_loss = answers.mean_losses(weights)
        order = answers.ranked(weights) if ranked else None
        line = answers.calibration_line(weights)
        return {
            "expected": expected,
            "expected_over_actual": ratio,
            "brier": brier,
            "brier_skill": skill,
            "log_loss": log_loss,
            **({"auc": order.auc()} if order else {}),
            **({name: order.lift(share) for name, share in LIFT_SHARES.items()} if order else {}),
            "calibration_slope": line[:, 0],
            "calibration_intercept": line[:, 1],
            **{name: total / (counted if name in COUNT_SCORES else n) for name, total in sums.items()},
        }

    def actual_by_frequency(self, weights: Matrix) -> Matrix:
        """Return mean purchases after the split of customers who had bought equally often before it.

        Parameters
        ----------
        weights : numpy.ndarray, shape (draws, m)
            How many customers share each outcome, in each draw.

        Returns
        -------
        numpy.ndarray, shape (draws, 8)
            For 0 to 6 and for 7 or more repeat purchases; NaN where nobody is left.
        """
        marks = np.equal.outer(np.arange(MOST_FREQUENT + 1), self.groups).astype(float)
        bought, n = weighted_sums(weights, marks * self.held.purchases), weighted_sums(weights, marks)
        mean: Matrix = np.divide(bought, n, out=np.full(n.shape, np.nan), where=n > 0)
        return mean


@dataclass(frozen=True, slots=True)
class Scored:
    """The scores of one forecast with their intervals.

    Parameters
    ----------
    values : dict of str to float or None
        Each score; None where it is undefined.
    limits : dict of str to tuple
        Interval of 95 % of each.
    by_frequency : tuple of FrequencyRow
        Purchases after the split by purchases before it.
    reliability : tuple of ReliabilityBin
        Stated probabilities beside what happened.
    """

    values: dict[str, float | None]
    limits: dict[str, Limits]
    by_frequency: tuple[FrequencyRow, ...]
    reliability: tuple[ReliabilityBin, ...]


def score_all(scorers: list[Scorer], rng: np.random.Generator, *, ranked: bool = True) -> list[Scored]:
    """Score several forecasts of the same customers, on the same resamples.

    Parameters
    ----------
    scorers : list of Scorer
        One per forecast; all of the same `held`.
    rng : numpy.random.Generator
        Source of chance.
    ranked : bool
        False gives AUC and lift no interval, which halves the work.

    Returns
    -------
    list of Scored
        In the order of `scorers`.
    """
    if not scorers:
        return []
    drawn: list[dict[str, list[Vector]]] = [{} for _ in scorers]
    groups: list[Matrix] = []
    for weights in resampled_weights(scorers[0].held.weight, rng):
        groups.append(scorers[0].actual_by_frequency(weights))
        for scorer, kept in zip(scorers, drawn, strict=True):
            for name, values in scorer.scores(weights, ranked=ranked).items():
                kept.setdefault(name, []).append(values)
    actual = np.concatenate(groups)
    return [
        Scored(
            {name: _number(values) for name, values in scorer.scores().items()},
            {name: percentiles(np.concatenate(values)) for name, values in kept.items()},
            _by_frequency(scorer, actual),
            _reliability(scorer),
        )
        for scorer, kept in zip(scorers, drawn, strict=True)
    ]


def _number(values: Vector) -> float | None:
    return float(values[0]) if np.isfinite(values[0]) else None


def _by_frequency(scorer: Scorer, resampled: Matrix) -> tuple[FrequencyRow, ...]:
    weight, groups = scorer.held.weight, scorer.groups
    n = np.bincount(groups, weight, MOST_FREQUENT + 1)
    actual = np.bincount(groups, weight * scorer.held.purchases, MOST_FREQUENT + 1)
    expected = np.bincount(groups, weight * scorer.said.expected, MOST_FREQUENT + 1)
    rows = []
    for count in np.flatnonzero(n).tolist():
        low, high = percentiles(resampled[:, count])
        rows.append(
            FrequencyRow(
                repeat_count=count,
                or_more=count == MOST_FREQUENT,
                customers=int(n[count]),
                actual=float(actual[count] / n[count]),
                expected=float(expected[count] / n[count]),
                actual_low=low,
                actual_high=high,
            )
        )
    return tuple(rows)


def _reliability(scorer: Scorer) -> tuple[ReliabilityBin, ...]:
    """Customers in ten equal groups by stated probability; equal probabilities stay together."""
    answers = scorer.answers
    order = np.argsort(answers.probability, kind="stable")
    stated, happened, weight = (
        column[order] for column in (answers.probability, answers.happened, answers.weight)
    )
    # A customer's place is the middle of those of whom the same was said.
    starts = np.flatnonzero(np.concatenate([[True], np.diff(stated) > 0]))
    size = np.add.reduceat(weight, starts)
    middle = (np.cumsum(size) - size / 2) / size.sum()
    group = np.repeat(
        np.minimum(middle * RELIABILITY_BINS, RELIABILITY_BINS - 1).astype(int),
        np.diff(np.append(starts, stated.size)),
    )
    n = np.bincount(group, weight, RELIABILITY_BINS)
    told = np.bincount(group, weight * stated, RELIABILITY_BINS)
    seen = np.bincount(group, weight * happened, RELIABILITY_BINS)
    bins = []
    for place in np.flatnonzero(n).tolist():
        low, high = wilson(int(seen[place]), int(n[place]))
        bins.append(
            ReliabilityBin(
                customers=int(n[place]),
                expected=float(told[place] / n[place]),
                observed=float(seen[place] / n[place]),
                observed_low=low,
                observed_high=high,
            )
        )
    return tuple(bins)

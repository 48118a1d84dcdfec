"""An additive hazard of losing customers: each feature adds its own part to the log-odds of every step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from treue.models.churn_cases import Cases

    Vector = NDArray[np.float64]
    Matrix = NDArray[np.float64]

MOST_LEVELS = 64
"""A feature is cut into so many levels at most, each about equally frequent."""

MOST_ROWS = 150_000
"""Of more person-periods than this a sample is learned from."""

_TREES = 200
_LEARNING_RATE = 0.1
_LEAVES = 4
_LEAF_ROWS = 40
_PENALTY = 1.0
_PATIENCE = 10


@dataclass(frozen=True, slots=True)
class AdditiveHazard:
    """A discrete-time hazard whose features do not interact, as tables of log-odds.

    In step j of the horizon the event happens to who is still without it with the log-odds
    ``steps[j] + sum of parts``. The parts are centred: they sum to zero over the customers it was learned
    from, so a part says how a customer differs from the average one.

    Parameters
    ----------
    names : tuple of str
        Feature codes.
    cuts : tuple of numpy.ndarray
        For each feature the values at which its levels end, rising.
    tables : tuple of numpy.ndarray
        For each feature the part of each level; the last entry is for an unknown value.
    steps : numpy.ndarray, shape (steps,)
        Log-odds of the average customer in each step.
    trees : int
        Trees that were grown.
    """

    names: tuple[str, ...]
    cuts: tuple[Vector, ...]
    tables: tuple[Vector, ...]
    steps: Vector
    trees: int

    def parts(self, features: Matrix) -> Matrix:
        """Return what each feature adds to the log-odds of the event in every step.

        Parameters
        ----------
        features : numpy.ndarray, shape (n, k)
            Values in the order of `names`; NaN where unknown.

        Returns
        -------
        numpy.ndarray, shape (n, k)
            Log-odds against the average customer.
        """
        parts = np.empty(features.shape)
        for place, (cuts, table) in enumerate(zip(self.cuts, self.tables, strict=True)):
            parts[:, place] = table[levels(features[:, place], cuts)]
        return parts

    def log_still(self, score: Vector) -> Matrix:
        """Return the logarithm of the probability that the event has not happened after each step.

        Parameters
        ----------
        score : numpy.ndarray, shape (n,)
            Sum of a customer's parts.

        Returns
        -------
        numpy.ndarray, shape (n, steps)
            0 or less, falling from step to step.
        """
        # log(1 - hazard) of each step, added up
        still: Matrix = np.cumsum(-np.logaddexp(0.0, score[:, None] + self.steps), axis=1)
        return still


def levels(values: Vector, cuts: Vector) -> NDArray[np.int64]:
    """Return the level of each of some `values`: how many `cuts` lie below it; the last one is for unknown values."""
    found = np.searchsorted(cuts, values, side="left")
    found[np.isnan(values)] = cuts.size + 1
    return found


def find_cuts(values: Vector) -> Vector:
    """Return values at which to cut a feature into levels of about equal frequency.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        NaN is left out.

    Returns
    -------
    numpy.ndarray, shape (up to MOST_LEVELS - 1,)
        Rising values that occur; nothing where a feature has one value only.
    """
    known = np.sort(values[~np.isnan(values)])
    if not known.size:
        return known
    places = (np.arange(1, MOST_LEVELS) * (known.size - 1)) // MOST_LEVELS
    cuts: Vector = np.unique(known[places])
    below: Vector = cuts[cuts < known[-1]]
    return below


def fit_hazard(learn: Cases, check: Cases, steps: int, seed: int) -> AdditiveHazard:
    """Learn the hazard from person-periods; later customers say how many trees are enough.

    The order and the names of customers do not matter: rows are brought into an order of their own.

    Parameters
    ----------
    learn : Cases
        Customers at moments whose horizon is over; both outcomes must occur in some step.
    check : Cases
        The same of a later moment.
    steps : int
        Steps of the horizon.
    seed : int
        For the sample where there are very many rows.

    Returns
    -------
    AdditiveHazard
        Tables that need no tree to be read.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    cuts = tuple(find_cuts(column) for column in learn.features.T)
    rows, event = person_periods(_coded(learn, cuts), learn.step, steps)
    rows, event = _in_order(rows, event, seed)
    later, later_event = _in_order(*person_periods(_coded(check, cuts), check.step, steps), seed)
    both = np.unique(later_event).size == 2
    trees = HistGradientBoostingClassifier(
        interaction_cst="no_interactions",
        learning_rate=_LEARNING_RATE,
        max_iter=_TREES if both else _PATIENCE,
        max_leaf_nodes=_LEAVES,
        min_samples_leaf=_LEAF_ROWS,
        l2_regularization=_PENALTY,
        max_bins=255,
        early_stopping=both,
        n_iter_no_change=_PATIENCE,
        random_state=seed,
    )
    # One thread: sums in another order would be other numbers.
    with threadpool_limits(limits=1):
        if both:
            trees.fit(rows, event, X_val=later, y_val=later_event)
        else:
            trees.fit(rows, event)
        tables, base = _tables(trees.decision_function, cuts, steps)
    # Counted by level: a sum over customers would depend on their order in the last digit.
    means = [
        float(np.bincount(levels(column, cut), minlength=table.size) @ table) / learn.count
        for table, cut, column in zip(tables, cuts, learn.features.T, strict=True)
    ]
    centred = tuple(table - mean for table, mean in zip(tables, means, strict=True))
    return AdditiveHazard(learn.names, cuts, centred, base + sum(means), int(trees.n_iter_))


def _coded(cases: Cases, cuts: tuple[Vector, ...]) -> Matrix:
    """Return features as levels; unknown values stay NaN."""
    columns = []
    for column, cut in zip(cases.features.T, cuts, strict=True):
        level = levels(column, cut).astype(np.float64)
        # Where nothing was known of anybody the trees have nothing to divide.
        level[np.isnan(column)] = np.nan if cut.size or not np.isnan(column).all() else 0.0
        columns.append(level)
    return np.column_stack(columns)


def person_periods(rows: Matrix, step: NDArray[np.int64], steps: int) -> tuple[Matrix, NDArray[np.bool_]]:
    """Return one row per customer and step for as long as the event has not happened.

    Parameters
    ----------
    rows : numpy.ndarray, shape (n, k)
        Features.
    step : numpy.ndarray of int, shape (n,)
        Step of the event; `steps` where it did not happen.
    steps : int
        Steps of the horizon.

    Returns
    -------
    tuple of (numpy.ndarray, shape (m, k + 1), numpy.ndarray of bool, shape (m,))
        The features with the number of the step as last column, and whether the event happened in it.

    Examples
    --------
    >>> rows, event = person_periods(np.array([[7.0], [8.0]]), np.array([0, 2]), 2)
    >>> rows.tolist(), event.tolist()
    ([[7.0, 0.0], [8.0, 0.0], [8.0, 1.0]], [True, False, False])
    """
    length = np.minimum(step + 1, steps)
    person = np.repeat(np.arange(step.size), length)
    number = np.arange(person.size) - np.repeat(np.cumsum(length) - length, length)
    return np.column_stack([rows[person], number]), number == step[person]


def _in_order(rows: Matrix, event: NDArray[np.bool_], seed: int) -> tuple[Matrix, NDArray[np.bool_]]:
    """Return the rows sorted by their values, sampled where they are very many."""
    order = np.lexsort([*rows.T, event])
    if order.size > MOST_ROWS:
        chosen = np.random.default_rng(seed).choice(order.size, MOST_ROWS, replace=False)
        order = order[np.sort(chosen)]
    return rows[order], event[order]


def _tables(
    log_odds: Callable[[Matrix], Vector], cuts: tuple[Vector, ...], steps: int
) -> tuple[list[Vector], Vector]:
    """Return what each level of each feature adds, and the log-odds of each step at the first levels.

    Without interactions a feature moves the log-odds by the same amount whatever the others are, so it is
    enough to move one at a time.
    """
    width = len(cuts) + 1
    first = np.zeros((1, width))
    at_first = log_odds(first)[0]
    tables = []
    for place, cut in enumerate(cuts):
        moved = np.repeat(first, cut.size + 2, axis=0)
        moved[:, place] = [*range(cut.size + 1), np.nan]
        tables.append(log_odds(moved) - at_first)
    moved = np.repeat(first, steps, axis=0)
    moved[:, -1] = range(steps)
    return tables, log_odds(moved)

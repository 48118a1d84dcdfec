"""The tests that stand between a model and its display, with what they demand and why.

The reasons for each threshold are in docs/models/backtest.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.models.tracking import Path

    Vector = NDArray[np.float64]

TOTAL = (0.75, 1.25)
"""Expected over actual purchases: within a quarter."""

PATTERN_SHARE = 0.20
"""At most this share of the purchases may fall into other four-week stretches than expected."""

PATTERN_DAYS = 28
SLOPE = (0.7, 1.4)
"""Slope of what happened on the log odds stated: 1 is right, and 1.4 is as far from it as 0.7."""

COVERAGE = (0.90, 0.99)
"""Share of customers whose purchases lie in the middle 95 % of their predictions."""

MINIMUM_EVENTS = 100
"""Below so many customers who bought after the split, nothing can be said (METHODS section 9)."""

TRIALS = ("total", "pattern", "skill", "slope", "coverage")
"""Names of the tests, in the order in which they are told."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One test of a model, with the number it was judged by.

    Parameters
    ----------
    name : str
        One of :data:`TRIALS`.
    passed : bool or None
        None where there was nothing to judge.
    value : float or None
        What was judged: for ``total`` expected over actual purchases; for ``pattern`` the share of
        purchases that fell into other four-week stretches than expected; for ``skill`` the gain in Brier
        score over the base rate; for ``slope`` the calibration slope; for ``coverage`` a share of customers.
    low, high : float or None
        What the value has to keep between; None where there is no such limit.
    """

    name: str
    passed: bool | None
    value: float | None
    low: float | None
    high: float | None

    def not_judged(self) -> Trial:
        """Return the test with its number and without a verdict."""
        return replace(self, passed=None)

    def as_dict(self) -> dict[str, Any]:
        """Return the test as plain JSON types."""
        return {name: getattr(self, name) for name in self.__slots__}


def total_trial(expected: float, actual: int, path: Path) -> Trial:
    """Judge the sum of all purchases after the split.

    Parameters
    ----------
    expected : float
        What the model expected.
    actual : int
        What happened.
    path : Path
        Knows the band of the total.

    Returns
    -------
    Trial
        Passed within a quarter, or inside the band of 95 %, which is wider where little is known.
    """
    low, high = path.spread.band(np.array([expected]))
    inside = bool(low[0] <= actual <= high[0])
    ratio = expected / actual if actual else None
    near = ratio is not None and TOTAL[0] <= ratio <= TOTAL[1]
    return Trial("total", near or inside, ratio, *TOTAL)


def pattern_trial(path: Path, daily: Vector) -> Trial:
    """Judge when the purchases came: a season shows as purchases in other weeks than expected.

    Parameters
    ----------
    path : Path
        What was expected, day by day.
    daily : numpy.ndarray, shape (days,)
        What happened on each day after the split.

    Returns
    -------
    Trial
        The share of purchases that would have to move to another four-week stretch for the expected
        pattern; passed up to a fifth, or up to what chance alone does in 19 of 20 cases. Nothing to
        judge in fewer than two stretches.
    """
    ends = np.arange(PATTERN_DAYS, daily.size + 1, PATTERN_DAYS)
    actual = np.diff(np.concatenate([[0.0], np.cumsum(daily)[ends - 1]])) if ends.size else ends.astype(float)
    if ends.size < 2 or actual.sum() == 0:
        return Trial("pattern", None, None, None, PATTERN_SHARE)
    expected = np.diff(path.cumulative[np.concatenate([[0], ends])])
    happened, told = actual / actual.sum(), expected / expected.sum()
    moved = float(np.abs(happened - told).sum() / 2)
    spread = path.spread
    variance = told * (1 + (spread.dispersion - 1) * told) / actual.sum()
    # Each stretch's distance is half-normal by chance: mean .80 and deviation .60 of its spread.
    by_chance = (0.80 * np.sqrt(variance).sum() + 1.645 * 0.60 * np.sqrt(variance.sum())) / 2
    limit = max(PATTERN_SHARE, float(by_chance))
    return Trial("pattern", moved <= limit, moved, None, limit)


def skill_trial(skill: float | None) -> Trial:
    """Judge whether the stated probabilities beat telling everybody the same: a skill above 0."""
    return Trial("skill", None if skill is None else skill > 0, skill, 0.0, None)


def slope_trial(slope: float | None, limits: tuple[float | None, float | None]) -> Trial:
    """Judge whether the probabilities are neither too bold nor too timid.

    Parameters
    ----------
    slope : float or None
        Calibration slope: below 1 the stated probabilities differ more than what happened.
    limits : tuple of float or None
        Its interval of 95 %.

    Returns
    -------
    Trial
        Passed from 0.7 to 1.4, or where the interval holds 1.
    """
    if slope is None:
        return Trial("slope", None, None, *SLOPE)
    low, high = limits
    unsure = low is not None and high is not None and low <= 1 <= high
    return Trial("slope", SLOPE[0] <= slope <= SLOPE[1] or unsure, slope, *SLOPE)


def coverage_trial(covered: float) -> Trial:
    """Judge the prediction intervals of customers: neither too narrow nor too wide, at the share `covered`."""
    return Trial("coverage", COVERAGE[0] <= covered <= COVERAGE[1], covered, *COVERAGE)

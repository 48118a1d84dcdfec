"""Whether the customers of some segments stay longer than those of others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from treue.history.survival_curves import SurvivalCurve, survival_curves
from treue.kernel.intervals import Z95
from treue.kernel.survival_comparison import LogRank, curves_cross, log_rank, restricted_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treue.history.history import History


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictedMean:
    """How long the customers of a segment stay on average within a limit.

    Parameters
    ----------
    segment : str
        Value of the column.
    mean_days, ci_low, ci_high : float
        Mean and its 95 % limits, in days.
    """

    segment: str
    mean_days: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalComparison:
    """Whether segments stay equally long.

    Parameters
    ----------
    column : str
        Column that customers are divided by.
    curves : tuple of SurvivalCurve
        The segments compared, the largest first.
    test : LogRank
        Log-rank test over all ages.
    crosses : bool
        True when two curves clearly cross; then the log-rank test is blind and the means count.
    limit_days : int
        Age up to which the means are taken: the longest that every segment has reached.
    means : tuple of RestrictedMean
        One per segment, in the order of `curves`.
    means_p_value : float or None
        How often equal means would look at least so different.
    """

    column: str
    curves: tuple[SurvivalCurve, ...]
    test: LogRank
    crosses: bool
    limit_days: int
    means: tuple[RestrictedMean, ...]
    means_p_value: float | None

    @property
    def p_value(self) -> float | None:
        """The p-value that counts: of the means where curves cross, else of the log-rank test."""
        return self.means_p_value if self.crosses else self.test.p_value

    @property
    def could_be_chance(self) -> bool:
        """Whether segments that stay equally long would often look so different (5 % or more)."""
        return self.p_value is None or self.p_value >= 0.05


def compare_survival(history: History, column: str) -> SurvivalComparison | None:
    """Return whether the segments of a column stay equally long.

    Parameters
    ----------
    history : History
        What happened.
    column : str
        Column that customers are divided by.

    Returns
    -------
    SurvivalComparison or None
        None when fewer than two segments have ten customers.

    Raises
    ------
    WrongArgument
        When there is no such column, or it has more than 200 values.

    References
    ----------
    Mantel (1966), Cancer Chemotherapy Reports 50, 163-170; Royston & Parmar (2013), BMC Medical Research
    Methodology 13, 152 (restricted mean).
    """
    curves = survival_curves(history, column)
    if len(curves) < 2:
        return None
    limit = max(min(curve.horizon_days for curve in curves), 1)
    crosses = any(
        curves_cross(one.curve, other.curve, limit)
        for place, one in enumerate(curves)
        for other in curves[place + 1 :]
    )
    areas = [restricted_mean(curve.curve, limit) for curve in curves]
    means = tuple(
        RestrictedMean(
            segment=curve.segment or "", mean_days=mean, ci_low=mean - Z95 * error, ci_high=mean + Z95 * error
        )
        for curve, (mean, error) in zip(curves, areas, strict=True)
    )
    return SurvivalComparison(
        column=column,
        curves=tuple(curves),
        test=log_rank([curve.durations for curve in curves]),
        crosses=crosses,
        limit_days=limit,
        means=means,
        means_p_value=equal_means(areas),
    )


def equal_means(areas: Sequence[tuple[float, float]]) -> float | None:
    """Return the p-value that means of separate groups are equal (Wald's chi-square).

    Parameters
    ----------
    areas : sequence of (float, float)
        Mean and standard error of each group.

    Returns
    -------
    float or None
        0 to 1; None when fewer than two groups have a standard error.

    Examples
    --------
    >>> round(equal_means([(10.0, 1.0), (12.77, 1.0)]), 2)
    0.05
    """
    known = np.array([(mean, error) for mean, error in areas if error > 0])
    if len(known) < 2:
        return None
    weights = 1 / known[:, 1] ** 2
    centre = float(weights @ known[:, 0] / weights.sum())
    statistic = float(weights @ (known[:, 0] - centre) ** 2)
    return float(special.chdtrc(len(known) - 1, statistic))

"""Whether one table of moves may stand for all periods and for newcomers and old hands alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_EXPECTED = 5.0
"""Rows in which fewer are expected per destination, on average, are left out of a test."""

LEVEL = 0.025
"""Each of the two tests rejects below this, so that both together err in at most 5 % of steady firms."""


class Test(NamedTuple):
    """A chi-square test: statistic, degrees of freedom, p value (None when nothing could be tested), and
    on how many rungs there were people, but too few to test.
    """

    statistic: float
    degrees: int
    p: float | None
    untested: int

    @property
    def rejects(self) -> bool:
        """Whether the tables differ by more than chance explains."""
        return self.p is not None and self.p < LEVEL

    @property
    def passes(self) -> bool:
        """Whether every rung was tested, and no difference found."""
        return self.untested == 0 and not self.rejects


Test.__test__ = False  # type: ignore[attr-defined]  # pytest would take the name for a class of tests


def same_moves(tables: NDArray[np.int64]) -> Test:
    """Test whether several tables of moves are samples of one.

    Parameters
    ----------
    tables : numpy.ndarray of int, shape (g, r, s)
        Moves from r states to s states, in each of g periods or groups.

    Returns
    -------
    Test
        The sum over the r starting states of Pearson's statistic of the g by s table. Groups with too few
        people on a rung are left out there.

    References
    ----------
    Anderson & Goodman (1957), Annals of Mathematical Statistics 28, 89-110, section 3.

    Examples
    --------
    >>> test = same_moves(np.array([[[30, 70]], [[50, 50]]]))
    >>> round(test.statistic, 3), test.degrees, test.rejects
    (8.333, 1, True)
    """
    statistic, degrees, untested = 0.0, 0, 0
    for start in range(tables.shape[1]):
        table = tables[:, start].astype(float)
        table = table[:, table.sum(axis=0) > 0]
        if table.shape[1] < 2:  # nobody, or all go the same way always
            continue
        table = table[table.sum(axis=1) >= LEAST_EXPECTED * table.shape[1]]
        table = table[:, table.sum(axis=0) > 0]
        if table.shape[0] < 2:
            untested += 1
            continue
        expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
        # Destinations that hardly anybody takes would blow the statistic up.
        common = expected.mean(axis=0) >= 1
        if common.sum() < table.shape[1]:
            rare = ~common
            table = np.column_stack([table[:, common], table[:, rare].sum(axis=1)])
            expected = np.column_stack([expected[:, common], expected[:, rare].sum(axis=1)])
        if table.shape[1] < 2:
            continue
        statistic += float(((table - expected) ** 2 / expected).sum())
        degrees += (table.shape[0] - 1) * (table.shape[1] - 1)
    p = float(special.chdtrc(degrees, statistic)) if degrees else None
    return Test(statistic, degrees, p, untested)

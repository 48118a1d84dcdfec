"""How many of those won in one period are active in each later one: the cohort triangle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from treue.engine.columns import numbers
from treue.history.cohort_tables import bought_again, stayed_under_contract
from treue.history.division import only_by
from treue.history.period_counts import calendar_periods, unfinished
from treue.kernel.estimate import Figure, proportion
from treue.kernel.registry import measure
from treue.kernel.status import Status
from treue.kernel.units import GRAINS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.history.history import History
    from treue.kernel.units import Grain, Period

VERSION = "1"


@measure(
    "cohort_retention",
    label="Cohort retention",
    unit="share",
    version=VERSION,
    needs=(),
    grains=GRAINS,
)
def cohort_retention(history: History, by: str | None = None) -> list[Figure]:
    """Return the share of the customers won in each period who were active in each later one.

    Active is who bought in the period; under contracts, who was a customer at its end. A row can rise
    again, because a customer may skip a period. It misleads when young and old cohorts are averaged: the
    old ones alone make up the late columns.

    Parameters
    ----------
    history : History
        What happened.
    by : str, optional
        ``month`` (as when left out), ``quarter`` or ``year``.

    Returns
    -------
    list of Figure
        Shares (0 to 1) of the whole cohort with Wilson's interval; ``segment`` is the cohort, ``period``
        the period of activity. The period that is not over has no value and is provisional: a column
        that is still filling would look like a loss. A cohort without customers is undefined.

    Raises
    ------
    WrongArgument
        When `by` is something else.

    Examples
    --------
    52 of 120 were active in the third month:

    >>> from datetime import date
    >>> figure = proportion("cohort_retention", 52, 120, window="2011-04-01/2011-05-01",
    ...                     as_of=date(2011, 6, 30), version=VERSION, period="2011-04", segment="2011-01")
    >>> round(figure.value, 3), round(figure.ci_low, 3), round(figure.ci_high, 3)
    (0.433, 0.348, 0.523)
    """
    only_by(by, *GRAINS, measure="cohort_retention")
    grain: Grain = next((grain for grain in GRAINS if grain == by), "month")
    within = calendar_periods(history, grain)
    contract = history.activity == "contract"
    sizes, active = (_contract_triangle if contract else _purchase_triangle)(history, grain, len(within))
    running = len(within) if unfinished(history, within, grain)[-1] != "running" else len(within) - 1
    figures = []
    for cohort in range(len(within)):
        size = int(sizes[cohort])
        for period in range(cohort, len(within) if size else cohort + 1):
            settled = period < running or not size
            figures.append(
                _cell(
                    history,
                    int(active[cohort, period]) if settled else None,
                    size,
                    (within[cohort], within[period]),
                    # Who buys first in a period buys in it: true of every cohort, and no finding.
                    certain=settled and bool(size) and period == cohort and not contract,
                )
            )
    return figures


def _cell(
    history: History, active: int | None, size: int, place: tuple[Period, Period], *, certain: bool
) -> Figure:
    cohort, period = place
    if active is not None and not certain:
        return proportion(
            "cohort_retention",
            active,
            size,
            window=period.window,
            as_of=history.as_of,
            version=VERSION,
            period=period.label,
            segment=cohort.label,
        )
    return Figure(
        id="cohort_retention",
        value=1.0 if certain else None,
        numerator=active,
        denominator=size if certain else None,
        n=size,
        ci_low=None,
        ci_high=None,
        ci_method=None,
        status=Status.OK if certain else Status.PROVISIONAL,
        window=period.window,
        as_of=history.as_of,
        definition_version=VERSION,
        period=period.label,
        segment=cohort.label,
    )


Triangle = tuple["NDArray[np.int64]", "NDArray[np.int64]"]


def _purchase_triangle(history: History, grain: Grain, size: int) -> Triangle:
    """Return the cohorts' sizes and how many of each were active in each period."""
    table = history.engine.arrow(bought_again(history, grain))
    cohort, period, customers = (numbers(table[name]) for name in ("cohort", "period", "customers"))
    inside = (cohort >= 0) & (period < size)
    active = np.zeros((size, size), dtype=np.int64)
    np.add.at(active, (cohort[inside], period[inside]), customers[inside])
    return np.diagonal(active), active


def _contract_triangle(history: History, grain: Grain, size: int) -> Triangle:
    table = history.engine.arrow(stayed_under_contract(history, grain))
    sizes, active = np.zeros(size, dtype=np.int64), np.zeros((size, size), dtype=np.int64)
    for row in table.to_pylist():
        if row["cohort"] < 0:
            continue
        if row["came"] == row["cohort"]:
            sizes[row["cohort"]] += row["customers"]
        active[row["cohort"], row["came"] : row["went"]] += row["customers"]
    return sizes, active

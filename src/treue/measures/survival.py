"""How long customers stay: the share still there by age, and the age by which half have left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.history.division import only_by
from treue.history.survival_curves import MINIMUM_AT_RISK, survival_curves
from treue.kernel.errors import NotEnoughData
from treue.kernel.estimate import MINIMUM_EVENTS, MINIMUM_N, Figure, count_status
from treue.kernel.product_limit import first_below_half
from treue.kernel.registry import measure
from treue.kernel.status import Status

if TYPE_CHECKING:
    from treue.history.history import History
    from treue.history.survival_curves import SurvivalCurve

VERSION = "1"

STEP_DAYS = 30
"""The measure gives the curve at every 30th day; :func:`treue.history.survival_curves.survival_curves` has every day."""


@measure(
    "survival",
    label="Share of customers still there",
    unit="share",
    version=VERSION,
    needs=(),
    grains=("segment",),
)
def survival(history: History, by: str | None = None) -> list[Figure]:
    """Return the share of customers still there 30, 60, 90... days after they were won.

    It looks at the first stay only: who leaves and comes back has left. Under an activity window it is
    1 for as many days as the window has, because nobody can be known to have left sooner; these figures
    are provisional.

    Parameters
    ----------
    history : History
        What happened.
    by : str, optional
        A column to divide customers by. Left out: all customers.

    Returns
    -------
    list of Figure
        Shares (0 to 1), ``window`` says the age as ``day 90``; n is the number of customers. The curve
        ends where fewer than ten customers have reached the age.

    Raises
    ------
    WrongArgument
        When `by` is not a column.
    NotEnoughData
        When there are fewer than ten customers.

    References
    ----------
    Kaplan & Meier (1958), JASA 53, 457-481; Greenwood (1926), Reports on Public Health 33; limits on the
    log(-log) scale as Kalbfleisch & Prentice (2002).

    Examples
    --------
    >>> from treue.kernel.product_limit import product_limit
    >>> curve = product_limit([1, 2, 2, 3, 4, 5, 5, 6], [1, 0, 1, 1, 0, 1, 0, 0], [1] * 7 + [3])
    >>> round(float(curve.surviving[-1]), 4)
    0.5486
    """
    only_by(by, "segment", measure="survival")
    return [
        _share(history, curve, age)
        for curve in _found(history, by)
        for age in sorted({*range(STEP_DAYS, curve.horizon_days + 1, STEP_DAYS), *_ends(curve)})
    ]


def _ends(curve: SurvivalCurve) -> set[int]:
    """Return the age at which the window first lets anybody go, where the curve reaches it."""
    if 0 < curve.safe_days <= curve.horizon_days:
        return {curve.safe_days}
    return {curve.horizon_days} if curve.horizon_days < STEP_DAYS else set()


def _found(history: History, column: str | None) -> list[SurvivalCurve]:
    curves = survival_curves(history, column)
    if not curves:
        raise NotEnoughData(
            f"fewer than {MINIMUM_AT_RISK} customers have been seen from their start; a survival curve needs more"
        )
    return curves


def _share(history: History, curve: SurvivalCurve, age: int) -> Figure:
    value, low, high, events = curve.at(age)
    provisional = age < curve.safe_days
    return Figure(
        id="survival",
        value=value,
        numerator=None,
        denominator=None,
        n=curve.customers,
        ci_low=low,
        ci_high=high,
        ci_method=None if low is None else "greenwood_loglog",
        status=count_status(curve.customers, events, provisional=provisional),
        window=f"day {age}",
        as_of=history.as_of,
        definition_version=VERSION,
        segment=curve.segment,
    )


@measure(
    "survival_median",
    label="Days after which half have left",
    unit="days",
    version=VERSION,
    needs=(),
    grains=("segment",),
)
def survival_median(history: History, by: str | None = None) -> list[Figure]:
    """Return the age by which half of the customers have left.

    Under an activity window it holds the days of silence too, and it cannot be shorter than the window.

    Parameters
    ----------
    history : History
        What happened.
    by : str, optional
        A column to divide customers by. Left out: all customers.

    Returns
    -------
    list of Figure
        Days with the limits at which the curve's own limits pass one half. Where half have not left
        yet, the value is None and the status ``not_identified``; where the upper limit is not reached
        yet, there is no interval and the figure is provisional.

    Raises
    ------
    WrongArgument
        When `by` is not a column.
    NotEnoughData
        When there are fewer than ten customers.

    References
    ----------
    Brookmeyer & Crowley (1982), Biometrics 38, 29-41.

    Examples
    --------
    >>> from treue.kernel.survival_comparison import durations
    >>> durations([9, 13, 18, 23, 31, 34, 48], [13, 28, 45, 161]).curve().median()
    31
    """
    only_by(by, "segment", measure="survival_median")
    return [_median(history, curve) for curve in _found(history, by)]


def _median(history: History, curve: SurvivalCurve) -> Figure:
    low, high = curve.curve.limits()
    seen = curve.curve.days <= curve.horizon_days
    days = curve.curve.days[seen]
    median, ci_low, ci_high = (
        first_below_half(days, shares[seen]) for shares in (curve.curve.surviving, low, high)
    )
    open_above = median is None or ci_low is None or ci_high is None
    if median is None:
        status = Status.NOT_IDENTIFIED
    # At the window itself the curve falls by definition: half were gone by then, nobody knows when.
    elif open_above or median <= curve.safe_days:
        status = Status.PROVISIONAL
    elif curve.customers < MINIMUM_N or curve.events < MINIMUM_EVENTS:
        status = Status.INSUFFICIENT
    else:
        status = Status.OK
    return Figure(
        id="survival_median",
        value=median,
        numerator=None,
        denominator=None,
        n=curve.customers,
        ci_low=None if open_above else ci_low,
        ci_high=None if open_above else ci_high,
        ci_method=None if open_above else "greenwood_loglog",
        status=status,
        window=f"days 0 to {curve.horizon_days}",
        as_of=history.as_of,
        definition_version=VERSION,
        segment=curve.segment,
    )

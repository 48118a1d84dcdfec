"""How many customers are lost: of those a period began with, and per time at risk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.history.headline import counts_by
from treue.kernel.estimate import MINIMUM_EVENTS, MINIMUM_N, Figure, proportion
from treue.kernel.intervals import garwood
from treue.kernel.registry import measure
from treue.kernel.status import Status
from treue.kernel.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from treue.history.history import History
    from treue.history.period_counts import PeriodCount

VERSION = "1"
GRAINS = ("month", "quarter", "year", "segment")


@measure(
    "attrition_rate", label="Customer attrition rate", unit="share", version=VERSION, needs=(), grains=GRAINS
)
def attrition_rate(history: History, by: str | None = None) -> list[Figure]:
    """Return the share of the customers at a period's start who are no customers at its end.

    It misleads where many stay only briefly: who comes and goes inside the period is not in it. The
    churn incidence counts them.

    Parameters
    ----------
    history : History
        What happened.
    by : str, optional
        As for the retention rate, of which this is the rest to 100 %.

    Returns
    -------
    list of Figure
        Shares (0 to 1) with Wilson's interval; undefined where a period began without customers.

    Raises
    ------
    WrongArgument
        When `by` is not a period and not a column.

    References
    ----------
    Farris, Bendle, Pfeifer & Reibstein (2010), Marketing Metrics, chapter 5.

    Examples
    --------
    Of 200 customers 20 were lost:

    >>> from datetime import date
    >>> figure = proportion("attrition_rate", 20, 200, window="2011-01-01/2011-02-01",
    ...                     as_of=date(2011, 1, 31), version=VERSION)
    >>> figure.value, round(figure.ci_low, 3), round(figure.ci_high, 3)
    (0.1, 0.066, 0.149)
    """
    return [
        proportion(
            "attrition_rate",
            count.at_start - count.retained,
            count.at_start,
            window=count.period.window,
            as_of=history.as_of,
            version=VERSION,
            provisional=count.provisional,
            period=None if by == "rolling" else count.period.label,
            segment=count.segment,
        )
        for count in counts_by(history, by)
    ]


@measure(
    "churn_incidence", label="Churn incidence", unit="per_month", version=VERSION, needs=(), grains=GRAINS
)
def churn_incidence(history: History, by: str | None = None) -> list[Figure]:
    """Return how many customers are lost per month of being a customer.

    Everybody counts for as long as they were there, so short stayers are in it and periods of unequal
    length compare. It is a rate and no share: twelve months of it do not add up to the yearly attrition.

    Parameters
    ----------
    history : History
        What happened.
    by : str, optional
        ``month``, ``quarter``, ``year``, ``rolling``, a column, or left out for the headline period.

    Returns
    -------
    list of Figure
        Losses per customer-month (30.4375 days) with the exact Poisson interval; numerator losses,
        denominator customer-months, n customers. Undefined where nobody was at risk.

    Raises
    ------
    WrongArgument
        When `by` is not a period and not a column.

    References
    ----------
    Garwood (1936), Biometrika 28, 437-442.

    Examples
    --------
    Three losses in 1,200 customer-months are 0.25 per hundred, between 0.05 and 0.73:

    >>> [round(100 * limit, 2) for limit in garwood(3, 1200)]
    [0.05, 0.73]
    """
    return [_incidence(history, count, by) for count in counts_by(history, by)]


def _incidence(history: History, count: PeriodCount, by: str | None) -> Figure:
    months = count.exposure_days / DAYS_PER_MONTH
    low, high = garwood(count.lost, months)
    if months == 0:
        status = Status.UNDEFINED
    elif count.provisional:
        status = Status.PROVISIONAL
    elif count.at_risk < MINIMUM_N or count.lost < MINIMUM_EVENTS:
        status = Status.INSUFFICIENT
    else:
        status = Status.OK
    return Figure(
        id="churn_incidence",
        value=count.lost / months if months else None,
        numerator=count.lost,
        denominator=months,
        n=count.at_risk,
        ci_low=low,
        ci_high=high,
        ci_method="garwood" if months else None,
        status=status,
        window=count.period.window,
        as_of=history.as_of,
        definition_version=VERSION,
        period=None if by == "rolling" else count.period.label,
        segment=count.segment,
    )


@measure("early_loss", label="Early loss", unit="share", version=VERSION, needs=(), grains=GRAINS)
def early_loss(history: History, by: str | None = None) -> list[Figure]:
    """Return the share of the customers won in a period who are gone again at its end.

    It misleads in comparison of periods of unequal length. Under an activity window nobody can be lost
    within that many days, so in a period no longer than the window it cannot be measured.

    Parameters
    ----------
    history : History
        What happened.
    by : str, optional
        ``month``, ``quarter``, ``year``, ``rolling``, a column, or left out for the headline period.

    Returns
    -------
    list of Figure
        Shares (0 to 1) with Wilson's interval; undefined where nobody was won, not identified where the
        activity window is as long as the period.

    Raises
    ------
    WrongArgument
        When `by` is not a period and not a column.

    Examples
    --------
    Five of the 40 customers won in a month left in it:

    >>> from datetime import date
    >>> figure = proportion("early_loss", 5, 40, window="2011-01-01/2011-02-01",
    ...                     as_of=date(2011, 1, 31), version=VERSION)
    >>> figure.value
    0.125
    """
    return [_early(history, count, by) for count in counts_by(history, by)]


def _early(history: History, count: PeriodCount, by: str | None) -> Figure:
    days = count.period.end - count.period.start
    if count.acquired and history.activity == "window" and days <= history.window_days:
        return Figure(
            id="early_loss",
            value=None,
            numerator=None,
            denominator=count.acquired,
            n=count.acquired,
            ci_low=None,
            ci_high=None,
            ci_method=None,
            status=Status.NOT_IDENTIFIED,
            window=count.period.window,
            as_of=history.as_of,
            definition_version=VERSION,
            period=None if by == "rolling" else count.period.label,
            segment=count.segment,
        )
    return proportion(
        "early_loss",
        count.early_lost,
        count.acquired,
        window=count.period.window,
        as_of=history.as_of,
        version=VERSION,
        provisional=count.provisional,
        period=None if by == "rolling" else count.period.label,
        segment=count.segment,
    )

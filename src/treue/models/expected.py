"""What the known customers are expected to do in the next 90 days, by the model that proved itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.kernel.estimate import Figure
from treue.kernel.registry import measure
from treue.kernel.status import Status
from treue.models.choice import choose_model
from treue.models.outlook import outlook

if TYPE_CHECKING:
    from treue.history.history import History
    from treue.models.outlook import Outlook
    from treue.models.totals import Total

HORIZON_DAYS = 90
"""A quarter, as `probability_existing_buys` counts it."""


def outlook_ahead(history: History) -> Outlook | None:
    """Return what customers are expected to bring in the next 90 days, computed once per history.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    Outlook or None
        None where no model has proved itself.
    """
    key = ("outlook", HORIZON_DAYS)
    if key not in history.kept:
        choice = choose_model(history)
        found = None if choice.model is None else outlook(history, HORIZON_DAYS, choice, dates=False)
        history.kept[key] = found
    ahead: Outlook | None = history.kept[key]
    return ahead


@measure(
    "expected_returners",
    label="Customers expected to buy in the next 90 days",
    unit="count",
    needs=("purchases",),
)
def expected_returners(history: History, by: str | None = None) -> list[Figure]:
    """Return how many of the known customers are expected to buy at least once in the next 90 days.

    Parameters
    ----------
    history : History
        What happened.
    by : None
        There is no series of this measure.

    Returns
    -------
    list of Figure
        One figure. Its interval is that of the count that will be seen, if all goes on as so far: parameters
        and chance together. `provisional` where the orders of the back-test lay outside the limits of the
        model, `insufficient` where there is too little to try one, `not_identified` where none passed.

    References
    ----------
    Fader, Hardie & Lee (2005), Marketing Science 24, 275-284; see :mod:`treue.models.choice`.
    """
    del by
    ahead = outlook_ahead(history)
    return [_figure("expected_returners", history, ahead.customers if ahead else None)]


@measure("expected_orders", label="Orders expected in the next 90 days", unit="count", needs=("purchases",))
def expected_orders(history: History, by: str | None = None) -> list[Figure]:
    """Return how many orders the known customers are expected to make in the next 90 days.

    Orders of one day count as one. Customers who are yet to be won are not in it.

    Parameters
    ----------
    history : History
        What happened.
    by : None
        There is no series of this measure.

    Returns
    -------
    list of Figure
        One figure, as for :func:`expected_returners`.

    References
    ----------
    Fader, Hardie & Lee (2005), Marketing Science 24, 275-284, equation 10.
    """
    del by
    ahead = outlook_ahead(history)
    return [_figure("expected_orders", history, ahead.orders if ahead else None)]


@measure("expected_revenue", label="Revenue expected in the next 90 days", unit="money", needs=("purchases",))
def expected_revenue(history: History, by: str | None = None) -> list[Figure]:
    """Return what the orders of the known customers in the next 90 days are expected to be worth.

    Parameters
    ----------
    history : History
        What happened.
    by : None
        There is no series of this measure.

    Returns
    -------
    list of Figure
        One figure, as for :func:`expected_returners`; also `not_identified` where what customers spend goes
        with how often they buy, or no model of values could be fitted.

    References
    ----------
    Fader & Hardie (2013), The gamma-gamma model of monetary value.
    """
    del by
    ahead = outlook_ahead(history)
    return [_figure("expected_revenue", history, ahead.revenue if ahead else None)]


def _figure(name: str, history: History, total: Total | None) -> Figure:
    choice = choose_model(history)
    missed = choice.backtest is not None and choice.backtest.missed is not None
    status = choice.status if total is None else Status.PROVISIONAL if missed else Status.OK
    if total is None and status is Status.OK:
        status = Status.NOT_IDENTIFIED
    if not choice.customers:
        status = Status.UNDEFINED
    return Figure(
        id=name,
        value=total.value if total else None,
        numerator=None,
        denominator=None,
        n=choice.customers,
        ci_low=total.prediction_low if total else None,
        ci_high=total.prediction_high if total else None,
        ci_method="prediction_parameters_and_chance" if total else None,
        status=status,
        window=f"{HORIZON_DAYS} days after {history.as_of.isoformat()}",
        as_of=history.as_of,
        definition_version="1",
    )

"""One door to fit any model: a history or a summary goes in, parameters or the reason for none come out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from treue.engine.columns import numbers
from treue.history.opportunities import opportunity_cases
from treue.history.order_values import value_cases
from treue.history.renewals import Renewals, renewals
from treue.kernel.errors import DidNotConverge, NotEnoughData, WrongArgument
from treue.kernel.status import Status
from treue.kernel.units import minor_digits
from treue.models.beta_discrete_weibull import BetaDiscreteWeibull
from treue.models.catalogue import MODELS, REPEAT_MODELS, find_model
from treue.models.gamma_gamma import GammaGamma
from treue.models.shifted_beta_geometric import ShiftedBetaGeometric
from treue.models.summary import Summary, length_of, summarise

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from treue.history.history import History
    from treue.history.repeat_buying import Orders
    from treue.models.fitted import Fitted

RENEWAL_MODELS = (ShiftedBetaGeometric.MODEL, BetaDiscreteWeibull.MODEL)
"""Names of the models of contracts that renew."""

MONTHLY = ("bg-bb", *RENEWAL_MODELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A model's parameters, or why there are none.

    Parameters
    ----------
    name : str
        Name of the model.
    unit : str or None
        Unit of time; None for a model without time.
    n_customers, n_distinct : int
        Customers, and how many different cases they are.
    model : Fitted or None
        The model; None where it could not be fitted.
    status : Status
        ``ok``, ``insufficient`` (too few data) or ``not_identified`` (no single best parameters).
    reason : str or None
        What is missing or wrong, in one sentence.
    """

    name: str
    unit: str | None
    n_customers: int
    n_distinct: int
    model: Fitted | None
    status: Status
    reason: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the fit as plain values; what is not known is null."""
        letters = find_model(self.name).LETTERS
        values = self.model.parameters if self.model else {}
        errors = self.model.standard_errors if self.model else {}
        return {
            "model": self.name,
            "unit": self.unit,
            "n_customers": self.n_customers,
            "n_distinct": self.n_distinct,
            "parameters": {letter: values.get(letter) for letter in letters},
            "standard_errors": {letter: errors.get(letter) for letter in letters},
            "log_likelihood": self.model.log_likelihood if self.model else None,
            "status": self.status.value,
        }


def default_unit(name: str) -> str | None:
    """Return the unit of time that a model is told in where nobody says: days, or months for periods.

    Parameters
    ----------
    name : str
        Name of a model.

    Returns
    -------
    str or None
        None for a model without time.

    Raises
    ------
    WrongArgument
        When the model is not known.

    Examples
    --------
    >>> default_unit("bg-nbd"), default_unit("shifted-beta-geometric"), default_unit("gamma-gamma")
    ('day', 'month', None)
    """
    find_model(name)
    if name == GammaGamma.MODEL:
        return None
    return "month" if name in MONTHLY else "day"


def fit_history(name: str, history: History, unit: str | None = None, orders: Orders = "all") -> Fit:
    """Fit a model to a history.

    Parameters
    ----------
    name : str
        ``bg-nbd``, ``mbg-nbd``, ``pareto-nbd``, ``bg-bb``, ``gamma-gamma``, ``shifted-beta-geometric`` or
        ``beta-discrete-weibull``.
    history : History
        With purchases, or with contracts for the last two.
    unit : str, optional
        ``day``, ``week``, ``month`` or ``year``. For bg-bb one calendar period is one opportunity; for
        contracts it is the period after which they renew. Default: see :func:`default_unit`.
    orders : str
        ``all`` counts orders that cost nothing as purchases, as the papers do; ``kept`` does not.

    Returns
    -------
    Fit
        With a reason instead of parameters where the data do not give them.

    Raises
    ------
    WrongArgument
        When the model, the unit or the kind of orders is not known.
    NotEnoughData
        When the history has no table of the kind that the model needs.
    """
    unit = unit or default_unit(name)
    if unit is not None:
        length_of(unit)
    if name in RENEWAL_MODELS:
        return fit_renewals(name, renewals(history, unit or "month"))
    if not history.has("purchases"):
        raise NotEnoughData(
            f"model={name!r} needs orders, and the history holds none; {' and '.join(RENEWAL_MODELS)} are for contracts"
        )
    if name == GammaGamma.MODEL:
        table = value_cases(history, orders=orders)
        days, amount, weight = (numbers(table[column]) for column in ("days", "amount", "weight"))
        major = amount / 10.0 ** minor_digits(history.currency)
        return fit_values(days, major / np.maximum(days, 1), weight, unit)
    if name == "bg-bb":
        table = opportunity_cases(history, unit or "month", orders)
        x, t_x, age, weight = (numbers(table[column]) for column in ("x", "t_x", "age", "weight"))
        return fit_repeats(name, Summary.of(x, t_x, age, weight, unit or "month"))
    return fit_repeats(name, summarise(history, unit or "day", orders=orders))


def fit_repeats(name: str, summary: Summary) -> Fit:
    """Fit a model of repeat buying to a summary.

    Parameters
    ----------
    name : str
        One of :data:`treue.models.catalogue.REPEAT_MODELS`.
    summary : Summary
        The customers.

    Returns
    -------
    Fit
        With a reason instead of parameters where the data do not give them.

    Raises
    ------
    WrongArgument
        When the name is not one of these.
    """
    if name not in REPEAT_MODELS:
        raise WrongArgument(f"model={name!r} is no model of repeat buying; give {', '.join(REPEAT_MODELS)}")
    model: Any = MODELS[name]
    return _guarded(name, summary.unit, summary.n, len(summary.x), lambda: model.fit(summary))


def fit_values(
    x: ArrayLike, mean_value: ArrayLike, weight: ArrayLike | None = None, unit: str | None = None
) -> Fit:
    """Fit the gamma-gamma model of order value.

    Parameters
    ----------
    x : array_like, shape (n,)
        Orders seen of each customer, 1 or more.
    mean_value : array_like, shape (n,)
        Their mean value, more than 0.
    weight : array_like, shape (n,), optional
        How many customers share the row.
    unit : str, optional
        Only repeated in the result: the model knows no time.

    Returns
    -------
    Fit
        With a reason instead of parameters where the data do not give them.
    """
    rows = np.column_stack([np.asarray(x, dtype=float), np.asarray(mean_value, dtype=float)])
    w = np.ones(len(rows)) if weight is None else np.asarray(weight, dtype=float)
    distinct, inverse = np.unique(rows, axis=0, return_inverse=True)
    total = np.bincount(inverse.reshape(-1), w, len(distinct)).astype(np.float64)
    return _guarded(
        GammaGamma.MODEL,
        unit,
        int(total.sum()),
        len(distinct),
        lambda: GammaGamma.fit(distinct[:, 0], distinct[:, 1], total),
    )


def fit_renewals(name: str, stays: Renewals) -> Fit:
    """Fit a model of contract renewal.

    Parameters
    ----------
    name : str
        ``shifted-beta-geometric`` or ``beta-discrete-weibull``.
    stays : Renewals
        How long customers are known to have stayed.

    Returns
    -------
    Fit
        With a reason instead of parameters where the data do not give them.

    Raises
    ------
    WrongArgument
        When the name is not one of these.
    """
    if name not in RENEWAL_MODELS:
        raise WrongArgument(f"model={name!r} is no model of renewal; give {', '.join(RENEWAL_MODELS)}")
    model: Any = MODELS[name]
    return _guarded(
        name, stays.unit, stays.n, stays.n_distinct, lambda: model.fit_stays(stays.lost, stays.open)
    )


def _guarded(name: str, unit: str | None, n: int, n_distinct: int, work: Callable[[], Fitted]) -> Fit:
    model, status, reason = None, Status.OK, None
    try:
        model = work()
    except NotEnoughData as error:
        status, reason = Status.INSUFFICIENT, str(error)
    except DidNotConverge as error:
        status, reason = Status.NOT_IDENTIFIED, str(error)
    return Fit(
        name=name, unit=unit, n_customers=n, n_distinct=n_distinct, model=model, status=status, reason=reason
    )

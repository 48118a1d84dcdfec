"""Which model a firm's customers may be shown through, if any: the gate, the rehearsal and the choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from treue.history.repeat_buying import bought_days
from treue.kernel.errors import DidNotConverge, NotEnoughData, WrongArgument
from treue.kernel.status import Status
from treue.models.backtest import CANDIDATES, backtest, rehearse
from treue.models.catalogue import find_model
from treue.models.held_out import held_out, last_third
from treue.models.summary import summarise
from treue.models.totals import totals_ahead
from treue.models.trials import MINIMUM_EVENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treue.history.history import History
    from treue.history.repeat_buying import Orders
    from treue.kernel.aside import Begin
    from treue.models.backtest import Backtest
    from treue.models.candidate import Candidate
    from treue.models.catalogue import RepeatModel
    from treue.models.held_out import HeldOut
    from treue.models.summary import Summary
    from treue.models.totals import Total

MINIMUM_CUSTOMERS = 500
MINIMUM_DAYS = 180
MINIMUM_THRICE = 10
"""So many customers must have bought on three days or more: two repeat purchases are the least that tells a
pace from an accident, and a spread of paces needs several people."""

SILENT_ON_FIRST = ("bg-nbd",)
"""Models that hold everybody who bought once for active, for ever (METHODS section 1.2)."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something of which there is not enough yet.

    Parameters
    ----------
    what : str
        ``customers`` (with an order), ``days`` (of history), ``thrice`` (customers with three days of
        buying or more) or ``returned`` (customers who bought in the last third of the history).
    have, need : int
        How much there is, and how much there has to be.
    """

    what: str
    have: int
    need: int

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain JSON types."""
        return {"what": self.what, "have": self.have, "need": self.need}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The model to show customers through, or why there is none.

    Parameters
    ----------
    status : Status
        ``ok``; ``insufficient`` where there is too little to judge any model; ``not_identified`` where every
        model failed a test or could not be fitted.
    model : RepeatModel or None
        The model that gave the highest probability to what happened, fitted on the whole history.
    alive_model : RepeatModel or None
        The model to say through who is still active, fitted on the whole history: the best of those that
        can say it of customers who bought once. It may be another one than `model`; None where no such
        model passed.
    backtest : Backtest or None
        The rehearsal; None where the gate was not passed.
    missing : tuple of Missing
        What there is not enough of; empty unless the status is ``insufficient``.
    customers : int
        Customers with an order.
    """

    status: Status
    model: RepeatModel | None = None
    alive_model: RepeatModel | None = None
    backtest: Backtest | None = None
    missing: tuple[Missing, ...] = ()
    customers: int = 0

    @property
    def name(self) -> str | None:
        """Name of the chosen model."""
        return self.model.MODEL if self.model else None

    @property
    def alive_name(self) -> str | None:
        """Name of the model that says who is still active."""
        return self.alive_model.MODEL if self.alive_model else None

    @property
    def reason(self) -> str | None:
        """Why it was chosen: ``best_log_score`` of several that passed, or ``only_one_passed``."""
        if self.model is None or self.backtest is None:
            return None
        return "best_log_score" if len(self.backtest.passed) > 1 else "only_one_passed"

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Every model with its fit, tests and scores; empty where the gate was not passed."""
        return self.backtest.candidates if self.backtest else ()

    @property
    def failed(self) -> dict[str, tuple[str, ...]]:
        """Tests that each model failed, by model; ``fit`` where it could not be fitted."""
        found = {one.name: one.failed or (("fit",) if one.model is None else ()) for one in self.candidates}
        return {name: tests for name, tests in found.items() if tests}

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON types."""
        return {
            "status": self.status.value,
            "model": self.name,
            "reason": self.reason,
            "alive_model": self.alive_name,
            "parameters": self.model.parameters if self.model else None,
            "customers": self.customers,
            "missing": [one.as_dict() for one in self.missing],
            "failed": {name: list(tests) for name, tests in self.failed.items()},
            "backtest": self.backtest.as_dict() if self.backtest else None,
        }


def choose_model(
    history: History, names: Sequence[str] = CANDIDATES, *, unit: str = "day", orders: Orders = "kept"
) -> Choice:
    """Return the model of repeat buying that has proved itself on the last third of a history.

    Computed once per history; whoever asks again gets the same answer.

    Parameters
    ----------
    history : History
        What happened.
    names : sequence of str
        Models to choose from.
    unit : str
        Unit of time of the models.
    orders : str
        ``kept``, or ``all`` to count orders that cost nothing too.

    Returns
    -------
    Choice
        With the rehearsal that it rests on.
    """
    key = ("choice", tuple(names), unit, orders)
    if key not in history.kept:
        history.kept[key] = _choose(history, names, unit, orders)
    chosen: Choice = history.kept[key]
    return chosen


def begin_choice(history: History, begin: Begin, horizon_days: int) -> None:
    """Begin to rehearse the usual models while the caller goes on; :func:`choose_model` waits for the end.

    Parameters
    ----------
    history : History
        What happened.
    begin : callable
        Begins work elsewhere, as :meth:`treue.kernel.aside.Aside.begin` does.
    horizon_days : int
        Days ahead of which :func:`totals` will be asked.
    """
    if not history.has("purchases") or _USUAL in history.kept:
        return
    whole = _whole(history, *_USUAL[2:])
    if not gate(whole, history.observed_days):
        try:
            held = held_out(history, last_third(history), *_USUAL[2:])
        except WrongArgument:
            return  # whoever asks for the choice is told
        history.kept[_BEGUN] = begin(choose_aside, held, whole, history.settings.seed, horizon_days)


def choose_aside(held: HeldOut, whole: Summary, seed: int, horizon_days: int) -> Chosen:
    """Rehearse the usual models, fit those that pass on everything, and tell the best one's totals.

    Parameters
    ----------
    held : HeldOut
        What was known at the split, and what came after it.
    whole : Summary
        Repeat buying of all customers.
    seed : int
        For what is drawn by chance.
    horizon_days : int
        Days ahead.

    Returns
    -------
    Chosen
        What a choice is made of.
    """
    rehearsal = rehearse(held, CANDIDATES, seed, ranked=False)
    models = _refitted(rehearsal, whole) if rehearsal.status is Status.OK else []
    ahead = totals_ahead(models[0], whole, horizon_days, seed) if models else None
    return Chosen(rehearsal, tuple(models), horizon_days, ahead)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What another process found out for a choice.

    Parameters
    ----------
    rehearsal : Backtest
        Every model with its tests.
    models : tuple of RepeatModel
        Those that passed, the best first, fitted on everything.
    horizon_days : int
        Days ahead.
    ahead : tuple of Total or None
        Orders of, and customers who come back in, these days, by the best model.
    """

    rehearsal: Backtest
    models: tuple[RepeatModel, ...]
    horizon_days: int
    ahead: tuple[Total, Total] | None


def totals(history: History, model: RepeatModel, horizon_days: int) -> tuple[Total, Total]:
    """Return how many orders all customers are expected to make, and how many of them come back.

    Parameters
    ----------
    history : History
        What happened.
    model : RepeatModel
        The model of the choice.
    horizon_days : int
        Days ahead, 1 or more.

    Returns
    -------
    tuple of Total
        Orders (days of buying) and customers.
    """
    chosen: Chosen | None = history.kept.get(_CHOSEN)
    if chosen and chosen.ahead and chosen.models[0] is model and chosen.horizon_days == horizon_days:
        return chosen.ahead
    return totals_ahead(model, _whole(history, model.unit, "kept"), horizon_days, history.settings.seed)


_USUAL: Final = ("choice", CANDIDATES, "day", "kept")
_BEGUN: Final = ("choice begun",)
_CHOSEN: Final = ("choice done elsewhere",)


def _whole(history: History, unit: str, orders: Orders) -> Summary:
    key = ("whole", unit, orders)
    if key not in history.kept:
        bought_days(history, None, orders)  # first, because everything else follows from them with less work
        history.kept[key] = summarise(history, unit, orders=orders)
    whole: Summary = history.kept[key]
    return whole


def _done(
    history: History, names: Sequence[str], unit: str, orders: Orders
) -> tuple[Backtest, Sequence[RepeatModel]]:
    """Return the rehearsal and the models that passed it, fitted on everything."""
    if ("choice", tuple(names), unit, orders) == _USUAL and _BEGUN in history.kept:
        chosen: Chosen = history.kept.pop(_BEGUN)()
        history.kept[_CHOSEN] = chosen
        return chosen.rehearsal, chosen.models
    rehearsal = backtest(history, names=names, unit=unit, orders=orders, ranked=False)
    passed = rehearsal.status is Status.OK
    return rehearsal, _refitted(rehearsal, _whole(history, unit, orders)) if passed else ()


def _choose(history: History, names: Sequence[str], unit: str, orders: Orders) -> Choice:
    if not history.has("purchases"):
        return Choice(status=Status.INSUFFICIENT, missing=(Missing("customers", 0, MINIMUM_CUSTOMERS),))
    whole = _whole(history, unit, orders)
    missing = gate(whole, history.observed_days)
    if missing:
        return Choice(status=Status.INSUFFICIENT, missing=missing, customers=whole.n)
    rehearsal, models = _done(history, names, unit, orders)
    if rehearsal.status is not Status.OK:
        few = rehearsal.status is Status.INSUFFICIENT
        lacking = (Missing("returned", rehearsal.returned, MINIMUM_EVENTS),) if few else ()
        return Choice(status=rehearsal.status, backtest=rehearsal, missing=lacking, customers=whole.n)
    able = [model for model in models if model.MODEL not in SILENT_ON_FIRST]
    return Choice(
        status=Status.OK if models else Status.NOT_IDENTIFIED,
        model=models[0] if models else None,
        alive_model=able[0] if able else None,
        backtest=rehearsal,
        customers=whole.n,
    )


def gate(summary: Summary, observed_days: int) -> tuple[Missing, ...]:
    """Return what a history has not enough of for any model to be tried.

    Parameters
    ----------
    summary : Summary
        Repeat buying of all customers.
    observed_days : int
        Days of history.

    Returns
    -------
    tuple of Missing
        Empty where there is enough.
    """
    thrice = int(summary.weight @ (summary.x >= 2))
    asked = (
        Missing("customers", summary.n, MINIMUM_CUSTOMERS),
        Missing("days", observed_days, MINIMUM_DAYS),
        Missing("thrice", thrice, MINIMUM_THRICE),
    )
    return tuple(one for one in asked if one.have < one.need)


def _refitted(rehearsal: Backtest, whole: Summary) -> list[RepeatModel]:
    """Return the models that passed, the best first, fitted on everything; those that now fail are left out."""
    models: list[RepeatModel] = []
    for one in rehearsal.passed:
        # Only the best model, and the best that knows of one-time buyers, are ever shown.
        if models and (one.name in SILENT_ON_FIRST or models[-1].MODEL not in SILENT_ON_FIRST):
            continue
        kind: Any = find_model(one.name)
        try:
            models.append(kind.fit(whole, start=one.model))
        except (NotEnoughData, DidNotConverge):
            continue
    return models

"""A rehearsal: models fitted on days up to a split, and what came of their forecasts after it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from treue.kernel.errors import DidNotConverge, NotEnoughData, WrongArgument
from treue.kernel.estimate import Figure
from treue.kernel.side_by_side import side_by_side
from treue.kernel.status import Status
from treue.kernel.units import day_of
from treue.models import trials
from treue.models.candidate import Candidate
from treue.models.catalogue import REPEAT_MODELS, find_model
from treue.models.forecast import Forecast, forecast
from treue.models.held_out import held_out, last_third
from treue.models.scoring import Scorer, score_all
from treue.models.tracking import Path, expected_path, weeks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from treue.history.history import History
    from treue.history.repeat_buying import Orders
    from treue.models.catalogue import RepeatModel
    from treue.models.held_out import HeldOut
    from treue.models.profit import Costs
    from treue.models.scoring import Scored
    from treue.models.trials import Trial

CANDIDATES = ("bg-nbd", "mbg-nbd", "pareto-nbd")
"""Models of buying at any time, which are tried when none is named."""

VERSION = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What models said of the time after a split, and what happened.

    Parameters
    ----------
    split_on : datetime.date
        Last day that the models knew.
    as_of : datetime.date
        Last day observed.
    unit : str
        Unit of time of the models' parameters.
    customers : int
        Customers won by the split; only they are forecast.
    returned : int
        How many of them bought after it: the events of the test.
    actual : int
        Their days of buying after it.
    candidates : tuple of Candidate
        The models in the order asked for.
    """

    split_on: date
    as_of: date
    unit: str
    customers: int
    returned: int
    actual: int
    candidates: tuple[Candidate, ...]

    @property
    def passed(self) -> tuple[Candidate, ...]:
        """Candidates that failed no test, the best hold-out log score first."""
        good = [one for one in self.candidates if one.status is Status.OK]
        return tuple(sorted(good, key=lambda one: -(one.value("log_score") or -np.inf)))

    @property
    def best(self) -> Candidate | None:
        """The candidate that gave the highest probability to what happened, of those that passed."""
        return self.passed[0] if self.passed else None

    @property
    def missed(self) -> Literal["more", "fewer"] | None:
        """Whether more or fewer orders came than the limits of the best candidate allow for; None where they hold."""
        best = self.best
        if best is None or best.total_low is None or best.total_high is None:
            return None
        if self.actual > best.total_high:
            return "more"
        return "fewer" if self.actual < best.total_low else None

    @property
    def status(self) -> Status:
        """``ok`` when a model passed; ``insufficient`` when none could be judged; else ``not_identified``."""
        found = {one.status for one in self.candidates}
        if Status.OK in found:
            return Status.OK
        return Status.NOT_IDENTIFIED if Status.NOT_IDENTIFIED in found else Status.INSUFFICIENT

    def candidate(self, name: str) -> Candidate:
        """Return the candidate of that name.

        Parameters
        ----------
        name : str
            Such as ``mbg-nbd``.

        Returns
        -------
        Candidate
            How it fared.

        Raises
        ------
        WrongArgument
            When it was not tried.
        """
        for one in self.candidates:
            if one.name == name:
                return one
        tried = ", ".join(one.name for one in self.candidates)
        raise WrongArgument(f"model={name!r} was not tried; tried were {tried}")

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON types."""
        return {
            "split_on": self.split_on.isoformat(),
            "as_of": self.as_of.isoformat(),
            "unit": self.unit,
            "customers": self.customers,
            "returned": self.returned,
            "actual": self.actual,
            "status": self.status.value,
            "best": self.best.name if self.best else None,
            "candidates": [one.as_dict() for one in self.candidates],
        }


def backtest(
    history: History,
    split_day: int | None = None,
    names: Sequence[str] = CANDIDATES,
    *,
    unit: str = "day",
    orders: Orders = "kept",
    costs: Costs | None = None,
    ranked: bool = True,
) -> Backtest:
    """Return how models fitted on the days up to a split foresaw the days after it.

    Parameters
    ----------
    history : History
        What happened.
    split_day : int, optional
        Day number of the last day that the models know; default: the last third is held out.
    names : sequence of str
        Models to try; those of buying at any time.
    unit : str
        Unit of time of the parameters; it changes nothing else.
    orders : str
        ``kept``, or ``all`` to count orders that cost nothing too, as research papers do.
    costs : Costs, optional
        The firm's own numbers; without them no profit is told.
    ranked : bool
        False gives AUC and lift no interval: no test needs one.

    Returns
    -------
    Backtest
        Every model with its tests, scores and tables.

    Raises
    ------
    WrongArgument
        When the split leaves nothing on one side, or a model or unit is not known.
    """
    for name in names:
        _check_name(name)
    held = held_out(history, last_third(history) if split_day is None else split_day, unit, orders)
    return rehearse(held, names, history.settings.seed, costs, ranked=ranked)


def rehearse(
    held: HeldOut, names: Sequence[str], seed: int, costs: Costs | None = None, *, ranked: bool = True
) -> Backtest:
    """Return what :func:`backtest` does, of customers who are divided by time already.

    Parameters
    ----------
    held : HeldOut
        What was known at the split, and what came after it.
    names : sequence of str
        Models to try.
    seed : int
        For what is drawn by chance.
    costs : Costs, optional
        The firm's own numbers.
    ranked : bool
        False gives AUC and lift no interval.

    Returns
    -------
    Backtest
        Every model with its tests, scores and tables.
    """
    # The last candidate takes longest, so it is begun first.
    attempts = side_by_side(
        partial(_Attempt.of, name, held, np.random.default_rng(seed)) for name in reversed(names)
    )[::-1]
    fitted = [one for one in attempts if one.said is not None]
    scorers = [Scorer(held, one.said, costs) for one in fitted if one.said is not None]
    scored = iter(score_all(scorers, np.random.default_rng(seed), ranked=ranked))
    candidates = [
        one.judged(held, next(scored)) if one.said is not None else one.without_model(held)
        for one in attempts
    ]
    return Backtest(
        split_on=day_of(held.split_day),
        as_of=day_of(held.as_of_day),
        unit=held.known.unit,
        customers=held.customers,
        returned=held.returned,
        actual=held.actual,
        candidates=tuple(candidates),
    )


def _check_name(name: str) -> None:
    find_model(name)
    if name not in CANDIDATES:
        kind = (
            "needs opportunities at fixed times" if name in REPEAT_MODELS else "does not say who comes back"
        )
        raise WrongArgument(
            f"model={name!r} {kind}, so it cannot be tried on orders; give {', '.join(CANDIDATES)}"
        )


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A model with what it said, or why there is none."""

    name: str
    model: RepeatModel | None = None
    said: Forecast | None = None
    path: Path | None = None
    problem: str | None = None
    too_few: bool = False

    @classmethod
    def of(cls, name: str, held: HeldOut, rng: np.random.Generator) -> _Attempt:
        kind: Any = find_model(name)
        try:
            model: RepeatModel = kind.fit(held.known)
        except (NotEnoughData, DidNotConverge) as error:
            return cls(name, problem=str(error), too_few=isinstance(error, NotEnoughData))
        said = forecast(model, held)
        path = expected_path(model, held, float(held.weight @ said.expected), rng)
        return cls(name, model, said, path)

    def without_model(self, held: HeldOut) -> Candidate:
        few = self.too_few or held.returned < trials.MINIMUM_EVENTS
        status = Status.INSUFFICIENT if few else Status.NOT_IDENTIFIED
        return Candidate(name=self.name, status=status, problem=self.problem, scores={})

    def judged(self, held: HeldOut, scored: Scored) -> Candidate:
        model, path = self.model, self.path
        if model is None or path is None:
            raise ValueError("only a fitted model can be judged")
        judged = _trials(held, scored, path)
        status = _status(held, judged, held.customers * (scored.values["returned_expected"] or 0.0))
        low, high = path.spread.band(np.array([path.spread.total]))
        return Candidate(
            name=self.name,
            status=status,
            model=model,
            trials=judged,
            scores=_figures(held, scored, self.name),
            by_frequency=scored.by_frequency,
            reliability=scored.reliability,
            weeks=weeks(model, held, path),
            total_low=float(low[0]),
            total_high=float(high[0]),
        )


def _trials(held: HeldOut, scored: Scored, path: Path) -> tuple[Trial, ...]:
    """Judge a model; with too few events only the total can be judged."""
    total = trials.total_trial(path.spread.total, held.actual, path)
    enough = held.returned >= trials.MINIMUM_EVENTS
    # Who comes back is a question only where some do and some do not.
    both = enough and held.customers - held.returned >= trials.MINIMUM_EVENTS
    value, limits = scored.values, scored.limits
    judged = (
        total,
        trials.pattern_trial(path, held.daily[-held.days :]),
        trials.skill_trial(value["brier_skill"]),
        trials.slope_trial(value["calibration_slope"], limits["calibration_slope"]),
        trials.coverage_trial(value["coverage"] or 0.0),
    )
    judgeable = {"total": True, "skill": both, "slope": both}
    return tuple(one if judgeable.get(one.name, enough) else one.not_judged() for one in judged)


def _status(held: HeldOut, judged: tuple[Trial, ...], returning: float) -> Status:
    failed = [one.name for one in judged if one.passed is False]
    if held.returned < trials.MINIMUM_EVENTS:
        # Few came back although many were expected: that is no lack of data, the model was wrong.
        wrong = "total" in failed and returning >= trials.MINIMUM_EVENTS
        return Status.NOT_IDENTIFIED if wrong else Status.INSUFFICIENT
    return Status.NOT_IDENTIFIED if failed else Status.OK


def _figures(held: HeldOut, scored: Scored, name: str) -> dict[str, Figure]:
    window = f"{day_of(held.split_day + 1).isoformat()}/{day_of(held.as_of_day + 1).isoformat()}"
    enough = held.returned >= trials.MINIMUM_EVENTS
    found = {}
    for score, value in scored.values.items():
        low, high = scored.limits.get(score, (None, None)) if value is not None else (None, None)
        known = Status.OK if enough else Status.INSUFFICIENT
        found[score] = Figure(
            id=f"backtest_{score}",
            value=value,
            numerator=None,
            denominator=None,
            n=held.customers,
            ci_low=low,
            ci_high=high,
            ci_method="bootstrap_customers" if low is not None else None,
            status=Status.UNDEFINED if value is None else known,
            window=window,
            as_of=day_of(held.as_of_day),
            definition_version=VERSION,
            segment=name,
        )
    return found

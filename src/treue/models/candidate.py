"""One model on trial: what it said of the time after the split, and how it fared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from treue.kernel.estimate import Figure
    from treue.kernel.status import Status
    from treue.models.catalogue import RepeatModel
    from treue.models.tracking import Week
    from treue.models.trials import Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class FrequencyRow:
    """Mean purchases after the split of customers who had bought equally often before it.

    Parameters
    ----------
    repeat_count : int
        Repeat purchases before the split; the highest stands for that many or more.
    or_more : bool
        Whether it does.
    customers : int
        How many customers.
    actual, expected : float
        Mean purchases after the split.
    actual_low, actual_high : float or None
        Interval of 95 % of the actual mean.
    """

    repeat_count: int
    or_more: bool
    customers: int
    actual: float
    expected: float
    actual_low: float | None
    actual_high: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the row as plain JSON types."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """Customers of whom about the same was said, and how many of them bought.

    Parameters
    ----------
    customers : int
        How many.
    expected : float
        Mean stated probability of buying at least once after the split.
    observed : float
        Share who did.
    observed_low, observed_high : float or None
        Wilson interval of that share.
    """

    customers: int
    expected: float
    observed: float
    observed_low: float | None
    observed_high: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the bin as plain JSON types."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A model and how it fared in a back-test.

    Parameters
    ----------
    name : str
        Such as ``mbg-nbd``.
    status : Status
        ``ok`` when no test failed, ``insufficient`` when too few came back to judge, ``not_identified`` when
        it could not be fitted or a test failed.
    model : RepeatModel or None
        Fitted on what was known at the split; None where that failed.
    problem : str or None
        Why it could not be fitted.
    trials : tuple of Trial
        Every test, in the order of :data:`treue.models.trials.TRIALS`.
    scores : dict of str to Figure
        Every score with its interval, by name; empty without a model.
    by_frequency : tuple of FrequencyRow
        Purchases after the split by purchases before it.
    reliability : tuple of ReliabilityBin
        Stated probabilities beside what happened.
    weeks : tuple of Week
        Expected beside actual buying.
    total_low, total_high : float or None
        Band of 95 % of the purchases after the split.
    """

    name: str
    status: Status
    model: RepeatModel | None = None
    problem: str | None = None
    trials: tuple[Trial, ...] = ()
    scores: dict[str, Figure]
    by_frequency: tuple[FrequencyRow, ...] = ()
    reliability: tuple[ReliabilityBin, ...] = ()
    weeks: tuple[Week, ...] = ()
    total_low: float | None = None
    total_high: float | None = None

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the tests that failed."""
        return tuple(trial.name for trial in self.trials if trial.passed is False)

    def value(self, score: str) -> float | None:
        """Return the value of a score, None where it is undefined or was not computed.

        Parameters
        ----------
        score : str
            Such as ``brier_skill``.

        Returns
        -------
        float or None
            In the score's own unit.
        """
        figure = self.scores.get(score)
        return figure.value if figure else None

    def as_dict(self) -> dict[str, Any]:
        """Return the candidate as plain JSON types."""
        model = self.model
        return {
            "model": self.name,
            "status": self.status.value,
            "problem": self.problem,
            "parameters": model.parameters if model else None,
            "standard_errors": model.standard_errors if model else None,
            "failed": list(self.failed),
            "tests": [trial.as_dict() for trial in self.trials],
            "total_low": self.total_low,
            "total_high": self.total_high,
            "scores": {name: figure.as_dict() for name, figure in self.scores.items()},
            "by_frequency": [row.as_dict() for row in self.by_frequency],
            "reliability": [row.as_dict() for row in self.reliability],
            "weeks": [week.as_dict() for week in self.weeks],
        }

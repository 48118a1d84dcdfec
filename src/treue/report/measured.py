"""Which measures a report holds, how each is divided, and their figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from treue.kernel.errors import NotEnoughData, WrongArgument, WrongTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from treue.history.history import History
    from treue.kernel.estimate import Figure
    from treue.kernel.registry import Measure

REPORTED: Final[dict[str, tuple[str | None, ...]]] = {
    "retention_rate": (None, "month", "quarter", "year"),
    "attrition_rate": (None,),
    "churn_incidence": (None,),
    "active_customers": (None,),
    "resurrection_share": (None,),
    "gross_revenue_retention": (None,),
    "net_revenue_retention": (None,),
    "mrr_movement": (None, "month"),
    "ladder_occupancy": (None,),
    "ladder_transition": (None,),
    "probability_of_client_within_12_months": (None,),
    "probability_of_advocate": (None,),
    "probability_of_advocate_within_12_months": (None,),
    "time_to_climb": (None,),
    "cohort_retention": ("month",),
    "survival": (None,),
    "survival_median": (None,),
    "repeat_purchase_rate": (None,),
    "time_between_purchases": (None,),
    "purchase_frequency": (None,),
    "average_order_value": (None, "quarter"),
    "historic_clv": (None,),
    "rfm": (None,),
    "probability_existing_buys": (None,),
    "probability_new_buys": (None,),
    "expected_returners": (None,),
    "expected_orders": (None,),
    "expected_revenue": (None,),
}
"""The measures of a report in their order, and how each is divided; None is the figure as it stands now."""

OF_MODELS: Final = ("expected_returners", "expected_orders", "expected_revenue")
"""Those that wait for the models; they end :data:`REPORTED`."""

AFTER_MODELS: Final = (*OF_MODELS, "active_customers_expected")
"""Those that wait for the models, whether a report holds them or not."""

COHORTS_BY_MONTH = 26
"""Up to so many months of history cohorts are months; a longer history shows quarters."""


class Measured:
    """The figures of a report, gathered measure by measure.

    Parameters
    ----------
    history : History
        What happened.
    known : mapping of str to Measure
        Every measure of the report by its name.
    progress : callable or None
        Called before each measure with its name, its place from 0, and how many there are.
    """

    def __init__(
        self,
        history: History,
        known: Mapping[str, Measure],
        progress: Callable[[str, int, int], None] | None,
    ) -> None:
        self.series: dict[tuple[str, str | None], list[Figure]] = {}
        self.missing: dict[str, str] = {}
        self._history, self._known, self._progress = history, known, progress
        self._done = 0

    def add(self, names: Iterable[str]) -> None:
        """Measure these, each in all its divisions.

        Parameters
        ----------
        names : iterable of str
            Of measures that are known.
        """
        for name in names:
            if self._progress is not None:
                self._progress(name, self._done, len(self._known))
            self._done += 1
            self._add(self._known[name], name)

    def _add(self, found: Measure, name: str) -> None:
        lacking = [table for table in found.needs if not self._history.has(table)]
        if lacking:
            self.missing[name] = lacking[0]
            return
        for by in divisions(name, self._history):
            try:
                self.series[name, by] = found.compute(self._history, by=by)
            except (NotEnoughData, WrongTable) as error:
                self.missing[name] = str(error)
                return
            except WrongArgument:
                # This measure knows no such division; it simply has no trend.
                continue


def divisions(name: str, history: History) -> tuple[str | None, ...]:
    """Return how a report divides a measure.

    Parameters
    ----------
    name : str
        Name of the measure.
    history : History
        Its length decides whether cohorts are months or quarters.

    Returns
    -------
    tuple of str or None
        None is the figure as it stands now.
    """
    if name == "cohort_retention":
        months = history.observed_days / 30.4
        return ("month",) if months <= COHORTS_BY_MONTH else ("quarter",)
    return REPORTED.get(name, (None,))

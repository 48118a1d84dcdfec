"""How likely each customer is lost and why: what a classifier, its rival, or neither could say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from treue.models.churn_reasons import told_reasons

if TYPE_CHECKING:
    from datetime import date

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from treue.models.churn_comparison import Comparison
    from treue.models.churn_moments import ChurnEvent
    from treue.models.churn_reasons import Reason

    Vector = NDArray[np.float64]

ChurnStatus = Literal["ok", "insufficient", "not_better"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChurnRisk:
    """How likely each customer is lost within the horizon, and why.

    Parameters
    ----------
    event : str
        ``purchase``: a loss is no kept purchase within the horizon; ``contract``: the contract's end.
    horizon_days : int
        Days ahead, from the day after the last day observed.
    as_of : datetime.date
        The last day observed.
    status : str
        ``ok``: the classifier is used; ``not_better``: it does not beat the probability model, which is
        used in its place; ``insufficient``: there is too little to find that out.
    used : str or None
        ``classifier``, the name of the rival (``mbg-nbd``, ``life-table``, ``base-rate``), or None where
        nothing can be said at all; then there are no customers.
    why : str
        The status in a sentence.
    customer_id : pyarrow.Array
        Customers at risk now, n of them, in the order of their ids.
    probability : numpy.ndarray, shape (n,)
        Of a loss within the horizon, inside 0 to 1.
    features : tuple of str
        Feature codes; empty unless the classifier is used.
    values : numpy.ndarray, shape (n, k)
        The customers' features; NaN where a thing is unknown.
    contributions : numpy.ndarray, shape (n, k)
        What each adds to the log-odds of a loss against the average customer.
    base_log_odds : float or None
        Log-odds of the average customer: with a row of contributions they are the customer's log-odds.
    curve : numpy.ndarray, shape (n, steps)
        With the classifier: probability that the event (a purchase, the end of the contract) has not
        happened by the end of each step of about a month. Else no steps.
    comparison : Comparison or None
        How the classifier and its rival did in the last horizon, on the same customers.
    """

    event: ChurnEvent
    horizon_days: int
    as_of: date
    status: ChurnStatus
    used: str | None
    why: str
    customer_id: pa.Array
    probability: Vector
    features: tuple[str, ...]
    values: NDArray[np.float64]
    contributions: NDArray[np.float64]
    base_log_odds: float | None
    curve: NDArray[np.float64]
    comparison: Comparison | None

    def reasons(self, row: int, most: int = 3) -> tuple[Reason, ...]:
        """Return the strongest reasons for one customer's risk, one per subject.

        Parameters
        ----------
        row : int
            Place of the customer.
        most : int
            Reasons at most.

        Returns
        -------
        tuple of Reason
            Strongest first; empty unless the classifier is used.
        """
        if not self.features:
            return ()
        return told_reasons(self.features, self.values[row], self.contributions[row], most)

"""The care list in the order in which it is worked through: by what is expected to be lost, where a model can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from treue.history.worth import find_worth
from treue.measures.care import CareSummary, care_rows, care_table
from treue.models.choice import choose_model
from treue.models.summary import length_of

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from treue.history.history import History
    from treue.measures.care import CareRow


GONE_SHARE = 0.95
"""Who has left with at least this probability is beyond care: it would be wasted on nineteen of twenty."""


def ranked_care(history: History) -> list[dict[str, Any]]:
    """Return every customer of the care list, the greatest loss first; computed once per history.

    Where a model passed its back-test, what is at stake is the worth of a year times the probability that
    the customer has left; those who have left almost surely are no longer on the list. Else it is the worth of a year times how unusual the silence is.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    list of dict
        The columns of :func:`treue.measures.care.care_table`, and ``lost_share`` (None without a model).
        Equal stakes are in the order of ids.
    """
    if ("ranked_care",) not in history.kept:
        rows = history.engine.arrow(care_table(history)).to_pylist()
        for row, lost in zip(rows, _lost_shares(history, rows), strict=True):
            row["lost_share"] = lost
            if lost is not None:
                row["stake"] = round(row["value_per_year"] * lost)
        found = len(rows)
        rows = [row for row in rows if row["lost_share"] is None or row["lost_share"] < GONE_SHARE]
        history.kept["almost_surely_gone",] = found - len(rows)
        rows.sort(key=lambda row: (-row["stake"], row["customer_id"]))
        history.kept["ranked_care",] = rows
    ranked: list[dict[str, Any]] = history.kept["ranked_care",]
    return ranked


def leave_out(history: History, customers: AbstractSet[str]) -> None:
    """Take customers off the care list, so that nothing is said about them; they stay in all other figures.

    Parameters
    ----------
    history : History
        What happened.
    customers : set of str
        Their ids, as of customers who objected to being scored.
    """
    if customers:
        rows = ranked_care(history)
        history.kept["ranked_care",] = [row for row in rows if row["customer_id"] not in customers]


def first_to_care_for(history: History, most: int = 10) -> list[CareRow]:
    """Return the customers to care for first, with the days on which they bought."""
    return care_rows(history, ranked_care(history)[:most])


def whole_care(history: History) -> CareSummary:
    """Return how many customers are on the list and what is at stake with all of them."""
    rows = ranked_care(history)
    return CareSummary(
        customers=len(rows),
        stake=sum(row["stake"] for row in rows),
        worth=find_worth(history),
        gone=history.kept["almost_surely_gone",],
    )


def _lost_shares(history: History, rows: list[dict[str, Any]]) -> list[float | None]:
    model = choose_model(history).alive_model
    if model is None or not rows:
        return [None] * len(rows)
    unit = length_of(model.unit)
    first, last, gaps = (
        np.array([row[name] for row in rows], dtype=np.float64)
        for name in ("first_day", "last_day", "gaps_count")
    )
    alive = model.probability_alive(gaps, (last - first) / unit, (history.as_of_day - first) / unit)
    return [None if np.isnan(one) else float(1 - one) for one in alive]

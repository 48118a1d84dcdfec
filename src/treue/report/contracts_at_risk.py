"""Whose contract may end, in words for the page, and as a file that a spreadsheet opens."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from treue.history.spells import OPEN_END_DAY
from treue.kernel.guard import guarded
from treue.kernel.language import message
from treue.kernel.units import day_of
from treue.models.contract_care import contract_care
from treue.report.contract_words import contract_reason
from treue.report.spreadsheet import Spreadsheet

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from treue.history.history import History
    from treue.models.churn_reasons import Reason

HEADINGS: Final = {
    "customer_id": message("Customer"),
    "ends_on": message("End of the contract"),
    "loss_probability": message("Probability that the contract ends within 90 days"),
    "worth_per_year": message("Worth per year"),
    "at_stake": message("At stake in a year"),
    "currency": message("Currency"),
    "signs": message("Signs"),
}
"""Columns of the file, and what they are called in one that is not English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRow:
    """One customer whose contract may end.

    Parameters
    ----------
    customer_id : str
        As the file has it.
    ends_on : datetime.date or None
        The end, where it is agreed on.
    soon : bool
        Whether that is why the customer is listed.
    loss : float or None
        Probability that it ends within 90 days; None where nothing can tell.
    yearly, stake : int
        What the contract brings in a year, and that times the probability of its loss; minor units.
    reasons : tuple of Reason
        What makes the loss likelier.
    """

    customer_id: str
    ends_on: date | None
    soon: bool
    loss: float | None
    yearly: int
    stake: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractSummary:
    """What is said of the whole list.

    Parameters
    ----------
    customers : int
        How many are on it.
    used : str or None
        What the probabilities are of, as :class:`treue.models.churn_result.ChurnRisk` says it.
    """

    customers: int
    used: str | None


def contracts_at_risk(
    history: History, most: int | None = None
) -> tuple[list[ContractRow], ContractSummary | None]:
    """Return the customers whose contract may end, the greatest stake first, and what is said of all of them.

    Parameters
    ----------
    history : History
        What happened.
    most : int, optional
        Rows at most. Default: all.

    Returns
    -------
    tuple of list of ContractRow and ContractSummary or None
        None where activity is not a contract, or none is running.
    """
    care = contract_care(history)
    if care is None:
        return [], None
    ranked = care.ranked()
    shown = ranked[:most]
    ends = [day_of(day) if day < OPEN_END_DAY else None for day in care.ends_day[shown].tolist()]
    columns = (
        care.customer_id.take(pa.array(shown)).to_pylist(),
        ends,
        care.soon[shown].tolist(),
        care.loss[shown].tolist(),
        care.worth[shown].tolist(),
        care.stake[shown].tolist(),
        care.reasons(shown),
    )
    rows = [
        ContractRow(
            customer_id=customer,
            ends_on=end,
            soon=soon,
            loss=None if isnan(loss) else loss,
            yearly=int(worth),
            stake=int(stake),
            reasons=reasons,
        )
        for customer, end, soon, loss, worth, stake, reasons in zip(*columns, strict=True)
    ]
    return rows, ContractSummary(customers=ranked.size, used=care.risk.used)


def write_contracts_csv(history: History, path: str | Path, language: str = "en") -> int:
    """Write every customer whose contract may end, the greatest stake first.

    Parameters
    ----------
    history : History
        With contracts.
    path : str or pathlib.Path
        The file to write; one that is there is replaced.
    language : {"en", "de", "nb"}
        As for :class:`treue.report.spreadsheet.Spreadsheet`.

    Returns
    -------
    int
        How many customers it holds.

    Raises
    ------
    WrongArgument
        When the language is not spoken here.
    """
    sheet = Spreadsheet(language, history.currency)
    rows, summary = contracts_at_risk(history)
    used = summary.used if summary else None
    sheet.write(path, HEADINGS, (_cells(row, sheet, used) for row in rows))
    return len(rows)


def _cells(row: ContractRow, sheet: Spreadsheet, used: str | None) -> list[object]:
    why = contract_reason(
        row.ends_on if row.soon else None, row.loss, signs(row), sheet.language, sheet.currency, used=used
    )
    return [
        guarded(row.customer_id),
        row.ends_on.isoformat() if row.ends_on else "",
        sheet.share(row.loss),
        sheet.money(row.yearly),
        sheet.money(row.stake),
        sheet.currency,
        guarded(why),
    ]


def signs(row: ContractRow) -> list[tuple[str, float]]:
    """Return the reasons of a row as pairs of a feature and its value."""
    return [(one.code, one.value) for one in row.reasons]

"""Whose contract may end, in words for the page, and as a file that a spreadsheet opens."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from treue.kernel.guard import guarded
from treue.kernel.language import Language, message
from treue.kernel.units import day_of, from_minor, minor_digits
from treue.models.contract_care import contract_care
from treue.report.contract_words import contract_reason

if TYPE_CHECKING:
    from datetime import date

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
    loss : float or None
        Probability that it ends within 90 days; None where nothing can tell.
    yearly, stake : int
        What the contract brings in a year, and that times the probability of its loss; minor units.
    reasons : tuple of Reason
        What makes the loss likelier.
    """

    customer_id: str
    ends_on: date | None
    loss: float | None
    yearly: int
    stake: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractSummary:
    """The whole list in three numbers.

    Parameters
    ----------
    customers : int
        How many are on it.
    ending : int
        How many of them have an end that is agreed on.
    stake : int
        Their stakes added up, minor units.
    """

    customers: int
    ending: int
    stake: int


def contracts_at_risk(history: History) -> tuple[list[ContractRow], ContractSummary | None]:
    """Return every customer whose contract may end, the greatest stake first, and all of them in numbers.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    tuple of list of ContractRow and ContractSummary or None
        None where activity is not a contract, or none is running.
    """
    care = contract_care(history)
    if care is None:
        return [], None
    ranked = care.ranked()
    rows = [
        ContractRow(
            customer_id=care.customer_id[place].as_py(),
            ends_on=day_of(int(care.ends_day[place])) if care.ending[place] else None,
            loss=None if care.loss[place] != care.loss[place] else float(care.loss[place]),
            yearly=int(care.worth[place]),
            stake=int(care.stake[place]),
            reasons=reasons,
        )
        for place, reasons in zip(ranked.tolist(), care.reasons(ranked), strict=True)
    ]
    ending = sum(row.ends_on is not None for row in rows)
    return rows, ContractSummary(customers=len(rows), ending=ending, stake=sum(row.stake for row in rows))


def write_contracts_csv(history: History, path: str | Path, language: str = "en") -> int:
    """Write every customer whose contract may end, the greatest stake first.

    Parameters
    ----------
    history : History
        With contracts.
    path : str or pathlib.Path
        The file to write; one that is there is replaced.
    language : {"en", "de", "nb"}
        As for :func:`treue.report.care.write_care_csv`.

    Returns
    -------
    int
        How many customers it holds.

    Raises
    ------
    WrongArgument
        When the language is not spoken here.
    """
    spoken, foreign = Language(language), language != "en"
    rows, _ = contracts_at_risk(history)
    digits, currency = minor_digits(history.currency), history.currency

    def number(text: str) -> str:
        return text.replace(".", ",") if foreign else text

    def money(minor: int) -> str:
        return number(f"{from_minor(minor, currency):.{digits}f}")

    with Path(path).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, delimiter=";" if foreign else ",")
        writer.writerow([spoken.gettext(words) if foreign else name for name, words in HEADINGS.items()])
        for row in rows:
            writer.writerow(
                [
                    guarded(row.customer_id),
                    row.ends_on.isoformat() if row.ends_on else "",
                    "" if row.loss is None else number(f"{row.loss:.3f}"),
                    money(row.yearly),
                    money(row.stake),
                    currency,
                    guarded(contract_reason(row.ends_on, row.loss, signs(row), spoken, currency)),
                ]
            )
    return len(rows)


def signs(row: ContractRow) -> list[tuple[str, float]]:
    """Return the reasons of a row as pairs of a feature and its value."""
    return [(one.code, one.value) for one in row.reasons]

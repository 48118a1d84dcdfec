"""The whole care list as a file that a spreadsheet opens without harm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from treue.kernel.guard import guarded
from treue.kernel.language import message
from treue.kernel.units import day_of
from treue.report.at_risk import ranked_care
from treue.report.spreadsheet import Spreadsheet

if TYPE_CHECKING:
    from pathlib import Path

    from treue.history.history import History

HEADINGS: Final = {
    "customer_id": message("Customer"),
    "silent_days": message("Days of silence"),
    "usual_gap_days": message("Usual gap in days"),
    "orders_count": message("Orders"),
    "first_on": message("First purchase"),
    "last_on": message("Last purchase"),
    "worth_so_far": message("Worth so far"),
    "worth_per_year": message("Worth per year"),
    "probability_lost": message("Probability of having left"),
    "at_stake": message("At stake in a year"),
    "currency": message("Currency"),
}
"""What a column is called in a file that is not English; an English one has the names that programs read."""

COLUMNS: Final = tuple(HEADINGS)
"""Columns of the file; days are whole days, amounts are in major units of the currency."""


def write_care_csv(history: History, path: str | Path, language: str = "en") -> int:
    """Write every customer of the care list, the greatest stake first.

    Parameters
    ----------
    history : History
        What happened.
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
    rows = ranked_care(history)
    sheet.write(path, HEADINGS, (_cells(row, sheet) for row in rows))
    return len(rows)


def _cells(row: dict[str, Any], sheet: Spreadsheet) -> list[object]:
    return [
        guarded(str(row["customer_id"])),
        row["silent_days"],
        sheet.number(f"{row['usual_gap_days']:g}"),
        row["orders_count"],
        day_of(row["first_day"]).isoformat(),
        day_of(row["last_day"]).isoformat(),
        sheet.money(row["value"]),
        sheet.money(row["value_per_year"]),
        sheet.share(row["lost_share"]),
        sheet.money(row["stake"]),
        sheet.currency,
    ]

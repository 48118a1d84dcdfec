"""The whole care list as a file that a spreadsheet opens without harm."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from treue.kernel.guard import guarded
from treue.kernel.language import Language, message
from treue.kernel.units import day_of, from_minor, minor_digits
from treue.report.at_risk import ranked_care

if TYPE_CHECKING:
    from treue.history.history import History

COLUMNS = (
    "customer_id",
    "silent_days",
    "usual_gap_days",
    "orders_count",
    "first_on",
    "last_on",
    "worth_so_far",
    "worth_per_year",
    "probability_lost",
    "at_stake",
    "currency",
)
"""Columns of the file; days are whole days, amounts are in major units of the currency."""

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


def write_care_csv(history: History, path: str | Path, language: str = "en") -> int:
    """Write every customer of the care list, the greatest stake first.

    Parameters
    ----------
    history : History
        What happened.
    path : str or pathlib.Path
        The file to write; one that is there is replaced.
    language : {"en", "de", "nb"}
        An English file has commas and decimal points. Spreadsheets in German and Norwegian take a comma
        for the decimal sign, so their files have semicolons, decimal commas and headings of their own.

    Returns
    -------
    int
        How many customers it holds.

    Raises
    ------
    WrongArgument
        When the language is not spoken here.
    """
    spoken = Language(language)
    foreign = language != "en"
    rows = ranked_care(history)
    # The byte order mark tells spreadsheets that the file is UTF-8.
    with Path(path).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, delimiter=";" if foreign else ",")
        writer.writerow([spoken.gettext(HEADINGS[name]) if foreign else name for name in COLUMNS])
        for row in rows:
            writer.writerow(_cells(row, history.currency, "," if foreign else "."))
    return len(rows)


def _cells(row: dict[str, Any], currency: str, decimal_sign: str) -> list[object]:
    digits = minor_digits(currency)

    def number(text: str) -> str:
        return text.replace(".", decimal_sign)

    def money(minor: int) -> str:
        return number(f"{from_minor(minor, currency):.{digits}f}")

    return [
        guarded(str(row["customer_id"])),
        row["silent_days"],
        number(f"{row['usual_gap_days']:g}"),
        row["orders_count"],
        day_of(row["first_day"]).isoformat(),
        day_of(row["last_day"]).isoformat(),
        money(row["value"]),
        money(row["value_per_year"]),
        "" if row["lost_share"] is None else number(f"{row['lost_share']:.3f}"),
        money(row["stake"]),
        currency,
    ]

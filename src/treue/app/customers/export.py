"""Customers as CSV, in two forms: safe for a spreadsheet, or byte for byte for another program."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from treue.kernel.language import message
from treue.kernel.units import minor_digits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

GUARD: Final = "'"
STARTS_FORMULA: Final = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\x00",
    "%",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
)
"""How a cell begins that a spreadsheet would compute instead of show (ASVS 1.2.10)."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an export or a list.

    Parameters
    ----------
    name : str
        Head of the column for programs, and its name in addresses.
    label : str
        What people call it.
    path : str
        Where the ORM finds it; empty for what is joined apart.
    money : bool
        Whether it is an amount in minor units.
    """

    name: str
    label: str
    path: str
    money: bool = False


COLUMNS: Final[dict[str, Column]] = {
    column.name: column
    for column in (
        Column("customer_id", message("Customer number"), "code"),
        Column("name", message("Name"), "name"),
        Column("company", message("Company"), "company"),
        Column("email", message("E-mail"), ""),
        Column("phone", message("Telephone"), ""),
        Column("language", message("Language"), "language"),
        Column("country", message("Country"), "country"),
        Column("segment", message("Group"), "segment"),
        Column("rung", message("Rung"), "score__rung"),
        Column("rung_since", message("On it since"), "score__rung_since"),
        Column("orders_count", message("Orders"), "score__orders_count"),
        Column("net_amount", message("Bought for"), "score__net_amount", money=True),
        Column("first_on", message("First purchase"), "score__first_on"),
        Column("last_on", message("Last purchase"), "score__last_on"),
        Column("silent_days", message("Days of silence"), "score__silent_days"),
        Column("return_share", message("Chance of buying within 90 days"), "score__return_share"),
        Column("value_ahead", message("Expected worth of a year"), "score__value_ahead", money=True),
        Column("stake", message("At stake in a year"), "score__stake", money=True),
        Column("no_marketing", message("No marketing"), "no_marketing"),
    )
}
"""What can be shown and exported, in its order."""

SHOWN: Final = ("name", "rung", "orders_count", "net_amount", "last_on", "return_share")
"""The columns of a list until somebody chooses others."""


def guarded(cell: str) -> str:
    """Return a cell that a spreadsheet shows as it is; :func:`unguarded` gives it back.

    Examples
    --------
    >>> guarded("=1+1"), guarded("'=1"), guarded("Lea"), guarded("")
    ("'=1+1", "''=1", 'Lea', '')
    """
    return GUARD + cell if cell.startswith((*STARTS_FORMULA, GUARD)) else cell


def unguarded(cell: str) -> str:
    """Return what :func:`guarded` was given: exactly one guard is taken off.

    Examples
    --------
    >>> unguarded("'+4722334455"), unguarded("''tis"), unguarded("O'Neil")
    ('+4722334455', "'tis", "O'Neil")
    """
    rest = cell.removeprefix(GUARD)
    return rest if rest != cell and rest.startswith((*STARTS_FORMULA, GUARD)) else cell


class _Line:
    """Takes what a CSV writer writes and hands it on."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


def csv_lines(
    heads: Sequence[str], rows: Iterable[Sequence[Any]], *, spreadsheet: bool, delimiter: str = ","
) -> Iterator[str]:
    """Give a CSV file line by line.

    Parameters
    ----------
    heads : sequence of str
        Names of the columns.
    rows : iterable of sequences
        Cells; None is empty, a date is ISO 8601.
    spreadsheet : bool
        Guard cells that would be computed, and begin with the mark by which Excel knows UTF-8.
    delimiter : str
        Between cells.

    Yields
    ------
    str
        A line with its end, RFC 4180.
    """
    writer = csv.writer(_Line(), delimiter=delimiter, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)

    def line(cells: Iterable[str]) -> str:
        texts = [guarded(cell) if spreadsheet else cell for cell in cells]
        return str(writer.writerow(texts))

    yield ("\ufeff" if spreadsheet else "") + line(heads)
    for row in rows:
        yield line(_cell(value) for value in row)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    return str(value)


def amount(minor: int | None, currency: str) -> str:
    """Return an amount in whole units with a point, exactly.

    Examples
    --------
    >>> amount(-12345, "EUR"), amount(500, "JPY"), amount(None, "EUR")
    ('-123.45', '500', '')
    """
    if minor is None:
        return ""
    digits = minor_digits(currency)
    if not digits:
        return str(minor)
    sign, whole = ("-" if minor < 0 else ""), abs(minor)
    return f"{sign}{whole // 10**digits}.{whole % 10**digits:0{digits}d}"

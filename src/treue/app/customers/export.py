"""Customers as CSV, in two forms: safe for a spreadsheet, or byte for byte for another program."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from treue.app.customers.condition_fields import ATTRIBUTE
from treue.kernel.language import message
from treue.kernel.spreadsheet_line import spreadsheet_line
from treue.kernel.units import minor_digits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from treue.kernel.language import Language


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

    @property
    def own(self) -> bool:
        """Whether it is a further column of the firm's files, which has no other name in any language."""
        return self.name.startswith(ATTRIBUTE)

    def head(self, language: Language) -> str:
        """Return what it is called in a language."""
        return self.label if self.own else language.gettext(self.label)


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
        Column("acquired_via", message("Won through"), "acquired_via"),
        Column("expertise", message("Level of expertise"), "expertise"),
        Column("rung", message("Rung"), "score__rung"),
        Column("rung_since", message("On it since"), "score__rung_since"),
        Column("orders_count", message("Orders"), "score__orders_count"),
        Column("net_amount", message("Bought for"), "score__net_amount", money=True),
        Column("first_on", message("First purchase"), "score__first_on"),
        Column("last_on", message("Last purchase"), "score__last_on"),
        Column("silent_days", message("Days of silence"), "score__silent_days"),
        Column("risk", message("Rhythm"), "score__risk"),
        Column("return_share", message("Chance of buying within 90 days"), "score__return_share"),
        Column("value_ahead", message("Expected worth of a year"), "score__value_ahead", money=True),
        Column("stake", message("At stake in a year"), "score__stake", money=True),
        Column("recency_score", message("Recency score"), "score__recency_score"),
        Column("frequency_score", message("Frequency score"), "score__frequency_score"),
        Column("money_score", message("Money score"), "score__money_score"),
        Column("no_marketing", message("No marketing"), "no_marketing"),
        Column("no_profiling", message("No scores"), "no_profiling"),
    )
}
"""What can be shown and exported of every customer, in its order."""

SHOWN: Final = ("name", "rung", "orders_count", "net_amount", "last_on", "return_share")
"""The columns of a list until somebody chooses others."""


def columns_of(attributes: Iterable[str]) -> dict[str, Column]:
    """Return what can be shown and exported, with the further columns of the firm's files behind.

    Examples
    --------
    >>> list(columns_of({"shop", "age"}))[-2:]
    ['attribute:age', 'attribute:shop']
    """
    further = (Column(f"{ATTRIBUTE}{own}", own, "attributes") for own in sorted(attributes))
    return COLUMNS | {column.name: column for column in further}


def paths_of(columns: Iterable[Column]) -> list[str]:
    """Return where the ORM finds some columns, each place once: all further columns stand in one."""
    return list(dict.fromkeys(column.path for column in columns if column.path))


class _Line:
    """Takes what a CSV writer writes and hands it on."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


def csv_lines(
    heads: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    spreadsheet: bool,
    delimiter: str = ",",
    decimal_sign: str = ".",
) -> Iterator[str]:
    """Give a CSV file line by line.

    Parameters
    ----------
    heads : sequence of str
        Names of the columns.
    rows : iterable of sequences
        Cells; None is empty, a date is ISO 8601, a number has the decimal sign.
    spreadsheet : bool
        Guard texts that would be computed, put all between quotation marks, and begin with the mark by which Excel knows UTF-8.
    delimiter : str
        Between cells.
    decimal_sign : str
        In numbers: where a spreadsheet takes a comma for it, one with a point would become a text or a date.

    Yields
    ------
    str
        A line with its end, RFC 4180.
    """
    if spreadsheet:
        yield "\ufeff" + spreadsheet_line(heads, delimiter)
        # What Treue computed itself is a number or a day, which no spreadsheet runs: a debt stays a number.
        for row in rows:
            yield spreadsheet_line(row, delimiter, lambda value: _cell(value, decimal_sign))
        return
    writer = csv.writer(_Line(), delimiter=delimiter, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)

    def cell(value: Any) -> str:
        return value.replace("\0", "") if isinstance(value, str) else _cell(value, decimal_sign)

    yield str(writer.writerow([cell(head) for head in heads]))
    for row in rows:
        yield str(writer.writerow([cell(value) for value in row]))


def _cell(value: Any, decimal_sign: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", decimal_sign)
    if isinstance(value, float):
        return repr(value).replace(".", decimal_sign)
    return str(value)


def amount(minor: int | None, currency: str) -> Decimal | None:
    """Return an amount in whole units, exactly.

    Examples
    --------
    >>> amount(-12345, "EUR"), amount(500, "JPY"), amount(None, "EUR")
    (Decimal('-123.45'), Decimal('500'), None)
    """
    return None if minor is None else Decimal(minor).scaleb(-minor_digits(currency))

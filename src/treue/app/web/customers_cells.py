"""What stands in a cell of the list of customers: in words on the page and for a spreadsheet, plain for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from treue.app.customers import condition_fields, queries
from treue.app.customers.export import amount
from treue.app.customers.named import NAMED
from treue.app.customers.words import named
from treue.app.web.customer_record import first_addresses
from treue.kernel.units import from_minor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treue.app.core.models import Firm
    from treue.app.customers.export import Column
    from treue.kernel.language import Language

CODED: Final = {
    "rung": condition_fields.RUNGS,
    "risk": condition_fields.RISKS,
    "expertise": condition_fields.EXPERTISE,
}
"""Columns that hold a short code, and its words."""
ADDRESSES: Final = frozenset({"email", "phone"})
"""Columns that stand in a table of their own."""
SHARE_DIGITS: Final = 4
"""Of a chance in a spreadsheet: a hundredth of a percent."""


def addresses_of(ids: list[int], columns: Sequence[Column]) -> dict[tuple[int, str], str]:
    """Return the addresses of some customers, where a column of them is asked for: a few questions for all.

    Parameters
    ----------
    ids : list of int
        Whose.
    columns : sequence of Column
        What is asked for.

    Returns
    -------
    dict of (int, str) to str
        As :func:`treue.app.web.customer_record.first_addresses`; empty where nobody asks.
    """
    wanted = ADDRESSES & {column.name for column in columns}
    return first_addresses(queries.all_with_merged(ids)) if wanted else {}


def cell_words(column: Column, value: Any, firm: Firm, language: Language) -> str:
    """Return what stands in a cell, in words.

    Parameters
    ----------
    column : Column
        Of the cell.
    value : object
        What its path holds.
    firm : Firm
        For the currency.
    language : Language
        In which the words are.

    Returns
    -------
    str
        Empty where nothing is known.
    """
    if column.own:
        return _own(column, value)
    if value is None or value == "":
        return ""
    if column.name in CODED:
        return language.gettext(CODED[column.name].get(value, value))
    if column.name in NAMED:
        return named(column.name, value, language)
    if column.money:
        currency = firm.currency or "EUR"
        return language.money(from_minor(value, currency), currency, digits=0)
    if column.name == "return_share":
        return language.chance(value)
    if column.name.endswith(("_on", "_since")):
        return language.date(value)
    if isinstance(value, bool):
        return language.gettext("yes") if value else language.gettext("no")
    return language.number(value) if isinstance(value, int) else str(value)


def cell_taken(column: Column, value: Any, currency: str, language: Language | None) -> Any:
    """Return what stands in a cell of a list that is taken out.

    Parameters
    ----------
    column : Column
        Of the cell.
    value : object
        What its path holds.
    currency : str
        ISO 4217, of amounts.
    language : Language or None
        Of the words and flags in a list for a spreadsheet; None for one for programs, which gets the codes.

    Returns
    -------
    object
        A number or a day where it is one, so that a spreadsheet computes with it.
    """
    if column.own:
        return _own(column, value)
    if column.money:
        return amount(value, currency)
    if language is None or value is None or value == "":
        return value
    if column.name in CODED:
        return language.gettext(CODED[column.name].get(value, value))
    if isinstance(value, bool):
        return language.gettext("yes") if value else language.gettext("no")
    return round(value, SHARE_DIGITS) if column.name == "return_share" else value


def _own(column: Column, attributes: Any) -> str:
    told = (attributes or {}).get(column.label)
    return "" if told is None else str(told)

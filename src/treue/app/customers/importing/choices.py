"""What a person may say of how a file is to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from treue.app.core.wrong import Wrong
from treue.history.sources.own_columns import EVENTS
from treue.history.tables import TABLES
from treue.kernel.errors import WrongArgument
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS: Final = frozenset(
    [
        "customer",
        "order",
        "time",
        "amount",
        "currency_column",
        "quantity",
        "price",
        "status",
        "discount",
        "coupon",
        "channel",
        "margin",
        "product",
        "category",
        "line",
        "refund",
        "refund_time",
        "refers",
        "contract",
        "started",
        "ended",
        "end_reason",
        "monthly",
        "first_seen",
        "acquired_via",
        "country",
        "language",
        "segment",
        "email",
        "phone",
        "name",
        "first_name",
        "last_name",
        "company",
        "id",
        *(f"{table}.{column.name}" for table in EVENTS for column in TABLES[table].columns),
    ]
)
"""Fields that a person may give a column to; those of a table that the file is said to hold have its name before them."""
CHOICES: Final = {
    "kind": frozenset({"history", "contacts"}),
    "table": frozenset(EVENTS),
    "dates": frozenset({"day-first", "month-first"}),
    "decimals": frozenset({"comma", "point"}),
}
"""Further choices, and what each may be."""
NO_CURRENCY: Final = message("“{value}” is no currency; it would be right as NOK")
NO_RATE: Final = message("“{value}” is no rate; it would be right as USD=0.92")


def checked_choices(choices: Mapping[str, str]) -> dict[str, str]:
    """Return the choices that say something.

    Raises
    ------
    Wrong
        When one is not on offer, or is no currency or rate.
    """
    kept: dict[str, Any] = {}
    for name, typed in choices.items():
        text = typed.replace("\0", "").strip()[:200]
        if not text:
            continue
        if name in CHOICES:
            if text not in CHOICES[name]:
                raise Wrong(message("“{value}” is none of the choices on offer"), value=text)
        elif name == "currency":
            text = text.upper()
            _check_currency(text)
        elif name == "rates":
            _check_rates(text)
        elif name not in FIELDS:
            raise Wrong(message("“{value}” is none of the choices on offer"), value=name)
        kept[name] = text
    return kept


def _check_currency(code: str) -> None:
    from treue.kernel.units import minor_digits

    try:
        minor_digits(code)
    except WrongArgument as error:
        raise Wrong(NO_CURRENCY, value=code) from error


def _check_rates(text: str) -> None:
    from treue.app.customers.importing.rates import rates_of

    try:
        rates = rates_of(text)
    except WrongArgument as error:
        raise Wrong(NO_RATE, value=text) from error
    for code, rate in rates.items():
        _check_currency(code)
        if not rate.is_finite() or rate <= 0:
            raise Wrong(NO_RATE, value=text)

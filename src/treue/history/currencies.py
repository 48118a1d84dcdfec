"""One currency for a history: found in the data, or converted at rates that were given."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from treue.kernel.errors import Refused, WrongArgument
from treue.kernel.units import minor_digits

if TYPE_CHECKING:
    from collections.abc import Mapping

FALLBACK = "EUR"


def checked_rates(rates: Mapping[str, Decimal] | None) -> dict[str, Decimal]:
    """Return rates with codes in capitals.

    Raises
    ------
    WrongArgument
        When a code is no currency or a rate is not positive.
    """
    checked = {}
    for code, rate in (rates or {}).items():
        minor_digits(code.upper())
        try:
            number = Decimal(rate)
        except (InvalidOperation, TypeError):
            number = Decimal(0)
        if not number.is_finite() or number <= 0:
            raise WrongArgument(
                f"rates={code}={rate} is not a rate; give the worth of one {code}, as {code}=0.92"
            )
        checked[code.upper()] = number
    return checked


def one_currency(
    found: set[str], wanted: str | None, rates: Mapping[str, Decimal]
) -> tuple[str, dict[str, Decimal], list[str]]:
    """Return the currency of the history, the factor of each currency found, and notes.

    Parameters
    ----------
    found : set of str
        Codes in the files.
    wanted : str or None
        The code the user asked for.
    rates : mapping
        Worth of one unit of a currency in the history's currency.

    Returns
    -------
    tuple of (str, dict, list)
        Code; code to factor; sentences.

    Raises
    ------
    Refused
        When amounts of several currencies would have to be added without a rate.

    Examples
    --------
    >>> one_currency({"NOK"}, None, {})
    ('NOK', {'NOK': Decimal('1')}, ['Amounts are in NOK, as the file says.'])
    """
    if not found:
        code = wanted or FALLBACK
        note = (
            []
            if wanted
            else [f"The files name no currency; amounts are taken to be {code} (--currency says otherwise)."]
        )
        return code, {}, note
    without = sorted(found - rates.keys())
    if wanted is None:
        if len(without) > 1:
            raise Refused(_mixed(found, without[0]))
        wanted = without[0] if without else next((code for code in sorted(found) if rates[code] == 1), None)
        if wanted is None:
            raise Refused(
                "every currency found has a rate, so the currency to convert to is not clear; say --currency CODE"
            )
    missing = sorted(found - rates.keys() - {wanted})
    if missing and len(found) > 1:
        raise Refused(_mixed(found, wanted))
    if missing:
        raise Refused(
            f"currency={wanted}: the amounts are in {missing[0]}; give --currency {missing[0]} or --rates {missing[0]}=..."
        )
    factors = {code: Decimal(1) if code == wanted else rates[code] for code in sorted(found)}
    converted = [f"1 {code} = {rate} {wanted}" for code, rate in factors.items() if code != wanted]
    if converted:
        return wanted, factors, ["Converted at " + ", ".join(converted) + "."]
    return wanted, factors, [f"Amounts are in {wanted}, as the file says."]


def _mixed(found: set[str], base: str) -> str:
    names = ", ".join(sorted(found))
    rates = ",".join(f"{code}=..." for code in sorted(found) if code != base)
    return (
        f"the files hold amounts in {names}, which cannot be added up; "
        f"say what one unit is worth in {base} with --rates {rates} (as USD=0.92)"
    )


def minor_sql(amount: str, currency: str | None, base: str, factors: Mapping[str, Decimal]) -> str:
    """Return SQL of an amount in whole minor units of the history's currency, halves to even."""
    scale = Decimal(10) ** minor_digits(base)
    foreign = {code: rate for code, rate in factors.items() if code != base}
    plain = f"round_even({amount} * {scale}, 0)::BIGINT"
    if not foreign or currency is None:
        return plain
    cases = " ".join(
        f"WHEN '{code}' THEN round_even({amount}::DOUBLE * {rate * scale:f}, 0)::BIGINT"
        for code, rate in foreign.items()
    )
    return f"(CASE {currency} {cases} ELSE {plain} END)"

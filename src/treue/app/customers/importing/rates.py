"""Rates of foreign currencies as people write them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from treue.kernel.errors import WrongArgument


def rates_of(text: str) -> dict[str, Decimal]:
    """Return the rates that somebody wrote as ``USD=0.92, GBP=1.17``.

    Parameters
    ----------
    text : str
        Nothing, one rate or several.

    Returns
    -------
    dict of str to Decimal
        Code to the worth of one unit in the firm's currency.

    Raises
    ------
    WrongArgument
        When it is written otherwise.
    """
    rates = {}
    for part in text.replace(";", ",").split(","):
        if not part.strip():
            continue
        code, _, rate = part.partition("=")
        try:
            rates[code.strip().upper()] = Decimal(rate.strip())
        except InvalidOperation as error:
            raise WrongArgument(
                f"rates={part.strip()!r} is not a rate; write for example USD=0.92"
            ) from error
    return rates

"""Which currencies the stored amounts are in; a sum has one."""

from __future__ import annotations

from treue.app.customers.models import Contract, Purchase


def other_currency(wanted: str) -> str:
    """Return a currency of purchases or contracts that is not the one wanted; empty where there is none.

    Parameters
    ----------
    wanted : str
        ISO 4217; empty where none is wanted, so that every one is another.

    Returns
    -------
    str
        ISO 4217, or empty.
    """
    for model in (Purchase, Contract):
        # A contract without an amount may have no currency.
        others = model.objects.exclude(currency__in=["", wanted]).order_by()
        if other := others.values_list("currency", flat=True).first():
            return str(other)
    return ""

"""Which currencies the purchases are in; a sum has one."""

from __future__ import annotations

from treue.app.customers.models import Purchase


def other_currency(wanted: str) -> str:
    """Return a currency of purchases that is not the one wanted; empty where there is none.

    Parameters
    ----------
    wanted : str
        ISO 4217.

    Returns
    -------
    str
        ISO 4217, or empty.
    """
    other = Purchase.objects.exclude(currency=wanted).order_by().values_list("currency", flat=True).first()
    return other or ""

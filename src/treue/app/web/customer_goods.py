"""What was bought with each purchase, and who stands behind each referral: two questions however many are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from treue.app.customers.merging import shown_as
from treue.app.customers.models import Customer, OrderLine
from treue.app.customers.queries import all_with_merged
from treue.kernel.units import from_minor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treue.app.customers.timeline import Event
    from treue.kernel.language import Language

OTHER_SIDE: Final = {"referral": "referred_id", "referred": "referrer_id"}
"""Kind of event to the column of who stands on the other side of it."""


def lines_told(events: Sequence[Event], language: Language) -> dict[str, list[str]]:
    """Return the lines of the purchases among some events, in words, by the purchase's code.

    Parameters
    ----------
    events : sequence of Event
        What is shown.
    language : Language
        In which the words are.

    Returns
    -------
    dict of str to list of str
        As ``2 × beans, €4.50 each · coffee``, in the order of the lines; nothing of a purchase without lines.
    """
    currencies = {event.thing.code: event.thing.currency for event in events if event.kind == "purchase"}
    found: dict[str, list[str]] = {}
    if currencies:
        lines = OrderLine.objects.filter(purchase_code__in=list(currencies))
        for line in lines.order_by("purchase_code", "line_number"):
            told = _line(line, currencies[line.purchase_code], language)
            found.setdefault(line.purchase_code, []).append(told)
    return found


def _line(line: OrderLine, currency: str, language: Language) -> str:
    what = line.product_id
    if line.quantity is not None:
        whole = line.quantity == int(line.quantity)
        what = f"{language.number(line.quantity, 0 if whole else 2)} × {what}"
    if line.unit_amount is not None:
        money = language.money(from_minor(line.unit_amount, currency), currency)
        each = language.gettext("{money} each", money=money)
        what = f"{what}, {each}"
    return f"{what} · {line.category}" if line.category else what


def people_of(events: Sequence[Event], *, with_restricted: bool) -> dict[int, Customer]:
    """Return who stands on the other side of the referrals among some events, by the id of the record.

    Parameters
    ----------
    events : sequence of Event
        What is shown.
    with_restricted : bool
        Whether the reader may see who is restricted; if not, it is as if there were nobody.

    Returns
    -------
    dict of int to Customer
        Each under the record that stayed where it was merged.
    """
    ids = [other for event in events if (other := other_side(event)) is not None]
    if not ids:
        return {}
    found = shown_as(ids)
    if with_restricted:
        return found
    whole = {one: top.pk for one, top in found.items()}
    records = all_with_merged(sorted(set(whole.values())))
    every = {record for mine in records.values() for record in mine}
    hidden = set(Customer.objects.filter(pk__in=every, restricted=True).values_list("pk", flat=True))
    closed = {top for top, mine in records.items() if not hidden.isdisjoint(mine)}
    return {one: top for one, top in found.items() if top.pk not in closed}


def other_side(event: Event) -> int | None:
    """Return the record on the other side of a referral; None where there is none, or it is no referral."""
    thing: Any = event.thing
    return getattr(thing, OTHER_SIDE[event.kind]) if event.kind in OTHER_SIDE else None

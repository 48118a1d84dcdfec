"""On which days customers bought, as their rhythm is drawn."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING

from treue.app.customers.models import Purchase, Return

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo


def buying_days(
    people: Mapping[int, Sequence[int]], last: date, place: ZoneInfo, since: date | None = None
) -> dict[int, list[tuple[date, int]]]:
    """Return for each customer on which of the firm's days it bought and for how much, the earliest first.

    Parameters
    ----------
    people : mapping of int to sequence of int
        Each customer with all records that are one with it.
    last : datetime.date
        The last day observed.
    place : zoneinfo.ZoneInfo
        The firm's zone.
    since : datetime.date, optional
        First day that matters. Default: all.

    Returns
    -------
    dict of int to list of (datetime.date, int)
        Minor units, net of what was returned; a day of which nothing was kept is none.
    """
    whose = {one: key for key, ids in people.items() for one in ids}
    found = Purchase.objects.filter(customer_id__in=list(whose))
    if since is not None:
        found = found.filter(ordered_at__gte=datetime.combine(since, time.min, place))
    orders = list(found.values_list("customer_id", "code", "ordered_at", "net_amount"))
    back: dict[str, int] = {}
    returns = Return.objects.filter(purchase_code__in=found.values("code"))
    for code, amount, at in returns.values_list("purchase_code", "amount", "returned_at"):
        if code and at.astimezone(place).date() <= last:
            back[code] = back.get(code, 0) + amount
    days: dict[int, dict[date, int]] = {key: {} for key in people}
    for one, code, at, amount in orders:
        kept, day = amount - back.get(code, 0), at.astimezone(place).date()
        if kept > 0 and day <= last:
            mine = days[whose[one]]
            mine[day] = mine.get(day, 0) + kept
    return {key: sorted(mine.items()) for key, mine in days.items()}

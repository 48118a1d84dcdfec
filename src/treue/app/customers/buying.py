"""On which days customers bought, as their rhythm is drawn."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import BigIntegerField, Func

from treue.app.customers.models import Purchase, Return

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo


class Seconds(Func):
    """Whole seconds from 1970 to an instant; thousands are read in a fraction of the time of instants."""

    arity = 1
    output_field: ClassVar[BigIntegerField[int, int]] = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> tuple[str, Any]:
        """Return it for SQLite, which keeps instants as text and would round their fractions up."""
        # One sign of four is left: the template takes one half, the parameters of the query the other.
        seconds = "CAST(strftime('%%%%s', substr(%(expressions)s, 1, 19)) AS INTEGER)"
        return self.as_sql(compiler, connection, template=seconds, **more)

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> tuple[str, Any]:
        """Return it for PostgreSQL."""
        seconds = "CAST(floor(extract(epoch FROM %(expressions)s)) AS bigint)"
        return self.as_sql(compiler, connection, template=seconds, **more)


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
    timed = found.annotate(seconds=Seconds("ordered_at"))
    orders = list(timed.values_list("customer_id", "code", "seconds", "net_amount"))
    back: dict[str, int] = {}
    returns = Return.objects.filter(purchase_code__in=found.values("code"))
    for code, amount, at in returns.values_list("purchase_code", "amount", "returned_at"):
        if code and at.astimezone(place).date() <= last:
            back[code] = back.get(code, 0) + amount
    days: dict[int, dict[date, int]] = {key: {} for key in people}
    for one, code, seconds, amount in orders:
        kept, day = amount - back.get(code, 0), datetime.fromtimestamp(seconds, place).date()
        if kept > 0 and day <= last:
            mine = days[whose[one]]
            mine[day] = mine.get(day, 0) + kept
    return {key: sorted(mine.items()) for key, mine in days.items()}

"""How many customers each saved filter holds: counted when it is kept and after each daily cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.app.customers import queries
from treue.app.customers.few import whole_list
from treue.app.customers.models import Segment
from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from datetime import date

    from treue.app.core.models import Firm


def count_segment(segment: Segment, firm: Firm, today: date) -> int | None:
    """Count the customers of a saved filter and keep the count with the day of the scores it rests on.

    Whoever is restricted is in no count, whoever looks at it.

    Parameters
    ----------
    segment : Segment
        Which.
    firm : Firm
        With the run that is shown.
    today : datetime.date
        The firm's day, from which days are counted back.

    Returns
    -------
    int or None
        None where a condition asks for a column that no longer is.
    """
    wish = queries.Wish(words="", tree=segment.conditions, sort="name")
    scope = queries.Scope(
        run_id=firm.run_id,
        today=today,
        currency=firm.currency or "EUR",
        attributes=queries.known_attributes(),
    )
    counted: int | None
    try:
        _, counted = whole_list(wish, scope)
    except WrongArgument:
        counted = None
    as_of = firm.run.as_of if firm.run is not None else None
    Segment.objects.filter(pk=segment.pk).update(counted=counted, counted_as_of=as_of)
    return counted


def count_all(firm: Firm, today: date) -> None:
    """Count every saved filter anew."""
    for segment in Segment.objects.order_by("pk"):
        count_segment(segment, firm, today)

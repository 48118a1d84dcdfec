"""Everything that happened with one customer, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q

from treue.app.customers.models import (
    Answer,
    CareStep,
    Consent,
    Contact,
    Contract,
    Mention,
    Note,
    Promise,
    Purchase,
    Referral,
    Return,
    Visit,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Model, QuerySet


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Parameters
    ----------
    at : datetime
        When.
    kind : str
        ``purchase``, ``return``, ``contract``, ``contract_end``, ``visit``, ``contact``, ``promise``,
        ``answer``, ``referral``, ``referred``, ``mention``, ``note``, ``care`` or ``consent``.
    thing : Model
        The row that tells of it.
    """

    at: datetime
    kind: str
    thing: Any


SOURCES: Final[dict[str, tuple[type[Model], str, str]]] = {
    "purchase": (Purchase, "customer_id", "ordered_at"),
    "return": (Return, "customer_id", "returned_at"),
    "contract": (Contract, "customer_id", "started_on"),
    "contract_end": (Contract, "customer_id", "ended_on"),
    "visit": (Visit, "customer_id", "at"),
    "contact": (Contact, "customer_id", "opened_at"),
    "promise": (Promise, "customer_id", "made_at"),
    "answer": (Answer, "customer_id", "answered_at"),
    "referral": (Referral, "referrer_id", "invited_at"),
    "referred": (Referral, "referred_id", "invited_at"),
    "mention": (Mention, "customer_id", "at"),
    "note": (Note, "customer_id", "written_at"),
    "care": (CareStep, "customer_id", "at"),
    "consent": (Consent, "customer_id", "at"),
}
"""Kind of event to its table, the column of the customer, and the column of the instant or day."""

PAGE: Final = 40
YEARS: Final = range(2, 9999)
"""The first and the last of the calendar end elsewhere in other zones."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place between two events, from which a page goes on to the older ones.

    Parameters
    ----------
    at : datetime
        Instant of the last event before it.
    kind : str
        Its kind.
    number : int
        Its row.
    """

    at: datetime
    kind: str
    number: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.kind}~{self.number}"

    @classmethod
    def read(cls, text: str) -> Place | None:
        """Return the place that a text names, or None where it names none."""
        at, _, rest = text.partition("~")
        kind, _, number = rest.partition("~")
        try:
            instant = datetime.fromisoformat(at)
            if instant.tzinfo is None:
                return None
            instant = instant.astimezone(UTC)
        except (ValueError, OverflowError):
            return None
        whole = number.isascii() and number.isdigit() and len(number) <= 18
        if kind not in SOURCES or not whole or instant.year not in YEARS:
            return None
        return cls(instant, kind, int(number))


def timeline(
    ids: Sequence[int], *, before: Place | None = None, kinds: Sequence[str] = (), limit: int = PAGE
) -> tuple[list[Event], Place | None]:
    """Return the newest events of a customer.

    Parameters
    ----------
    ids : sequence of int
        The customer and the records merged into it.
    before : Place, optional
        Only what lies behind this place; the second value of the call for the page before.
    kinds : sequence of str
        Only these kinds; none named is all.
    limit : int
        Events on a page.

    Returns
    -------
    tuple
        Events, the newest first, and from where the next page goes on; None where nothing is left.
    """
    found: list[Event] = []
    for kind in [name for name in SOURCES if not kinds or name in kinds]:
        found += _newest(kind, ids, before, limit + 1)
    found.sort(key=lambda event: (event.at, event.kind, event.thing.pk), reverse=True)
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], Place(last.at, last.kind, last.thing.pk)


def _newest(kind: str, ids: Sequence[int], before: Place | None, limit: int) -> list[Event]:
    model, owner, column = SOURCES[kind]
    rows: QuerySet[Any] = model._default_manager.filter(  # noqa: SLF001  (the documented door to any model)
        **{f"{owner}__in": list(ids), f"{column}__isnull": False}
    )
    if kind == "return":
        codes = Purchase.objects.filter(customer_id__in=ids).values("code")
        rows = Return.objects.filter(Q(customer_id__in=ids) | Q(customer_id=None, purchase_code__in=codes))
    if before is not None:
        rows = rows.filter(_behind(kind, column, before))
    return [
        Event(_instant(getattr(row, column)), kind, row) for row in rows.order_by(f"-{column}", "-pk")[:limit]
    ]


def _behind(kind: str, column: str, place: Place) -> Q:
    """Return what lies behind a place in the order of instant, kind and row."""
    at: datetime | date = place.at
    if kind in {"contract", "contract_end"}:
        # A day counts as its first instant.
        at = place.at.astimezone(UTC).date()
        if place.at != _instant(at):
            return Q(**{f"{column}__lte": at})
    behind = Q(**{f"{column}__lt": at})
    if kind < place.kind:
        return behind | Q(**{column: at})
    if kind == place.kind:
        return behind | Q(**{column: at, "pk__lt": place.number})
    return behind


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    return datetime.combine(value, time.min, UTC)

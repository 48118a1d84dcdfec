"""What happened with one customer, as its page shows it: each event in words, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from treue.app.core.models import Role, User
from treue.app.customers.taking_back import ENTRIES, why_not
from treue.app.customers.timeline import SOURCES, Place, timeline
from treue.app.web.contact_words import ContactTold, contacts_told
from treue.app.web.customer_goods import lines_told, other_side, people_of
from treue.app.web.customer_words import Happened, event_told
from treue.app.web.person import person_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest

    from treue.app.core.models import Firm
    from treue.app.customers.models import Customer
    from treue.app.customers.timeline import Event
    from treue.kernel.language import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An event with what can be done about it.

    Parameters
    ----------
    told : Happened
        The event in words.
    contact : ContactTold or None
        What became of it, where it is a contact.
    promise : int or None
        Number of a promise of which nobody knows whether it was kept; it is not among the open ones.
    back : int or None
        Number of an entry that the reader may take back.
    lines : sequence of str
        What was bought, where it is a purchase.
    person : Customer or None
        Who stands on the other side of a referral.
    """

    told: Happened
    contact: ContactTold | None
    promise: int | None
    back: int | None
    lines: Sequence[str]
    person: Customer | None


def timeline_told(request: HttpRequest, ids: Sequence[int], firm: Firm, language: Language) -> dict[str, Any]:
    """Return what the page of a customer shows of its timeline.

    Parameters
    ----------
    request : HttpRequest
        Says which kind of events is asked for, from where on, and who asks.
    ids : sequence of int
        The customer and the records merged into it.
    firm : Firm
        For the zone and the currency.
    language : Language
        In which the words are.

    Returns
    -------
    dict
        ``events``, the ``kind`` that is chosen, and ``further``, the address's parameters of the page of earlier
        events; empty where there are none.
    """
    place = ZoneInfo(firm.timezone)
    kind = request.GET.get("kind", "")
    kinds = [kind] if kind in SOURCES else []
    events, edge = timeline(ids, before=Place.read(request.GET.get("before", "")), kinds=kinds)
    people = {f"user:{pk}": name for pk, name in User.objects.values_list("pk", "name")}
    contacts = contacts_told(
        [event.thing for event in events if event.kind == "contact"], people, place, language
    )
    lines = lines_told(events, language)
    reader = person_of(request)
    others = people_of(events, with_restricted=reader.role == Role.OWNER)
    shown = []
    for event in events:
        contact = contacts.get(event.thing.pk) if event.kind == "contact" else None
        other = others.get(other_side(event) or 0)
        if event.kind == "referred" and other is None:
            continue  # Who referred is not the reader's to see: it is as if there had been nobody.
        shown.append(
            Shown(
                told=event_told(event, firm, place, people, language),
                contact=contact,
                promise=_unsure_promise(event),
                back=_back(event, contact, reader),
                lines=lines.get(event.thing.code, ()) if event.kind == "purchase" else (),
                person=other,
            )
        )
    further = urlencode({"before": str(edge), **({"kind": kind} if kinds else {})}) if edge else ""
    return {"events": shown, "kind": kind, "further": further}


def _unsure_promise(event: Event) -> int | None:
    if event.kind != "promise" or event.thing.kept_known or event.thing.kept_at is not None:
        return None
    return int(event.thing.pk)


def _back(event: Event, contact: ContactTold | None, person: User) -> int | None:
    if event.kind not in ENTRIES or why_not(event.thing, person, contact.said_by if contact else ()):
        return None
    return int(event.thing.pk)

"""What became of contacts, in words, and what can be said of each as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from treue.app.customers.contact_desk import allowed
from treue.app.customers.models import Contact, ContactStep
from treue.app.customers.words import CHANNELS, coded
from treue.app.web.customer_words import instant_words
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from treue.kernel.language import Language

SHOWN: Final = 20
DEEDS: Final = {
    "answered": message("Answered"),
    "solved": message("Solved"),
    "reopened": message("Open again"),
}
"""What a button says that writes a step down."""
HAPPENED: Final = {
    "answered": message("First answered on {time}"),
    "solved": message("Solved on {time}"),
    "reopened": message("Opened again on {time}"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactTold:
    """A contact as pages show it.

    Parameters
    ----------
    id, customer_id : int
        Which, and whose.
    since : str
        When it began.
    channel, text : str
        On which way, and what it was about.
    fault : bool
        Whether it is a mistake of the firm.
    waiting : bool
        Whether it is known that nobody has answered yet.
    steps : tuple of str
        What became of it, the earliest first.
    deeds : tuple of (str, str)
        What can be said of it now: kind of step, and what the button says.
    said_by : tuple of str
        Who wrote down what became of it, as ``user:7``.
    """

    id: int
    customer_id: int
    since: str
    channel: str
    text: str
    fault: bool
    waiting: bool
    steps: tuple[str, ...]
    deeds: tuple[tuple[str, str], ...]
    said_by: tuple[str, ...]


def contacts_told(
    contacts: Sequence[Contact], people: Mapping[str, str], place: ZoneInfo, language: Language
) -> dict[int, ContactTold]:
    """Return contacts as pages show them, by their numbers; read with one question however many they are.

    Parameters
    ----------
    contacts : sequence of Contact
        Which.
    people : mapping of str to str
        ``user:7`` to the name of the account.
    place : ZoneInfo
        The firm's zone.
    language : Language
        In which the words are.
    """
    steps: dict[int, list[ContactStep]] = {one.pk: [] for one in contacts}
    if steps:
        for step in ContactStep.objects.filter(contact__in=list(steps)).order_by("at", "pk"):
            steps[step.contact_id].append(step)
    return {one.pk: _told(one, steps[one.pk], people, place, language) for one in contacts}


def _told(
    one: Contact, steps: list[ContactStep], people: Mapping[str, str], place: ZoneInfo, language: Language
) -> ContactTold:
    return ContactTold(
        id=one.pk,
        customer_id=one.customer_id,
        since=instant_words(one.opened_at, place, language),
        channel=coded(CHANNELS, one.channel, language),
        text=one.text or one.subject,
        fault=bool(one.own_fault),
        waiting=one.reply_known and one.solution_known and allowed(one, "answered"),
        steps=tuple(_became(one, steps, people, place, language)),
        deeds=tuple((kind, language.gettext(words)) for kind, words in DEEDS.items() if allowed(one, kind)),
        said_by=tuple(step.actor for step in steps),
    )


def _became(
    one: Contact, steps: list[ContactStep], people: Mapping[str, str], place: ZoneInfo, language: Language
) -> Iterable[str]:
    """Yield what became of a contact: what the record says, and what staff said on top of it."""
    _ = language.gettext
    told = {(step.kind, step.at) for step in steps}
    lines = []
    for kind, at in (("answered", one.first_reply_at), ("solved", one.solved_at)):
        # What came with the contact itself; a word for what was true at its first moment is not needed.
        if at is not None and at != one.opened_at and (kind, at) not in told:
            lines.append((at, _(HAPPENED[kind], time=instant_words(at, place, language))))
    for step in steps:
        words = _(HAPPENED[step.kind], time=instant_words(step.at, place, language))
        lines.append((step.at, f"{words}, {people[step.actor]}" if step.actor in people else words))
    yield from (words for _at, words in sorted(lines, key=lambda line: line[0]))
    written = sum(step.kind == ContactStep.Kind.REOPENED for step in steps)
    if (one.reopened_count or 0) > written:
        count = one.reopened_count or 0
        yield language.ngettext(
            "Opened again {count} time in all", "Opened again {count} times in all", count
        )


def open_contacts(ids: Sequence[int], place: ZoneInfo, language: Language) -> list[ContactTold]:
    """Return what is still open of a customer, what has waited longest first."""
    waiting = Contact.objects.filter(customer_id__in=ids, solved_at=None, solution_known=True)
    shown = list(waiting.order_by("opened_at", "pk")[:SHOWN])
    return list(contacts_told(shown, {}, place, language).values())

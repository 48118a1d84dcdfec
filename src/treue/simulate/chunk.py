"""Everything that happens to one chunk of customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from treue.simulate.buying import in_order, order_times, send_back, split_lines, value_orders
from treue.simulate.campaign import assign, extra_orders
from treue.simulate.contracts import sign_contracts
from treue.simulate.duplicates import duplicate
from treue.simulate.people import meet_people
from treue.simulate.visits import look_around
from treue.simulate.voice import ask, get_in_touch
from treue.simulate.word_of_mouth import mention, refer, speak_up

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.simulate.buying import Lines, Orders, Returns
    from treue.simulate.calendar import Calendar
    from treue.simulate.campaign import Assignments
    from treue.simulate.chance import Streams
    from treue.simulate.contracts import Spells
    from treue.simulate.duplicates import Duplicates
    from treue.simulate.people import People
    from treue.simulate.shop import Shop
    from treue.simulate.truth import Tally
    from treue.simulate.visits import Visits
    from treue.simulate.voice import Answers, Contacts, Promises
    from treue.simulate.word_of_mouth import Mentions, Referrals


@dataclass(frozen=True, slots=True)
class Plan:
    """What is simulated: the planted truth, the time, and the tables asked for (the rest does not happen)."""

    shop: Shop
    calendar: Calendar
    tables: frozenset[str]


@dataclass(slots=True)
class Chunk:
    """One chunk of customers and what happened to them; ``None`` where nobody asked for the table."""

    first: int
    people: People
    orders: Orders
    returns: Returns | None = None
    lines: Lines | None = None
    duplicates: Duplicates | None = None
    spells: Spells | None = None
    visits: Visits | None = None
    contacts: Contacts | None = None
    promises: Promises | None = None
    answers: Answers | None = None
    referrals: Referrals | None = None
    mentions: Mentions | None = None
    assigned: Assignments | None = None

    @property
    def record(self) -> NDArray[np.int64]:
        """For every order the record that holds it."""
        return self.orders.person if self.duplicates is None else self.duplicates.record


def simulate_chunk(first: int, count: int, plan: Plan, streams: Streams, tally: Tally) -> Chunk:
    """Return everything that happens to `count` records, and add it to the tally.

    Parameters
    ----------
    first : int
        Records of the chunks before.
    count : int
        Records of this chunk, 1 or more.
    plan : Plan
        What is simulated.
    streams : Streams
        The chunk's random generators.
    tally : Tally
        Counts of the whole firm.

    Returns
    -------
    Chunk
        Still as numbers; :class:`treue.simulate.rows.Rows` makes tables of it.
    """
    shop, calendar, tables = plan.shop, plan.calendar, plan.tables
    people = meet_people(count, shop, calendar, streams)
    person, at = order_times(people, calendar, streams("buying"))
    assigned = None
    if "assignments" in tables:
        rng = streams("campaign")
        assigned = assign(people, shop, calendar, rng)
        more_person, more_at = extra_orders(people, assigned, shop, calendar, rng)
        person, at = np.concatenate([person, more_person]), np.concatenate([at, more_at])
    person, at = in_order(person, at, calendar.end)
    orders = value_orders(person, at, people, shop, streams)
    chunk = Chunk(first=first, people=people, orders=orders, assigned=assigned)
    if "merges" in tables:
        wanted, mistakes = round(shop.duplicate_share * count), round(shop.wrong_merge_share * count)
        chunk.duplicates = duplicate(
            orders, people, wanted=wanted, mistakes=mistakes, end=calendar.end, rng=streams("duplicates")
        )
        tally.add_merges(chunk.duplicates)
    tally.add_buying(people, orders)
    if assigned is not None:
        tally.add_campaign(assigned, orders)
    _trade(chunk, plan, streams, tally)
    _speak(chunk, plan, streams, tally)
    return chunk


def _trade(chunk: Chunk, plan: Plan, streams: Streams, tally: Tally) -> None:
    """Fill in what has to do with goods and contracts."""
    shop, calendar, tables = plan.shop, plan.calendar, plan.tables
    if "returns" in tables:
        chunk.returns = send_back(chunk.orders, chunk.people, shop, calendar.end, streams("returns"))
        tally.add_returns(chunk.returns)
    if "order_lines" in tables:
        chunk.lines = split_lines(chunk.orders, streams("lines"))
    if "contracts" in tables:
        chunk.spells, survival = sign_contracts(chunk.people, shop, calendar, streams("contracts"))
        tally.add_contracts(int(chunk.spells.contract.max(initial=-1)) + 1, survival)
    if "visits" in tables:
        chunk.visits = look_around(chunk.people, chunk.orders, shop, calendar, streams("visits"))


def _speak(chunk: Chunk, plan: Plan, streams: Streams, tally: Tally) -> None:
    """Fill in what customers say to the firm and about it."""
    shop, calendar, tables = plan.shop, plan.calendar, plan.tables
    people, orders, end = chunk.people, chunk.orders, calendar.end
    if "contacts" in tables or "promises" in tables:
        chunk.contacts, chunk.promises = get_in_touch(orders, shop, end, streams("contacts"))
        tally.add_promises(chunk.promises)
    if "answers" in tables:
        chunk.answers = ask(people, orders, shop, calendar, streams("answers"))
        tally.add_answers(chunk.answers, people)
    if "referrals" in tables or "mentions" in tables:
        kept = np.ones(orders.count, dtype=bool) if chunk.returns is None else chunk.returns.kept
        rng = streams("word_of_mouth")
        advocacy = speak_up(people, orders, kept, shop=shop, end=end, rng=rng)
        tally.add_advocacy(advocacy)
        if "referrals" in tables:
            chunk.referrals = refer(people, advocacy, shop, rng)
            tally.add_referrals(chunk.referrals)
        if "mentions" in tables:
            chunk.mentions = mention(advocacy, orders, shop, end, streams("complaints"))
            tally.add_mentions(chunk.mentions)

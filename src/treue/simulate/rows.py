"""From a chunk's numbers to rows of canonical tables."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from treue.simulate.buying import CATEGORIES, COUPON, ORDER_CHANNELS
from treue.simulate.campaign import ARMS, PLAN
from treue.simulate.contracts import REASONS
from treue.simulate.people import CHANNELS, COUNTRIES, LANGUAGES
from treue.simulate.visits import CAMPAIGNS, KINDS
from treue.simulate.voice import CONTACT_CHANNELS, SEVERITIES, SURVEY, wave_names
from treue.simulate.word_of_mouth import MENTION_KINDS, NETWORKS
from treue.simulate.writing import dates, ids, instants, numbers_or_null, same, texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.simulate.buying import Lines, Returns
    from treue.simulate.calendar import Calendar
    from treue.simulate.campaign import Assignments
    from treue.simulate.chunk import Chunk
    from treue.simulate.contracts import Spells
    from treue.simulate.duplicates import Duplicates
    from treue.simulate.shop import Shop
    from treue.simulate.visits import Visits
    from treue.simulate.voice import Answers, Contacts, Promises
    from treue.simulate.word_of_mouth import Mentions, Referrals
    from treue.simulate.writing import TableFiles

CURRENCY = "EUR"


class Rows:
    """Turns chunks into rows and numbers them across the firm.

    Parameters
    ----------
    files : TableFiles
        Where rows go.
    calendar, shop : Calendar and Shop
        The simulated time and the planted truth.
    customers : int
        Records of the whole firm; decides the length of ids.
    orders_per_customer : float
        Expected orders per record; decides the length of ids of events.
    """

    def __init__(
        self, files: TableFiles, calendar: Calendar, shop: Shop, customers: int, orders_per_customer: float
    ) -> None:
        self._files = files
        self._calendar = calendar
        self._shop = shop
        self._digits = max(6, len(str(customers)))
        self._event_digits = max(7, len(str(int(20 * customers * max(orders_per_customer, 1)))))
        self._used: Counter[str] = Counter()
        self._first = 0

    def write(self, chunk: Chunk) -> None:
        """Write every table of the chunk that was asked for."""
        self._first = chunk.first + 1
        by_time = np.argsort(chunk.orders.at, kind="stable")
        order_number = np.empty(by_time.size, dtype=np.int64)
        order_number[by_time] = np.arange(by_time.size) + self._used["orders"] + 1
        self._used["orders"] += by_time.size
        if "customers" in self._files:
            self._customers(chunk)
        if "purchases" in self._files:
            self._purchases(chunk, by_time, order_number)
        if chunk.lines is not None:
            self._lines(chunk.lines, order_number)
        if chunk.returns is not None:
            self._returns(chunk.returns, chunk.record, order_number)
        if chunk.duplicates is not None:
            self._merges(chunk.duplicates)
        if chunk.spells is not None:
            self._contracts(chunk.spells)
        if chunk.visits is not None:
            self._visits(chunk.visits)
        if chunk.contacts is not None and "contacts" in self._files:
            self._contacts(chunk.contacts)
        if chunk.promises is not None and "promises" in self._files:
            self._promises(chunk.promises)
        if chunk.answers is not None:
            self._answers(chunk.answers)
        if chunk.referrals is not None:
            self._referrals(chunk.referrals)
        if chunk.mentions is not None:
            self._mentions(chunk.mentions)
        if chunk.assigned is not None:
            self._assignments(chunk.assigned)

    def _customer(self, places: NDArray[np.int64]) -> pa.Array:
        """Return customer ids of places in the chunk; null where negative."""
        return ids("K", np.where(places < 0, -1, places + self._first), self._digits)

    def _number(self, what: str, prefix: str, count: int) -> pa.Array:
        """Return the next `count` ids of a kind."""
        start = self._used[what] + 1
        self._used[what] += count
        return ids(prefix, np.arange(start, start + count), self._event_digits)

    def _at(self, days: NDArray[np.float64]) -> pa.Array:
        """Return instants of days since the start."""
        return instants(self._calendar, days)

    def _customers(self, chunk: Chunk) -> None:
        people = chunk.people
        self._files.write(
            "customers",
            customer_id=self._customer(np.arange(people.count)),
            first_seen_at=self._at(people.first_seen),
            acquired_via=texts(CHANNELS, people.channel),
            country=texts(COUNTRIES, people.country),
            language=texts(LANGUAGES, people.language),
            segment=texts([part.name for part in self._shop.segments], people.segment),
        )

    def _purchases(self, chunk: Chunk, by_time: NDArray[np.int64], number: NDArray[np.int64]) -> None:
        orders = chunk.orders
        discount = orders.discount[by_time]
        self._files.write(
            "purchases",
            order_id=ids("O", number[by_time], self._event_digits),
            customer_id=self._customer(chunk.record[by_time]),
            ordered_at=self._at(orders.at[by_time]),
            net_amount=pa.array(orders.net[by_time]),
            currency=same(CURRENCY, discount.size),
            margin_amount=pa.array(orders.margin[by_time]),
            discount_amount=pa.array(discount),
            coupon_code=texts([COUPON], np.where(discount > 0, 0, -1)),
            channel=texts(ORDER_CHANNELS, orders.channel[by_time]),
        )

    def _lines(self, lines: Lines, number: NDArray[np.int64]) -> None:
        self._files.write(
            "order_lines",
            order_id=ids("O", number[lines.order], self._event_digits),
            line_number=pa.array(lines.number),
            product_id=ids("P", lines.product + 1, 3),
            quantity=pa.array(lines.quantity),
            unit_amount=pa.array(lines.unit),
            category=texts(CATEGORIES, lines.category),
        )

    def _returns(self, returns: Returns, record: NDArray[np.int64], number: NDArray[np.int64]) -> None:
        self._files.write(
            "returns",
            return_id=self._number("returns", "R", returns.order.size),
            order_id=ids("O", number[returns.order], self._event_digits),
            customer_id=self._customer(record[returns.order]),
            returned_at=self._at(returns.at),
            amount=pa.array(returns.amount),
        )

    def _merges(self, merges: Duplicates) -> None:
        self._files.write(
            "merges",
            from_id=self._customer(merges.from_record),
            into_id=self._customer(merges.into_record),
            merged_at=self._at(merges.merged),
            undone_at=self._at(merges.undone),
        )

    def _contracts(self, spells: Spells) -> None:
        contract = spells.contract + self._used["contracts"] + 1
        self._used["contracts"] += int(spells.contract.max(initial=-1)) + 1
        self._files.write(
            "contracts",
            contract_id=ids("C", contract, self._digits),
            customer_id=self._customer(spells.person),
            started_on=dates(spells.started),
            ended_on=dates(spells.ended),
            end_reason=texts(REASONS, spells.reason),
            monthly_amount=pa.array(spells.amount),
            currency=same(CURRENCY, contract.size),
        )

    def _visits(self, visits: Visits) -> None:
        nameless = visits.person < 0
        known = ids("W", np.where(nameless, -1, visits.person + self._first), self._digits)
        strangers = np.cumsum(nameless) + self._used["strangers"]
        self._used["strangers"] += int(nameless.sum())
        self._files.write(
            "visits",
            visit_id=self._number("visits", "V", visits.at.size),
            customer_id=self._customer(visits.person),
            anonymous_id=pa.compute.coalesce(known, ids("N", strangers, self._digits)),
            at=self._at(visits.at),
            kind=texts(KINDS, visits.kind),
            campaign=texts(CAMPAIGNS, visits.campaign),
        )

    def _contacts(self, contacts: Contacts) -> None:
        count = contacts.opened.size
        self._files.write(
            "contacts",
            contact_id=self._number("contacts", "T", count),
            customer_id=self._customer(contacts.person),
            channel=texts(CONTACT_CHANNELS, contacts.channel),
            direction=same("in", count),
            opened_at=self._at(contacts.opened),
            first_reply_at=self._at(contacts.replied),
            solved_at=self._at(contacts.solved),
            reopened_count=pa.array(contacts.reopened),
            own_fault=pa.array(contacts.own_fault),
            severity=texts(SEVERITIES, contacts.severity),
        )

    def _promises(self, promises: Promises) -> None:
        self._files.write(
            "promises",
            promise_id=self._number("promises", "H", promises.made.size),
            customer_id=self._customer(promises.person),
            made_at=self._at(promises.made),
            due_at=self._at(promises.due),
            kept_at=self._at(promises.kept),
        )

    def _answers(self, answers: Answers) -> None:
        count = answers.person.size
        self._files.write(
            "answers",
            answer_id=self._number("answers", "A", count),
            customer_id=self._customer(answers.person),
            survey=same(SURVEY, count),
            wave=texts([name for name, _ in wave_names(self._calendar)], answers.wave),
            asked_at=self._at(answers.asked),
            answered_at=self._at(answers.answered),
            score=numbers_or_null(answers.score),
        )

    def _referrals(self, referrals: Referrals) -> None:
        self._files.write(
            "referrals",
            referral_id=self._number("referrals", "E", referrals.person.size),
            referrer_id=self._customer(referrals.person),
            code=ids("FRIEND", referrals.person + self._first, self._digits),
            invited_at=self._at(referrals.invited),
            referred_id=self._customer(referrals.referred),
            converted_at=self._at(referrals.converted),
        )

    def _mentions(self, mentions: Mentions) -> None:
        self._files.write(
            "mentions",
            mention_id=self._number("mentions", "M", mentions.at.size),
            customer_id=self._customer(mentions.person),
            at=self._at(mentions.at),
            network=texts(NETWORKS, mentions.network),
            kind=texts(MENTION_KINDS, mentions.kind),
        )

    def _assignments(self, assigned: Assignments) -> None:
        count = assigned.person.size
        self._files.write(
            "assignments",
            plan_id=same(PLAN, count),
            customer_id=self._customer(assigned.person),
            arm=texts(ARMS, assigned.arm),
            assigned_at=self._at(np.full(count, assigned.at)),
        )

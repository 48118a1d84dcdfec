"""What is true of a simulated firm: what was planted, and what came of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from treue.simulate.people import SECOND_RECORD
from treue.simulate.shop import units

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from treue.simulate.buying import Orders, Returns
    from treue.simulate.calendar import Calendar
    from treue.simulate.campaign import Assignments
    from treue.simulate.contracts import Survival
    from treue.simulate.duplicates import Duplicates
    from treue.simulate.people import People
    from treue.simulate.shop import Shop
    from treue.simulate.voice import Answers, Promises
    from treue.simulate.word_of_mouth import Advocacy, Mentions, Referrals

TRUTH_FILE = "truth.json"
MADE_BY = "treue simulate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The truth of one simulated firm, as it also stands in ``truth.json`` beside the tables.

    Parameters
    ----------
    seed, customers, months : int
        As asked for; customers counts the records of the customers table.
    started_on, last_day : datetime.date
        First and last simulated day, both inclusive; ``last_day`` is the natural ``as_of``.
    currency, timezone : str
        ``EUR``; ``UTC`` (the shop is open from 7 to 21 UTC, so European zones give the same days).
    planted : dict
        Every planted number, by the names of :class:`treue.simulate.shop.Shop`.
    units : dict
        Unit of every planted number.
    expected_orders_per_customer : float
        What the planted numbers make of an average record before the campaign.
    realised : dict
        What chance made of it: counts over the whole firm and by segment (people, not records).
    rows : dict
        Rows per table written.
    """

    seed: int
    customers: int
    months: int
    started_on: date
    last_day: date
    currency: str
    timezone: str
    planted: dict[str, Any]
    units: dict[str, str]
    expected_orders_per_customer: float
    realised: dict[str, Any]
    rows: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Return the truth as plain JSON types."""
        plain = asdict(self)
        for name in ("started_on", "last_day"):
            plain[name] = plain[name].isoformat()
        return {"made_by": MADE_BY, **plain}

    def write(self, folder: Path) -> None:
        """Write ``truth.json`` into the folder."""
        text = json.dumps(self.as_dict(), indent=2, ensure_ascii=False)
        (folder / TRUTH_FILE).write_text(text + "\n", encoding="utf-8", newline="\n")


def planted_numbers(shop: Shop) -> tuple[dict[str, Any], dict[str, str]]:
    """Return every planted number and every unit as plain JSON types."""
    numbers = {
        name: list(value) if isinstance(value, tuple) else value for name, value in asdict(shop).items()
    }
    return numbers, units()


@dataclass(slots=True)
class Tally:
    """Counts that grow chunk by chunk into ``Truth.realised``."""

    shop: Shop
    calendar: Calendar
    counts: dict[str, Any] = field(default_factory=dict)

    def add(self, **more: Any) -> None:
        """Add numbers or arrays to the counts of their names."""
        for name, number in more.items():
            held = self.counts.get(name)
            self.counts[name] = number if held is None else held + number

    def by_segment(self, people: People, chosen: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return how many of the chosen people (places, or a mask) fall into each segment."""
        return np.bincount(people.segment[chosen], minlength=len(self.shop.segments))

    def add_buying(self, people: People, orders: Orders) -> None:
        """Count people, buyers, orders and who is still a customer."""
        month_starts = self.calendar.month_starts
        first, gone = np.sort(people.first_purchase), np.sort(people.gone)
        alive = np.searchsorted(first, month_starts[1:]) - np.searchsorted(gone, month_starts[1:])
        self.add(
            people_by_segment=self.by_segment(people, people.kind != SECOND_RECORD),
            buyers_by_segment=self.by_segment(people, people.bought),
            alive_by_segment=self.by_segment(people, people.gone > self.calendar.end),
            orders_by_segment=self.by_segment(people, orders.person),
            alive_at_month_end=alive,
            orders_by_month=np.histogram(orders.at, month_starts)[0],
            orders=orders.count,
            net_amount=int(orders.net.sum()),
        )

    def add_merges(self, duplicates: Duplicates) -> None:
        """Count second records and merges made by mistake."""
        mistakes = int(duplicates.wrong.sum())
        self.add(second_records=duplicates.wrong.size - mistakes, merges_undone=mistakes)

    def add_returns(self, returns: Returns) -> None:
        """Count returns."""
        self.add(
            returns=returns.order.size,
            orders_returned_in_full=int((~returns.kept).sum()),
            returned_amount=int(returns.amount.sum()),
        )

    def add_campaign(self, assigned: Assignments, orders: Orders) -> None:
        """Count both arms and their orders while the factor holds."""
        after = (orders.at >= assigned.at) & (orders.at < assigned.at + self.shop.campaign_days)
        bought = np.bincount(orders.person[after], minlength=int(assigned.person.max(initial=-1)) + 1)
        for number, arm in enumerate(("treated", "holdout")):
            members = assigned.person[assigned.arm == number]
            self.add(
                **{f"campaign_{arm}": members.size, f"campaign_{arm}_orders": int(bought[members].sum())}
            )

    def add_contracts(self, contracts: int, survival: Survival) -> None:
        """Count contracts, and those observed at and ended on each anniversary."""
        self.add(
            contracts=contracts,
            contracts_at_anniversary=survival.at_risk,
            contracts_ended_at_anniversary=survival.ended,
        )

    def add_promises(self, promises: Promises) -> None:
        """Count promises and those kept in time."""
        in_time = np.nan_to_num(promises.kept, nan=np.inf) <= promises.due
        self.add(promises=promises.due.size, promises_kept_in_time=int(in_time.sum()))

    def add_answers(self, answers: Answers, people: People) -> None:
        """Count invitations and answers by segment."""
        segment = self.by_segment
        self.add(
            survey_invitations_by_segment=segment(people, answers.person),
            answers_by_segment=segment(people, answers.person[~np.isnan(answers.score)]),
            promoters_by_segment=segment(people, answers.person[answers.score >= 9]),
            detractors_by_segment=segment(people, answers.person[answers.score <= 6]),
        )

    def add_advocacy(self, advocacy: Advocacy) -> None:
        """Count clients, advocates and the time in which clients could speak up."""
        self.add(
            clients=int((~np.isnan(advocacy.client)).sum()),
            advocates=int(np.unique(advocacy.person).size),
            advocacies=advocacy.person.size,
            client_months=advocacy.months,
        )

    def add_referrals(self, referrals: Referrals) -> None:
        """Count invitations and those that won a customer."""
        self.add(referrals=referrals.person.size, referrals_converted=int((referrals.referred >= 0).sum()))

    def add_mentions(self, mentions: Mentions) -> None:
        """Count recommendations and complaints."""
        complaints = int(mentions.kind.sum())
        self.add(recommendations=mentions.kind.size - complaints, complaints=complaints)

    def realised(self) -> dict[str, Any]:
        """Return all counts as plain JSON types, those by segment as a table by the segment's name."""
        names = [part.name for part in self.shop.segments]
        plain: dict[str, Any] = {}
        segments: dict[str, dict[str, int]] = {name: {} for name in names}
        for name, number in self.counts.items():
            if name.endswith("_by_segment"):
                quantity = name.removesuffix("_by_segment")
                plain[quantity] = int(number.sum())
                for segment, part in zip(names, number.tolist(), strict=True):
                    segments[segment][quantity] = part
            else:
                plain[name] = number.tolist() if isinstance(number, np.ndarray) else number
        buyers = plain["buyers"]
        plain["alive_share"] = plain["alive"] / buyers if buyers else None
        return {**plain, "segments": segments}

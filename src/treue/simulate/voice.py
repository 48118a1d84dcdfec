"""What customers say to the firm: contacts, the promises made in reply, and survey answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.simulate.buying import Orders
    from treue.simulate.calendar import Calendar
    from treue.simulate.people import People
    from treue.simulate.shop import Segment, Shop

CONTACT_CHANNELS = ("email", "phone", "chat")
SEVERITIES = ("low", "medium", "high")
SURVEY = "recommend"

_CONTACT_CHANNEL_SHARES = (0.55, 0.85)
_SEVERITY_SHARES = (0.6, 0.9)
_PROMISE_DAYS = 3.0
_ASKED_WITHIN_DAYS = 365.0
_ANSWER_DAYS = 14.0
_SAME_MOOD_SHARE = 0.7
_SCORES_BELOW_7 = (0.03, 0.03, 0.05, 0.09, 0.15, 0.25, 0.40)
_SCORES_7_8 = (0.45, 0.55)
_SCORES_9_10 = (0.5, 0.5)


@dataclass(slots=True)
class Contacts:
    """Contacts in the order of time; times are days since the start, NaN where not yet."""

    person: NDArray[np.int64]
    opened: NDArray[np.float64]
    replied: NDArray[np.float64]
    solved: NDArray[np.float64]
    reopened: NDArray[np.int64]
    own_fault: NDArray[np.bool_]
    channel: NDArray[np.int64]
    severity: NDArray[np.int64]


@dataclass(slots=True)
class Promises:
    """Promises; times are days since the start, NaN where not kept."""

    person: NDArray[np.int64]
    made: NDArray[np.float64]
    due: NDArray[np.float64]
    kept: NDArray[np.float64]


@dataclass(slots=True)
class Answers:
    """Survey invitations and answers; answered and score are NaN where nobody answered."""

    person: NDArray[np.int64]
    wave: NDArray[np.int64]
    asked: NDArray[np.float64]
    answered: NDArray[np.float64]
    score: NDArray[np.float64]


def get_in_touch(
    orders: Orders, shop: Shop, end: float, rng: np.random.Generator
) -> tuple[Contacts, Promises]:
    """Return contacts after orders and the promises made where the firm was at fault.

    A promise is written down only when it falls due before the end.
    """
    order = np.flatnonzero(rng.random(orders.count) < shop.contact_share)
    opened = orders.at[order] + rng.exponential(5.0, order.size)
    order, opened = order[opened < end], opened[opened < end]
    by_time = np.argsort(opened, kind="stable")
    order, opened = order[by_time], opened[by_time]
    count = order.size
    replied = opened + 0.02 + rng.exponential(0.5, count)
    solved = replied + rng.exponential(1.5, count)
    own_fault = rng.random(count) < shop.own_fault_share
    due = replied + _PROMISE_DAYS
    lots = rng.random(count)
    in_time = replied + rng.uniform(0.1, 1.0, count) * _PROMISE_DAYS
    late = due + 0.1 + rng.exponential(3.0, count)
    kept = np.where(lots < shop.promise_kept_share, in_time, late)
    kept[lots >= shop.promise_kept_share + shop.promise_late_share] = np.nan
    kept[kept >= end] = np.nan
    promised = own_fault & (due < end)
    contacts = Contacts(
        person=orders.person[order],
        opened=opened,
        replied=np.where(replied < end, replied, np.nan),
        solved=np.where(solved < end, solved, np.nan),
        reopened=rng.poisson(0.15, count) * (solved < end),
        own_fault=own_fault,
        channel=np.searchsorted(_CONTACT_CHANNEL_SHARES, rng.random(count), side="right"),
        severity=np.searchsorted(_SEVERITY_SHARES, rng.random(count), side="right"),
    )
    person = contacts.person[promised]
    return contacts, Promises(person, replied[promised], due[promised], kept[promised])


def wave_names(calendar: Calendar) -> list[tuple[str, float]]:
    """Return the survey waves that fit into the time: name and day of asking (15th of a quarter's last month)."""
    starts = calendar.month_starts
    waves = []
    for place in range(calendar.months):
        year, month = divmod(calendar.first_month + place, 12)
        asked = float(starts[place]) + 14.3
        if month % 3 == 2 and asked + _ANSWER_DAYS + 1 < calendar.end:
            waves.append((f"{1970 + year}-Q{month // 3 + 1}", asked))
    return waves


def ask(people: People, orders: Orders, shop: Shop, calendar: Calendar, rng: np.random.Generator) -> Answers:
    """Return the invitations of every wave to some of the year's buyers, and the answers to them."""
    bounds = np.stack([score_steps(part) for part in shop.segments])
    shares = np.array([part.answer_share for part in shop.segments])
    pieces = []
    for number, (_, asked) in enumerate(wave_names(calendar)):
        recent = (orders.at > asked - _ASKED_WITHIN_DAYS) & (orders.at < asked)
        buyers = np.unique(orders.person[recent])
        person = buyers[rng.random(buyers.size) < shop.survey_share]
        segment = people.segment[person]
        answers = rng.random(person.size) < shares[segment]
        same = rng.random(person.size) < _SAME_MOOD_SHARE
        mood = np.where(same, people.pleased[person], rng.random(person.size))
        score = (mood[:, None] >= bounds[segment]).sum(axis=1).astype(np.float64)
        wait = np.minimum(rng.exponential(2.0, person.size), _ANSWER_DAYS)
        pieces.append(
            (
                person,
                np.full(person.size, number),
                np.full(person.size, asked),
                np.where(answers, asked + wait, np.nan),
                np.where(answers, score, np.nan),
            )
        )
    if not pieces:
        none = np.zeros(0)
        return Answers(none.astype(np.int64), none.astype(np.int64), none, none, none)
    return Answers(*(np.concatenate(column) for column in zip(*pieces, strict=True)))


def score_steps(segment: Segment) -> NDArray[np.float64]:
    """Return how pleased a customer must be, 0 to 1, for a score of 1, 2, … 10."""
    passive = 1 - segment.promoter_share - segment.detractor_share
    shares = np.concatenate(
        [
            np.asarray(_SCORES_BELOW_7) * segment.detractor_share,
            np.asarray(_SCORES_7_8) * passive,
            np.asarray(_SCORES_9_10) * segment.promoter_share,
        ]
    )
    return np.cumsum(shares)[:-1]

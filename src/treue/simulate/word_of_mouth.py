"""Recommendations: referrals that win customers, public mentions and complaints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from treue.simulate.people import REFERRAL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.simulate.buying import Orders
    from treue.simulate.people import People
    from treue.simulate.shop import Shop

NETWORKS = ("instagram", "google_reviews", "facebook")
MENTION_KINDS = ("recommendation", "complaint")

_MONTH_DAYS = 30.0
_SOON_DAYS = 20.0


@dataclass(slots=True)
class Referrals:
    """Invitations by time: who invited, when, whom it won (-1: nobody), and when that one first bought."""

    person: NDArray[np.int64]
    invited: NDArray[np.float64]
    referred: NDArray[np.int64]
    converted: NDArray[np.float64]


@dataclass(slots=True)
class Mentions:
    """Public mentions by time: by whom, when, where, and whether to recommend or to complain."""

    person: NDArray[np.int64]
    at: NDArray[np.float64]
    network: NDArray[np.int64]
    kind: NDArray[np.int64]


@dataclass(slots=True)
class Advocacy:
    """Who became a client and when (NaN: never), with every advocacy and whether it is a referral."""

    client: NDArray[np.float64]
    person: NDArray[np.int64]
    at: NDArray[np.float64]
    refers: NDArray[np.bool_]
    months: float


def client_since(orders: Orders, kept: NDArray[np.bool_], count: int) -> NDArray[np.float64]:
    """Return when each person made the second kept order on another day than the first; NaN for never."""
    person, at = orders.person[kept], orders.at[kept]
    since = np.full(count, np.nan)
    if person.size == 0:
        return since
    buyers, first = np.unique(person, return_index=True)
    first_day = np.zeros(count)
    first_day[buyers] = np.floor(at[first])
    later = np.floor(at) > first_day[person]
    clients, second = np.unique(person[later], return_index=True)
    since[clients] = at[later][second]
    return since


def speak_up(
    people: People,
    orders: Orders,
    kept: NDArray[np.bool_],
    *,
    shop: Shop,
    end: float,
    rng: np.random.Generator,
) -> Advocacy:
    """Return the advocacies: a constant rate from becoming a client until departure."""
    client = client_since(orders, kept, people.count)
    clients = np.flatnonzero(~np.isnan(client) & (np.nan_to_num(client) < people.gone))
    lasted = np.minimum(people.gone[clients], end) - client[clients]
    events = rng.poisson(lasted / _MONTH_DAYS * shop.advocacy_per_month)
    place = np.repeat(np.arange(clients.size), events)
    at = client[clients][place] + rng.random(place.size) * lasted[place]
    by_time = np.argsort(at, kind="stable")
    refers = rng.random(place.size) < shop.referral_share
    return Advocacy(client, clients[place][by_time], at[by_time], refers, float(lasted.sum() / _MONTH_DAYS))


def refer(people: People, advocacy: Advocacy, shop: Shop, rng: np.random.Generator) -> Referrals:
    """Return the invitations, and mark the people they won as referred.

    An invitation that wins somebody wins the next person who came a little later, bought soon after that,
    and was not won by an earlier one. Changes ``people.channel``.
    """
    person, invited = advocacy.person[advocacy.refers], advocacy.at[advocacy.refers]
    wins = np.flatnonzero(rng.random(person.size) < shop.conversion_share)
    arrival = invited[wins] + rng.uniform(0.1, 10.0, wins.size)
    wins = wins[np.argsort(arrival, kind="stable")]
    soon = people.first_purchase - people.first_seen < _SOON_DAYS
    candidates = np.flatnonzero(people.bought & soon)
    wanted = np.searchsorted(people.first_seen[candidates], np.sort(arrival))
    # Nobody is won twice: whoever is taken passes the invitation on to the next.
    ranks = np.arange(wins.size)
    place = np.maximum.accumulate(wanted - ranks) + ranks if wins.size else wanted
    found = place < candidates.size
    referred = np.full(person.size, -1)
    referred[wins[found]] = candidates[place[found]]
    converted = np.full(person.size, np.nan)
    converted[referred >= 0] = people.first_purchase[referred[referred >= 0]]
    people.channel[referred[referred >= 0]] = REFERRAL
    return Referrals(person, invited, referred, converted)


def mention(advocacy: Advocacy, orders: Orders, shop: Shop, end: float, rng: np.random.Generator) -> Mentions:
    """Return public recommendations by advocates and complaints after orders."""
    angry = np.flatnonzero(rng.random(orders.count) < shop.complaint_share)
    complained = orders.at[angry] + rng.exponential(4.0, angry.size)
    angry, complained = angry[complained < end], complained[complained < end]
    person = np.concatenate([advocacy.person[~advocacy.refers], orders.person[angry]])
    at = np.concatenate([advocacy.at[~advocacy.refers], complained])
    kind = np.concatenate([np.zeros(at.size - angry.size, np.int64), np.ones(angry.size, np.int64)])
    by_time = np.argsort(at, kind="stable")
    return Mentions(person[by_time], at[by_time], rng.integers(0, len(NETWORKS), at.size), kind[by_time])

"""Attention: who looked, before an order and without one.

Kept modest on purpose: first looks, the way to three in ten web orders, a few visits of those who never
buy, and as many visitors without a name as people with one; about one event per order and two per person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from treue.simulate.buying import WEB
from treue.simulate.people import BUYER, PROSPECT, met_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.simulate.buying import Orders
    from treue.simulate.calendar import Calendar
    from treue.simulate.people import People
    from treue.simulate.shop import Shop

KINDS = ("page", "product", "basket", "checkout", "signup")
PAGE, PRODUCT, BASKET, CHECKOUT, SIGNUP = range(5)
CAMPAIGNS = ("spring_social", "brand_search")

_TRACKED_SHARE = 0.3
_SIGNUP_SHARE = 0.4
_CAMPAIGN_SHARE = 0.25
_INTEREST_DAYS = 20.0
_LOOKS_PER_PROSPECT = 2.5
_LOOKS_PER_ORDER = 0.4
_BEFORE_ORDER_DAYS = ((PRODUCT, 0.02), (BASKET, 0.008), (CHECKOUT, 0.002))


@dataclass(slots=True)
class Visits:
    """Visit events: place of the person (-1 without a name), days since the start, kind and campaign."""

    person: NDArray[np.int64]
    at: NDArray[np.float64]
    kind: NDArray[np.int64]
    campaign: NDArray[np.int64]


def look_around(
    people: People, orders: Orders, shop: Shop, calendar: Calendar, rng: np.random.Generator
) -> Visits:
    """Return the visit events of a chunk, none before a person is first seen and none after the end."""
    lookers = np.flatnonzero((people.kind == BUYER) | (people.kind == PROSPECT))
    signed = lookers[rng.random(lookers.size) < _SIGNUP_SHARE]
    prospects = np.flatnonzero(people.kind == PROSPECT)
    prospects = np.repeat(prospects, rng.poisson(_LOOKS_PER_PROSPECT, prospects.size))
    buyers = orders.person[rng.random(orders.count) < _LOOKS_PER_ORDER]
    since = people.first_seen[buyers]
    until = np.minimum(people.gone[buyers], calendar.end)
    tracked = np.flatnonzero((orders.channel == WEB) & (rng.random(orders.count) < _TRACKED_SHARE))
    nameless = met_at(rng.random(people.count), shop, calendar)
    parts = [
        (lookers, people.first_seen[lookers], PAGE),
        (signed, people.first_seen[signed] + 0.01, SIGNUP),
        (prospects, people.first_seen[prospects] + rng.exponential(_INTEREST_DAYS, prospects.size), PRODUCT),
        (buyers, since + rng.random(buyers.size) * (until - since), PAGE),
        *((orders.person[tracked], orders.at[tracked] - before, kind) for kind, before in _BEFORE_ORDER_DAYS),
        (np.full(nameless.size, -1), nameless, PAGE),
    ]
    person = np.concatenate([part[0] for part in parts])
    at = np.concatenate([part[1] for part in parts])
    kind = np.concatenate([np.full(part[0].size, part[2]) for part in parts])
    # A looked-at product that lands in the basket and stays there.
    kind[(kind == PRODUCT) & (rng.random(kind.size) < 0.1)] = BASKET
    campaign = rng.integers(0, len(CAMPAIGNS), person.size)
    campaign[(kind != PAGE) | (rng.random(person.size) >= _CAMPAIGN_SHARE)] = -1
    seen = at < calendar.end
    chosen = np.flatnonzero(seen)[np.argsort(at[seen], kind="stable")]
    return Visits(person[chosen], at[chosen], kind[chosen], campaign[chosen])

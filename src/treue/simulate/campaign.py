"""A campaign with a hold-out and a known effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.simulate.calendar import Calendar
    from treue.simulate.people import People
    from treue.simulate.shop import Shop

PLAN = "autumn_letter"
ARMS = ("treated", "holdout")


@dataclass(slots=True)
class Assignments:
    """Who takes part: place among the chunk's people, arm (place in ``ARMS``) and the moment."""

    person: NDArray[np.int64]
    arm: NDArray[np.int64]
    at: float


def campaign_start(shop: Shop, calendar: Calendar) -> float:
    """Return the moment of assignment in days since the start: noon of a day."""
    return float(np.floor(calendar.end * shop.campaign_start_share)) + 0.4


def assign(people: People, shop: Shop, calendar: Calendar, rng: np.random.Generator) -> Assignments:
    """Return everybody who has bought before the campaign, dealt into arms at random.

    Who is gone without saying so takes part as well, as in a real firm; both arms hold the same share of
    them, so the ratio of the arms' orders is the planted factor all the same.
    """
    at = campaign_start(shop, calendar)
    person = np.flatnonzero(people.bought & (np.nan_to_num(people.first_purchase, nan=np.inf) < at))
    held_out = rng.random(person.size) >= shop.campaign_treated_share
    return Assignments(person, held_out.astype(np.int64), at)


def extra_orders(
    people: People, assigned: Assignments, shop: Shop, calendar: Calendar, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the orders that happen only because of the campaign.

    A buying rate times ``campaign_factor`` is the old stream of orders and an independent one of
    ``campaign_factor - 1`` times the rate.
    """
    treated = assigned.person[assigned.arm == 0]
    starts = calendar.clock(np.array([assigned.at]))
    last = np.minimum(people.gone[treated], min(assigned.at + shop.campaign_days, calendar.end))
    lasted = np.maximum(calendar.clock(last) - starts, 0.0)
    extra = rng.poisson((shop.campaign_factor - 1) * people.rate[treated] * lasted)
    place = np.repeat(np.arange(treated.size), extra)
    return treated[place], calendar.days(starts + rng.random(place.size) * lasted[place])

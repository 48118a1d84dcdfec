"""Orders, what they are worth, their lines, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from treue.simulate.shop import MINOR_PER_MAJOR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.simulate.calendar import Calendar
    from treue.simulate.chance import Streams
    from treue.simulate.people import People
    from treue.simulate.shop import Shop

ORDER_CHANNELS = ("web", "store", "phone")
_ORDER_CHANNEL_SHARES = (0.65, 0.95)
WEB = 0

COUPON = "SAVE15"

CATEGORIES = ("coffee", "tea", "cups", "machines", "sweets")
PRODUCTS = 60


@dataclass(slots=True)
class Orders:
    """The orders of one chunk, by person and then by time; one array entry each.

    Parameters
    ----------
    person : ndarray of int
        Place of the buyer among the chunk's people.
    at : ndarray of float
        Days since the start.
    net, discount, margin : ndarray of int
        Cents; net is after the discount, margin is net less what the order cost the firm.
    channel : ndarray of int
        Place in ``ORDER_CHANNELS``.
    """

    person: NDArray[np.int64]
    at: NDArray[np.float64]
    net: NDArray[np.int64]
    discount: NDArray[np.int64]
    margin: NDArray[np.int64]
    channel: NDArray[np.int64]

    @property
    def count(self) -> int:
        """Orders of the chunk."""
        return int(self.person.size)


@dataclass(slots=True)
class Returns:
    """The returns of one chunk: place of the order, time and cents; and which orders were kept at all."""

    order: NDArray[np.int64]
    at: NDArray[np.float64]
    amount: NDArray[np.int64]
    kept: NDArray[np.bool_]


def order_times(
    people: People, calendar: Calendar, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return who orders and when: the first order of every buyer and the repeat orders until departure.

    Repeat orders are a Poisson process in seasonal time: a number by the buyer's rate, then places drawn
    evenly on the seasonal clock.
    """
    buyers = np.flatnonzero(people.bought)
    first = people.first_purchase[buyers]
    started = calendar.clock(first)
    lasted = calendar.clock(np.minimum(people.gone[buyers], calendar.end)) - started
    repeats = rng.poisson(people.rate[buyers] * lasted)
    place = np.repeat(np.arange(buyers.size), repeats)
    later = calendar.days(started[place] + rng.random(place.size) * lasted[place])
    return np.concatenate([buyers, buyers[place]]), np.concatenate([first, later])


def in_order(
    person: NDArray[np.int64], at: NDArray[np.float64], end: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return events sorted by person and time.

    One number holds both, so one sort does it; a time keeps better than a millisecond.
    """
    span = np.ceil(end) + 1
    key = np.sort(person * span + at)
    whose = np.floor(key / span)
    return whose.astype(np.int64), key - whose * span


def value_orders(
    person: NDArray[np.int64], at: NDArray[np.float64], people: People, shop: Shop, streams: Streams
) -> Orders:
    """Return the orders with amounts (gamma-gamma), coupons, margins and channels.

    Parameters
    ----------
    person : ndarray of int
        Buyers, sorted.
    at : ndarray of float
        Days since the start, sorted within a buyer.
    people : People
        The chunk's people.
    shop : Shop
        The planted truth.
    streams : Streams
        The chunk's random generators.

    Returns
    -------
    Orders
        Amounts are whole cents, 1 or more.
    """
    rng = streams("values")
    euros = rng.standard_gamma(shop.value_p, person.size) * (people.mean_value / shop.value_p)[person]
    net = np.maximum(np.rint(euros * MINOR_PER_MAJOR), 1).astype(np.int64)
    coupon_share = np.array([part.coupon_share for part in shop.segments])[people.segment]
    coupon = rng.random(person.size, dtype=np.float32) < coupon_share.astype(np.float32)[person]
    off = shop.coupon_off_share
    discount = np.where(coupon, np.rint(net * (off / (1 - off))), 0).astype(np.int64)
    margin = net - np.rint((net + discount) * shop.cost_share).astype(np.int64)
    channel = np.searchsorted(_ORDER_CHANNEL_SHARES, rng.random(person.size, dtype=np.float32), side="right")
    return Orders(person, at, net, discount, margin, channel)


def send_back(orders: Orders, people: People, shop: Shop, end: float, rng: np.random.Generator) -> Returns:
    """Return what comes back before the end: a share of orders by segment, wholly or in part."""
    share = np.array([part.return_share for part in shop.segments])[people.segment]
    order = np.flatnonzero(rng.random(orders.count) < share[orders.person])
    at = orders.at[order] + rng.uniform(*shop.return_days, order.size)
    full = rng.random(order.size) < shop.full_return_share
    part = np.maximum(np.rint(orders.net[order] * rng.uniform(0.2, 0.8, order.size)), 1).astype(np.int64)
    seen = at < end
    amount = np.where(full, orders.net[order], part)
    kept = np.ones(orders.count, dtype=bool)
    kept[order[seen & (amount == orders.net[order])]] = False
    return Returns(order[seen], at[seen], amount[seen], kept)


@dataclass(slots=True)
class Lines:
    """Order lines: place of the order, number within it, product, quantity and cents per piece."""

    order: NDArray[np.int64]
    number: NDArray[np.int64]
    product: NDArray[np.int64]
    quantity: NDArray[np.float64]
    unit: NDArray[np.int64]

    @property
    def category(self) -> NDArray[np.int64]:
        """Place in ``CATEGORIES``."""
        return self.product * len(CATEGORIES) // PRODUCTS


def split_lines(orders: Orders, rng: np.random.Generator) -> Lines:
    """Return one to four lines per order whose quantity times price sum to the net amount exactly."""
    counts = 1 + np.minimum(rng.poisson(0.8, orders.count), 3)
    order = np.repeat(np.arange(orders.count), counts)
    first = np.cumsum(counts) - counts
    number = np.arange(order.size) - first[order] + 1
    running = np.cumsum(0.2 + rng.random(order.size))
    before = np.where(first > 0, running[first - 1], 0.0) if order.size else np.zeros(0)
    whole = np.add.reduceat(np.diff(running, prepend=0.0), first) if order.size else np.zeros(0)
    reached = np.rint((running - before[order]) / whole[order] * orders.net[order]).astype(np.int64)
    reached[number == counts[order]] = orders.net
    amount = np.where(number == 1, reached, np.diff(reached, prepend=0))
    pair = (amount % 2 == 0) & (amount > 0) & (rng.random(order.size) < 0.3)
    popular = 1 / (np.arange(PRODUCTS) % 12 + 1)
    product = np.searchsorted(np.cumsum(popular / popular.sum())[:-1], rng.random(order.size), side="right")
    return Lines(order, number, product, np.where(pair, 2.0, 1.0), np.where(pair, amount // 2, amount))

"""Whom the firm meets: when, through which channel, and with which hidden character."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.simulate.calendar import Calendar
    from treue.simulate.chance import Streams
    from treue.simulate.shop import Shop

CHANNELS = ("search", "social", "price_comparison", "fair", "referral")
COUNTRIES = ("DE", "AT", "NO", "NL", "FR")
LANGUAGES = ("de", "nb", "en")

FAIR = CHANNELS.index("fair")
REFERRAL = CHANNELS.index("referral")

BUYER, PROSPECT, SUSPECT, SECOND_RECORD = range(4)
"""What a person is meant to become: buys sooner or later, only looks, was only reached; the last is no
person of its own but a second record of a buyer."""

_CHANNEL_SHARES = (0.50, 0.30, 0.20)
_COUNTRY_SHARES = (0.55, 0.13, 0.20, 0.07, 0.05)
_LANGUAGE_OF = np.array([0, 0, 1, 2, 2])
_FIRST_LOOK_DAYS = 0.05


@dataclass(slots=True)
class People:
    """The people of one chunk, in the order in which the firm met them; one array entry each.

    Parameters
    ----------
    segment : ndarray of int
        Place in the shop's segments.
    kind : ndarray of int
        ``BUYER``, ``PROSPECT``, ``SUSPECT`` or ``SECOND_RECORD``.
    first_seen, first_purchase, gone : ndarray of float
        Days since the start; NaN where somebody does not buy before the end.
    rate : ndarray of float
        Orders per day of seasonal time while a customer.
    mean_value : ndarray of float
        The customer's own mean order value in euros.
    pleased : ndarray of float
        How pleased the person is against others of the segment, 0 to 1.
    channel, country : ndarray of int
        Places in ``CHANNELS`` and ``COUNTRIES``.
    """

    segment: NDArray[np.int64]
    kind: NDArray[np.int64]
    first_seen: NDArray[np.float64]
    first_purchase: NDArray[np.float64]
    gone: NDArray[np.float64]
    rate: NDArray[np.float64]
    mean_value: NDArray[np.float64]
    pleased: NDArray[np.float64]
    channel: NDArray[np.int64]
    country: NDArray[np.int64]

    @property
    def count(self) -> int:
        """Records of the chunk."""
        return int(self.segment.size)

    @property
    def language(self) -> NDArray[np.int64]:
        """Place in ``LANGUAGES``: the country's."""
        return np.take(_LANGUAGE_OF, self.country)

    @property
    def bought(self) -> NDArray[np.bool_]:
        """Who orders at least once before the end."""
        return ~np.isnan(self.first_purchase)


def meet_people(count: int, shop: Shop, calendar: Calendar, streams: Streams) -> People:
    """Return `count` people drawn from the shop.

    Parameters
    ----------
    count : int
        People, 0 or more.
    shop : Shop
        The planted truth.
    calendar : Calendar
        The simulated time.
    streams : Streams
        The chunk's random generators.

    Returns
    -------
    People
        In the order of first contact.
    """
    rng = streams("people")
    shares = [part.share for part in shop.segments]
    segment = rng.choice(len(shares), size=count, p=shares)
    lots = rng.random(count)
    looks = lots < shop.buyer_share + shop.prospect_share
    kind = np.where(lots < shop.buyer_share, BUYER, np.where(looks, PROSPECT, SUSPECT))
    first_seen = np.sort(met_at(rng.random(count), shop, calendar))
    waits = rng.random(count) >= shop.instant_share
    wait = _FIRST_LOOK_DAYS + waits * rng.exponential(shop.decision_days, count)
    first_purchase = first_seen + wait
    first_purchase[(kind != BUYER) | (first_purchase >= calendar.end)] = np.nan
    r, alpha, s, beta, value = (
        np.array([getattr(part, name) for part in shop.segments])[segment]
        for name in ("r", "alpha_days", "s", "beta_days", "order_value")
    )
    rate = rng.standard_gamma(r) / alpha
    # A departure rate of a tiny s can be 0 in floating point; then the customer stays for ever.
    departure = np.maximum(rng.standard_gamma(s) / beta, 1e-12)
    gone = first_purchase + rng.standard_exponential(count) / departure
    # Gamma-gamma: values within a customer are gamma(p, nu), nu over customers is gamma(q, g).
    nu = rng.standard_gamma(shop.value_q, count)
    mean_value = value * (shop.value_q - 1) / nu
    channel = rng.choice(len(_CHANNEL_SHARES), size=count, p=_CHANNEL_SHARES)
    channel[kind == SUSPECT] = FAIR
    return People(
        segment=segment,
        kind=kind,
        first_seen=first_seen,
        first_purchase=first_purchase,
        gone=gone,
        rate=rate,
        mean_value=mean_value,
        pleased=rng.random(count),
        channel=channel,
        country=rng.choice(len(_COUNTRY_SHARES), size=count, p=_COUNTRY_SHARES),
    )


def met_at(quantiles: NDArray[np.float64], shop: Shop, calendar: Calendar) -> NDArray[np.float64]:
    """Return the days at which people of such quantiles are met: more in season, more as the firm grows."""
    days = np.arange(int(calendar.end) + 1, dtype=np.float64)
    busy = np.diff(calendar.clock(days)) * (1 + shop.growth_share * days[:-1] / calendar.end)
    reached = np.concatenate([[0.0], np.cumsum(busy)])
    wanted: NDArray[np.float64] = quantiles * reached[-1]
    return np.interp(wanted, reached, days)


def expected_orders_per_person(shop: Shop, calendar: Calendar) -> tuple[float, float]:
    """Return what the planted truth makes of an average person: first orders, and later orders.

    Parameters
    ----------
    shop : Shop
        The planted truth.
    calendar : Calendar
        The simulated time.

    Returns
    -------
    tuple of float
        Expected number of first orders (a share of people) and of repeat orders per person before the
        end, without a campaign. Computed day by day, not by drawing.
    """
    days = np.arange(int(calendar.end) + 1, dtype=np.float64)
    season = np.diff(calendar.clock(days))
    busy = season * (1 + shop.growth_share * days[:-1] / calendar.end)
    ages = days[:-1]
    # How many days later the first order falls when first contact is anywhere within a day.
    leaves = -np.expm1(-1 / shop.decision_days) * shop.decision_days
    waits = leaves**2 / shop.decision_days * np.exp(-(ages - 1) / shop.decision_days)
    waits[0] = 1 - leaves
    waits *= 1 - shop.instant_share
    waits[0] += shop.instant_share
    starts = np.convolve(busy / busy.sum(), waits)[: ages.size]
    later = 0.0
    for part in shop.segments:
        still = (part.beta_days / (part.beta_days + ages)) ** part.s
        still[0] = 0.5
        buying = float(np.convolve(starts, still)[: ages.size] @ season)
        later += part.share * part.r / part.alpha_days * buying
    return shop.buyer_share * float(starts.sum()), shop.buyer_share * later

"""The planted truth: every number that a simulated firm is drawn from, with its unit."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from treue.kernel.errors import WrongArgument

MINOR_PER_MAJOR = 100
"""A simulated firm counts in euros and cents."""


def _planted(default: Any, unit: str) -> Any:
    """Return a dataclass field that carries the unit of its value."""
    return field(default=default, metadata={"unit": unit})


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Customers of one kind, with a truth of their own.

    Parameters
    ----------
    name : str
        As it stands in ``customers.segment``.
    share : float
        Share of the people the firm meets, 0 to 1; the shares of a shop sum to 1.
    r, alpha_days : float
        Shape, and rate in days, of the gamma distribution of buying rates: a buyer's orders per day
        average ``r / alpha_days``.
    s, beta_days : float
        Shape, and rate in days, of the gamma distribution of departure rates: half of the buyers are
        gone ``beta_days * (2 ** (1 / s) - 1)`` days after their first order.
    order_value : float
        Mean net order value in euros.
    coupon_share : float
        Share of orders with a coupon.
    return_share : float
        Share of orders that are sent back, wholly or in part.
    contract_share : float
        Share of buyers who also sign up for the subscription.
    answer_share : float
        Share of survey invitations that are answered.
    promoter_share, detractor_share : float
        Shares of answers of 9 or 10, and of 0 to 6.
    """

    name: str
    share: float = field(metadata={"unit": "share of people"})
    r: float = field(metadata={"unit": "shape of the gamma distribution of buying rates, no unit"})
    alpha_days: float = field(metadata={"unit": "days"})
    s: float = field(metadata={"unit": "shape of the gamma distribution of departure rates, no unit"})
    beta_days: float = field(metadata={"unit": "days"})
    order_value: float = field(metadata={"unit": "EUR per order, mean"})
    coupon_share: float = field(metadata={"unit": "share of orders"})
    return_share: float = field(metadata={"unit": "share of orders"})
    contract_share: float = field(metadata={"unit": "share of buyers"})
    answer_share: float = field(metadata={"unit": "share of survey invitations"})
    promoter_share: float = field(metadata={"unit": "share of answers"})
    detractor_share: float = field(metadata={"unit": "share of answers"})


REGULARS = Segment(
    name="regular", share=0.25, r=2.1, alpha_days=60.0, s=1.2, beta_days=700.0, order_value=52.0,
    coupon_share=0.05, return_share=0.05, contract_share=0.35, answer_share=0.50,
    promoter_share=0.55, detractor_share=0.12,
)  # fmt: skip
OCCASIONALS = Segment(
    name="occasional", share=0.45, r=0.8, alpha_days=200.0, s=1.0, beta_days=400.0, order_value=46.0,
    coupon_share=0.15, return_share=0.08, contract_share=0.15, answer_share=0.30,
    promoter_share=0.40, detractor_share=0.20,
)  # fmt: skip
DEAL_SEEKERS = Segment(
    name="deal_seeker", share=0.30, r=0.6, alpha_days=120.0, s=1.3, beta_days=150.0, order_value=34.0,
    coupon_share=0.60, return_share=0.15, contract_share=0.05, answer_share=0.20,
    promoter_share=0.25, detractor_share=0.35,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Everything a simulated firm is drawn from; each field's unit stands in its metadata.

    Buying follows the Pareto/NBD: a buyer orders at random with a rate of their own (gamma over buyers),
    times the index of the month, until a departure that nobody sees (exponential, its rate gamma over
    buyers). Order values follow the gamma-gamma model. The subscription follows the beta-geometric.

    Raises
    ------
    WrongArgument
        When the segments' shares do not sum to 1, or the month indices do not average 1.

    References
    ----------
    Schmittlein, Morrison & Colombo (1987), Management Science 33, 1-24; Fader, Hardie & Lee (2005),
    Journal of Marketing Research 42, 415-430; Fader & Hardie (2007), Journal of Interactive Marketing
    21, 76-90.
    """

    segments: tuple[Segment, ...] = _planted((REGULARS, OCCASIONALS, DEAL_SEEKERS), "see the segment")
    season_indices: tuple[float, ...] = _planted(
        (0.85, 0.85, 0.95, 1.00, 1.00, 0.95, 0.85, 0.85, 1.00, 1.05, 1.30, 1.35),
        "factor on buying and on new people, January to December, mean 1",
    )
    growth_share: float = _planted(0.30, "rise of new people per day from the first to the last day, share")
    buyer_share: float = _planted(0.80, "share of people who buy sooner or later")
    prospect_share: float = _planted(
        0.14, "share of people who look and never buy; the rest were only reached"
    )
    instant_share: float = _planted(0.50, "share of buyers who order on their first visit")
    decision_days: float = _planted(30.0, "days from first visit to first order of the other buyers, mean")
    value_p: float = _planted(6.0, "shape of order values within a customer, no unit")
    value_q: float = _planted(4.0, "shape of mean order values over customers, no unit")
    coupon_off_share: float = _planted(0.15, "share of the list price that a coupon takes off")
    cost_share: float = _planted(0.58, "share of the list price that an order costs the firm")
    full_return_share: float = _planted(0.60, "share of returns that send the whole order back")
    return_days: tuple[float, float] = _planted((2.0, 28.0), "days from order to return, uniform between")
    contract_alpha: float = _planted(
        0.70, "first parameter of the beta distribution of monthly churn, no unit"
    )
    contract_beta: float = _planted(
        7.0, "second parameter of the beta distribution of monthly churn, no unit"
    )
    contract_amounts: tuple[int, ...] = _planted((990, 1490, 2490), "cents per month, the price steps")
    contract_up_share: float = _planted(0.020, "share of contracts that move up a price step, per month")
    contract_down_share: float = _planted(0.012, "share of contracts that move down a price step, per month")
    contract_comeback_share: float = _planted(0.15, "share of ended contracts followed by a new one")
    contact_share: float = _planted(0.08, "contacts per order")
    own_fault_share: float = _planted(0.35, "share of contacts caused by the firm")
    promise_kept_share: float = _planted(0.80, "share of promises kept in time")
    promise_late_share: float = _planted(0.12, "share of promises kept late; the rest are broken")
    survey_share: float = _planted(0.25, "share of the year's buyers asked in a survey wave")
    advocacy_per_month: float = _planted(0.012, "advocacies per client and month of 30 days, until departure")
    referral_share: float = _planted(0.60, "share of advocacies that are referrals; the rest are mentions")
    conversion_share: float = _planted(0.30, "share of referrals that win a customer")
    complaint_share: float = _planted(0.004, "public complaints per order")
    campaign_factor: float = _planted(1.30, "factor on the buying rate of the treated")
    campaign_days: float = _planted(60.0, "days for which the factor holds")
    campaign_treated_share: float = _planted(
        0.70, "share of eligible customers treated; the rest are held out"
    )
    campaign_start_share: float = _planted(0.75, "share of the simulated time before the campaign starts")
    duplicate_share: float = _planted(0.004, "share of records that are second records of a customer")
    wrong_merge_share: float = _planted(0.0004, "share of records merged by mistake and separated later")

    def __post_init__(self) -> None:
        total = sum(segment.share for segment in self.segments)
        if abs(total - 1) > 1e-9:
            raise WrongArgument(f"segments: shares sum to {total}; they must sum to 1")
        if len(self.season_indices) != 12 or abs(sum(self.season_indices) - 12) > 1e-9:
            raise WrongArgument(
                f"season_indices={self.season_indices} must be 12 numbers, January to December, with mean 1"
            )


def units() -> dict[str, str]:
    """Return the unit of every planted number.

    Returns
    -------
    dict
        Name to unit; fields of a segment as ``segments.<field>``.

    Examples
    --------
    >>> units()["segments.alpha_days"]
    'days'
    """
    found = {part.name: str(part.metadata["unit"]) for part in fields(Shop)}
    for part in fields(Segment):
        found[f"segments.{part.name}"] = str(part.metadata.get("unit", "text"))
    return found


SHOP = Shop()
"""A small shop: many buy once, a quarter comes back often, orders around 45 euros."""

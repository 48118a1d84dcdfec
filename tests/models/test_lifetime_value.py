"""Discounted value against an integral, against the sum by hand, and in every unit of time."""

import numpy as np
import pytest
from scipy import integrate

from treue.kernel.errors import WrongArgument
from treue.models.bg_bb import BgBb
from treue.models.bg_nbd import BgNbd
from treue.models.gamma_gamma import GammaGamma
from treue.models.lifetime_value import discounted_value
from treue.models.pareto_nbd import ParetoNbd

VALUE = GammaGamma(6.25, 3.74, 15.44)
BUYING = BgNbd(0.243, 4.414, 0.793, 2.426, unit="week")
CASE = (2, 30.43, 38.86)
ORDER = 6.25 * (15.44 + 2 * 22.35) / (6.25 * 2 + 3.74 - 1)  # 24.66


@pytest.mark.parametrize(
    "model", [BUYING, ParetoNbd(0.553, 10.578, 0.606, 11.669, unit="week")], ids=["bg", "pareto"]
)
def test_value_is_the_discounted_integral_of_orders(model):
    def pace(t):
        above, below = (model.expected_purchases_of_customer(*CASE, t + side) for side in (1e-4, 0.0))
        return float(above - below) / 1e-4 * 1.1 ** -(t * 7 / 365.25)

    orders = integrate.quad(pace, 0, 104, limit=200)[0]
    found = discounted_value(model, VALUE, *CASE, 22.35, 104, 0.3, 0.1)
    assert float(found) == pytest.approx(0.3 * ORDER * orders, rel=2e-4)


def test_without_discounting_it_is_orders_times_value_times_margin():
    """The paper's customer with two orders of mean 22.35 is expected to spend 24.66 on the next."""
    found = discounted_value(BUYING, VALUE, *CASE, 22.35, 39, 0.5)
    assert float(found) == pytest.approx(0.5 * 1.2260 * ORDER, rel=1e-4)


def test_unit_of_time_does_not_change_the_value():
    scale = 7 / (365.25 / 12)
    months = BgNbd(0.243, 4.414 * scale, 0.793, 2.426, unit="month")
    here = discounted_value(BUYING, VALUE, *CASE, 22.35, 52, 0.3, 0.15)
    there = discounted_value(months, VALUE, 2, 30.43 * scale, 38.86 * scale, 22.35, 52 * scale, 0.3, 0.15)
    assert float(there) == pytest.approx(float(here), rel=1e-6)


def test_customer_without_a_value_is_expected_to_spend_the_mean():
    found = discounted_value(BUYING, VALUE, [0, 2, 2], [0, 30.43, 30.43], 38.86, [0, np.nan, 35.21898], 39)
    mean = 6.25 * 15.44 / 2.74
    orders = BUYING.expected_purchases_of_customer([0, 2], [0, 30.43], 38.86, 39)
    assert found[:2] == pytest.approx(mean * orders)


def test_opportunities_are_discounted_at_their_own_time():
    model = BgBb(1.204, 0.750, 0.657, 2.783, unit="year")
    orders = model.expected_purchases_of_customer(6, 6, 6, [1, 2])
    by_hand = 50 * (orders[0] / 1.1 + (orders[1] - orders[0]) / 1.1**2)
    even = GammaGamma(1e9, 2e9, 1e2)  # everybody spends 50
    assert float(discounted_value(model, even, 6, 6, 6, 50.0, 2, 1.0, 0.1)) == pytest.approx(
        by_hand, rel=1e-6
    )


def test_no_horizon_no_value():
    assert float(discounted_value(BUYING, VALUE, *CASE, 22.35, 0)) == 0


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"margin_share": 30}, "margin_share=30 must lie between 0 and 1"),
        ({"discount_rate_per_year": -0.1}, "discount_rate_per_year=-0.1"),
        ({"value_model": GammaGamma(6.0, 0.9, 15.0), "x": 0, "t_x": 0}, "q=0.9"),
    ],
)
def test_impossible_arguments_are_refused(changed, reason):
    usual = {
        "model": BUYING,
        "value_model": VALUE,
        "x": 2,
        "t_x": 30.43,
        "T": 38.86,
        "mean_value": 22.35,
        "horizon": 9,
    }
    with pytest.raises(WrongArgument, match=reason):
        discounted_value(**(usual | changed))

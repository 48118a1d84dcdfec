"""Printed examples, statsmodels 0.15 and scipy 1.17 as other programs, coverage by simulation, and the edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    multinomial_proportions_confint,
    proportion_confint,
)

from treue.kernel import intervals

COUNTS = st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


# --- one proportion ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # this and the next three: Newcombe 1998, table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (180, 200, 0.8506, 0.9343),
        (2, 3, 0.2077, 0.9385),
    ],
)
def test_wilson_gives_the_printed_limits(events, n, low, high):
    assert [round(limit, 4) for limit in intervals.wilson(events, n)] == [low, high]


@given(COUNTS)
def test_wilson_agrees_with_statsmodels(counts):
    assert intervals.wilson(*counts) == pytest.approx(proportion_confint(*counts, method="wilson"), abs=1e-9)


def test_wilson_of_none_or_all_touches_the_end_exactly():
    assert intervals.wilson(0, 17)[0] == 0
    assert intervals.wilson(17, 17)[1] == 1


def test_wilson_of_nothing_has_no_limits():
    assert intervals.wilson(0, 0) == (None, None)


def test_wilson_holds_the_truth_about_95_times_in_100(rng):
    truth, n = 0.9, 200
    limits = [intervals.wilson(int(events), n) for events in rng.binomial(n, truth, 4000)]
    assert np.mean([low <= truth <= high for low, high in limits]) == pytest.approx(0.95, abs=0.015)


# --- a difference of two proportions ----------------------------------------------------------


def test_newcombe_gives_the_printed_limits():
    low, high = intervals.newcombe(56, 70, 48, 80)
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)


@given(COUNTS, COUNTS)
def test_newcombe_agrees_with_statsmodels(first, second):
    expected = confint_proportions_2indep(*first, *second, method="newcomb", compare="diff")
    assert intervals.newcombe(*first, *second) == pytest.approx(expected, abs=1e-9)


@given(COUNTS, COUNTS)
def test_a_difference_turned_round_is_the_negative(first, second):
    low, high = intervals.newcombe(*first, *second)
    assert intervals.newcombe(*second, *first) == pytest.approx((-high, -low))


def test_all_against_none_has_limits():
    low, high = intervals.newcombe(10, 10, 0, 20)
    assert 0.6 < low < high == 1


@pytest.mark.parametrize("groups", [(0, 0, 3, 5), (3, 5, 0, 0)])
def test_a_difference_with_an_empty_group_has_no_limits(groups):
    assert intervals.newcombe(*groups) == (None, None)


# --- a rate of events -------------------------------------------------------------------------


def test_3_losses_in_1200_customer_months():
    low, high = intervals.garwood(3, 1200)
    assert (round(100 * low, 2), round(100 * high, 2)) == (0.05, 0.73)


@given(st.integers(1, 2000), st.floats(0.1, 1e6))
def test_garwood_agrees_with_scipys_chi_square(events, exposure):
    expected = (
        stats.chi2.ppf(0.025, 2 * events) / 2 / exposure,
        stats.chi2.ppf(0.975, 2 * events + 2) / 2 / exposure,
    )
    assert intervals.garwood(events, exposure) == pytest.approx(expected, rel=1e-6)


def test_no_event_has_an_upper_limit_only():
    low, high = intervals.garwood(0, 100)
    assert low == 0
    assert high == pytest.approx(-np.log(0.025) / 100)


@pytest.mark.parametrize("exposure", [0, -1.0])
def test_a_rate_without_time_at_risk_has_no_limits(exposure):
    assert intervals.garwood(3, exposure) == (None, None)


# --- shares of a whole ------------------------------------------------------------------------


def test_goodman_gives_the_limits_of_five_rungs():
    low, high = intervals.goodman([5000, 2500, 1500, 800, 200])[4]
    assert (round(low, 3), round(high, 3)) == (0.017, 0.024)


@given(st.lists(st.integers(0, 5000), min_size=2, max_size=8).filter(lambda counts: sum(counts) > 0))
def test_goodman_agrees_with_statsmodels(counts):
    expected = np.clip(multinomial_proportions_confint(counts, method="goodman"), 0, 1)
    assert np.asarray(intervals.goodman(counts)) == pytest.approx(expected, abs=1e-9)


# --- a mean -----------------------------------------------------------------------------------


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50).filter(lambda values: np.std(values) > 1e-6))
def test_the_interval_of_a_mean_agrees_with_scipy(values):
    expected = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
    assert intervals.mean_interval(values) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("values", [[], [3.0]])
def test_a_mean_of_fewer_than_two_values_has_no_limits(values):
    assert intervals.mean_interval(values) == (None, None)


# --- a ratio of sums over customers -----------------------------------------------------------


def skewed(rng, customers):
    orders = rng.geometric(0.4, customers)
    return rng.gamma(2.0, 25.0, customers) * orders, orders.astype(float)


def test_small_histories_are_resampled_and_large_ones_linearised(rng):
    spent, orders = skewed(rng, intervals.BOOTSTRAP_LIMIT)
    assert intervals.ratio_interval(spent, orders, rng)[2] == "bootstrap_customers"
    spent, orders = skewed(rng, intervals.BOOTSTRAP_LIMIT + 1)
    assert intervals.ratio_interval(spent, orders, rng)[2] == "linearised"


def test_both_ways_agree_where_they_meet(rng):
    spent, orders = skewed(rng, intervals.BOOTSTRAP_LIMIT)
    low, high, _ = intervals.ratio_interval(spent, orders, rng)
    half = intervals.Z95 * intervals.linearised_se(spent, orders)
    value = spent.sum() / orders.sum()
    assert (low, high) == pytest.approx((value - half, value + half), rel=0.01)


def test_weights_stand_for_repeated_customers(rng):
    spent, orders, times = [10.0, 40.0, 90.0], [1.0, 2.0, 3.0], [900, 700, 600]
    grouped = intervals.ratio_interval(spent, orders, rng, weights=times)
    single = intervals.ratio_interval(np.repeat(spent, times), np.repeat(orders, times), rng)
    assert grouped == pytest.approx(single)


def test_the_same_seed_gives_the_same_limits(rng):
    spent, orders = skewed(rng, 50)
    first = intervals.ratio_interval(spent, orders, np.random.default_rng(7))
    assert first == intervals.ratio_interval(spent, orders, np.random.default_rng(7))


@pytest.mark.parametrize(("spent", "orders"), [([], []), ([5.0], [1.0]), ([0.0, 0.0], [0.0, 0.0])])
def test_a_ratio_of_too_little_has_no_limits(spent, orders, rng):
    assert intervals.ratio_interval(spent, orders, rng) == (None, None, None)


@pytest.mark.parametrize("customers", [pytest.param(400, marks=pytest.mark.slow), 2500])
def test_a_ratio_holds_the_truth_about_95_times_in_100(customers, rng):
    hits = []
    for _ in range(200):
        low, high, _ = intervals.ratio_interval(*skewed(rng, customers), rng)
        hits.append(low <= 50.0 <= high)
    assert np.mean(hits) == pytest.approx(0.95, abs=0.045)


@given(st.floats(0.01, 1000))
def test_money_in_another_unit_scales_its_limits(factor):
    spent, orders = skewed(np.random.default_rng(3), 40)
    low, high, _ = intervals.ratio_interval(spent, orders, np.random.default_rng(1))
    scaled = intervals.ratio_interval(spent * factor, orders, np.random.default_rng(1))
    assert scaled[:2] == pytest.approx((low * factor, high * factor))


# --- anything else, by resampling customers ---------------------------------------------------


def test_resampling_counts_is_resampling_customers(rng):
    values, counts = np.array([1.0, 2.0, 10.0]), np.array([120, 60, 20])
    low, high = intervals.bootstrap_interval(lambda m: float(m @ values / m.sum()), counts, rng)
    whole = np.repeat(values, counts)
    expected = stats.bootstrap((whole,), np.mean, method="percentile", rng=np.random.default_rng(5))
    assert (low, high) == pytest.approx(tuple(expected.confidence_interval), rel=0.03)


def test_draws_without_a_value_are_left_out(rng):
    low, high = intervals.bootstrap_interval(
        lambda m: float(m[0] / m.sum()) if m[1] else float("nan"), [10, 2], rng, draws=400
    )
    assert 0 < low < high < 1

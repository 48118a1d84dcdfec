"""Buying: what a statistician who sees only the tables finds is what was planted."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy import special, stats

from treue.simulate.calendar import Calendar
from treue.simulate.chance import Streams
from treue.simulate.chunk import Plan, simulate_chunk
from treue.simulate.firm import simulate_firm
from treue.simulate.shop import SHOP
from treue.simulate.truth import Tally

FAR = 3.3
"""A right estimate lies farther than so many standard errors from the truth once in a thousand tests."""


def log_likelihood(parameters, x, t_x, T):
    """Return the Pareto/NBD log-likelihood per customer (Fader & Hardie 2005, a note on deriving it)."""
    r, alpha, s, beta = parameters
    larger, smaller = max(alpha, beta), min(alpha, beta)
    second = s + 1 if alpha >= beta else r + x
    total = r + s + x

    def log_term(t):
        f = special.hyp2f1(total, second, total + 1, (larger - smaller) / (larger + t))
        return np.log(f) - total * np.log(larger + t)

    head = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    stays = -(r + x) * np.log(alpha + T) - s * np.log(beta + T)
    high, low = log_term(t_x), log_term(T)
    leaves = np.log(s / total) + high + np.log(-np.expm1(np.minimum(low - high, -1e-15)))
    return head + np.logaddexp(stays, leaves)


def scores(parameters, history):
    """Return the gradient of every customer's log-likelihood in the logs of the parameters."""
    columns = []
    for place in range(4):
        up, down = np.array(parameters), np.array(parameters)
        up[place] *= np.exp(1e-4)
        down[place] *= np.exp(-1e-4)
        columns.append((log_likelihood(up, *history) - log_likelihood(down, *history)) / 2e-4)
    return np.column_stack(columns)


def score_test(parameters, history):
    """Return the p value of the score test and how many standard errors each parameter lies off."""
    gradient = scores(parameters, history)
    information = gradient.T @ gradient
    total = gradient.sum(axis=0)
    covariance = np.linalg.inv(information)
    step = covariance @ total
    return stats.chi2.sf(total @ step, 4), step / np.sqrt(np.diag(covariance))


def histories(firm, segment):
    bought = firm.purchases()
    bought = bought[bought.segment == segment]
    days = bought.groupby("customer_id").day.agg(["min", "max", "count"])
    return (
        (days["count"] - 1).to_numpy(float),
        (days["max"] - days["min"]).to_numpy(),
        firm.end - days["min"].to_numpy(),
    )


def test_likelihood_is_the_published_one():
    # The CDNOW estimates of the paper; the other way to the likelihood is the double integral itself.
    r, alpha, s, beta = 0.553, 10.578, 0.606, 11.669
    grid = np.exp(np.linspace(-40, 5, 1500))
    rate, leave = np.meshgrid(grid, grid)
    x, t_x, T = 2, 30.43, 38.86
    density = stats.gamma.pdf(rate, r, scale=1 / alpha) * stats.gamma.pdf(leave, s, scale=1 / beta)
    both = rate + leave
    likelihood = rate**x / both * (leave * np.exp(-both * t_x) + rate * np.exp(-both * T))
    whole = np.trapezoid(np.trapezoid(likelihood * density * rate * leave, np.log(grid)), np.log(grid))
    ours = log_likelihood((r, alpha, s, beta), np.array([x]), np.array([t_x]), np.array([T]))[0]
    assert ours == pytest.approx(np.log(whole), abs=1e-4)


@pytest.mark.parametrize("part", SHOP.segments, ids=lambda part: part.name)
def test_buying_and_departure_of_each_segment_are_the_planted_ones(even_firm, part):
    history = histories(even_firm, part.name)
    p, off = score_test((part.r, part.alpha_days, part.s, part.beta_days), history)
    assert p > 0.001
    assert np.abs(off).max() < FAR


def test_a_wrong_truth_is_found_out(even_firm):
    regular, occasional, _ = SHOP.segments
    history = histories(even_firm, occasional.name)
    wrong = (occasional.r, 1.15 * occasional.alpha_days, occasional.s, occasional.beta_days)
    assert score_test(wrong, history)[0] < 1e-4
    wrong = (occasional.r, occasional.alpha_days, occasional.s, 2 * occasional.beta_days)
    assert score_test(wrong, history)[0] < 1e-4
    assert score_test((regular.r, regular.alpha_days, regular.s, regular.beta_days), history)[0] < 1e-9


def test_share_of_customers_left_is_what_departure_makes_of_their_ages(even_firm):
    bought = even_firm.purchases()
    for part in SHOP.segments:
        first = bought[bought.segment == part.name].groupby("customer_id").day.min()
        left = (part.beta_days / (part.beta_days + even_firm.end - first)) ** part.s
        alive = even_firm.truth.realised["segments"][part.name]["alive"]
        assert abs(alive - left.sum()) < FAR * np.sqrt((left * (1 - left)).sum())


@pytest.fixture(scope="module")
def seasonal():
    calendar = Calendar(date(2023, 1, 1), 24, SHOP.season_indices)
    plan = Plan(SHOP, calendar, frozenset())
    return calendar, simulate_chunk(0, 20_000, plan, Streams(5, 0), Tally(SHOP, calendar))


def expected_by_month(calendar, people, indices):
    """Return the orders that the buyers' own rates make in each month while they are customers."""
    starts = calendar.month_starts
    first = np.nan_to_num(people.first_purchase, nan=calendar.end)[:, None]
    gone = np.nan_to_num(people.gone, nan=calendar.end)[:, None]
    days = np.clip(np.minimum(gone, starts[1:]) - np.maximum(first, starts[:-1]), 0, None)
    return people.rate @ days * np.tile(indices, 2)


def test_every_month_has_its_planted_index(seasonal):
    calendar, chunk = seasonal
    orders = chunk.orders
    repeat = np.diff(orders.person, prepend=-1) == 0
    seen = np.histogram(orders.at[repeat], calendar.month_starts)[0]
    expected = expected_by_month(calendar, chunk.people, SHOP.season_indices)
    assert stats.chi2.sf((((seen - expected) ** 2) / expected).sum(), 24) > 0.001
    flat = expected_by_month(calendar, chunk.people, np.ones(12))
    assert stats.chi2.sf((((seen - flat) ** 2) / flat).sum(), 24) < 1e-9
    indices = seen.reshape(2, 12).sum(axis=0) / flat.reshape(2, 12).sum(axis=0)
    errors = np.sqrt(SHOP.season_indices / flat.reshape(2, 12).sum(axis=0))
    assert np.abs((indices - SHOP.season_indices) / errors).max() < FAR


def test_hidden_characters_follow_their_distributions(seasonal):
    _, chunk = seasonal
    people = chunk.people
    for place, part in enumerate(SHOP.segments):
        those = people.segment == place
        rates = people.rate[those]
        assert stats.kstest(rates, "gamma", (part.r, 0, 1 / part.alpha_days)).pvalue > 0.001
        stays = (people.gone - people.first_purchase)[those & people.bought]
        assert stats.kstest(stays, "lomax", (part.s, 0, part.beta_days)).pvalue > 0.001
        assert stats.binomtest(int(those.sum()), people.count, part.share).pvalue > 0.001


def test_people_come_in_season_and_grow_in_number(firm):
    seen = firm.days(firm.table("customers").first_seen_at)
    starts = Calendar(firm.truth.started_on, 24, SHOP.season_indices).month_starts
    middle = (starts[1:] + starts[:-1]) / 2
    weights = np.diff(starts) * np.tile(SHOP.season_indices, 2) * (1 + SHOP.growth_share * middle / firm.end)
    met = np.histogram(seen, starts)[0]
    assert stats.chisquare(met, weights / weights.sum() * met.sum()).pvalue > 0.001
    assert stats.chisquare(met).pvalue < 1e-9


@pytest.mark.parametrize(("wanted", "months"), [(None, 24), (2.0, 7), (8.0, 24)])
def test_mean_orders_are_the_expected_ones(tmp_path, wanted, months):
    truth = simulate_firm(
        tmp_path,
        customers=20_000,
        months=months,
        seed=9,
        tables=("customers", "purchases"),
        purchases_per_customer=wanted,
    )
    import duckdb

    (spread,) = duckdb.sql(
        f"select stddev_pop(coalesce(n, 0)) from read_parquet('{tmp_path}/customers.parquet') left join "
        f"(select customer_id, count(*) n from read_parquet('{tmp_path}/purchases.parquet') group by 1) "
        "using (customer_id)"
    ).fetchall()[0]
    mean = truth.rows["purchases"] / 20_000
    assert abs(mean - truth.expected_orders_per_customer) < FAR * spread / np.sqrt(20_000)
    assert truth.expected_orders_per_customer == (wanted or pytest.approx(2.99, abs=0.01))
    planted = json.loads((tmp_path / "truth.json").read_text())["planted"]["segments"]
    factor = SHOP.segments[0].alpha_days / planted[0]["alpha_days"]
    assert factor == pytest.approx(SHOP.segments[2].alpha_days / planted[2]["alpha_days"])
    assert (factor == 1) == (wanted is None)


def test_order_values_differ_by_segment_as_planted(even_firm):
    first = even_firm.purchases().drop_duplicates("customer_id").groupby("segment").net_amount
    for part in SHOP.segments:
        euros = first.get_group(part.name) / 100
        assert abs(euros.mean() - part.order_value) < FAR * euros.std() / np.sqrt(len(euros))


def test_order_values_spread_within_and_between_customers_as_planted(even_firm):
    bought = even_firm.purchases()
    logs = np.log(bought.net_amount)
    place = bought.groupby("customer_id").cumcount()
    first, second = (logs[place == k].set_axis(bought.customer_id[place == k]) for k in (0, 1))
    pairs = (first - second).dropna()
    within = pairs**2 / 2
    # The variance of the log of a gamma variable is the trigamma function of its shape.
    planted = special.polygamma(1, SHOP.value_p)
    assert abs(within.mean() - planted) < FAR * within.std() / np.sqrt(len(within))
    segment = bought.segment[place == 0].to_numpy()
    centred = first.to_numpy() - first.groupby(segment).transform("mean").to_numpy()
    total = centred**2
    planted += special.polygamma(1, SHOP.value_q)
    assert abs(total.mean() - planted) < FAR * total.std() / np.sqrt(len(total))


def test_coupons_cost_what_was_planted(even_firm):
    bought = even_firm.purchases()
    coupon = bought.coupon_code.notna()
    assert (coupon == (bought.discount_amount > 0)).mean() > 0.9999
    for part in SHOP.segments:
        those = bought.segment == part.name
        assert stats.binomtest(int(coupon[those].sum()), int(those.sum()), part.coupon_share).pvalue > 0.001
    listed = bought.net_amount + bought.discount_amount
    assert ((bought.discount_amount - coupon * SHOP.coupon_off_share * listed).abs() <= 0.5 + 1e-9).all()
    assert ((bought.margin_amount - (bought.net_amount - SHOP.cost_share * listed)).abs() <= 0.5 + 1e-9).all()


def test_nobody_leaves_where_departure_is_never(tmp_path):
    faithful = tuple(replace(part, s=1e-9, beta_days=1e9) for part in SHOP.segments)
    truth = simulate_firm(
        tmp_path, customers=300, tables=("customers", "purchases"), shop=replace(SHOP, segments=faithful)
    )
    assert truth.realised["alive"] == truth.realised["buyers"] > 0
    assert truth.realised["alive_share"] == 1

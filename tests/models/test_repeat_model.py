"""What each model of repeat buying says of customers, against customers drawn purchase by purchase."""

import itertools
from datetime import date

import numpy as np
import pytest
from scipy import integrate, special

from treue.kernel.errors import WrongArgument
from treue.models.beta_geometric_ahead import BetaGeometricAhead
from treue.models.bg_bb import BgBb
from treue.models.bg_nbd import BgNbd
from treue.models.catalogue import MODELS, REPEAT_MODELS, find_model
from treue.models.mbg_nbd import MbgNbd
from treue.models.pareto_ahead import ParetoAhead
from treue.models.pareto_nbd import ParetoNbd

PAPER = BgNbd(0.243, 4.414, 0.793, 2.426, unit="week")
ALL = [
    PAPER,
    BgNbd(0.243, 4.414, 1.0, 2.426),
    MbgNbd(0.525, 6.183, 0.891, 1.614),
    ParetoNbd(0.553, 10.578, 0.606, 11.669),
    ParetoNbd(0.553, 10.578, 1.0, 10.578),
    BgBb(1.204, 0.750, 0.657, 2.783),
    BgBb(1.204, 0.750, 1.0, 2.783),
]


def close(forecast, seen, spread=3.7):
    """Whether a mean forecast lies within the simulation's own error."""
    return abs(np.mean(forecast) - np.mean(seen)) < spread * np.std(seen) / np.sqrt(len(seen)) + 1e-12


@pytest.mark.parametrize("repeat_count", [0, 1, 3])
def test_forecasts_of_a_customer_agree_with_simulation(planted, repeat_count):
    model, age, ahead, seen = planted
    same = seen.x == repeat_count
    case = (seen.x[same], seen.t_x[same], age)
    later = seen.later[same]
    if not (model.MODEL == "bg-nbd" and repeat_count == 0):
        assert close(model.probability_alive(*case), seen.alive[same])
    assert close(model.probability_of_purchase(*case, ahead), later > 0)
    assert close(model.expected_purchases_of_customer(*case, ahead), later)
    counts = model.purchase_counts_of_customer(*case, ahead, 3)
    for count in range(4):
        assert close(counts[:, count], later == count)


@pytest.mark.parametrize("model", ALL, ids=str)
def test_customers_alike_in_count_and_age_are_asked_about_once_to_the_same_answer(model):
    x, t_x, T = (side.ravel() for side in np.meshgrid([0, 1, 2, 7], np.arange(10.0, 30), [30.0, 38.0]))
    case = (x, np.where(x > 0, t_x, 0), T)
    own = np.full(x.size, 20.0)  # a horizon each, so that nobody is taken together
    shared, alone = (
        (
            model.probability_of_purchase(*case, ahead),
            model.expected_purchases_of_customer(*case, ahead),
            model.purchase_counts_of_customer(*case, ahead, 5),
            *model.prediction_interval(*case, ahead),
        )
        for ahead in (20.0, own)
    )
    for one, other in zip(shared, alone, strict=True):
        assert one.shape == other.shape
        assert np.allclose(one, other, rtol=1e-12, atol=1e-15)
    assert len(set(shared[-1])) > 2


@pytest.mark.parametrize("repeat_count", [0, 1, 3])
def test_interval_and_median_time_keep_their_promise(planted, repeat_count):
    model, age, ahead, seen = planted
    same = np.flatnonzero(seen.x == repeat_count)[:20_000]
    case = (seen.x[same], seen.t_x[same], age)
    later = seen.later[same]
    low, high = model.prediction_interval(*case, ahead, level=0.9)
    slack = 4 * np.sqrt(0.05 / len(same))
    assert np.mean(later < low) < 0.05 + slack
    assert np.mean(later > high) < 0.05 + slack
    probability = model.purchase_counts_of_customer(*case, ahead, int(high.max()))
    total = np.cumsum(probability, axis=1)
    assert (total[np.arange(len(same)), high.astype(int)] >= 0.95).all()
    below = high > 0
    assert (total[np.flatnonzero(below), high[below].astype(int) - 1] < 0.95).all()
    time = model.expected_time_to_next_purchase(*case)
    soon = time <= ahead
    if model.MODEL != "bg-bb" and soon.sum() > 1000:
        assert close(np.full(soon.sum(), 0.5), seen.wait[same][soon] <= time[soon])
    assert (model.probability_of_purchase(*case, ahead)[~soon] < 0.5 + 1e-9).all()


def test_forecasts_of_a_new_customer_agree_with_simulation(planted):
    model, age, _, seen = planted
    assert close(model.expected_purchases(age), seen.x)
    for count, probability in enumerate(model.purchase_counts(age, 5)):
        assert close(probability, seen.x == count)


def test_models_own_draws_are_those_of_an_independent_simulation(planted):
    model, age, ahead, seen = planted
    n = len(seen.x)
    drawn = model.simulate(np.full(n, age), np.random.default_rng(7))
    for count in range(5):
        ours, theirs = drawn.x == count, seen.x == count
        assert abs(ours.mean() - theirs.mean()) < 3.7 * np.sqrt(2 * theirs.mean() / n)
        if count:
            here, there = drawn.t_x[ours], seen.t_x[theirs]
            for power in (1, 2):
                error = np.hypot(
                    (here**power).std() / len(here) ** 0.5, (there**power).std() / len(there) ** 0.5
                )
                assert abs((here**power).mean() - (there**power).mean()) < 3.7 * error
    later = model.simulate_ahead(seen.x, seen.t_x, age, ahead, np.random.default_rng(8))
    for power in (1, 2):
        error = np.sqrt(2) * (seen.later**power).std() / np.sqrt(n)
        assert abs((later**power).mean() - (seen.later**power).mean()) < 3.7 * error


@pytest.mark.parametrize(
    "model", ALL, ids=lambda model: f"{model.MODEL}-{list(model.parameters.values())[2]}"
)
@pytest.mark.parametrize(
    ("x", "t_x", "T"),
    [
        (0, 0, 0),
        (0, 0, 1),
        (0, 0, 10_000),
        (1, 1, 1),
        (1, 1, 10_000),
        (10_000, 10_000, 10_000),
        (500, 500, 600),
    ],
)
def test_edges_give_numbers_that_fit_together(model, x, t_x, T):
    """No time passed, an age of a day, a purchase just now or long ago, 10,000 purchases."""
    horizon = 30
    probability = float(model.probability_of_purchase(x, t_x, T, horizon))
    expected = float(model.expected_purchases_of_customer(x, t_x, T, horizon))
    low, high = model.prediction_interval(x, t_x, T, horizon)
    counts = model.purchase_counts_of_customer(x, t_x, T, horizon, 200)
    assert 0 <= probability <= 1
    assert probability <= expected + 1e-9
    assert 0 <= low <= high
    assert counts.min() > -1e-12
    assert counts.sum() == pytest.approx(1, abs=1e-6)
    assert counts[0] == pytest.approx(1 - probability, abs=1e-9)
    assert counts @ np.arange(201) == pytest.approx(expected, rel=1e-4, abs=1e-9)
    assert float(model.expected_purchases_of_customer(x, t_x, T, 0)) == 0
    assert float(model.probability_of_purchase(x, t_x, T, 0)) == 0


@pytest.mark.parametrize("model", ALL[::2], ids=lambda model: model.MODEL)
def test_shapes_follow_the_arguments(model):
    assert model.expected_purchases(5).shape == ()
    assert model.expected_purchases([0, 1, 2]).shape == (3,)
    assert model.purchase_counts(5, 3).shape == (4,)
    assert model.probability_alive(1, 2, 3).shape == ()
    assert model.expected_purchases_of_customer([1, 2], [2, 3], 5, 4).shape == (2,)
    assert model.expected_purchases_of_customer(2, 3, 5, [[1], [2], [3]]).shape == (3, 1)
    assert model.purchase_counts_of_customer([1, 2], [2, 3], 5, 4, 6).shape == (2, 7)
    assert model.expected_purchases_of_customer([], [], [], 4).shape == (0,)
    assert model.prediction_interval([], [], [], 4)[1].shape == (0,)


@pytest.mark.parametrize(("model", "days"), [*((model, 1.0) for model in ALL), (PAPER, 7.0), (ALL[3], 7.0)])
def test_many_customers_get_what_each_alone_gets(model, days):
    rng = np.random.default_rng(20260101)
    T = rng.integers(8, 20, 2000) / days
    x = rng.integers(0, 4, 2000)
    t_x = np.where(x > 0, np.floor(rng.uniform(4 / days, T)), 0.0)
    many = model.expected_purchases_of_customer(x, t_x, T, 5)
    alone = model.expected_purchases_of_customer(x, t_x, T, np.full(2000, 5))
    assert np.allclose(many, alone, rtol=1e-12)


@pytest.mark.parametrize("model", ALL[::2], ids=lambda model: model.MODEL)
@pytest.mark.parametrize(
    "case",
    [
        (-1, 0, 5),
        (1.5, 2, 5),
        (1, 6, 5),
        (1, -1, 5),
        (0, 2, 5),
        (1, np.nan, 5),
        (np.inf, 2, 5),
        (1, 2, np.inf),
    ],
)
def test_impossible_customer_is_shown(model, case):
    rows = [[good, bad] for good, bad in zip((1, 2, 5), case, strict=True)]
    for say in (
        lambda: model.probability_alive(*rows),
        lambda: model.expected_purchases_of_customer(*rows, 3),
        lambda: model.purchase_counts_of_customer(*rows, 3, 2),
    ):
        with pytest.raises(WrongArgument, match=r"\(customer 2\)"):
            say()


@pytest.mark.parametrize("horizon", [-1, np.nan, np.inf])
def test_impossible_horizon_is_refused(horizon):
    with pytest.raises(WrongArgument, match="horizon="):
        PAPER.expected_purchases(horizon)


def test_impossible_level_and_count_are_refused():
    with pytest.raises(WrongArgument, match=r"level=95 must lie between 0 and 1"):
        PAPER.prediction_interval(1, 2, 3, 4, level=95)
    with pytest.raises(WrongArgument, match="most=-1"):
        PAPER.purchase_counts(5, -1)
    with pytest.raises(WrongArgument, match=r"horizon=2\.5 must be a whole number of opportunities"):
        ALL[-1].expected_purchases(2.5)
    with pytest.raises(WrongArgument, match="t_x and T count opportunities"):
        ALL[-1].probability_alive(3, 2, 6)


def test_one_time_buyer_under_the_papers_parameters():
    """By hand: silence for h is ((alpha + T) / (alpha + T + h))^r, .8535 for 39 weeks and .9944 for one.

    Without the customer's 38 weeks of silence it would be .5768 and .9513.
    """
    for horizon, silent in ((39, (42.414 / 81.414) ** 0.243), (1, (42.414 / 43.414) ** 0.243)):
        assert 1 - PAPER.probability_of_purchase(0, 0, 38, horizon) == pytest.approx(silent, abs=1e-12)
    assert round(1 - float(PAPER.probability_of_purchase(0, 0, 38, 39)), 4) == 0.8535
    assert round(1 - float(PAPER.probability_of_purchase(0, 0, 38, 1)), 4) == 0.9944
    # P(2 or more) = P(2 arrivals or more) * P(stays after the first)
    reach = 39 / 81.414
    two = (1 - (1 - reach) ** 0.243 * (1 + 0.243 * reach)) * 2.426 / (0.793 + 2.426)
    counts = PAPER.purchase_counts_of_customer(0, 0, 38, 39, 1)
    assert 1 - counts.sum() == pytest.approx(two, abs=1e-12)


@pytest.mark.parametrize("a", [0.1, 0.9999999, 1.0, 1.0000001, 3.0])
@pytest.mark.parametrize("r", [0.2, 3.0, 200.0, 10_000.0])
@pytest.mark.parametrize("reach", [0.001, 1.0, 30.0])
def test_expected_purchases_agree_with_adaptive_quadrature(r, a, reach):
    """The hypergeometric form is not a number at a = 1 and for 10,000 purchases."""
    b = 2.4 + r

    def integrand(log_odds):
        p = special.expit(log_odds)
        weight = a * np.log(p) + b * special.log_expit(-log_odds) - special.betaln(a, b)
        return np.exp(weight) * -np.expm1(-r * np.log1p(p * reach)) / p

    mode = np.log(a / b)
    edges = [
        -400 if a < 0.2 else mode - 60,
        mode - 20,
        mode - 5,
        mode - 1,
        mode,
        mode + 1,
        mode + 3,
        mode + 10,
        mode + 40,
    ]
    parts = [integrate.quad(integrand, *pair, epsabs=0, limit=200)[0] for pair in itertools.pairwise(edges)]
    ahead = BetaGeometricAhead(*map(np.asarray, (r, 1.0, a, b)))
    assert float(ahead.expected(np.asarray(reach))) == pytest.approx(sum(parts), rel=1e-8)


@pytest.mark.parametrize(
    ("r", "alpha", "s", "beta"), [(0.5, 10.6, 0.6, 11.7), (3.0, 0.01, 0.2, 50.0), (900.0, 30.0, 40.0, 2.0)]
)
@pytest.mark.parametrize("count", [1, 3, 40])
@pytest.mark.parametrize("horizon", [0.5, 20.0, 3000.0])
def test_pareto_counts_agree_with_adaptive_quadrature(r, alpha, s, beta, count, horizon):
    def integrand(w):
        t = alpha * np.exp(w)
        log_f = (
            count * w - (r + count) * np.log1p(t / alpha) - special.betaln(count, r) - s * np.log1p(t / beta)
        )
        return np.exp(log_f)

    edges = [*np.arange(-60.0, np.log(horizon / alpha), 0.5), np.log(horizon / alpha)]
    exact = sum(integrate.quad(integrand, *pair, epsabs=0)[0] for pair in itertools.pairwise(edges))
    ahead = ParetoAhead(*map(np.asarray, (r, alpha, s, beta)))
    assert float(ahead.at_least(count, np.asarray(horizon))) == pytest.approx(exact, rel=1e-9)


def test_date_of_the_next_purchase_is_the_time_in_days():
    model = BgBb(1.204, 0.750, 0.657, 2.783, unit="year")
    dates = model.expected_date_of_next_purchase([0, 6], [0, 6], 6, date(2026, 1, 1))
    assert dates.tolist() == [None, date(2027, 1, 2)]
    weeks = PAPER.expected_time_to_next_purchase(2, 30.43, 38.86)
    day = PAPER.expected_date_of_next_purchase(2, 30.43, 38.86, date(2026, 1, 1))
    assert (day - np.datetime64("2026-01-01")).astype(int) == np.ceil(weeks * 7) == 207
    assert np.isnan(PAPER.expected_time_to_next_purchase(9, 1.0, 38.86))
    # A pace so slow that it comes after all calendars.
    assert np.isnat(BgNbd(0.002, 4.4, 0.8, 2.4).expected_date_of_next_purchase(0, 0, 300, date(2026, 1, 1)))


def test_unit_of_time_changes_nothing_but_the_unit():
    weeks, days = PAPER, BgNbd(0.243, 7 * 4.414, 0.793, 2.426, unit="day")
    here = weeks.purchase_counts_of_customer(2, 30.43, 38.86, 13, 5)
    assert np.allclose(here, days.purchase_counts_of_customer(2, 7 * 30.43, 7 * 38.86, 91, 5), atol=1e-12)


def test_catalogue_knows_each_model_by_its_name():
    assert REPEAT_MODELS == ("bg-nbd", "mbg-nbd", "pareto-nbd", "bg-bb")
    assert len(MODELS) == 7
    for name, model in MODELS.items():
        assert find_model(name) is model
        assert name == model.MODEL
    with pytest.raises(WrongArgument, match="model='bgnbd' is not known; known are bg-nbd, mbg-nbd"):
        find_model("bgnbd")


def test_parameters_and_errors_are_told_by_letter(cdnow_sample):
    model = BgNbd.fit(cdnow_sample)
    assert list(model.parameters) == list(model.standard_errors) == ["r", "alpha", "a", "b"]
    assert model.standard_errors["alpha"] == model.optimum.standard_errors[1]
    assert model.log_likelihood == model.optimum.log_likelihood
    assert (PAPER.standard_errors, PAPER.log_likelihood) == ({}, None)


@pytest.mark.parametrize("model", ALL[::2][:3], ids=lambda model: model.MODEL)
def test_at_the_median_time_a_purchase_has_the_chance_of_one_half(model):
    case = ([0, 1, 3, 10], [0, 20, 35, 38], [2, 30, 38, 39])
    time = model.expected_time_to_next_purchase(*case)
    assert np.allclose(
        model.probability_of_purchase(*case, np.where(np.isnan(time), 1.0, time))[~np.isnan(time)], 0.5
    )
    never = np.isnan(time)
    assert (model.probability_of_purchase(*case, 1e9)[never] < 0.5).all()


@pytest.mark.parametrize("name", REPEAT_MODELS)
def test_parameters_of_any_size_give_numbers(name):
    """Warnings are errors here: no overflow, no 0 / 0."""
    rng = np.random.default_rng(20260101)
    x, t_x, T = [0, 0, 1, 5, 10_000], [0, 0, 1, 50, 19_000], [0, 100, 100, 100, 20_000]
    if name == "bg-bb":
        x, t_x, T = x[:4], t_x[:4], T[:4]
    for _ in range(40):
        model = MODELS[name](*np.exp(rng.uniform(-6, 9, 4)).tolist())
        for horizon in (0, 1, 40):
            probability = model.probability_of_purchase(x, t_x, T, horizon)
            expected = model.expected_purchases_of_customer(x, t_x, T, horizon)
            low, high = model.prediction_interval(x, t_x, T, horizon)
            assert ((probability >= 0) & (probability <= 1 + 1e-9)).all()
            assert (expected >= probability - 1e-6).all()
            assert (low <= high).all()
            assert np.isfinite(high).all()
        assert (np.isnan(time := model.expected_time_to_next_purchase(x, t_x, T)) | (time >= 0)).all()

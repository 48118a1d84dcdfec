"""The same optimum from any start, and a clear refusal where data cannot be fitted."""

import duckdb
import numpy as np
import pytest

from treue.kernel.errors import DidNotConverge, NotEnoughData, WrongTable
from treue.models.catalogue import MODELS, REPEAT_MODELS
from treue.models.gamma_gamma import GammaGamma
from treue.models.newton import maximise
from treue.models.summary import Summary

HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394]


@pytest.fixture(scope="module")
def values(shared_data):
    """Return count and mean value of the repeat orders of each customer of the sample to week 39."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            """WITH days AS (SELECT customer_id, ordered_at AS day, sum(amount) AS value FROM read_csv(?)
                             WHERE ordered_at <= DATE '1997-09-30' GROUP BY ALL),
                    repeats AS (SELECT customer_id, value FROM days
                                QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY day) > 1)
               SELECT count(*), avg(value) FROM repeats GROUP BY customer_id HAVING avg(value) > 0""",
            [str(shared_data / "cdnow_sample_orders.csv")],
        ).fetchall()
    return np.array(rows, dtype=float).T


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name == "pareto-nbd" else name for name in MODELS]
)
def test_optimum_does_not_depend_on_the_start(name, cdnow_sample, donors, values):
    data = {"bg-bb": (donors,), "gamma-gamma": tuple(values)}
    data |= dict.fromkeys(("shifted-beta-geometric", "beta-discrete-weibull"), (HIGH_END,))
    arguments = data.get(name, (cdnow_sample,))
    model = MODELS[name]
    best = model.fit(*arguments).optimum.parameters
    rng = np.random.default_rng(20260101)
    for _ in range(20):
        factors = np.exp(rng.uniform(-3, 3, best.size))  # from a twentieth to the twentyfold
        found = model.fit(*arguments, start=model(*(best * factors))).optimum.parameters
        assert np.allclose(found, best, rtol=1e-4)


def cases():
    rng = np.random.default_rng(20260101)
    n = 500
    steady = rng.poisson(rng.gamma(1, 3, n))
    steady_t = np.where(steady > 0, 30.0, 0)
    equal = rng.poisson(3.0, n)
    equal_t = np.where(equal > 0, np.ceil(20 * rng.random(n) ** (1 / np.maximum(equal, 1))), 0)
    today = rng.integers(0, 2, n)
    return {
        "one customer": ([3], [5], [10], NotEnoughData),
        "nobody came back": (np.zeros(9), np.zeros(9), np.arange(9) + 1, NotEnoughData),
        "nobody": ([], [], [], NotEnoughData),
        "no time": ([0, 0], [0, 0], [0, 0], NotEnoughData),
        "all alive": (np.minimum(steady, 30), steady_t, np.full(n, 30.0), DidNotConverge),
        "ages of a day": (today, today, np.ones(n), DidNotConverge),
        "all alike": (np.full(n, 4), np.full(n, 9), np.full(n, 10), DidNotConverge),
        "all of one pace": (np.minimum(equal, equal_t), equal_t, np.full(n, 20), DidNotConverge),
        "two customers": ([3, 0], [5, 0], [10, 10], DidNotConverge),
    }


@pytest.mark.parametrize("name", REPEAT_MODELS)
@pytest.mark.parametrize("case", cases())
def test_data_that_cannot_be_fitted_are_refused_with_a_reason(name, case):
    x, t_x, T, error = cases()[case]
    with pytest.raises(error, match=r"use (more|a)"):
        MODELS[name].fit(Summary.of(x, t_x, T))


@pytest.mark.parametrize(
    ("name", "case", "reason"),
    [
        ("bg-nbd", "all alive", "hardly anybody seems to have left"),
        ("bg-nbd", "all of one pace", "customers buy at too equal a pace"),
        ("pareto-nbd", "all alive", "hardly anybody left"),
        ("bg-bb", "all alike", "customers buy with too equal a chance"),
    ],
)
def test_refusal_says_what_in_the_data_prevents_the_fit(name, case, reason):
    x, t_x, T, error = cases()[case]
    with pytest.raises(error, match=reason):
        MODELS[name].fit(Summary.of(x, t_x, T))


@pytest.mark.parametrize("name", ["bg-nbd", "mbg-nbd"])
def test_one_customer_with_ten_thousand_purchases_is_borne(name, cdnow_sample):
    x, t_x, T = (
        np.append(v, last)
        for v, last in ((cdnow_sample.x, 10_000), (cdnow_sample.t_x, 38), (cdnow_sample.T, 38))
    )
    heavy = Summary.of(x, t_x, T, np.append(cdnow_sample.weight, 1), "week")
    model = MODELS[name].fit(heavy)
    assert np.isfinite(list(model.standard_errors.values())).all()
    assert model.r < MODELS[name].fit(cdnow_sample).r  # customers differ more


@pytest.mark.parametrize(
    "case",
    [(-1, 0, 5, 1), (1, 6, 5, 1), (1, np.inf, np.inf, 1), (np.nan, 2, 5, 1), (1, 2, 5, 0), (1, 2, 5, np.inf)],
)
def test_impossible_values_never_reach_a_fit(case):
    with pytest.raises(WrongTable, match="row=2"):
        Summary.of(*([good, bad] for good, bad in zip((1, 2, 5, 1), case, strict=True)))


@pytest.mark.parametrize(
    ("x", "value", "reason"),
    [
        (np.full(50, 3), np.full(50, 7.0), "too equal"),
        (np.ones(50), np.linspace(5, 6, 50), "too equal"),
        ([1, 2], [4.0, 9.0], "too equal|differ too little"),
    ],
)
def test_values_that_cannot_be_fitted_are_refused(x, value, reason):
    with pytest.raises(DidNotConverge, match=reason):
        GammaGamma.fit(x, value)


def test_unit_of_money_does_not_decide_whether_a_fit_ran_away():
    rng = np.random.default_rng(20260101)
    x = rng.integers(1, 9, 2000)
    value = rng.gamma(5.0 * x, rng.gamma(4.0, 1 / 20.0, 2000) ** -1.0) / x
    assert GammaGamma.fit(x, 1e7 * value).v == pytest.approx(1e7 * GammaGamma.fit(x, value).v, rel=1e-4)


def test_maximum_with_an_error_beyond_all_measure_is_no_maximum():
    def nearly_flat(parameters):
        theta = np.log(parameters[0])
        return (
            -(theta**2) / 1000,
            np.array([-2 * theta / 1000 / parameters[0]]),
            np.array([[(2 * theta - 2) / 1000]]),
        )

    with pytest.raises(DidNotConverge, match="flat in one direction"):
        maximise(nearly_flat, [1.0], 1, "nearly-flat")

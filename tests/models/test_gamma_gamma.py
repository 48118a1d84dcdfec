"""Gamma-gamma against its published fit and against orders drawn from known parameters."""

import duckdb
import numpy as np
import pytest

from treue.kernel.errors import NotEnoughData, WrongArgument, WrongTable
from treue.models.gamma_gamma import GammaGamma


def test_fit_gives_the_published_parameters(shared_data):
    """946 customers of the sample came back by week 39; the value is that of their repeat orders."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            """WITH days AS (SELECT customer_id, ordered_at AS day, sum(amount) AS value FROM read_csv(?)
                             WHERE ordered_at <= DATE '1997-09-30' GROUP BY ALL),
                    repeats AS (SELECT customer_id, value FROM days
                                QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY day) > 1)
               SELECT count(*), avg(value) FROM repeats GROUP BY customer_id HAVING avg(value) > 0""",
            [str(shared_data / "cdnow_sample_orders.csv")],
        ).fetchall()
    x, mean_value = np.array(rows, dtype=float).T
    model = GammaGamma.fit(x, mean_value)
    assert len(x) == 946
    assert (round(model.p, 2), round(model.q, 2), round(model.v, 2)) == (6.25, 3.74, 15.44)


def test_fit_recovers_planted_parameters_and_expected_values():
    rng = np.random.default_rng(20260101)
    n = 30_000
    x = rng.integers(1, 12, n)
    nu = rng.gamma(4.0, 1 / 20.0, n)
    mean_value = rng.gamma(5.0 * x, 1 / nu) / x
    model = GammaGamma.fit(x, mean_value)
    distance = (model.optimum.parameters - [5.0, 4.0, 20.0]) / model.optimum.standard_errors
    assert np.abs(distance).max() < 3
    error = (5.0 / nu - mean_value).std() / np.sqrt(n)
    assert abs((5.0 / nu - model.expected_order_value(x, mean_value)).mean()) < 5 * error


def test_unseen_customer_is_expected_to_spend_the_mean():
    model = GammaGamma(6.0, 4.0, 15.0)
    assert float(model.expected_order_value(0, 0)) == pytest.approx(6 * 15 / 3)
    assert np.isnan(GammaGamma(6.0, 0.9, 15.0).expected_order_value(0, 0))


def test_scaling_money_scales_only_v():
    rng = np.random.default_rng(20260101)
    x = rng.integers(1, 9, 2000)
    value = rng.gamma(5.0 * x, rng.gamma(4.0, 1 / 20.0, 2000) ** -1.0) / x
    small, large = GammaGamma.fit(x, value), GammaGamma.fit(x, 100 * value)
    assert (large.p, large.q, large.v) == pytest.approx((small.p, small.q, 100 * small.v), rel=1e-5)


@pytest.mark.parametrize(("x", "value"), [([1, 0], [5, 5]), ([1, 2], [5, -1]), ([1, 1], [5, 0])])
def test_impossible_row_is_named(x, value):
    with pytest.raises(WrongTable, match="row=2"):
        GammaGamma.fit(x, value)


def test_one_customer_is_too_few():
    with pytest.raises(NotEnoughData, match="customers=1"):
        GammaGamma.fit([3], [10.0])


def test_drawn_values_follow_customers_drawn_order_by_order():
    model, n = GammaGamma(6.0, 4.0, 15.0), 200_000
    rng = np.random.default_rng(20260101)
    rate = rng.gamma(4.0, 1 / 15.0, n)
    seen = sum(rng.gamma(6.0, 1 / rate) for _ in range(3)) / 3
    drawn = model.simulate(np.full(n, 3), rng)
    for share in (0.1, 0.5, 0.9):
        assert np.quantile(drawn, share) == pytest.approx(np.quantile(seen, share), rel=0.015)
    with pytest.raises(WrongArgument, match="x=0"):
        model.simulate([1, 0], rng)


def test_expected_values_of_the_notes_customers():
    """Fader & Hardie (2013), note 025, the spreadsheet: customers 1, 2, 6 and 9 of the sample, as lifetimes 0.11.3 tests."""
    values = GammaGamma(6.25, 3.74, 15.44).expected_order_value(
        [2, 1, 7, 2, 0], [22.35, 11.77, 73.74, 25.55, 0]
    )
    assert values.tolist() == pytest.approx([24.65, 18.91, 71.46, 27.28, 35.17], abs=0.06)

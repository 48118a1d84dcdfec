"""What each customer is expected to do, against the models asked one customer at a time."""

from datetime import date, timedelta

import numpy as np
import pytest

from treue.history.history import History
from treue.history.settings import Settings
from treue.kernel.errors import NotEnoughData, WrongArgument
from treue.kernel.status import Status
from treue.models.bg_nbd import BgNbd
from treue.models.choice import Choice
from treue.models.customer_cases import customer_cases
from treue.models.mbg_nbd import MbgNbd
from treue.models.order_value import frequency_value_correlation, order_value
from treue.models.outlook import outlook, same_days_last_year
from treue.models.pareto_nbd import ParetoNbd
from treue.models.predictions import make_predictions, predict
from treue.models.summary import summarise

MODELS = [BgNbd(0.6, 60, 0.8, 2.4), MbgNbd(0.6, 60, 0.8, 2.4), ParetoNbd(0.6, 9, 0.6, 12, unit="week")]


def chosen(model, alive_model=None):
    return Choice(status=Status.OK, model=model, alive_model=alive_model or model)


def shop(seed=4, customers=400, days=700, value_grows=False):
    """Make purchases of customers whose paces and means differ; with `value_grows` the frequent pay more."""
    rng = np.random.default_rng(seed)
    first_day = date(2023, 1, 1)
    rows = []
    for k in range(customers):
        pace, here = rng.gamma(0.9, 1 / 60), rng.exponential(400)
        mean = 15.4 / rng.gamma(3.7) * 600
        begin = int(rng.integers(0, days - 30))
        times = np.cumsum(rng.exponential(1 / pace, 300))
        last = np.unique(times[times < min(here, days - begin)].astype(int) + 1)
        for day in [0, *last.tolist()]:
            amount = max(int(rng.gamma(6, mean / 6)), 1) * (len(last) + 1 if value_grows else 1)
            rows.append((f"c{k:04}", first_day + timedelta(days=begin + day), amount))
    return rows


@pytest.fixture
def history(of_purchases):
    return of_purchases(shop(), as_of=date(2024, 12, 1))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.MODEL)
def test_each_row_is_what_the_model_says_of_that_customer(history, model):
    table = predict(history, 90, chosen(model))
    assert table["customer_id"].to_pylist() == sorted(table["customer_id"].to_pylist())
    unit = 7 if model.unit == "week" else 1
    for row in table.to_pylist()[::37]:
        case = row["repeat_count"], row["recency_days"] / unit, row["age_days"] / unit
        low, high = model.prediction_interval(*case, 90 / unit)
        assert (row["expected_purchases_low"], row["expected_purchases_high"]) == (low, high)
        assert row["expected_purchases"] == pytest.approx(
            float(model.expected_purchases_of_customer(*case, 90 / unit))
        )
        assert row["probability_of_purchase"] == pytest.approx(
            float(model.probability_of_purchase(*case, 90 / unit))
        )
        alive = float(model.probability_alive(*case))
        assert row["probability_alive"] == (None if np.isnan(alive) else pytest.approx(alive))
        next_on = model.expected_date_of_next_purchase(*case, history.as_of).astype(object)
        assert row["expected_date_of_next_purchase"] == next_on
    dates = table["expected_date_of_next_purchase"]
    assert 0 < dates.null_count < len(dates)


def test_one_time_buyers_are_never_called_active_by_a_model_that_cannot_know(history):
    table = predict(history, 90, chosen(MODELS[0])).to_pylist()
    assert {row["probability_alive"] is None for row in table if row["repeat_count"] == 0} == {True}
    assert {row["value_at_risk"] is None for row in table if row["repeat_count"] == 0} == {True}
    others = predict(history, 90, chosen(MODELS[0], MODELS[1]))
    assert others["probability_alive"].null_count == others["value_at_risk"].null_count == 0


def test_values_are_those_of_the_value_model(history):
    made = make_predictions(history, 90, chosen(MODELS[1]))
    model = made.value.model
    cases = customer_cases(history)
    for place in range(0, len(cases), 41):
        row = made.table.slice(place, 1).to_pylist()[0]
        seen = cases.repeat_value_count[place]
        expected = float(model.expected_order_value(seen, cases.repeat_value[place] if seen else 0.0))
        assert row["expected_order_value"] == pytest.approx(expected)
        assert row["expected_revenue"] == pytest.approx(expected * row["expected_purchases"])
        assert row["value_at_risk"] == pytest.approx(row["expected_revenue"] * (1 - row["probability_alive"]))
    assert set(made.table["currency"].to_pylist()) == {"EUR"}


def test_customers_at_risk_are_ordered_by_expected_loss(history):
    made = make_predictions(history, 90, chosen(MODELS[1]))
    risks = made.at_risk(12)["value_at_risk"].to_pylist()
    assert risks == sorted(made.table["value_at_risk"].to_pylist(), reverse=True)[:12]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (shop(value_grows=True), "goes with how often"),
        (shop(customers=60), "are needed"),
    ],
)
def test_values_that_would_mislead_are_not_told(of_purchases, rows, said):
    history = of_purchases(rows, as_of=date(2024, 12, 1))
    found = outlook(history, 90, Choice(status=Status.OK, model=_fitted(history), alive_model=MODELS[1]))
    made = found.predictions
    assert said in made.value.note
    assert found.revenue is None
    for name in ("expected_order_value", "expected_revenue", "value_at_risk"):
        assert made.table[name].null_count == len(made.table)
    risky = made.at_risk(5).to_pylist()
    lost = [row["expected_purchases"] * (1 - row["probability_alive"]) for row in risky]
    assert lost == sorted(lost, reverse=True)
    assert len(lost) == 5


def _fitted(history):
    return MbgNbd.fit(summarise(history))


def test_totals_are_the_sums_of_the_customers(history):
    found = outlook(history, 90, chosen(_fitted(history)))
    table = found.predictions.table
    assert found.orders.value == pytest.approx(sum(table["expected_purchases"].to_pylist()))
    assert found.revenue.value == pytest.approx(sum(table["expected_revenue"].to_pylist()))
    for total in (found.orders, found.revenue):
        assert total.ci_low < total.value < total.ci_high
        assert total.prediction_low < total.value < total.prediction_high


def test_same_days_last_year_are_counted_by_hand(engine, told):
    day = date(2025, 3, 10)
    rows = [
        ("known", day - timedelta(30), 100),
        ("known", day, 5000),  # the last day before the window
        ("known", day + timedelta(1), 200),
        ("known", day + timedelta(1), 50),  # the same day counts once
        ("known", day + timedelta(90), 400),
        ("known", day + timedelta(91), 7000),
        ("won later", day + timedelta(5), 900),
        ("won later", day + timedelta(9), 900),
        ("known too", day - timedelta(1), 100),
    ]
    history = History.of(engine, {"purchases": told.purchases(rows)}, Settings(as_of=date(2026, 3, 10)))
    last = same_days_last_year(history, 90)
    assert (last.first_on, last.last_on) == (date(2025, 3, 11), date(2025, 6, 8))
    assert (last.orders, last.revenue, last.customers) == (2, 6.5, 2)


@pytest.mark.parametrize(("as_of", "horizon"), [(date(2023, 10, 1), 90), (date(2024, 12, 1), 400)])
def test_without_the_days_of_last_year_nothing_is_compared(of_purchases, as_of, horizon):
    assert same_days_last_year(of_purchases(shop(customers=50), as_of=as_of), horizon) is None


@pytest.mark.parametrize(
    "rows",
    [
        [("only", date(2024, 11, 30))],
        [("a", date(2024, 1, 1)), ("b", date(2024, 6, 1))],  # nobody came back
        [("a", date(2024, 12, 1)), ("b", date(2024, 12, 1))],  # known for no day
        [("often", date(2000, 1, 1) + timedelta(days=k)) for k in range(9000)],
        [("a", date(2024, 1, 1), -500), ("a", date(2024, 2, 1), 0), ("b", date(2024, 3, 1), 900)],
    ],
    ids=["one customer", "all once", "age of a day", "thousands of purchases", "zero and negative amounts"],
)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.MODEL)
def test_extreme_histories_give_numbers_or_nulls(of_purchases, rows, model):
    history = of_purchases(rows, as_of=date(2024, 12, 1))
    table = predict(history, 90, chosen(model))
    assert table.num_rows == len({row[0] for row in rows if len(row) < 3 or row[2] > 0})
    for name in table.column_names:
        values = [value for value in table[name].to_pylist() if isinstance(value, float)]
        assert np.isfinite(values).all(), name


def test_history_without_a_kept_order_predicts_nobody(of_purchases):
    history = of_purchases([("a", date(2024, 1, 1), 0)])
    assert predict(history, 90, chosen(MODELS[1])).num_rows == 0


def test_questions_without_an_answer_are_refused(history):
    with pytest.raises(WrongArgument, match="horizon=0"):
        predict(history, 0, chosen(MODELS[0]))
    with pytest.raises(NotEnoughData, match="no model"):
        predict(history, 90, Choice(status=Status.INSUFFICIENT))
    with pytest.raises(NotEnoughData, match="no model"):
        outlook(history, 90, Choice(status=Status.NOT_IDENTIFIED))


def test_correlation_has_its_edges():
    assert frequency_value_correlation(np.array([1.0, 2]), np.array([1.0, 2])) is None
    assert frequency_value_correlation(np.array([1.0, 1, 1]), np.array([1.0, 2, 3])) == 0.0
    assert frequency_value_correlation(np.array([1.0, 2, 3]), np.array([3.0, 2, 1])) == pytest.approx(-1)


def test_customers_without_a_common_mean_are_given_no_value(of_purchases):
    rng = np.random.default_rng(2)
    day = date(2024, 1, 1)
    rows = []
    for k in range(400):
        mean = 100 / rng.gamma(0.7)
        rows += [(f"c{k}", day + timedelta(days=30 * n), max(int(rng.gamma(5, mean)), 1)) for n in range(4)]
    found = order_value(customer_cases(of_purchases(rows)))
    assert found.model is None
    assert "q=" in found.note

"""How long customers stay, who entered late, and where the curve has to end."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from lifelines import KaplanMeierFitter
from lifelines.statistics import logrank_test
from lifelines.utils import median_survival_times

from treue import NotEnoughData, WrongArgument
from treue.history.survival_curves import first_spell_ages, survival_curves
from treue.kernel.status import Status
from treue.measures.survival import survival, survival_median
from treue.measures.survival_segments import compare_survival, equal_means

START = date(2025, 1, 1)
AS_OF = date(2026, 6, 30)


def lives(seed, count, mean_days, prefix="k"):
    """Make contracts of geometric length, and what a look on AS_OF knows of each."""
    rng = np.random.default_rng(seed)
    rows, ages, ended = [], [], []
    for k in range(count):
        start = START + timedelta(days=int(rng.integers(0, 400)))
        end = start + timedelta(days=int(rng.geometric(1 / mean_days)))
        rows.append((f"{prefix}{k}", start, end if end <= AS_OF else None))
        ages.append((min(end, AS_OF) - start).days)
        ended.append(end <= AS_OF)
    return rows, np.array(ages), np.array(ended)


def test_curve_and_median_equal_those_of_lifelines(of_contracts):
    rows, ages, ended = lives(2, 400, 180)
    history = of_contracts(rows, as_of=AS_OF)
    other = KaplanMeierFitter().fit(ages, ended)
    figures = survival(history)
    days = [int(figure.window.removeprefix("day ")) for figure in figures]
    assert days[:3] == [30, 60, 90]
    assert [figure.value for figure in figures] == pytest.approx(
        other.survival_function_at_times(days).tolist()
    )
    place = other.confidence_interval_.index.searchsorted(days, side="right") - 1
    limits = other.confidence_interval_.iloc[place]
    assert [figure.ci_low for figure in figures] == pytest.approx(limits.iloc[:, 0].tolist())
    assert [figure.ci_high for figure in figures] == pytest.approx(limits.iloc[:, 1].tolist())
    (median,) = survival_median(history)
    assert median.value == other.median_survival_time_
    low, high = median_survival_times(other.confidence_interval_).iloc[0]
    assert (median.ci_low, median.ci_high, median.status) == (low, high, Status.OK)


def test_the_truth_is_inside_the_interval(of_contracts):
    rows, _, _ = lives(3, 1500, 200)
    for figure in survival(of_contracts(rows, as_of=AS_OF))[:10]:
        age = int(figure.window.removeprefix("day "))
        assert figure.ci_low - 0.01 < (1 - 1 / 200) ** age < figure.ci_high + 0.01


def test_ages_are_counted_to_the_last_day_observed(engine, of_contracts):
    rows = [
        ("ended on the last day", START, START + timedelta(days=50)),
        ("would end the day after", START, START + timedelta(days=51)),
        ("runs on", START + timedelta(days=20), None),
        ("came back", START, START + timedelta(days=10)),
        ("came back", START + timedelta(days=30), None),
    ]
    history = of_contracts(rows, engine=engine, as_of=START + timedelta(days=50))
    found = history.engine.arrow(first_spell_ages(history)).to_pylist()
    assert sorted((r["entry_days"], r["age_days"], r["ended"], r["customers"]) for r in found) == [
        (-1, 10, 1, 1),
        (-1, 30, 0, 1),
        (-1, 50, 0, 1),
        (-1, 50, 1, 1),
    ]


def test_customers_older_than_the_records_enter_late(of_contracts):
    """Only lives that lasted until the records began were seen: without late entry all seem to last."""
    rng = np.random.default_rng(5)
    since = START + timedelta(days=300)
    rows = []
    for k in range(4000):
        start = START + timedelta(days=int(rng.integers(0, 500)))
        end = start + timedelta(days=int(rng.geometric(1 / 100)))
        if end >= since:
            rows.append((f"k{k}", start, end if end <= AS_OF else None))
    true_share = (1 - 1 / 100) ** 90
    right = {f.window: f for f in survival(of_contracts(rows, as_of=AS_OF, observed_from=since))}["day 90"]
    wrong = {f.window: f for f in survival(of_contracts(rows, as_of=AS_OF))}["day 90"]
    assert right.ci_low < true_share < right.ci_high
    assert wrong.ci_low > true_share


def test_who_left_on_the_first_day_of_the_records_was_at_risk_on_it(of_contracts):
    since = START + timedelta(days=40)
    rows = [(f"l{k}", START, since) for k in range(6)] + [(f"s{k}", START, None) for k in range(14)]
    (curve,) = survival_curves(
        of_contracts(
            [*rows, *[(f"n{k}", since, None) for k in range(12)]],
            observed_from=since,
            as_of=since + timedelta(days=60),
        )
    )
    assert (curve.curve.days.tolist(), curve.curve.at_risk.tolist(), curve.curve.events.tolist()) == (
        [40],
        [32],
        [6],
    )


def test_the_curve_ends_where_fewer_than_ten_are_left(of_contracts):
    rows = [(f"l{k}", START, START + timedelta(days=35)) for k in range(30)]
    rows += [(f"s{k}", START + timedelta(days=k), None) for k in range(20)]
    history = of_contracts(rows, as_of=START + timedelta(days=129))
    # The tenth oldest of the 20 who stayed has been there for 129 - 9 days.
    assert survival_curves(history)[0].horizon_days == 120
    assert [figure.window for figure in survival(history)] == ["day 30", "day 60", "day 90", "day 120"]


def test_below_the_window_the_curve_is_one_by_definition(of_purchases):
    rows = [(f"k{k}", START) for k in range(60)] + [(f"k{k}", START + timedelta(days=50)) for k in range(30)]
    history = of_purchases(rows, window_days=70, as_of=START + timedelta(days=300))
    figures = {figure.window: figure for figure in survival(history)}
    assert [name for name in figures if name in {"day 30", "day 60", "day 70"}] == [
        "day 30",
        "day 60",
        "day 70",
    ]
    assert (figures["day 60"].value, figures["day 60"].status) == (1.0, Status.PROVISIONAL)
    assert (figures["day 70"].value, figures["day 70"].status) == (0.5, Status.OK)
    assert figures["day 60"].ci_method is None


def test_a_median_that_is_not_reached_has_no_value(of_contracts):
    rows = [(f"s{k}", START, None) for k in range(80)] + [(f"l{k}", START, AS_OF) for k in range(9)]
    (figure,) = survival_median(of_contracts(rows, as_of=AS_OF))
    assert (figure.value, figure.ci_low, figure.status) == (None, None, Status.NOT_IDENTIFIED)
    assert figure.window == f"days 0 to {(AS_OF - START).days}"


def test_a_median_without_an_upper_limit_is_provisional(of_contracts):
    rows = [(f"s{k}", START, None) for k in range(20)] + [
        (f"l{k}", START, START + timedelta(days=40)) for k in range(20)
    ]
    (figure,) = survival_median(of_contracts(rows, as_of=AS_OF))
    assert (figure.value, figure.ci_high, figure.status) == (40, None, Status.PROVISIONAL)


def test_all_gone(of_contracts):
    rows = [(f"l{k}", START, START + timedelta(days=40)) for k in range(50)]
    history = of_contracts(rows, as_of=AS_OF)
    assert [(figure.window, figure.value) for figure in survival(history)] == [("day 30", 1.0)]
    assert survival_median(history)[0].value == 40


def test_a_few_customers_make_no_curve(of_contracts):
    history = of_contracts([(f"s{k}", START, None) for k in range(9)], as_of=AS_OF)
    for compute in (survival, survival_median):
        with pytest.raises(NotEnoughData, match="fewer than 10 customers"):
            compute(history)


def test_a_curve_has_no_calendar(of_contracts):
    history = of_contracts([("a", START, None)])
    with pytest.raises(WrongArgument, match="by='month'"):
        survival(history, by="month")


# --- segments -------------------------------------------------------------------------------------


def two_groups(of_contracts, mean_a, mean_b):
    rows_a, ages_a, ended_a = lives(6, 200, mean_a, "a")
    rows_b, ages_b, ended_b = lives(7, 150, mean_b, "b")
    names = [row[0] for row in rows_a + rows_b]
    table = pa.table({"customer_id": names, "country": ["NO"] * 200 + ["DE"] * 150})
    history = of_contracts(rows_a + rows_b, customers=table, as_of=AS_OF)
    return history, logrank_test(ages_a, ages_b, ended_a, ended_b)


def test_segments_are_compared_by_the_log_rank_test(of_contracts):
    history, other = two_groups(of_contracts, 200, 90)
    found = compare_survival(history, "country")
    assert found.test.statistic == pytest.approx(other.test_statistic)
    assert found.p_value == pytest.approx(other.p_value)
    assert not found.could_be_chance
    assert not found.crosses
    assert [mean.segment for mean in found.means] == ["NO", "DE"]
    assert found.means[0].ci_low > found.means[1].ci_high
    assert {figure.segment for figure in survival_median(history, "country")} == {"NO", "DE"}


def test_equal_segments_could_be_chance(of_contracts):
    history, other = two_groups(of_contracts, 150, 150)
    found = compare_survival(history, "country")
    assert found.could_be_chance is bool(other.p_value >= 0.05)


def test_where_curves_cross_the_means_decide(of_contracts):
    rows = [(f"a{k}", START, START + timedelta(days=20 if k < 50 else 500)) for k in range(100)]
    rows += [(f"b{k}", START, START + timedelta(days=200 if k < 90 else 500)) for k in range(100)]
    table = pa.table({"customer_id": [row[0] for row in rows], "country": ["NO"] * 100 + ["DE"] * 100})
    found = compare_survival(of_contracts(rows, customers=table, as_of=AS_OF), "country")
    assert found.crosses
    assert found.p_value == found.means_p_value


def test_one_segment_is_no_comparison(of_contracts):
    rows = [(f"a{k}", START, None) for k in range(20)]
    table = pa.table({"customer_id": [row[0] for row in rows], "country": ["NO"] * 20})
    assert compare_survival(of_contracts(rows, customers=table, as_of=AS_OF), "country") is None
    assert equal_means([(10.0, 0.0), (12.0, 1.0)]) is None


def test_few_lives_make_an_insufficient_median(of_contracts):
    rows = [(f"l{k}", START, START + timedelta(days=100 + k)) for k in range(24)]
    rows += [(f"s{k}", START, None) for k in range(4)]
    assert survival_median(of_contracts(rows, as_of=AS_OF))[0].status is Status.INSUFFICIENT

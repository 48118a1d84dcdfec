"""The rehearsal: published accuracy, firms whose truth is known, and every extreme."""

import json
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import treue
from treue.history.history import History
from treue.kernel.errors import WrongArgument
from treue.kernel.status import Status
from treue.kernel.units import day_number
from treue.models.backtest import CANDIDATES, backtest
from treue.models.catalogue import find_model
from treue.models.held_out import held_out
from treue.models.profit import Costs
from treue.models.tracking import cohort_path
from treue.models.trials import TRIALS
from treue.simulate.firm import simulate_firm
from treue.simulate.shop import SHOP

PAPER_SPLIT = day_number(date(1997, 9, 30))


@pytest.fixture(scope="module")
def cdnow(shared_data):
    with treue.read(shared_data / "cdnow_sample_orders.csv", currency="USD") as history:
        yield history


@pytest.fixture(scope="module")
def paper(cdnow):
    """Return the papers' case: 39 weeks known, 39 held out, free orders counted as they did."""
    return backtest(
        cdnow, PAPER_SPLIT, unit="week", orders="all", costs=Costs(value=200, offer=10, contact=1)
    )


def table_of(rows, start=datetime(2024, 1, 1)):
    return pa.table(
        {
            "order_id": [str(place) for place in range(len(rows))],
            "customer_id": [row[0] for row in rows],
            "ordered_at": [start + timedelta(days=float(row[1])) for row in rows],
            "net_amount": [1000] * len(rows),
        }
    )


def following(rng, customers=1500, days=500, rate=0.03, leave=(1.0, 6.0)):
    """Return purchases of a firm whose customers do as MBG/NBD says."""
    rows = []
    for number in range(customers):
        own_rate, own_leave = rng.gamma(1.2, rate / 1.2), rng.beta(*leave)
        day, here = rng.uniform(0, days / 3), True
        while here and day < days:
            rows.append((f"c{number}", day))
            here = rng.random() > own_leave
            day += rng.exponential(1 / own_rate)
    return rows


def made(folder, seed=7, **changes):
    """Return the history of a simulated firm with some of its truth changed."""
    shop = replace(SHOP, **changes)
    simulate_firm(
        Path(folder), customers=3000, months=36, seed=seed, tables=["customers", "purchases"], shop=shop
    )
    return treue.read(folder)


# --- published ---


def test_papers_case(paper):
    assert (paper.customers, paper.actual) == (2357, 1882)
    bg = paper.candidate("bg-nbd")
    assert [round(value, 3) for value in bg.model.parameters.values()] == [0.243, 4.414, 0.793, 2.426]
    assert bg.value("expected") == pytest.approx(1653.4, abs=0.5)
    assert paper.status is Status.OK
    assert {one.name for one in paper.passed} == set(CANDIDATES)


def test_cumulative_forecast_to_week_78_is_as_far_off_as_published(cdnow):
    """Fader, Hardie & Lee (2005), section on tracking: BG/NBD is about 4 % too low at week 78."""
    held = held_out(cdnow, PAPER_SPLIT, "week", "all")
    model = find_model("bg-nbd").fit(held.known)
    path = cohort_path(model, held, held.daily.size)
    assert path[-1] / held.daily.sum() == pytest.approx(0.96, abs=0.005)


def test_weeks_add_up_to_the_total(paper):
    for one in paper.candidates:
        after = [week for week in one.weeks if week.held_out]
        assert len(after) == 39
        assert sum(week.actual for week in after) == paper.actual
        assert after[-1].cumulative_expected == pytest.approx(one.value("expected"))
        assert sum(week.expected for week in after) == pytest.approx(one.value("expected"))
        assert (after[-1].cumulative_low, after[-1].cumulative_high) == pytest.approx(
            (one.total_low, one.total_high)
        )
        before = [week for week in one.weeks if not week.held_out]
        assert all(week.low is None for week in before)
        assert before[-1].cumulative_actual == 2457
        assert before[-1].cumulative_expected == pytest.approx(2457, rel=0.04)


def test_rows_by_frequency_add_up(paper):
    for one in paper.candidates:
        rows = one.by_frequency
        assert [row.repeat_count for row in rows] == list(range(8))
        assert sum(row.customers for row in rows) == paper.customers
        assert sum(row.customers * row.actual for row in rows) == pytest.approx(paper.actual)
        assert sum(row.customers * row.expected for row in rows) == pytest.approx(one.value("expected"))
        assert all(row.actual_low <= row.actual <= row.actual_high for row in rows)


def test_reliability_holds_everybody_once(paper):
    for one in paper.candidates:
        bins = one.reliability
        assert sum(each.customers for each in bins) == paper.customers
        assert sum(each.customers * each.observed for each in bins) == pytest.approx(paper.returned)
        assert [each.expected for each in bins] == sorted(each.expected for each in bins)


def test_every_score_has_an_interval_around_it(paper):
    for one in paper.candidates:
        assert len(one.scores) == 16
        for name, figure in one.scores.items():
            assert figure.ci_low <= figure.value <= figure.ci_high, name
            assert figure.ci_method == "bootstrap_customers"


def test_seed_decides_and_nothing_else(cdnow):
    again = backtest(cdnow, PAPER_SPLIT, ("bg-nbd",), orders="all")
    assert again.as_dict() == backtest(cdnow, PAPER_SPLIT, ("bg-nbd",), orders="all").as_dict()
    other = cdnow.with_settings(seed=5)
    moved = backtest(other, PAPER_SPLIT, ("bg-nbd",), orders="all").candidates[0].scores["auc"]
    assert moved.value == again.candidates[0].scores["auc"].value
    assert moved.ci_low != again.candidates[0].scores["auc"].ci_low


def test_unit_of_time_changes_no_score(cdnow, paper):
    days = backtest(cdnow, PAPER_SPLIT, ("bg-nbd",), unit="day", orders="all")
    for name, figure in days.candidates[0].scores.items():
        assert figure.value == pytest.approx(paper.candidates[0].value(name), rel=1e-5), name


def test_everything_is_plain_json(paper):
    plain = paper.as_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


# --- firms whose truth is known ---


def test_firm_that_follows_a_model_passes(duckdb_engine, rng):
    found = backtest(History.of(duckdb_engine, {"purchases": table_of(following(rng))}))
    one = found.candidate("mbg-nbd")
    assert (one.status, one.failed) == (Status.OK, ())
    assert one.total_low < found.actual < one.total_high
    assert one.value("coverage") == pytest.approx(0.95, abs=0.02)
    assert one.value("calibration_slope") == pytest.approx(1, abs=0.2)


def test_firm_that_stops_at_once_fails_the_total(duckdb_engine, rng):
    rows = [row for row in following(rng) if row[1] < 340]
    rows.append(("somebody new", 499.0))
    history = History.of(duckdb_engine, {"purchases": table_of(rows)})
    found = backtest(history, day_number(date(2024, 1, 1)) + 340)
    assert found.actual == 0
    assert found.status is Status.NOT_IDENTIFIED
    for one in found.candidates:
        assert one.failed == ("total",)
        assert [trial.passed for trial in one.trials if trial.name != "total"] == [None] * 4


def test_firm_that_halves_its_pace_fails_the_total(duckdb_engine, rng):
    rows = [row for row in following(rng) if row[1] < 333 or rng.random() < 0.5]
    found = backtest(History.of(duckdb_engine, {"purchases": table_of(rows)}))
    assert all("total" in one.failed for one in found.candidates)


def test_season_fails_the_pattern_even_where_the_total_is_right(tmp_path):
    indices = np.array([0.4, 0.4, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.6, 1, 3, 4])
    with made(tmp_path, season_indices=tuple(indices / indices.mean())) as history:
        found = backtest(history, day_number(date(2025, 1, 31)))
    assert found.status is Status.NOT_IDENTIFIED
    assert all(one.failed == ("pattern",) for one in found.candidates)


def test_the_same_firm_without_a_season_passes(tmp_path):
    with made(tmp_path, season_indices=(1.0,) * 12) as history:
        assert backtest(history).status is Status.OK


def test_customers_who_swap_roles_fail_skill_and_slope(duckdb_engine, rng):
    """As many purchases as expected, and made by those of whom least was expected."""
    rows = following(rng)
    before = [row for row in rows if row[1] < 333]
    count = Counter(name for name, _ in before)
    ranked = sorted(count, key=count.__getitem__)
    other = dict(zip(ranked, reversed(ranked), strict=True))
    after = [(other[name], day) for name, day in rows if day >= 333 and name in other]
    found = backtest(
        History.of(duckdb_engine, {"purchases": table_of(before + after)}),
        day_number(date(2024, 1, 1)) + 332,
        ("mbg-nbd",),
    )
    assert {"skill", "slope"} <= set(found.candidates[0].failed)
    assert "total" not in found.candidates[0].failed


# --- extremes ---


def test_nobody_returned_before_the_split(of_purchases):
    rows = [(f"k{k}", date(2024, 1, 1) + timedelta(days=k % 60)) for k in range(200)]
    found = backtest(of_purchases(rows))
    assert (found.status, found.actual) == (Status.INSUFFICIENT, 0)
    assert all(one.model is None and "nobody came back" in one.problem for one in found.candidates)


def test_few_events_are_insufficient(of_purchases, told):
    found = backtest(of_purchases(told.random(5, customers=80)))
    assert 0 < found.returned < 100
    assert found.status is Status.INSUFFICIENT
    assert found.best is None
    for one in found.candidates:
        assert {figure.status for figure in one.scores.values()} <= {Status.INSUFFICIENT, Status.UNDEFINED}


def test_one_customer_gives_a_verdict_and_no_error(of_purchases):
    rows = [("only", date(2024, 1, 1) + timedelta(days=day)) for day in (0, 9, 31, 45, 80, 99)]
    found = backtest(of_purchases(rows))
    assert found.customers == 1
    assert found.best is None
    json.dumps(found.as_dict(), allow_nan=False)


def test_everybody_returned(duckdb_engine, rng):
    """No class of stayers-away: what compares classes is undefined, and the rest is judged."""
    rows = following(rng, customers=300, rate=0.2, leave=(0.2, 60.0))
    rows += [(name, 470.0) for name in {name for name, day in rows if day < 333}]
    found = backtest(History.of(duckdb_engine, {"purchases": table_of(rows)}), names=("mbg-nbd",))
    one = found.candidates[0]
    assert found.returned == found.customers
    assert one.value("auc") is None
    assert one.value("brier_skill") is None
    assert one.scores["auc"].status is Status.UNDEFINED
    judged = {trial.name: trial.passed for trial in one.trials}
    assert judged["skill"] is None
    assert judged["slope"] is None
    assert judged["total"] is True


def test_tests_come_in_one_order(paper):
    assert all(tuple(trial.name for trial in one.trials) == TRIALS for one in paper.candidates)


@pytest.mark.parametrize(
    ("name", "why"), [("bg-bb", "fixed times"), ("gamma-gamma", "does not say"), ("bgnbd", "is not known")]
)
def test_models_that_cannot_be_tried_are_refused(of_purchases, told, name, why):
    with pytest.raises(WrongArgument, match=rf"model='{name}' .*{why}"):
        backtest(of_purchases(told.random(1)), names=(name,))


def test_a_model_that_was_not_tried_is_named(paper):
    with pytest.raises(WrongArgument, match="tried were bg-nbd, mbg-nbd, pareto-nbd"):
        paper.candidate("bg-bb")

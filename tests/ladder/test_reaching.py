"""The chance to reach a higher rung, and how long it takes: by the chain where it holds, else as it went."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from treue import WrongArgument
from treue.history.history import History
from treue.history.settings import Settings
from treue.kernel.status import Status
from treue.kernel.units import DAYS_PER_YEAR
from treue.ladder.climb import climb_to
from treue.ladder.incidence import tabulate
from treue.ladder.passage import passage, read_passage
from treue.ladder.reaching import (
    probability_of_advocate,
    probability_of_advocate_within_12_months,
    probability_of_client,
    probability_of_client_within_12_months,
    probability_of_customer_within_12_months,
    probability_of_prospect_within_12_months,
)
from treue.ladder.time_to_climb import time_to_climb

FIRST = date(2019, 1, 1)
QUARTERS = 20
STAY, UP, GONE = 0.6, 0.25, 0.15


def segments(figures):
    return {figure.segment: figure for figure in figures}


@pytest.fixture
def steady_firm(duckdb_engine, canonical):
    """A firm with contracts whose customers walk a known chain from quarter to quarter.

    Each starts in the first quarter; in each quarter 60 % stay, 25 % sign a second contract, 15 % leave.
    """

    def make(people=600, seed=1, as_of=date(2023, 12, 31)):
        rng = np.random.default_rng(seed)
        starts = [date(FIRST.year + k // 4, 1 + 3 * (k % 4), 1) for k in range(QUARTERS + 1)]
        rows = []
        for number in range(people):
            # signed on the first day of a quarter, so that the state at its end is a step of the chain
            quarter = int(rng.integers(0, QUARTERS - 4))
            begun, ended, second = starts[quarter], None, None
            for later in range(quarter + 1, QUARTERS + 1):
                step = rng.random()
                if step < UP:
                    second = starts[later] - timedelta(days=40)
                    break
                if step < UP + GONE:
                    ended = starts[later] - timedelta(days=40)
                    break
                if later - quarter >= 3:  # before a year makes a client
                    ended = starts[later] - timedelta(days=20)
                    break
            rows.append(
                {
                    "contract_id": f"{number}",
                    "customer_id": f"c{number}",
                    "started_on": begun,
                    "ended_on": ended,
                }
            )
            if second:
                rows.append(
                    {
                        "contract_id": f"{number}+",
                        "customer_id": f"c{number}",
                        "started_on": second,
                        "ended_on": None,
                    }
                )
        return History.of(duckdb_engine, {"contracts": canonical("contracts", rows)}, Settings(as_of=as_of))

    return make


def test_recovers_the_planted_chance_and_time(steady_firm):
    history = steady_firm(people=1500)
    figure = segments(probability_of_client(history))["customer"]
    truth = UP * (1 + STAY + STAY**2)
    assert figure.ci_low < truth < figure.ci_high
    assert figure.value == pytest.approx(truth, abs=0.04)
    days = segments(time_to_climb(history))["customer→client"]
    assert days.value == pytest.approx(92 * (1 + 2 * STAY + 3 * STAY**2) / (1 + STAY + STAY**2) - 40, abs=12)
    assert days.ci_low < days.value < days.ci_high


def test_a_history_of_purchases_stops_at_client(simple_history):
    history = simple_history({f"c{i}": [i, i + 40] for i in range(40)}, as_of=date(2023, 12, 31))
    for measure in (
        probability_of_advocate,
        probability_of_advocate_within_12_months,
        probability_of_customer_within_12_months,
        probability_of_prospect_within_12_months,
    ):
        for figure in measure(history):
            assert (figure.value, figure.status, figure.n) == (None, Status.UNDEFINED, 0)
            assert figure.window == "not in this history"
    assert [f.segment for f in probability_of_advocate(history)] == [
        "suspect",
        "prospect",
        "customer",
        "client",
    ]
    assert segments(probability_of_client(history))["customer"].value == 1
    assert segments(time_to_climb(history))["client→advocate"].value is None


def test_under_a_fixed_window_the_curve_is_read_because_the_chain_does_not_hold(simple_history):
    """Who buys once lapses exactly a window later, so how long one has stayed matters."""
    people = {f"once{i}": [i * 3 % 700] for i in range(300)}
    people |= {f"twice{i}": [i * 7 % 650, i * 7 % 650 + 10 + i % 100] for i in range(200)}
    history = simple_history(people, window=150, as_of=date(2025, 12, 31))
    assert not climb_to(history, "client").steadiness.holds
    figure = segments(probability_of_client(history))["customer"]
    assert figure.value == pytest.approx(200 / 500)
    assert figure.ci_method == "aalen_johansen_bootstrap"
    assert figure.ci_low < 0.4 < figure.ci_high
    assert figure.ci_high - figure.ci_low == pytest.approx(2 * 1.96 * np.sqrt(0.24 / 500), rel=0.12)
    assert figure.status is Status.OK
    within = segments(probability_of_client_within_12_months(history))["customer"]
    assert within.value == pytest.approx(0.4)
    assert within.window == "first 365 days on the rung"
    days = segments(time_to_climb(history))["customer→client"]
    assert days.value == pytest.approx(np.mean([10 + i % 100 for i in range(200)]))


def test_the_chain_speaks_where_it_holds(duckdb_engine, firm, make_history, monkeypatch):
    history = make_history(duckdb_engine, firm(51, people=60))
    climb = climb_to(history, "advocate")
    monkeypatch.setattr(type(climb), "usable", lambda self, _: True)
    ever = segments(probability_of_advocate(history))
    within = segments(probability_of_advocate_within_12_months(history))
    days = segments(time_to_climb(history))
    for place, rung in enumerate(climb.rungs):
        assert ever[rung].value == pytest.approx(climb.reached.ever[place], nan_ok=True)
        assert within[rung].value <= ever[rung].value
        assert ever[rung].n == climb.people_on(rung)
        assert ever[rung].window == climb.moves.window
        assert days[f"{rung}→advocate"].value == pytest.approx(
            climb.reached.periods_given_success[place] * DAYS_PER_YEAR / 4
        )
    assert {figure.ci_method for figure in ever.values()} <= {"bootstrap_customers", None}
    again = make_history(duckdb_engine, firm(51, people=60))
    assert segments(probability_of_advocate(again)) == ever


def test_one_customer_nobody_leaves_everybody_leaves(simple_history):
    one = segments(probability_of_client(simple_history({"a": [0]}, as_of=date(2023, 1, 20))))["customer"]
    assert (one.value, one.n) == (0, 1)
    assert one.status is Status.PROVISIONAL
    assert one.ci_low is None
    same_day = segments(probability_of_client(simple_history({"a": [0]}, as_of=date(2023, 1, 1))))["customer"]
    assert (same_day.value, same_day.status) == (None, Status.UNDEFINED)
    gone = simple_history({f"c{i}": [i % 50] for i in range(60)}, as_of=date(2023, 12, 31))
    figure = segments(probability_of_client(gone))["customer"]
    assert (figure.value, figure.ci_low, figure.status) == (0, None, Status.INSUFFICIENT)
    assert segments(time_to_climb(gone))["customer→client"].status is Status.UNDEFINED
    stay = simple_history({f"c{i}": [i % 50, 60 + i % 7] for i in range(60)}, as_of=date(2023, 4, 30))
    assert segments(probability_of_client(stay))["customer"].value == 1


def test_what_is_still_open_is_provisional(simple_history):
    people = {f"c{i}": [i] for i in range(100)} | {f"d{i}": [i, i + 5] for i in range(40)}
    figure = segments(probability_of_client(simple_history(people, window=200, as_of=date(2023, 4, 20))))[
        "customer"
    ]
    assert figure.status is Status.PROVISIONAL
    assert 0 < figure.value < 1


def test_many_distinct_days_use_the_formula():
    rng = np.random.default_rng(3)
    days, causes = rng.integers(1, 900, 4000), rng.choice([0, 1, 2], 4000)
    found = read_passage(*tabulate(days, causes), seed=1)
    assert found.within.limits[2] == "aalen_johansen_log_log"
    assert found.mean_days.limits[0] < found.mean_days.value < found.mean_days.limits[1]
    few = read_passage(*tabulate(np.ceil(days / 10) * 10, causes), seed=1)
    assert few.within.limits[2] == "aalen_johansen_bootstrap"
    assert few.ever.limits[:2] == pytest.approx(found.ever.limits[:2], abs=0.02)
    width = [one.mean_days.limits[1] - one.mean_days.limits[0] for one in (found, few)]
    assert width[0] == pytest.approx(width[1], rel=0.1)


def test_nobody_followed_has_no_passage(simple_history):
    history = simple_history({"a": [0]}, as_of=date(2023, 1, 1))
    assert passage(history, "customer", "client") is None


@pytest.mark.parametrize("measure", [probability_of_client, time_to_climb])
def test_cannot_be_divided(measure, simple_history):
    with pytest.raises(WrongArgument, match="by='month'"):
        measure(simple_history({"a": [0]}), by="month")

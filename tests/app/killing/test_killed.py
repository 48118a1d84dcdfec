"""Killed at any moment, work is whole or has not happened; what was acknowledged stays, and nothing is there twice."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.timeout(900)
KILLED = ("erasure", "merge", "part", "orders", "people", "tables")
STEPS = 4
"""At how many of its steps each is killed where not all of them are meant."""
ALL = "0"
FILES = dict.fromkeys(("people", "orders", "tables"), pytest.mark.slow_on_postgres)
SELDOM = dict.fromkeys(("people", "tables", "part"), pytest.mark.slow)


@pytest.mark.parametrize("case", [pytest.param(case, marks=FILES.get(case, ())) for case in KILLED])
def test_killed_at_its_steps_it_is_whole_or_has_not_happened(kill, case):
    found = kill(case, "steps", STEPS)
    assert found["wrong"] == {}
    assert found["kills"] >= STEPS - 1
    assert found["at_commits"]


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("case", [pytest.param(case, marks=SELDOM.get(case, ())) for case in KILLED])
def test_without_the_one_transaction_kills_leave_halves(kill, case):
    assert kill(f"careless-{case}", "steps", 10)["wrong"]


@pytest.mark.slow_on_postgres
def test_the_pages_show_one_whole_run_as_it_was_where_the_cycle_is_killed(kill):
    found = kill("writing-cycle", "steps", 3)
    assert found["wrong"] == {}
    assert found["kills"] >= 2
    assert found["careless"]


@pytest.mark.slow
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("case", [*KILLED, "writing-cycle"])
def test_killed_at_every_step_it_is_whole_or_has_not_happened(kill, case):
    found = kill(case, "steps", ALL)
    assert found["wrong"] == {}
    assert found["kills"] >= found["steps"] * 0.9
    assert found["at_commits"] >= 2
    assert (found["in_batches"] >= 4) == (case in {"orders", "tables", "writing-cycle"})


@pytest.mark.slow
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("case", [*KILLED, "cycle"])
def test_killed_two_hundred_times_it_is_whole_or_has_not_happened(kill, case):
    found = kill(case, 200, seed=2)
    assert found["wrong"] == {}
    assert found["kills"] == 200
    assert found["while_writing"] >= (30 if case == "cycle" else 60)


@pytest.mark.slow
def test_a_cycle_that_shows_its_run_too_early_is_found_out(kill):
    assert kill("careless-cycle", 5)["wrong"]

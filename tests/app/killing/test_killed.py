"""Killed at any moment, work is whole or has not happened; what was acknowledged stays, and nothing is there twice."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.timeout(900)
KILLED = ["erasure", "merge", "part", "orders", "people"]


@pytest.mark.parametrize("case", KILLED)
def test_killed_anywhere_it_is_whole_or_has_not_happened(kill, case):
    found = kill(case, 3)
    assert found["wrong"] == {}
    assert found["kills"] == 3


@pytest.mark.slow
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("case", [*KILLED, "cycle"])
def test_killed_two_hundred_times_it_is_whole_or_has_not_happened(kill, case):
    found = kill(case, 200, seed=2)
    assert found["wrong"] == {}
    assert found["kills"] == 200
    assert found["while_writing"] >= (30 if case == "cycle" else 60)


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("case", KILLED)
def test_without_the_one_transaction_kills_leave_halves(kill, case):
    assert kill(f"careless-{case}", 15)["wrong"]


@pytest.mark.slow
def test_the_pages_show_one_whole_run_wherever_the_cycle_is_killed(kill):
    found = kill("cycle", 1)
    assert found["wrong"] == {}
    assert found["kills"] == 1


@pytest.mark.slow
def test_a_cycle_that_shows_its_run_too_early_is_found_out(kill):
    assert kill("careless-cycle", 5)["wrong"]

"""Killed inside its changes an upgrade leaves the first form whole, with a backup beside; begun again it arrives."""

from __future__ import annotations

import pytest


@pytest.mark.slow_on_postgres
@pytest.mark.timeout(900)
def test_an_upgrade_killed_inside_its_changes_has_not_happened(kill_empty):
    found = kill_empty("upgrade", 1)
    assert found["wrong"] == {}
    assert found["kills"] == 1


@pytest.mark.slow
@pytest.mark.timeout(7_200)
def test_an_upgrade_killed_at_its_steps_has_not_happened_or_is_whole(kill_empty):
    found = kill_empty("upgrade", "steps", 40)
    assert found["wrong"] == {}
    assert found["kills"] >= 39
    assert found["at_commits"] >= 2


@pytest.mark.slow
@pytest.mark.timeout(7_200)
def test_an_upgrade_of_ten_thousand_people_killed_fifty_times_inside_its_changes(kill_empty):
    found = kill_empty("large-upgrade", 50, seed=2)
    assert found["wrong"] == {}
    assert found["while_writing"] == 50


@pytest.mark.slow_on_postgres
def test_changes_each_in_a_transaction_of_its_own_leave_a_half(kill_empty):
    assert kill_empty("careless-upgrade", 8)["wrong"]["half"] >= 1


LOST = [
    "blocked",
    "consent",
    "contact",
    "contactpoint",
    "externalid",
    "merge",
    "note",
    "promise",
    "purchase",
    "return",
]


@pytest.mark.slow_on_postgres
def test_a_change_that_takes_one_row_of_a_table_is_found(kill_empty):
    wrong = kill_empty("losing-upgrade", 0)["wrong"]
    lost = {f"rows of customers_{name} changed" for name in LOST} | {"rows of measuring_score changed"}
    assert lost <= {*wrong}

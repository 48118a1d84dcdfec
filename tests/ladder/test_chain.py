"""The absorbing chain gives the worked table, and its bootstrap the spread of real samples."""

from __future__ import annotations

import numpy as np
import pytest

from treue.kernel.intervals import wilson
from treue.ladder import chain
from treue.ladder.chain import percentile_limits, reach, resampled_totals

# stay, one up, straight to advocate, exit per quarter
QUARTERLY = np.array(
    [
        # suspect prospect customer client advocate exit
        [0.70, 0.15, 0.00, 0.00, 0.00, 0.15],
        [0.00, 0.60, 0.15, 0.00, 0.01, 0.24],
        [0.00, 0.00, 0.55, 0.20, 0.03, 0.22],
        [0.00, 0.00, 0.00, 0.80, 0.08, 0.12],
    ]
)


def test_the_worked_table_to_its_printed_digits():
    found = reach(QUARTERLY, within_periods=4)
    assert found.ever.round(4).tolist() == [0.0583, 0.1167, 0.2444, 0.4]
    # the table's chances within twelve months are those within twelve periods of its chain
    assert reach(QUARTERLY, within_periods=12).within.round(4).tolist() == [0.0409, 0.1008, 0.2225, 0.3725]
    assert found.periods_given_success.round(2).tolist() == [10.44, 7.10, 5.86, 5.00]


def test_time_to_either_end_is_not_the_time_of_those_who_arrive():
    found = reach(QUARTERLY, within_periods=1)
    assert found.periods_to_either[2].round(1) == 4.4
    assert found.periods_given_success[2] > found.periods_to_either[2]


def test_agrees_with_walking_the_chain_for_long():
    stay, leave = QUARTERLY[:, :4], QUARTERLY[:, 4:]
    absorbed, first_moment, power = np.zeros((4, 2)), np.zeros(4), np.eye(4)
    for step in range(1, 2000):
        absorbed += power @ leave
        first_moment += step * (power @ leave)[:, 0]
        power = power @ stay
    found = reach(QUARTERLY, within_periods=0)
    np.testing.assert_allclose(found.ever, absorbed[:, 0], atol=1e-12)
    np.testing.assert_allclose(found.periods_given_success, first_moment / absorbed[:, 0], atol=1e-9)
    assert found.within.tolist() == [0, 0, 0, 0]


def test_many_tables_at_once_give_what_each_gives_alone():
    rng = np.random.default_rng(5)
    tables = rng.integers(0, 4, size=(300, 3, 5))
    together = reach(tables, 4)
    for number, table in enumerate(tables):
        for many, one in zip(together, reach(table, 4), strict=True):
            np.testing.assert_array_equal(many[number], one)


def test_a_rung_that_nobody_leaves_says_nothing_and_spoils_only_those_who_can_come_to_it():
    # the lowest can come to the second, which nobody leaves; the third is on its own
    found = reach([[5, 1, 0, 2, 2], [0, 9, 0, 0, 0], [0, 0, 6, 2, 2]], 4)
    assert np.isnan(found.ever[:2]).all()
    assert np.isnan(found.within[:2]).all()
    assert found.ever[2] == pytest.approx(0.5)


def test_a_rung_without_people_says_nothing():
    found = reach([[0, 0, 0, 0], [0, 4, 3, 3]], 4)
    assert np.isnan(found.ever[0])
    assert found.ever[1] == pytest.approx(0.5)


def test_two_rungs_that_only_swap_people_never_end():
    assert np.isnan(reach([[0, 5, 0, 0], [5, 0, 0, 0]], 4).ever).all()


def test_everybody_leaves_or_everybody_arrives():
    gone, arrived = reach([[3, 0, 7]], 4), reach([[3, 7, 0]], 4)
    assert (gone.ever[0], arrived.ever[0]) == (0, pytest.approx(1))
    assert np.isnan(gone.periods_given_success[0])
    assert arrived.periods_given_success[0] == pytest.approx(10 / 7)


def test_a_recurring_return_to_a_lower_rung_is_allowed():
    # up with 1/2, down with 1/2 from the second; out only at the ends: a fair walk
    found = reach([[0, 1, 0, 1], [1, 0, 1, 0]], 100)
    assert found.ever == pytest.approx([1 / 3, 2 / 3])


def test_eight_of_twenty_who_ended_gives_the_interval_of_eight_of_twenty():
    # twenty clients: eight became advocates, twelve left, after stays of different lengths
    stays = np.arange(20) % 5
    rows = np.column_stack([stays, np.arange(20) < 8, np.arange(20) >= 8]).astype(np.int64)
    rows, people = np.unique(rows, axis=0, return_counts=True)
    totals, method = resampled_totals(rows, people, np.random.default_rng(1))
    draws = reach(totals[:, None, :], 4).ever[:, 0]
    low, high = percentile_limits(draws, 0.4)
    assert method == "bootstrap_customers"
    assert [round(limit, 3) for limit in wilson(8, 20)] == [0.219, 0.613]
    assert (low, high) == pytest.approx((0.219, 0.613), abs=0.03)


def test_grouping_equal_customers_changes_no_draw_in_law(monkeypatch):
    rng = np.random.default_rng(2)
    rows = rng.integers(0, 4, size=(500, 3))
    grouped, people = np.unique(rows, axis=0, return_counts=True)
    one_by_one, _ = resampled_totals(rows, np.ones(500, dtype=np.int64), np.random.default_rng(3))
    together, _ = resampled_totals(grouped, people, np.random.default_rng(3))
    np.testing.assert_allclose(together.mean(axis=0), rows.sum(axis=0), rtol=0.02)
    np.testing.assert_allclose(np.cov(together.T), np.cov(one_by_one.T), rtol=0.15, atol=15)
    monkeypatch.setattr(chain, "MULTINOMIAL_LIMIT", 10)
    normal, method = resampled_totals(grouped, people, np.random.default_rng(3))
    assert method == "bootstrap_customers_normal"
    np.testing.assert_allclose(normal.mean(axis=0), together.mean(axis=0), rtol=0.02)
    np.testing.assert_allclose(np.cov(normal.T), np.cov(together.T), rtol=0.15, atol=15)


def test_draws_are_the_same_in_small_portions(monkeypatch):
    rows, people = np.eye(3, dtype=np.int64), np.array([5, 6, 7])
    whole, _ = resampled_totals(rows, people, np.random.default_rng(4))
    monkeypatch.setattr(chain, "DRAWS_AT_ONCE", 100)
    portions, _ = resampled_totals(rows, people, np.random.default_rng(4))
    np.testing.assert_array_equal(whole, portions)


def test_no_interval_where_the_figure_mostly_does_not_exist():
    draws = np.where(np.arange(100) < 90, 0.5 + np.arange(100) / 1000, np.nan)
    assert percentile_limits(draws, 0.5) is None
    assert percentile_limits(np.array([0.1, 0.2, 0.3]), 0.5)[1] == 0.5


def test_intervals_hold_the_truth_of_a_known_chain():
    """Customers who walk the worked chain: about 95 of 100 intervals hold what it is known to give."""
    truth = reach(QUARTERLY[2:, 2:], 4)
    held = np.zeros((3, 2))
    rng = np.random.default_rng(20260101)
    moves = QUARTERLY[2:, 2:]
    trials = 80
    for _ in range(trials):
        state, rows = rng.integers(0, 2, size=400), np.zeros((400, 2, 4), dtype=np.int64)
        for _ in range(6):
            walking = np.flatnonzero(state < 2)
            chances = moves[state[walking]].cumsum(axis=1)
            following = (rng.random(walking.size)[:, None] > chances).sum(axis=1).clip(max=3)
            rows[walking, state[walking], following] += 1
            state[walking] = following
        distinct, people = np.unique(rows.reshape(400, 8), axis=0, return_counts=True)
        totals, _ = resampled_totals(distinct, people, rng)
        drawn = reach(totals.reshape(-1, 2, 4), 4)
        found = reach(rows.sum(axis=0), 4)
        for row, name in enumerate(("ever", "within", "periods_given_success")):
            for place in range(2):
                low, high = percentile_limits(getattr(drawn, name)[:, place], getattr(found, name)[place])
                held[row, place] += low <= getattr(truth, name)[place] <= high
    assert (held / trials > 0.86).all()
    assert (held / trials).mean() < 0.995

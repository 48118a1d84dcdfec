"""The test of whether one table of moves may stand for several."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from treue.ladder.steadiness import same_moves

STEADY = np.array([[0.6, 0.3, 0.1], [0.2, 0.5, 0.3]])


def drawn(rng, tables, people=200):
    return np.array([[rng.multinomial(people, row) for row in table] for table in tables])


def test_one_rung_is_pearsons_test_of_another_program():
    table = np.array([[30, 70, 20], [50, 50, 30], [35, 60, 25]])
    ours = same_moves(table[:, None, :])
    theirs = chi2_contingency(table, correction=False)
    assert ours.statistic == pytest.approx(theirs.statistic)
    assert (ours.degrees, ours.untested) == (theirs.dof, 0)
    assert ours.p == pytest.approx(theirs.pvalue)


def test_rejects_a_steady_firm_as_rarely_as_it_says():
    rng = np.random.default_rng(1)
    rejected = np.mean([same_moves(drawn(rng, [STEADY] * 6)).rejects for _ in range(600)])
    assert 0.008 < rejected < 0.05


def test_finds_a_firm_that_changes():
    changing = [STEADY + shift * np.array([[-1, 1, 0]] * 2) for shift in (0, 0.1, 0.15)]
    test = same_moves(drawn(np.random.default_rng(2), changing))
    assert test.rejects
    assert not test.passes


def test_too_few_people_are_no_proof_of_steadiness():
    test = same_moves(np.array([[[3, 2, 1]], [[1, 0, 4]]]))
    assert test.p is None
    assert test.untested == 1
    assert not test.rejects
    assert not test.passes


def test_an_empty_rung_and_one_with_a_single_way_need_no_test():
    test = same_moves(np.array([[[0, 0], [40, 0]], [[0, 0], [60, 0]]]))
    assert (test.p, test.untested, test.passes) == (None, 0, True)


def test_rare_destinations_are_taken_together():
    table = np.array([[500, 499, 1, 0], [500, 499, 0, 1]])
    test = same_moves(table[:, None, :])
    assert test.degrees == 2
    assert test.statistic == pytest.approx(0)


def test_nothing_but_rare_destinations_beside_one_is_left_alone():
    table = np.array([[999, 1], [1000, 0]])
    test = same_moves(table[:, None, :])
    assert test.degrees in {0, 1}
    assert not test.rejects

"""Scores of stated probabilities: worked numbers, another program, ties, one class, weights."""

import numpy as np
import pytest

from treue.kernel.errors import WrongTable
from treue.models.scores import Answers, auc, brier, brier_skill, lift, log_loss

HAPPENED = [1, 1, 0, 1, 0, 0, 1, 0, 0, 0]
STATED = [0.9, 0.8, 0.7, 0.6, 0.55, 0.4, 0.35, 0.2, 0.15, 0.1]


def test_worked_example():
    assert brier(HAPPENED, STATED) == pytest.approx(0.16575)
    assert brier_skill(HAPPENED, STATED) == pytest.approx(0.309, abs=5e-4)
    assert log_loss(HAPPENED, STATED) == pytest.approx(0.4893, abs=5e-5)
    assert auc(HAPPENED, STATED) == pytest.approx(0.833, abs=5e-4)
    assert lift(HAPPENED, STATED, 0.2) == 2.5
    assert (np.mean(HAPPENED), np.mean(STATED)) == pytest.approx((0.40, 0.475))


def test_certain_and_wrong_costs_much_but_not_everything():
    assert log_loss([0, 1], [1.0, 0.0]) == pytest.approx(-np.log(1e-15), rel=1e-3)


@pytest.mark.parametrize("happened", [[1, 1, 1], [0, 0, 0]])
def test_one_class_leaves_undefined_what_compares_classes(happened):
    stated = [0.2, 0.5, 0.9]
    assert auc(happened, stated) is None
    assert brier_skill(happened, stated) is None
    assert np.isnan(Answers.of(happened, stated).calibration_line()).all()
    assert brier(happened, stated) > 0


def test_nothing_happened_has_no_lift():
    assert lift([0, 0], [0.3, 0.4], 0.5) is None


def test_no_rows_have_no_score():
    assert [score([], []) for score in (brier, brier_skill, log_loss, auc)] == [None] * 4


def test_ties_count_half():
    assert auc([1, 0], [0.5, 0.5]) == 0.5
    assert auc([1, 0, 1, 0], [0.5, 0.5, 0.9, 0.1]) == pytest.approx((0.5 + 1 + 1 + 1) / 4)


def test_lift_with_ties_is_the_mean_over_orders(rng):
    happened, stated = rng.integers(0, 2, 40), rng.integers(0, 4, 40) / 4
    found = []
    for _ in range(4000):
        order = np.lexsort((rng.random(40), -stated))
        found.append(happened[order][:12].mean() / happened.mean())
    assert lift(happened, stated, 0.3) == pytest.approx(np.mean(found), abs=0.02)


def test_weights_are_customers(rng):
    happened, stated = rng.integers(0, 2, 30), rng.integers(1, 9, 30) / 9
    weight = rng.integers(1, 5, 30)
    many = np.repeat(happened, weight), np.repeat(stated, weight)
    for score in (brier, brier_skill, log_loss, auc):
        assert score(happened, stated, weight) == pytest.approx(score(*many))
    assert lift(happened, stated, 0.1, weight) == pytest.approx(lift(*many, 0.1))
    line = Answers.of(happened, stated, weight).calibration_line()
    assert line == pytest.approx(Answers.of(*many).calibration_line())


def test_order_of_rows_changes_nothing(rng):
    happened, stated = rng.integers(0, 2, 50), rng.integers(1, 20, 50) / 20
    order = rng.permutation(50)
    assert auc(happened, stated) == pytest.approx(auc(happened[order], stated[order]))
    assert lift(happened, stated, 0.2) == pytest.approx(lift(happened[order], stated[order], 0.2))


def test_many_weightings_are_scored_like_one(rng):
    happened, stated = rng.integers(0, 2, 50), rng.integers(1, 20, 50) / 20
    weights = rng.multinomial(50, np.full(50, 1 / 50), size=7).astype(float)
    answers = Answers.of(happened, stated)
    ranked, (error, skill, lost) = answers.ranked(weights), answers.mean_losses(weights)
    for draw, weight in enumerate(weights):
        assert ranked.auc()[draw] == pytest.approx(auc(happened, stated, weight))
        assert ranked.lift(0.2)[draw] == pytest.approx(lift(happened, stated, 0.2, weight))
        assert error[draw] == pytest.approx(brier(happened, stated, weight))
        assert skill[draw] == pytest.approx(brier_skill(happened, stated, weight))
        assert lost[draw] == pytest.approx(log_loss(happened, stated, weight))


def test_agrees_with_another_program(rng):
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    stated = rng.random(500).round(2)
    happened = (rng.random(500) < stated).astype(int)
    assert auc(happened, stated) == pytest.approx(metrics.roc_auc_score(happened, stated))
    assert brier(happened, stated) == pytest.approx(metrics.brier_score_loss(happened, stated))
    assert log_loss(happened, stated) == pytest.approx(metrics.log_loss(happened, stated), rel=1e-6)


def test_calibration_line_recovers_how_probabilities_were_bent(rng):
    truth = rng.normal(-0.5, 1.2, 40_000)
    happened = rng.random(truth.size) < 1 / (1 + np.exp(-truth))
    # Stated too boldly: log odds doubled and moved up by one, so the line is 0.5 and -0.5.
    stated = 1 / (1 + np.exp(-(2 * truth + 1)))
    slope, intercept = Answers.of(happened, stated).calibration_line()[0]
    assert slope == pytest.approx(0.5, abs=0.02)
    assert intercept == pytest.approx(-0.5, abs=0.04)


def test_line_of_a_resample_is_near_its_own_fit(rng):
    truth = rng.normal(0, 1, 5000)
    happened = (rng.random(5000) < 1 / (1 + np.exp(-truth))).astype(float)
    stated = 1 / (1 + np.exp(-1.3 * truth))
    weights = rng.multinomial(5000, np.full(5000, 1 / 5000), size=3).astype(float)
    moved = Answers.of(happened, stated).calibration_line(weights)
    for draw, weight in enumerate(weights):
        own = Answers.of(happened, stated, weight).calibration_line()[0]
        assert moved[draw] == pytest.approx(own, abs=0.005)


def test_line_needs_probabilities_that_differ():
    assert np.isnan(Answers.of([0, 1, 0], [0.4, 0.4, 0.4]).calibration_line()).all()


@pytest.mark.parametrize("wrong", [1.2, -0.1, float("nan")])
def test_what_is_no_probability_is_named(wrong):
    with pytest.raises(WrongTable, match="row=2: probability="):
        brier([1, 0], [0.5, wrong])

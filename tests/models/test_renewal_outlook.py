"""Contracts are projected only by a model that foretold the later periods from the earlier ones."""

from __future__ import annotations

import numpy as np
import pytest

from treue.history.renewals import Renewals
from treue.kernel.status import Status
from treue.models.beta_discrete_weibull import BetaDiscreteWeibull
from treue.models.renewal_outlook import outlook_of, yearly
from treue.models.shifted_beta_geometric import ShiftedBetaGeometric

PLANTED = ShiftedBetaGeometric(alpha=0.7, beta=7.0)


def cohort(model, customers=2000, periods=18, seed=3, unit="month"):
    return Renewals.of_survivors(model.simulate(customers, periods, np.random.default_rng(seed)), unit)


def test_the_paper_of_fader_and_hardie_is_foretold():
    """Their high-end customers: seven years, of which the fit knows four."""
    found = outlook_of(Renewals.of_survivors(np.array([1000, 869, 743, 653, 593, 551, 517, 491.0]), "year"))
    assert (found.status, found.periods, found.split) == (Status.OK, 7, 4)
    assert found.seen == pytest.approx(0.491)
    assert found.seen_low < found.seen < found.seen_high
    assert found.foretold == pytest.approx(found.seen, rel=0.1)
    assert len(found.projection.share) == 7 + 3 + 1


@pytest.mark.parametrize("planted", [PLANTED, BetaDiscreteWeibull(alpha=0.5, beta=2.0, c=1.4)])
def test_the_truth_lies_in_the_interval_about_as_often_as_it_says(planted):
    inside, shown = 0, 0
    truth = float(planted.survival(27))
    for seed in range(40):
        found = outlook_of(cohort(planted, customers=800, seed=seed))
        if found.projection is not None:
            shown += 1
            inside += found.projection.ci_low[-1] <= truth <= found.projection.ci_high[-1]
    assert shown >= 36
    assert inside / shown >= 0.8


def test_a_firm_that_changes_has_no_projection():
    """As foretold for a year, then hardly anybody leaves any more: a curve through all of it could be fitted."""
    model = ShiftedBetaGeometric(alpha=0.7, beta=3.0)
    left = model.simulate(4000, 12, np.random.default_rng(3))
    left = np.floor(np.concatenate([left, left[-1] * 0.998 ** np.arange(1, 13)]))
    found = outlook_of(Renewals.of_survivors(left, "month"))
    assert found.status is Status.NOT_IDENTIFIED
    assert found.projection is None
    assert found.foretold < 0.9 * found.seen
    assert found.foretold < found.seen_low


@pytest.mark.parametrize(
    "stays",
    [
        cohort(PLANTED, customers=90),
        cohort(PLANTED, periods=8),
        cohort(PLANTED, periods=3, unit="year"),
        Renewals.of_survivors(np.array([500.0] * 15), "month"),
        Renewals.of_survivors(np.array([500.0, 0.0]), "month"),
        Renewals(np.zeros(0), np.zeros(1), "month"),
    ],
)
def test_too_little_is_said_to_be_too_little(stays):
    found = outlook_of(stays)
    assert found.status is Status.INSUFFICIENT
    assert found.projection is None


def test_periods_that_few_have_reached_are_not_looked_at():
    whole = cohort(PLANTED, periods=12)
    lost = np.concatenate([whole.lost, [1.0, 1.0]])
    still = np.concatenate([whole.open[:-1], [whole.open[-1] - 9.0, 4.0, 3.0]])
    assert outlook_of(Renewals(lost, still, "month")).periods == 12


def test_contracts_renewed_by_the_year_are_told_by_where_their_losses_fall():
    lost = np.zeros(36)
    lost[[11, 23, 35]] = 40, 20, 10
    assert yearly(Renewals(lost, np.zeros(37), "month"))
    lost[4] = 30
    assert not yearly(Renewals(lost, np.zeros(37), "month"))
    assert not yearly(Renewals(np.zeros(36), np.zeros(37), "month"))

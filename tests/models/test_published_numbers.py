"""Numbers that papers, their authors' spreadsheets and other programs print for the same data."""

import numpy as np
import pytest

from treue.models.bg_bb import BgBb
from treue.models.bg_nbd import BgNbd
from treue.models.mbg_nbd import MbgNbd
from treue.models.pareto_nbd import ParetoNbd


@pytest.fixture(scope="module")
def bg(cdnow_sample):
    return BgNbd.fit(cdnow_sample)


@pytest.fixture(scope="module")
def pareto(cdnow_sample):
    return ParetoNbd.fit(cdnow_sample)


@pytest.fixture(scope="module")
def bb(donors):
    return BgBb.fit(donors)


def test_new_customers_of_bg_nbd(bg):
    """Hardie's spreadsheet to Fader, Hardie & Lee (2005), as lifetimes 0.11.3 tests it: to three digits."""
    weeks = [0.1429, 1.0, 3.0, 31.8571, 32.0, 78.0]
    found = bg.expected_purchases(weeks)
    assert found.round(4).tolist() == pytest.approx(
        [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576], abs=5e-4
    )


def test_mbg_nbd_on_the_cdnow_sample(cdnow_sample):
    """BTYDplus (R), as tested by lifetimes 0.11.3."""
    model = MbgNbd.fit(cdnow_sample)
    assert [round(value, 3) for value in model.parameters.values()] == [0.525, 6.183, 0.891, 1.614]


def test_customers_of_pareto_nbd(pareto):
    """BTYD 2.4.3 (R), vignette "Buy 'Til You Die": customer 1516, and four of rising frequency; its own fit."""
    case = (26, 30 + 6 / 7, 31)
    assert float(pareto.probability_alive(*case)) == pytest.approx(0.997874, abs=1e-6)
    assert float(pareto.expected_purchases_of_customer(*case, 52)) == pytest.approx(25.45647, abs=5e-3)
    found = pareto.expected_purchases_of_customer([10, 15, 20, 25], 20, 39, 52)
    assert found.tolist() == pytest.approx([0.7062289, 0.1442396, 0.02250658, 0.00309267], rel=1e-3)


def test_hold_out_of_pareto_nbd_by_frequency(cdnow_sample, pareto):
    """BTYD 2.4.3, the vignette: mean purchases expected in weeks 40 to 78 of those with 0, 1, … 7 or more."""
    x, weight = np.minimum(cdnow_sample.x, 7).astype(int), cdnow_sample.weight
    expected = pareto.expected_purchases_of_customer(cdnow_sample.x, cdnow_sample.t_x, cdnow_sample.T, 39)
    size = np.bincount(x, weight)
    assert size.tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    means = np.bincount(x, weight * expected) / size
    assert means.tolist() == pytest.approx(
        [0.138, 0.600, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403], abs=1.1e-3
    )


def test_donors_still_there(bb):
    """Fader, Hardie & Shang (2010), table 6: no repeat gift; two, the last in 1999; six."""
    assert bb.probability_alive([0, 2, 6], [0, 4, 6], 6).round(2).tolist() == [0.11, 0.59, 0.93]


def test_donations_to_come(bb, donors):
    """BTYD 2.4.3, the vignette's donors A and B in ten years; Hardie's spreadsheet, all in five years."""
    found = bb.expected_purchases_of_customer([0, 4], [0, 5], 6, 10)
    assert found.tolist() == pytest.approx([0.1302169, 3.627858], rel=1e-4)
    total = donors.weight @ bb.expected_purchases_of_customer(donors.x, donors.t_x, donors.T, 5)
    assert round(float(total), 1) == pytest.approx(12884.2, abs=0.11)


def test_donors_by_number_of_gifts(bb, donors):
    """Hardie's spreadsheet BGBB_2011-01-20: donors expected with no repeat gift and with six."""
    expected = donors.n * bb.purchase_counts(6, 6)
    assert expected[[0, 6]].tolist() == pytest.approx([3454.9, 1253.1], abs=0.06)
    assert expected.sum() == pytest.approx(donors.n)

"""Losses: of those at the start, per month at risk, and of those just won."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from scipy.stats import chi2

from treue.kernel.intervals import garwood
from treue.kernel.status import Status
from treue.measures.churn import attrition_rate, churn_incidence, early_loss
from treue.measures.retention import retention_rate

START = date(2025, 1, 1)


def test_attrition_is_the_rest_of_retention(of_purchases, told):
    history = of_purchases(told.random(seed=4), window_days=40)
    for by in (None, "month", "rolling"):
        for kept, lost in zip(retention_rate(history, by), attrition_rate(history, by), strict=True):
            assert kept.denominator == lost.denominator == kept.numerator + lost.numerator
            assert kept.status == lost.status


def test_the_printed_rate():
    low, high = garwood(3, 1200)
    assert (round(100 * low, 2), round(100 * high, 2)) == (0.05, 0.73)
    assert (low, high) == pytest.approx((chi2.ppf(0.025, 6) / 2400, chi2.ppf(0.975, 8) / 2400))


def test_everybody_counts_for_as_long_as_they_were_there(of_contracts):
    """40 customers for the 31 days of January; 10 of them leave after 10 days."""
    rows = [(f"s{k}", START - timedelta(days=90), None) for k in range(30)]
    rows += [(f"l{k}", START - timedelta(days=90), START + timedelta(days=10)) for k in range(10)]
    figure = churn_incidence(of_contracts(rows, as_of=date(2025, 1, 31)), by="month")[-1]
    months = (30 * 31 + 10 * 10) / 30.4375
    assert figure.numerator == 10
    assert figure.denominator == pytest.approx(months)
    assert figure.value == pytest.approx(10 / months)
    assert (figure.ci_low, figure.ci_high) == pytest.approx(garwood(10, months))
    assert (figure.n, figure.status, figure.ci_method) == (40, Status.OK, "garwood")


def test_short_stayers_are_in_the_incidence_though_not_in_attrition(of_contracts):
    rows = [(f"s{k}", START - timedelta(days=90), None) for k in range(50)]
    rows += [(f"e{k}", START + timedelta(days=3), START + timedelta(days=9)) for k in range(8)]
    history = of_contracts(rows, as_of=date(2025, 1, 31))
    assert attrition_rate(history, by="month")[-1].value == 0.0
    assert churn_incidence(history, by="month")[-1].numerator == 8


def test_few_losses_are_insufficient(of_contracts):
    rows = [(f"s{k}", START - timedelta(days=90), None) for k in range(50)]
    rows += [("l", START - timedelta(days=90), START + timedelta(days=9))]
    assert (
        churn_incidence(of_contracts(rows, as_of=date(2025, 1, 31)), by="month")[-1].status
        is Status.INSUFFICIENT
    )


def test_nobody_at_risk_has_no_rate(of_contracts):
    rows = [
        ("a", START - timedelta(days=90), START - timedelta(days=60)),
        ("b", START + timedelta(days=40), None),
    ]
    january = churn_incidence(of_contracts(rows, as_of=date(2025, 2, 28)), by="month")[-2]
    assert (january.period, january.value, january.ci_method, january.status) == (
        "2025-01",
        None,
        None,
        Status.UNDEFINED,
    )


def test_a_rate_that_holds_by_construction_is_provisional(of_purchases):
    history = of_purchases([(f"k{k}", START) for k in range(40)], window_days=90, as_of=date(2025, 6, 30))
    assert [figure.status for figure in churn_incidence(history, by="month")][:3] == [Status.PROVISIONAL] * 3


def test_early_loss_cannot_be_seen_in_a_period_shorter_than_the_window(of_purchases):
    history = of_purchases([(f"k{k}", START) for k in range(40)], window_days=60, as_of=date(2025, 6, 30))
    month, half = early_loss(history, by="month")[0], early_loss(history, by="quarter")[0]
    assert (month.value, month.status) == (None, Status.NOT_IDENTIFIED)
    assert (half.value, half.numerator, half.denominator) == (1.0, 40, 40)


def test_a_constant_hazard_is_found_again(of_contracts):
    """Lives of 200 days on average: 0.152 losses per customer-month."""
    import numpy as np

    rng = np.random.default_rng(8)
    rows = []
    for k in range(1500):
        start = START + timedelta(days=int(rng.integers(0, 300)))
        end = start + timedelta(days=int(rng.geometric(1 / 200)))
        rows.append((f"k{k}", start, end if end <= date(2026, 6, 30) else None))
    figure = churn_incidence(of_contracts(rows, as_of=date(2026, 6, 30)), by="year")[0]
    assert figure.ci_low < 30.4375 / 200 < figure.ci_high

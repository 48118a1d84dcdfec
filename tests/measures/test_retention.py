"""Customer retention: the printed examples, and every case at the edge of a period."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from treue.kernel.intervals import newcombe, wilson
from treue.kernel.status import Status
from treue.measures.churn import attrition_rate, early_loss
from treue.measures.retention import (
    correlated_difference,
    overlap_correlation,
    retention_change,
    retention_rate,
)

OLD, JUNE, AS_OF = date(2025, 1, 10), date(2025, 6, 15), date(2025, 6, 30)


def month_of_june(*, stay=180, lost=20, won=40, won_and_lost=0, back=0, interrupted=0):
    """Tell a June that began with `stay + lost + interrupted` customers."""
    rows = [(f"s{k}", OLD, None) for k in range(stay)]
    rows += [(f"l{k}", OLD, JUNE) for k in range(lost)]
    rows += [(f"w{k}", JUNE, None) for k in range(won)]
    rows += [(f"e{k}", date(2025, 6, 3), date(2025, 6, 20)) for k in range(won_and_lost)]
    for k in range(back):
        rows += [(f"b{k}", OLD, date(2025, 3, 1)), (f"b{k}", JUNE, None)]
    for k in range(interrupted):
        rows += [(f"i{k}", OLD, date(2025, 6, 5)), (f"i{k}", date(2025, 6, 25), None)]
    return rows


def june(history):
    return retention_rate(history, by="month")[-1]


def test_the_printed_example(of_contracts):
    history = of_contracts(month_of_june(), as_of=AS_OF)
    figure = june(history)
    assert (figure.numerator, figure.denominator, figure.n) == (180, 200, 200)
    assert figure.value == 0.9
    assert (round(figure.ci_low, 3), round(figure.ci_high, 3)) == (0.851, 0.934)
    assert (figure.period, figure.window, figure.status) == ("2025-06", "2025-06-01/2025-07-01", Status.OK)
    lost = attrition_rate(history, by="month")[-1]
    assert (lost.value, round(lost.ci_low, 3), round(lost.ci_high, 3)) == (0.1, 0.066, 0.149)


def test_who_comes_and_goes_inside_the_period_is_no_part_of_it(of_contracts):
    history = of_contracts(month_of_june(won=35, won_and_lost=5), as_of=AS_OF)
    assert june(history).value == 0.9
    early = early_loss(history, by="month")[-1]
    assert (early.numerator, early.denominator, early.value) == (5, 40, 0.125)
    assert (round(early.ci_low, 3), round(early.ci_high, 3)) == (0.055, 0.261)


def test_returnees_do_not_count_as_kept(of_contracts):
    history = of_contracts(month_of_june(back=3), as_of=AS_OF)
    assert june(history).value == 0.9


def test_who_left_and_came_back_inside_is_kept_point_to_point(of_contracts):
    history = of_contracts(month_of_june(stay=178, interrupted=2), as_of=AS_OF)
    assert june(history).numerator == 180


def test_without_customers_at_the_start_there_is_no_rate(of_contracts):
    figure = june(of_contracts([("a", JUNE, None)], as_of=AS_OF))
    assert (figure.value, figure.ci_low, figure.ci_high, figure.status) == (
        None,
        None,
        None,
        Status.UNDEFINED,
    )


@pytest.mark.parametrize(("gone", "value"), [(True, 0.0), (False, 1.0)])
def test_all_gone_and_none_gone(gone, value, of_contracts):
    figure = june(of_contracts(month_of_june(stay=0 if gone else 40, lost=40 if gone else 0), as_of=AS_OF))
    assert (figure.value, figure.status) == (value, Status.INSUFFICIENT)
    assert 0 <= figure.ci_low <= value <= figure.ci_high <= 1


def test_one_customer_is_too_few(of_contracts):
    assert june(of_contracts([("a", OLD, None)], as_of=AS_OF)).status is Status.INSUFFICIENT


def test_what_is_stamped_on_the_first_day_belongs_to_the_period(of_contracts):
    """Lost on 1 June: still a customer just before June. Won on 1 June: not yet."""
    first = date(2025, 6, 1)
    history = of_contracts([("a", OLD, first), ("b", first, None), ("c", OLD, None)], as_of=AS_OF)
    may, june_ = retention_rate(history, by="month")[-2:]
    assert (may.numerator, may.denominator) == (2, 2)
    assert (june_.numerator, june_.denominator) == (1, 2)


def test_what_is_stamped_on_the_last_day_belongs_to_the_period(of_contracts):
    last = AS_OF
    figure = june(of_contracts([("a", OLD, last), ("c", OLD, None)], as_of=AS_OF))
    assert (figure.numerator, figure.denominator) == (1, 2)


def test_a_renewal_is_no_loss(of_contracts):
    rows = [("a", OLD, JUNE), ("a", JUNE + timedelta(days=1), None)]
    assert june(of_contracts(rows, as_of=AS_OF)).value == 1.0


def test_the_running_month_is_provisional_and_never_ok(of_contracts):
    figure = june(of_contracts(month_of_june(), as_of=date(2025, 6, 20)))
    assert figure.status is Status.PROVISIONAL
    assert figure.window == "2025-06-01/2025-06-21"


def test_by_rolling_the_windows_end_on_the_last_day(of_contracts):
    figures = retention_rate(of_contracts(month_of_june(), as_of=AS_OF), by="rolling")
    assert [figure.window for figure in figures] == ["2025-06-01/2025-07-01", "2025-04-02/2025-07-01"]
    assert figures[0].value == 0.9
    assert {figure.period for figure in figures} == {None}


def test_by_a_column_there_is_one_figure_per_segment(of_contracts):
    import pyarrow as pa

    customers = pa.table(
        {
            "customer_id": [f"s{k}" for k in range(180)] + [f"l{k}" for k in range(20)],
            "country": ["NO"] * 150 + ["DE"] * 50,
        }
    )
    history = of_contracts(month_of_june(won=0), customers=customers, as_of=AS_OF)
    figures = {figure.segment: figure for figure in retention_rate(history, by="country")}
    assert (figures["NO"].value, figures["DE"].value) == (1.0, 0.6)
    assert figures["DE"].period == "2025-Q2"


def test_the_interval_is_wilsons():
    low, high = proportion_confint(180, 200, method="wilson")  # statsmodels 0.14
    assert wilson(180, 200) == pytest.approx((low, high), abs=1e-12)


# --- has it changed? -----------------------------------------------------------------------------


def test_separate_groups_have_newcombes_interval():
    assert correlated_difference(56, 70, 48, 80, 0.0) == pytest.approx(newcombe(56, 70, 48, 80), abs=1e-12)


def test_the_same_customers_twice_have_a_narrower_interval_when_they_behave_alike():
    both = np.array([[18, 2], [4, 176]])
    correlation = overlap_correlation(both, 180, 200, 178, 200)
    table = np.repeat([[0, 0], [0, 1], [1, 0], [1, 1]], both.ravel(), axis=0)
    assert correlation == pytest.approx(np.corrcoef(table.T)[0, 1], abs=1e-12)
    low, high = correlated_difference(180, 200, 178, 200, correlation)
    assert high - low < np.subtract(*newcombe(180, 200, 178, 200)[::-1])


def test_nobody_in_both_groups_is_no_correlation():
    assert overlap_correlation(np.zeros((2, 2), dtype=int), 9, 10, 5, 10) == 0.0
    assert overlap_correlation(np.array([[0, 0], [0, 10]]), 10, 10, 10, 10) == 0.0


def loyal_base(lost_in_q1, lost_in_q2):
    rows = [(f"s{k}", date(2024, 6, 3), None) for k in range(400 - lost_in_q1 - lost_in_q2)]
    rows += [(f"a{k}", date(2024, 6, 3), date(2025, 2, 3)) for k in range(lost_in_q1)]
    rows += [(f"b{k}", date(2024, 6, 3), date(2025, 5, 3)) for k in range(lost_in_q2)]
    return rows


def test_a_small_difference_could_be_chance(of_contracts):
    change = retention_change(of_contracts(loyal_base(20, 22), as_of=AS_OF))
    assert (change.earlier.period.label, change.later.period.label) == ("2025-Q1", "2025-Q2")
    assert change.compared_with == "previous"
    assert change.could_be_chance
    assert change.difference == pytest.approx(358 / 380 - 380 / 400)


def test_a_large_difference_is_no_chance(of_contracts):
    change = retention_change(of_contracts(loyal_base(20, 90), as_of=AS_OF))
    assert not change.could_be_chance
    assert change.ci_high < 0


def test_one_period_cannot_have_changed(of_contracts):
    assert retention_change(of_contracts([("a", date(2025, 1, 5), None)], as_of=AS_OF)) is None


def test_the_interval_of_a_change_covers_the_truth():
    """Customers of two kinds, both quarters seen for those who stay: 95 % of intervals hold the truth."""
    rng = np.random.default_rng(1)
    stay = np.array([0.95, 0.70])
    covered = 0
    for _ in range(600):
        kind = np.repeat([0, 1], 150)
        first = rng.random(300) < stay[kind]
        back = rng.random(300) < 0.5
        there = first | back
        second = rng.random(300) < stay[kind]
        n_2, kept_2 = int(there.sum()), int((there & second).sum())
        cells = np.array(
            [[np.sum(there & (second == b) & (first == d)) for d in (False, True)] for b in (False, True)]
        )
        correlation = overlap_correlation(cells, kept_2, n_2, int(first.sum()), 300)
        low, high = correlated_difference(kept_2, n_2, int(first.sum()), 300, correlation)
        share_there = stay + (1 - stay) * 0.5
        truth = (share_there * stay).sum() / share_there.sum() - stay.mean()
        covered += low <= truth <= high
    assert 0.93 < covered / 600 < 0.975


def test_an_empty_group_has_no_difference():
    with pytest.raises(ValueError, match="needs two groups"):
        correlated_difference(1, 2, 0, 0, 0.0)

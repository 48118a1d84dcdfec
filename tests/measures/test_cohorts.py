"""The cohort triangle: who was won together, and who of them is active when."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from treue import WrongArgument
from treue.kernel.intervals import wilson
from treue.kernel.status import Status
from treue.measures.cohorts import cohort_retention


def cells(figures):
    return {(figure.segment, figure.period): figure for figure in figures}


@pytest.mark.parametrize(("by", "grain"), [("month", "M"), ("quarter", "Q"), ("year", "Y")])
def test_the_triangle_equals_that_of_pandas(by, grain, engine, of_purchases, told):
    rows = told.random(seed=17)
    as_of = date(2025, 6, 12)
    frame = pd.DataFrame([row for row in rows if row[1] <= as_of], columns=["customer", "day"])
    frame["period"] = pd.PeriodIndex(pd.to_datetime(frame["day"]), freq=grain)
    frame["cohort"] = frame.groupby("customer")["period"].transform("min")
    other = frame.groupby(["cohort", "period"])["customer"].nunique()
    found = cells(cohort_retention(of_purchases(rows, engine=engine, as_of=as_of, window_days=60), by))

    def label(period):
        return str(period)[:4] + "-" + str(period)[4:] if grain == "Q" else str(period)

    running = label(pd.Period(as_of, freq=grain))
    settled = {(label(c), label(p)): n for (c, p), n in other.items() if label(p) != running}
    assert settled
    for place, active in settled.items():
        assert found[place].numerator == active
    for place, figure in found.items():
        if figure.value:
            assert place in settled
        if place[1] == running:
            assert figure.value is None


def test_the_printed_interval():
    low, high = wilson(52, 120)
    assert (round(52 / 120, 3), round(low, 3), round(high, 3)) == (0.433, 0.348, 0.523)


def test_a_row_can_rise_again_and_zero_is_a_finding(of_purchases):
    rows = [
        ("a", date(2025, 1, 5)),
        ("a", date(2025, 3, 5)),
        ("b", date(2025, 1, 6)),
        ("b", date(2025, 3, 9)),
    ]
    found = cells(cohort_retention(of_purchases(rows, window_days=20, as_of=date(2025, 3, 31))))
    values = [found["2025-01", period].value for period in ("2025-01", "2025-02", "2025-03")]
    assert values == [1.0, 0.0, 1.0]
    assert found["2025-01", "2025-02"].status is Status.INSUFFICIENT
    assert found["2025-01", "2025-02"].denominator == 2


def test_the_first_cell_is_certain_and_has_no_interval(of_purchases):
    found = cells(
        cohort_retention(of_purchases([("a", date(2025, 1, 5))], window_days=20, as_of=date(2025, 1, 31)))
    )
    figure = found["2025-01", "2025-01"]
    assert (figure.value, figure.status, figure.ci_method) == (1.0, Status.OK, None)


def test_the_running_month_has_no_value_so_no_tail_falls(of_purchases):
    rows = [(f"k{k}", date(2025, 1, 5)) for k in range(40)] + [("k1", date(2025, 2, 3))]
    figures = cohort_retention(of_purchases(rows, window_days=20, as_of=date(2025, 2, 10)))
    running = cells(figures)["2025-01", "2025-02"]
    assert (running.value, running.numerator, running.n, running.status) == (
        None,
        None,
        40,
        Status.PROVISIONAL,
    )


def test_a_month_without_new_customers_is_undefined_once(of_purchases):
    rows = [("a", date(2025, 1, 5)), ("b", date(2025, 3, 5))]
    figures = cohort_retention(of_purchases(rows, window_days=20, as_of=date(2025, 4, 30)))
    empty = [figure for figure in figures if figure.segment == "2025-02"]
    assert [(figure.period, figure.status) for figure in empty] == [("2025-02", Status.UNDEFINED)]


def test_under_contracts_a_cell_is_who_is_there_at_the_end(engine, of_contracts):
    january, march = date(2025, 1, 10), date(2025, 3, 10)
    rows = [
        ("stays", january, None),
        ("leaves in February", january, date(2025, 2, 15)),
        ("gone in January", january, date(2025, 1, 20)),
        ("comes back", january, date(2025, 1, 25)),
        ("comes back", march, None),
        ("won in March", march, None),
    ]
    found = cells(cohort_retention(of_contracts(rows, engine=engine, as_of=date(2025, 4, 10))))
    kept = [found["2025-01", f"2025-0{month}"].numerator for month in (1, 2, 3)]
    assert kept == [2, 1, 2]
    assert {found["2025-01", f"2025-0{month}"].denominator for month in (1, 2, 3)} == {4}
    assert found["2025-03", "2025-03"].value == 1.0
    assert found["2025-03", "2025-03"].ci_method == "wilson"
    assert found["2025-01", "2025-04"].value is None


def test_cohorts_won_before_the_records_began_are_left_out(of_purchases):
    rows = [
        ("a", date(2025, 1, 5)),
        ("a", date(2025, 3, 5)),
        ("b", date(2025, 2, 5)),
        ("b", date(2025, 3, 9)),
    ]
    history = of_purchases(rows, window_days=20, observed_from=date(2025, 2, 1), as_of=date(2025, 3, 31))
    assert {figure.segment for figure in cohort_retention(history) if figure.n} == {"2025-02"}
    assert cells(cohort_retention(history))["2025-02", "2025-03"].value == 1.0


def test_who_is_called_what_does_not_matter(of_purchases, told):
    rows = told.random(seed=19)
    other = [(customer[::-1] + "x", day) for customer, day in reversed(rows)]
    one, two = (cohort_retention(of_purchases(each, window_days=30)) for each in (rows, other))
    assert one == two


def test_a_cohort_is_no_segment(of_purchases):
    with pytest.raises(WrongArgument, match="by='channel' cannot divide cohort_retention"):
        cohort_retention(of_purchases([("a", date(2025, 1, 5))], {"a": "web"}, window_days=20), by="channel")


def test_a_constant_chance_to_buy_is_found_again(of_purchases):
    """Each month every customer buys with probability 0.3."""
    import numpy as np

    rng = np.random.default_rng(3)
    rows = []
    for k in range(800):
        rows.append((f"k{k}", date(2025, 1, 15)))
        rows += [
            (f"k{k}", date(2025, month, 10) + timedelta(days=2))
            for month in range(2, 7)
            if rng.random() < 0.3
        ]
    found = cells(cohort_retention(of_purchases(rows, window_days=60, as_of=date(2025, 6, 30))))
    inside = [found["2025-01", f"2025-0{month}"] for month in range(2, 7)]
    assert sum(figure.ci_low < 0.3 < figure.ci_high for figure in inside) >= 4


def test_contracts_signed_before_the_records_began_make_no_cohort(of_contracts):
    rows = [("a", date(2024, 6, 5), None), ("b", date(2025, 2, 5), None)]
    figures = cohort_retention(of_contracts(rows, observed_from=date(2025, 1, 1), as_of=date(2025, 3, 31)))
    assert {figure.segment for figure in figures if figure.n} == {"2025-02"}

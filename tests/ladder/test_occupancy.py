"""Shares per rung: the worked example, a series, and what a history cannot show."""

from __future__ import annotations

from datetime import date

import pytest

from treue import NotEnoughData, WrongArgument
from treue.kernel.intervals import goodman
from treue.kernel.status import Status
from treue.ladder.occupancy import counts_at, ladder_occupancy
from treue.ladder.rungs import RUNGS


def by_rung(figures):
    return {figure.segment: figure for figure in figures}


def test_the_worked_example():
    # 200 advocates of 10,000 people
    low, high = goodman([5000, 2500, 1500, 800, 200])[4]
    assert (round(200 / 10_000, 3), round(low, 3), round(high, 3)) == (0.02, 0.017, 0.024)


def test_shares_are_of_the_people_on_the_ladder(duckdb_engine, firm, make_history, recount):
    tables = firm(31, people=60)
    history = make_history(duckdb_engine, tables)
    t = history.as_of_day + 1
    truth = list(recount(tables, history.as_of).panel([t]).values())
    on_ladder = [rung for rung in truth if rung != "former"]
    found = by_rung(ladder_occupancy(history))
    assert tuple(found) == RUNGS
    for rung, figure in found.items():
        assert figure.numerator == on_ladder.count(rung)
        assert figure.denominator == figure.n == len(on_ladder)
    assert sum(figure.value for figure in found.values()) == pytest.approx(1)
    limits = goodman([int(figure.numerator) for figure in found.values()])
    assert [(figure.ci_low, figure.ci_high) for figure in found.values()] == limits
    assert counts_at(history)["former"] == truth.count("former")


def test_a_series_ends_with_the_period_that_is_not_over(duckdb_engine, firm, make_history, recount):
    tables = firm(32, people=60)
    history = make_history(duckdb_engine, tables, as_of=date(2024, 11, 10))
    found = ladder_occupancy(history, by="quarter")
    labels = list(dict.fromkeys(figure.period for figure in found))
    assert labels[-1] == "2024-Q4"
    now = by_rung(figure for figure in found if figure.period == "2024-Q4")
    assert {figure.status for figure in now.values()} == {Status.PROVISIONAL}
    assert [f.numerator for f in now.values()] == [f.numerator for f in ladder_occupancy(history)]
    truth = recount(tables, history.as_of)
    before = by_rung(figure for figure in found if figure.period == "2024-Q3")
    end = (date(2024, 10, 1) - date(1970, 1, 1)).days
    states = list(truth.panel([end]).values())
    assert [figure.numerator for figure in before.values()] == [states.count(rung) for rung in RUNGS]
    assert before["suspect"].window == "2024-07-01/2024-10-01"


def test_a_history_that_ends_with_a_period_has_no_open_one(simple_history):
    history = simple_history({"a": [0, 100], "b": [5]}, as_of=date(2023, 6, 30))
    assert {figure.period for figure in ladder_occupancy(history, by="quarter")} == {"2023-Q1", "2023-Q2"}


def test_purchases_alone_show_two_rungs(simple_history):
    found = by_rung(ladder_occupancy(simple_history({"a": [0, 10], "b": [5]}, as_of=date(2023, 1, 20))))
    assert (found["customer"].value, found["client"].value) == (0.5, 0.5)
    for rung in ("suspect", "prospect", "advocate"):
        assert (found[rung].value, found[rung].n, found[rung].status) == (None, 0, Status.UNDEFINED)


def test_where_everybody_has_lapsed_nothing_has_a_share(simple_history):
    history = simple_history({"a": [0], "b": [5]}, as_of=date(2023, 12, 31))
    found = ladder_occupancy(history)
    assert {(figure.value, figure.status) for figure in found} == {(None, Status.UNDEFINED)}
    assert counts_at(history)["former"] == 2


def test_a_window_found_and_the_same_window_given_say_the_same(simple_history):
    history = simple_history(
        {f"c{i}": [i % 7, 60 + i % 9] for i in range(80)}, window=None, as_of=date(2023, 3, 31)
    )
    assert not history.window.sufficient
    given = history.with_settings(window_days=history.window.days)
    assert ladder_occupancy(history) == ladder_occupancy(given)


def test_refuses_what_is_no_period(simple_history):
    with pytest.raises(WrongArgument, match="by='country'"):
        ladder_occupancy(simple_history({"a": [0]}), by="country")


def test_of_nobody_says_why(simple_history):
    with pytest.raises(NotEnoughData):
        ladder_occupancy(simple_history({}, as_of=date(2023, 1, 1)))

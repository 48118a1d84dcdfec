"""Moves per period: which are counted, which are not known yet, and their intervals."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from treue import WrongArgument
from treue.kernel.intervals import wilson
from treue.kernel.status import Status
from treue.ladder.movement import recent_movement
from treue.ladder.moves import ladder_moves
from treue.ladder.rungs import STATES, move
from treue.ladder.transition import ladder_transition


def moves_of(figures, period=None):
    return {figure.segment: figure for figure in figures if figure.period == period}


@pytest.fixture
def firm_of_two_years(simple_history):
    """Forty buy once, thirty come back after 100 days, spread over the first year."""
    people = {f"once{i}": [i * 9] for i in range(40)} | {
        f"twice{i}": [i * 11, i * 11 + 70] for i in range(30)
    }
    return simple_history(people, window=90, as_of=date(2024, 12, 31))


def test_rows_add_up_to_one_and_are_wilson_shares(firm_of_two_years):
    found = moves_of(ladder_transition(firm_of_two_years))
    assert list(found) == [
        "customer→customer",
        "customer→client",
        "customer→former",
        "client→client",
        "client→former",
    ]
    assert sum(
        figure.value for name, figure in found.items() if name.startswith("customer")
    ) == pytest.approx(1)
    for figure in found.values():
        assert (figure.ci_low, figure.ci_high) == wilson(int(figure.numerator), int(figure.denominator))


def test_pooled_is_the_sum_of_the_quarters_in_which_somebody_could_lapse(firm_of_two_years):
    pooled = moves_of(ladder_transition(firm_of_two_years))
    series = ladder_transition(firm_of_two_years, by="quarter")
    # the first purchase was on 1 January and lapses 90 days later, on the last day of March
    settled = [figure for figure in series if figure.period != "2023-Q1"]
    for name, figure in pooled.items():
        assert figure.numerator == sum(one.numerator for one in settled if one.segment == name)
        assert figure.denominator == sum(one.denominator for one in settled if one.segment == name)


def test_a_rung_with_nobody_is_undefined_not_zero_and_not_identity(firm_of_two_years):
    first = moves_of(ladder_transition(firm_of_two_years, by="quarter"), "2023-Q1")
    assert {(figure.value, figure.n, figure.status) for figure in first.values()} == {
        (None, 0, Status.UNDEFINED)
    }


def test_the_period_that_is_not_over_is_no_exit(simple_history):
    people = {f"c{i}": [i] for i in range(40)}
    history = simple_history(people, window=60, as_of=date(2023, 6, 29))
    assert {figure.period for figure in ladder_transition(history, by="quarter")} == {"2023-Q1"}
    over = simple_history(people, window=60, as_of=date(2023, 6, 30))
    assert {figure.period for figure in ladder_transition(over, by="quarter")} == {"2023-Q1", "2023-Q2"}


def test_without_a_complete_period_everything_is_undefined(simple_history):
    found = ladder_transition(simple_history({"a": [10], "b": [20]}, as_of=date(2023, 2, 20)))
    assert {figure.status for figure in found} == {Status.UNDEFINED}
    assert ladder_transition(simple_history({"a": [10], "b": [20]}, as_of=date(2023, 2, 20)), by="year") == []


def test_nobody_leaves_and_everybody_leaves(simple_history):
    people = {f"c{i}": list(range(i % 5, 360, 20)) for i in range(50)}
    staying = moves_of(ladder_transition(simple_history(people, window=60, as_of=date(2023, 12, 31))))
    assert staying["client→client"].value == 1
    assert staying["customer→client"].value is None
    gone = moves_of(
        ladder_transition(
            simple_history({f"c{i}": [i % 80] for i in range(50)}, window=91, as_of=date(2023, 12, 31))
        )
    )
    assert gone["customer→former"].value == 1


def test_refuses_what_is_no_period(simple_history):
    with pytest.raises(WrongArgument, match="by='rolling'"):
        ladder_transition(simple_history({"a": [0]}), by="rolling")


def test_recent_movement_is_the_recount_of_the_last_complete_month(
    duckdb_engine, firm, make_history, recount
):
    tables = firm(41, people=80)
    history = make_history(duckdb_engine, tables, as_of=date(2024, 8, 10))
    found = recent_movement(history)
    assert found.period.label == "2024-07"
    truth = recount(tables, history.as_of)
    order = ("former", "suspect", "prospect", "customer", "client", "advocate")
    told = {rung: dict.fromkeys(("climbed", "new", "returned", "fell", "quiet"), 0) for rung in order}
    for who in truth.known:
        start, end = truth.rung(who, found.period.start), truth.rung(who, found.period.end)
        if end and start != end:
            if start is None:
                told[end]["new"] += 1
            elif start == "former":
                told[end]["returned"] += 1
            elif end == "former":
                told[start]["quiet"] += 1
            elif order.index(end) > order.index(start):
                told[end]["climbed"] += 1
            else:
                told[start]["fell"] += 1
    assert len(found.rungs) == 5
    for one in found.rungs:
        assert {name: getattr(one, name) for name in told[one.rung]} == told[one.rung]
        assert one.up - one.down == one.climbed + one.new + one.returned - one.fell - one.quiet
    assert sum(one.up for one in found.rungs) > 0


def test_no_movement_without_a_complete_month(simple_history):
    assert recent_movement(simple_history({"a": [3]}, as_of=date(2023, 1, 20))) is None


def test_shifting_time_renaming_and_reordering_change_nothing(duckdb_engine, firm, make_history):
    tables = firm(42, people=40)
    plain = make_history(duckdb_engine, tables, timezone="UTC")
    # 400 years are the same calendar again, 146,097 days later
    shift = timedelta(days=146_097)

    def changed(row):
        names = {"customer_id", "referrer_id", "referred_id"}
        return {
            key: f"Ø {value[::-1]}"
            if key in names and value
            else value + shift
            if hasattr(value, "year")
            else value
            for key, value in row.items()
        }

    other = make_history(
        duckdb_engine,
        {name: [changed(row) for row in rows[::-1]] for name, rows in tables.items()},
        timezone="UTC",
        as_of=plain.as_of + shift,
    )
    one, two = ladder_moves(plain, "month"), ladder_moves(other, "month")
    assert (one.counts == two.counts).all()
    assert (one.present == two.present).all()
    assert (one.by_age == two.by_age).all()


def test_a_move_is_named_by_its_ends():
    assert move("customer", "former") == "customer→former"
    assert STATES[-1] == "former"

"""What happened in each period, against a plain count of states day by day."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treue import WrongArgument
from treue.engine.duckdb import DuckDBEngine
from treue.history.headline import comparable, counts_by, headline_counts
from treue.history.history import History
from treue.history.period_counts import period_counts, rolling_counts
from treue.history.settings import Settings
from treue.kernel.units import GRAINS, day_number, day_of

NAMES = (
    "at_start",
    "at_end",
    "retained",
    "acquired",
    "reactivated",
    "lost",
    "interrupted",
    "early_lost",
    "at_risk",
    "exposure_days",
)


def spells_of(days, reach):
    """Join days of buying into spells: active for `reach` days after each."""
    spells = []
    for day in sorted(set(days)):
        if spells and day - (spells[-1][1] - reach) <= reach:
            spells[-1][1] = day + reach
        else:
            spells.append([day, day + reach])
    return spells


def label(day, grain):
    when = day_of(day)
    if grain == "year":
        return f"{when.year}"
    if grain == "quarter":
        return f"{when.year}-Q{(when.month + 2) // 3}"
    return f"{when.year}-{when.month:02d}"


def plain_counts(stories, grain, as_of):
    """Count every period by looking at each customer on each day."""
    first = min(spells[0][0] for spells in stories.values())
    begin = first
    while label(begin - 1, grain) == label(first, grain):
        begin -= 1
    days = range(begin, as_of + 2)

    def active(spells, day):
        return any(start < day <= end for start, end in spells)

    found = {}
    for name in dict.fromkeys(label(day, grain) for day in days[:-1]):
        inside = [day for day in days[:-1] if label(day, grain) == name]
        low, high = inside[0], inside[-1] + 1
        row = dict.fromkeys(
            [
                "at_start",
                "at_end",
                "retained",
                "acquired",
                "reactivated",
                "lost",
                "interrupted",
                "early_lost",
                "at_risk",
                "exposure_days",
            ],
            0,
        )
        for spells in stories.values():
            at_low, at_high = active(spells, low), active(spells, high)
            starts = [k for k, (start, _) in enumerate(spells) if low <= start < high]
            ends = [end for _, end in spells if low <= end < high]
            row["at_start"] += at_low
            row["at_end"] += at_high
            row["retained"] += at_low and at_high
            row["acquired"] += 0 in starts
            row["reactivated"] += len([k for k in starts if k])
            row["lost"] += len(ends)
            row["interrupted"] += bool(at_low and at_high and ends)
            row["early_lost"] += 0 in starts and not at_high
            row["at_risk"] += bool(at_low or starts)
            row["exposure_days"] += sum(max(0, min(end, high) - max(start, low)) for start, end in spells)
        found[name] = row
    return found


def counted(counts):
    return {count.period.label: {name: getattr(count, name) for name in NAMES} for count in counts}


@pytest.mark.parametrize("grain", ["month", "quarter", "year"])
def test_it_counts_what_a_look_at_every_day_counts(grain, engine, of_purchases, told):
    rows = told.random(seed=7)
    history = of_purchases(rows, engine=engine, as_of=date(2025, 5, 20), window_days=20)
    days = {}
    for customer, day in rows:
        if day <= history.as_of:
            days.setdefault(customer, []).append(day_number(day))
    stories = {customer: spells_of(bought, 20) for customer, bought in days.items()}
    assert counted(period_counts(history, grain)) == plain_counts(stories, grain, history.as_of_day)


@pytest.mark.parametrize("days", [30, 90, 365])
def test_a_rolling_window_counts_what_a_look_at_every_day_counts(days, of_purchases, told):
    rows = told.random(seed=11)
    history = of_purchases(rows, as_of=date(2025, 5, 20), window_days=45)
    (count,) = rolling_counts(history, days)
    bought = {}
    for customer, day in rows:
        if day <= history.as_of:
            bought.setdefault(customer, []).append(day_number(day))
    low, high = history.as_of_day + 1 - days, history.as_of_day + 1
    stories = [spells_of(each, 45) for each in bought.values()]
    at_low = [any(s < low <= e for s, e in spells) for spells in stories]
    at_high = [any(s < high <= e for s, e in spells) for spells in stories]
    assert (count.at_start, count.at_end) == (sum(at_low), sum(at_high))
    assert count.retained == sum(a and b for a, b in zip(at_low, at_high, strict=True))
    assert count.period.window == f"{day_of(low)}/{day_of(high)}"
    assert not count.provisional


def test_a_window_longer_than_the_history_is_left_out(of_purchases, told):
    history = of_purchases(told.random(seed=3, days=100), window_days=20)
    assert [count.period.end - count.period.start for count in counts_by(history, "rolling")] == [30, 90]


@settings(max_examples=10)
@given(st.data())
def test_contracts_reconcile_whatever_happens(data):
    first = date(2024, 1, 1)
    rows = data.draw(
        st.lists(
            st.tuples(
                st.sampled_from("abcdef"), st.integers(0, 400), st.one_of(st.none(), st.integers(0, 200))
            ),
            min_size=1,
            max_size=12,
        )
    )
    table = pa.table(
        {
            "contract_id": [f"c{k}" for k in range(len(rows))],
            "customer_id": [customer for customer, _, _ in rows],
            "started_on": [first + timedelta(days=start) for _, start, _ in rows],
            "ended_on": pa.array(
                [None if days is None else first + timedelta(days=start + days) for _, start, days in rows],
                pa.date32(),
            ),
        }
    )
    with History.of(
        DuckDBEngine(threads=1), {"contracts": table}, Settings(as_of=date(2025, 3, 10))
    ) as history:
        spells = history.engine.arrow(history.spells).to_pylist()
        stories = {}
        for spell in sorted(spells, key=lambda spell: spell["start_day"]):
            stories.setdefault(spell["customer_id"], []).append((spell["start_day"], spell["end_day"]))
        grain = data.draw(st.sampled_from(GRAINS))
        counts = period_counts(history, grain)
        for count in counts:
            assert count.at_start + count.acquired + count.reactivated - count.lost == count.at_end
            assert count.retained <= min(count.at_start, count.at_end)
        assert counted(counts) == plain_counts(stories, grain, history.as_of_day)


def test_months_add_up_to_quarters_and_years(of_purchases, told):
    history = of_purchases(told.random(seed=5), as_of=date(2025, 6, 30), window_days=60)
    months = period_counts(history, "month")
    for grain in ("quarter", "year"):
        for whole in period_counts(history, grain):
            parts = [m for m in months if whole.period.start <= m.period.start < whole.period.end]
            for name in ("acquired", "reactivated", "lost", "exposure_days"):
                assert sum(getattr(part, name) for part in parts) == getattr(whole, name)
            assert (parts[0].at_start, parts[-1].at_end) == (whole.at_start, whole.at_end)


def test_neither_the_order_of_rows_nor_names_matter(duckdb_engine, of_purchases, told):
    rows = told.random(seed=9)
    shuffled = [(f"x{customer[::-1]}", day) for customer, day in random.Random(1).sample(rows, len(rows))]
    one, other = (of_purchases(each, window_days=30) for each in (rows, shuffled))
    assert period_counts(one, "month") == period_counts(other, "month")


def test_a_shift_by_four_hundred_years_changes_nothing_but_the_names(of_purchases, told):
    """The calendar repeats after 400 years, so every month keeps its length."""
    rows = told.random(seed=13)
    later = [(customer, day.replace(year=day.year + 400)) for customer, day in rows]
    one, other = (of_purchases(each, window_days=30) for each in (rows, later))
    assert list(counted(period_counts(one, "month")).values()) == list(
        counted(period_counts(other, "month")).values()
    )


@pytest.mark.slow_on_spark
def test_segments_add_up_to_the_total(engine, of_purchases, told):
    rows = told.random(seed=21)
    channel = {f"k{k}": ["web", "shop", None][k % 3] for k in range(60)}
    history = of_purchases(rows, segments=channel, engine=engine, window_days=25)
    total = counted(period_counts(history, "month"))
    parts = period_counts(history, "month", "channel")
    assert {part.segment for part in parts} == {"web", "shop", "unknown"}
    for name, row in total.items():
        here = [part for part in parts if part.period.label == name]
        assert {key: sum(getattr(part, key) for part in here) for key in row} == row


def test_a_column_that_names_customers_is_refused(of_purchases):
    rows = [(f"k{k}", date(2024, 1, 1)) for k in range(201)]
    history = of_purchases(rows, segments={customer: customer for customer, _ in rows}, window_days=20)
    with pytest.raises(WrongArgument, match="by='channel' has 201 different values"):
        period_counts(history, "month", "channel")


def test_an_unknown_column_is_refused_with_those_there_are(of_purchases):
    history = of_purchases([("a", date(2024, 1, 1))], window_days=20)
    with pytest.raises(WrongArgument, match="by='colour'"):
        counts_by(history, "colour")


# --- which periods say less than they seem to ---------------------------------------------------


def test_nobody_can_lapse_before_the_window_has_passed(of_purchases):
    rows = [("a", date(2024, 1, 1)), ("b", date(2024, 2, 10)), ("b", date(2024, 7, 1))]
    history = of_purchases(rows, as_of=date(2024, 6, 30), window_days=60)
    reasons = [count.open_because for count in period_counts(history, "month")]
    # 1 January + 60 days is 1 March: a loss on that day is the first there can be.
    assert reasons == ["by_construction", "by_construction", None, None, None, None]
    assert [count.lost for count in period_counts(history, "month")] == [0, 0, 1, 1, 0, 0]


def test_a_period_in_which_nobody_could_lapse_at_first_shows_too_few_losses(of_purchases):
    history = of_purchases([("a", date(2024, 1, 1))], as_of=date(2024, 4, 30), window_days=61)
    # 1 January + 61 days is 2 March: on the first day of March nobody could have been lost.
    reasons = [count.open_because for count in period_counts(history, "month")]
    assert reasons == ["by_construction", "by_construction", "by_construction", None]


def test_the_running_period_ends_with_the_last_day_observed(of_contracts):
    history = of_contracts([("a", date(2024, 1, 5), None)], as_of=date(2024, 3, 10))
    last = period_counts(history, "month")[-1]
    assert (last.period.label, last.period.window) == ("2024-03", "2024-03-01/2024-03-11")
    assert last.open_because == "running"
    assert not last.complete
    assert period_counts(history, "month")[-2].complete


def test_a_period_that_ends_on_the_last_day_observed_is_complete(of_contracts):
    history = of_contracts([("a", date(2024, 1, 5), None)], as_of=date(2024, 2, 29))
    assert period_counts(history, "month")[-1].complete


def test_records_that_begin_inside_a_month_leave_it_open(of_contracts):
    history = of_contracts(
        [("a", date(2020, 1, 5), date(2024, 2, 3)), ("b", date(2020, 1, 5), None)],
        observed_from=date(2024, 1, 10),
        as_of=date(2024, 2, 29),
    )
    january, february = period_counts(history, "month")
    assert january.open_because == "partly_observed"
    assert january.period.window == "2024-01-10/2024-02-01"
    assert (january.at_start, february.at_start, february.retained) == (2, 2, 1)
    assert january.exposure_days == 2 * 22


def test_a_window_that_is_only_half_the_history_is_a_definition_like_any_other(of_purchases):
    """Half of the customers come back after half a year: no window holds, so the longest one is named."""
    rows = [(f"k{k}", date(2024, 1, 1) + timedelta(days=k)) for k in range(40)]
    rows += [(f"k{k}", date(2024, 8, 1) + timedelta(days=k)) for k in range(40)]
    history = of_purchases(rows, as_of=date(2024, 12, 31))
    assert not history.window.sufficient
    automatic = {count.period.label: count.open_because for count in period_counts(history, "month")}
    given = history.with_settings(window_days=history.window.days)
    assert automatic == {count.period.label: count.open_because for count in period_counts(given, "month")}
    assert automatic["2024-12"] is None


# --- which period the firm is judged by ---------------------------------------------------------


def test_the_headline_is_the_last_complete_quarter(of_contracts):
    rows = [("a", date(2023, 11, 5), None), ("b", date(2023, 11, 5), date(2024, 2, 1))]
    history = of_contracts(rows, as_of=date(2024, 5, 20))
    assert headline_counts(history)[0].period.label == "2024-Q1"


def test_a_short_history_is_judged_by_its_last_month(of_contracts):
    history = of_contracts([("a", date(2024, 1, 5), None)], as_of=date(2024, 3, 10))
    assert headline_counts(history)[0].period.label == "2024-02"


def test_a_history_of_days_is_judged_by_what_there_is(of_contracts):
    history = of_contracts([("a", date(2024, 1, 5), None)], as_of=date(2024, 1, 10))
    (count,) = headline_counts(history)
    assert (count.period.label, count.at_start, count.open_because) == ("2024-01", 0, "running")


def test_a_period_is_compared_with_the_same_a_year_before(of_contracts):
    rows = [("a", date(2022, 11, 5), None), ("b", date(2022, 11, 5), date(2024, 2, 1))]
    counts = period_counts(of_contracts(rows, as_of=date(2024, 5, 20)), "quarter")
    earlier, later, compared = comparable(counts)
    assert (earlier.period.label, later.period.label, compared) == ("2023-Q1", "2024-Q1", "year_before")


def test_without_a_year_the_period_before_stands_in(of_contracts):
    counts = period_counts(of_contracts([("a", date(2023, 5, 5), None)], as_of=date(2024, 5, 20)), "quarter")
    earlier, later, compared = comparable(counts)
    assert (earlier.period.label, later.period.label, compared) == ("2023-Q4", "2024-Q1", "previous")
    assert comparable(counts[:2]) is None

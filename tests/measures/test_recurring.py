"""Recurring revenue: netted per customer, and start + movements = end to the last cent."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from treue.history.history import History
from treue.history.recurring_revenue import changes_between, movement_sums, revenue_movements
from treue.history.settings import Settings
from treue.kernel.errors import NotEnoughData, WrongArgument
from treue.kernel.status import Status
from treue.kernel.units import periods
from treue.measures.recurring import gross_revenue_retention, mrr_movement, net_revenue_retention

JAN, MARCH = date(2025, 1, 1), date(2026, 3, 1)
PRINTED = [
    ("stays", JAN, None, 8_300_000),
    ("leaves", JAN, MARCH, 600_000),
    ("shrinks", JAN, MARCH, 1_100_000),
    ("shrinks", date(2026, 3, 2), None, 800_000),
    ("new", MARCH, None, 1_200_000),
    ("returns", JAN, date(2025, 6, 1), 100_000),
    ("returns", MARCH, None, 150_000),
    ("grows", MARCH, None, 800_000),
]


def contracts(rows):
    """Make contracts of ``(customer, first day, last day or None, cents a month)``."""
    return pa.table(
        {
            "contract_id": pa.array([f"k{number}" for number in range(len(rows))], pa.string()),
            "customer_id": pa.array([row[0] for row in rows], pa.string()),
            "started_on": pa.array([row[1] for row in rows], pa.date32()),
            "ended_on": pa.array([row[2] for row in rows], pa.date32()),
            "monthly_amount": pa.array([row[3] for row in rows], pa.int64()),
        }
    )


def history_of(engine, rows, as_of=date(2026, 5, 31), **settings):
    return History.of(engine, {"contracts": contracts(rows)}, Settings(as_of=as_of, **settings))


def printed(engine):
    """100,000 at the start of 2026; the growing customer starts with one cent less than nothing to see."""
    rows = [row if row[0] != "stays" else ("stays", JAN, None, 8_299_999) for row in PRINTED]
    return history_of(engine, [*rows, ("grows", JAN, None, 1)])


def random_rows(rng, count=120):
    rows = []
    for _ in range(count):
        start = JAN + timedelta(days=int(rng.integers(0, 480)))
        length = int(rng.integers(0, 300))
        end = None if rng.random() < 0.4 else start + timedelta(days=length)
        rows.append((f"c{rng.integers(0, 40)}", start, end, int(rng.integers(0, 90_000))))
        if end is not None and rng.random() < 0.4:
            rows.append((rows[-1][0], end + timedelta(days=1), None, int(rng.integers(1, 90_000))))
    return rows


def paying(rows, day, as_of):
    """Return what each customer pays just before `day`, by the definition, contract by contract."""
    starts = {(name, start) for name, start, end, cents in rows if cents > 0 and start <= as_of}
    total = {}
    for name, start, stop, cents in rows:
        renewed = stop is not None and stop <= as_of and (name, stop + timedelta(days=1)) in starts
        end = stop + timedelta(days=1) if renewed else stop
        if cents > 0 and start < day and (end is None or end > as_of or day <= end):
            total[name] = total.get(name, 0) + cents
    return total


def test_the_printed_example_gives_its_printed_numbers(engine):
    quarter = {one.cell.period: one for one in revenue_movements(printed(engine), "quarter")}["2026-Q1"]
    cents = (quarter.new, quarter.expansion, quarter.contraction, quarter.churn, quarter.reactivation)
    assert cents == (1_200_000, 800_000, -300_000, -600_000, 150_000)
    assert (quarter.start, quarter.end) == (10_000_000, 11_250_000)
    gross = {figure.period: figure for figure in gross_revenue_retention(printed(engine), by="quarter")}
    net = {figure.period: figure for figure in net_revenue_retention(printed(engine), by="quarter")}
    assert gross["2026-Q1"].value == pytest.approx(0.91)
    assert net["2026-Q1"].value == pytest.approx(0.99)


def test_net_retention_above_one_as_printed(duckdb_engine):
    """27,000 became 30,000 although 5,000 were lost: 111 %."""
    rows = [
        ("a", JAN, None, 2_200_000),
        ("b", JAN, MARCH, 500_000),
        ("a", MARCH, None, 800_000),
    ]
    figure = net_revenue_retention(history_of(duckdb_engine, rows))[0]
    assert (figure.denominator, figure.numerator) == (27_000, 30_000)
    assert figure.value == pytest.approx(1.11, abs=0.005)
    assert gross_revenue_retention(history_of(duckdb_engine, rows))[0].value == pytest.approx(22 / 27)


@pytest.mark.parametrize("by", ["month", "quarter", "year"])
def test_movements_reconcile_and_agree_with_counting_by_hand(duckdb_engine, rng, by):
    rows, as_of = random_rows(rng), date(2026, 5, 20)
    history = history_of(duckdb_engine, rows, as_of)
    moved = revenue_movements(history, by)
    spans = periods(history.first_day, as_of, by)
    assert [one.cell.period for one in moved] == [span.label for span in spans]
    for one, span in zip(moved, spans, strict=True):
        first = date(1970, 1, 1) + timedelta(days=span.start)
        last = min(date(1970, 1, 1) + timedelta(days=span.end), as_of + timedelta(days=1))
        old, now = paying(rows, first, as_of), paying(rows, last, as_of)
        assert (one.start, one.end) == (sum(old.values()), sum(now.values()))
        assert one.start + one.new + one.expansion + one.contraction + one.churn + one.reactivation == one.end
        pairs = [(cents, now.get(name, 0)) for name, cents in old.items()]
        assert one.kept == sum(min(pair) for pair in pairs)
        assert one.remaining == sum(pair[1] for pair in pairs)
        assert one.start_squared == sum(a * a for a, _ in pairs)
        assert one.kept_squared == sum(min(a, b) ** 2 for a, b in pairs)
        assert one.kept_product == sum(a * min(a, b) for a, b in pairs)
        assert one.end_squared == sum(b * b for _, b in pairs)
        assert one.end_product == sum(a * b for a, b in pairs)
        assert (one.counts["start"], one.counts["end"]) == (len(old), len(now))
        newcomers = set(now) - set(old)
        first_day = {}
        for name, start, _, cents in rows:
            if cents > 0 and start <= as_of:
                first_day[name] = min(start, first_day.get(name, start))
        assert one.counts["reactivation"] == sum(first_day[name] < first for name in newcomers)


def test_figures_add_up_in_cents(duckdb_engine, rng):
    history = history_of(duckdb_engine, random_rows(rng))
    by_period = {}
    for figure in mrr_movement(history, by="month"):
        by_period.setdefault(figure.period, {})[figure.segment] = round(figure.value * 100)
    ends = 0
    for cents in by_period.values():
        assert cents["start"] == ends
        ends = cents.pop("end")
        assert sum(cents.values()) == ends


def test_splitting_a_period_changes_neither_end(duckdb_engine, rng):
    history = history_of(duckdb_engine, random_rows(rng))
    months, years = revenue_movements(history, "month"), revenue_movements(history, "year")
    assert months[0].start == years[0].start
    assert months[11].end == years[0].end
    assert months[-1].end == years[-1].end


def test_a_renewal_the_day_after_is_no_loss(duckdb_engine):
    rows = [("a", JAN, date(2025, 12, 31), 1000), ("a", date(2026, 1, 1), None, 1000)]
    moved = revenue_movements(history_of(duckdb_engine, rows), "month")
    assert [(one.churn, one.reactivation) for one in moved] == [(0, 0)] * 17
    assert [one.end for one in moved] == [1000] * 17


def test_who_starts_and_ends_inside_a_period_is_in_neither_end(duckdb_engine):
    rows = [("a", JAN, None, 1000), ("b", date(2025, 4, 2), date(2025, 4, 20), 5000)]
    april = {one.cell.period: one for one in revenue_movements(history_of(duckdb_engine, rows), "month")}[
        "2025-04"
    ]
    assert (april.start, april.new, april.churn, april.end) == (1000, 0, 0, 1000)


def test_without_revenue_at_the_start_there_is_no_retention(duckdb_engine):
    figures = gross_revenue_retention(history_of(duckdb_engine, [("a", JAN, None, 1000)]), by="year")
    assert [(figure.value, figure.status) for figure in figures] == [
        (None, Status.UNDEFINED),
        (1.0, Status.PROVISIONAL),
    ]
    free = history_of(duckdb_engine, [("a", JAN, None, 0)])
    assert net_revenue_retention(free)[0].status is Status.UNDEFINED


def test_the_interval_agrees_with_drawing_customers(duckdb_engine, rng):
    rows = [
        (f"c{number}", JAN, MARCH if rng.random() < 0.2 else None, int(rng.lognormal(8, 0.6)))
        for number in range(1500)
    ]
    rows += [(f"c{number}", MARCH, None, int(rng.lognormal(7, 0.6))) for number in range(0, 1500, 9)]
    history = history_of(duckdb_engine, rows)
    for measure in (gross_revenue_retention, net_revenue_retention):
        drawn = measure(history)[0]
        series = {figure.period: figure for figure in measure(history, by="year")}["2026"]
        assert (drawn.ci_method, series.ci_method) == ("bootstrap_customers", "linearised")
        assert series.value == pytest.approx(drawn.value)
        assert series.ci_low == pytest.approx(drawn.ci_low, abs=0.004)
        assert series.ci_high == pytest.approx(drawn.ci_high, abs=0.004)
        assert drawn.status is Status.OK


def test_few_losses_are_insufficient(duckdb_engine):
    rows = [(f"c{number}", JAN, None, 1000) for number in range(60)] + [("x", JAN, MARCH, 1000)]
    assert gross_revenue_retention(history_of(duckdb_engine, rows))[0].status is Status.INSUFFICIENT


def test_segments_add_up_to_the_whole(duckdb_engine, rng):
    history = history_of(duckdb_engine, random_rows(rng))
    people = pa.table({"customer_id": [f"c{n}" for n in range(30)], "country": ["NO", "DE"] * 15})
    tables = {**history.tables, "customers": duckdb_engine.load(people, "customers")}
    divided = History(duckdb_engine, tables, history.settings)
    parts, whole = revenue_movements(divided, "country"), revenue_movements(history)[0]
    assert [one.cell.segment for one in parts] == ["DE", "NO", "unknown"]
    assert sum(one.end for one in parts) == whole.end
    assert sum(one.kept for one in parts) == whole.kept


def test_order_and_names_change_nothing_and_scale_scales_money_only(duckdb_engine, rng):
    rows = random_rows(rng)
    shuffled = [(f"x{int(rows[i][0][1:]) * 31 % 97}", *rows[i][1:]) for i in rng.permutation(len(rows))]
    one, two = history_of(duckdb_engine, rows), history_of(duckdb_engine, shuffled)
    for measure in (gross_revenue_retention, net_revenue_retention, mrr_movement):
        assert [f.as_dict() for f in measure(one, by="month")] == [
            f.as_dict() for f in measure(two, by="month")
        ]
        assert [f.as_dict() for f in measure(one)] == [f.as_dict() for f in measure(two)]
    big = history_of(duckdb_engine, [(n, s, e, 10 * cents) for n, s, e, cents in rows])
    assert net_revenue_retention(big)[0].value == pytest.approx(net_revenue_retention(one)[0].value)
    assert [f.value for f in mrr_movement(big)] == pytest.approx([10 * f.value for f in mrr_movement(one)])


def test_sums_are_the_same_on_every_engine(engine):
    rows = random_rows(np.random.default_rng(11), 60)
    history = history_of(engine, rows)
    found = [
        (one.start, one.new, one.churn, one.kept_squared) for one in revenue_movements(history, "quarter")
    ]
    as_of = date(2026, 5, 31)
    starts = [sum(paying(rows, date(2025 + q // 4, q % 4 * 3 + 1, 1), as_of).values()) for q in range(6)]
    assert [row[0] for row in found] == starts
    table = engine.arrow(movement_sums(engine, changes_between(history, [20454, 20600])))
    assert set(table["kind"].to_pylist()) <= {"new", "churn", "expansion", "contraction", "reactivation"}


def test_what_is_missing_or_impossible_is_said(duckdb_engine):
    with pytest.raises(WrongArgument, match="cannot divide mrr_movement"):
        mrr_movement(history_of(duckdb_engine, PRINTED), by="country")
    bought = pa.table(
        {
            "order_id": ["1"],
            "customer_id": ["a"],
            "ordered_at": pa.array([0], pa.timestamp("us")),
            "net_amount": [1],
        }
    )
    with pytest.raises(NotEnoughData, match="contracts"):
        gross_revenue_retention(History.of(duckdb_engine, {"purchases": bought}))

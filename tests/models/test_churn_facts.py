"""What was known of a customer before a day: told right on every engine, and never from later."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from treue.history.history import History
from treue.history.settings import Settings
from treue.kernel.units import day_number
from treue.models.churn_cases import churn_cases
from treue.models.churn_features import SUBJECTS
from treue.models.churn_moments import Horizon

# Looking at a firm takes a second, and shrinking one would take minutes.
QUICK = [Phase.explicit, Phase.reuse, Phase.generate]

BEGIN = datetime(2025, 1, 1)
MOMENT = day_number((BEGIN + timedelta(days=200)).date())
HORIZON = Horizon(60)


def at(day):
    """Noon of a day counted from the first."""
    return None if day is None else BEGIN + timedelta(days=day, hours=12)


def table(columns, rows, types):
    values = list(zip(*rows, strict=True)) if rows else [[] for _ in columns]
    return pa.table(
        {
            name: pa.array(list(column), kind)
            for name, column, kind in zip(columns, values, types, strict=True)
        }
    )


TEXT, WHEN, WHOLE, FLAG, REAL, DAY = (
    pa.string(), pa.timestamp("us"), pa.int64(), pa.bool_(), pa.float64(), pa.date32(),
)  # fmt: skip


def tables_of(facts):
    """Make canonical tables of short rows; a kind that is not told has no table."""
    made = {}
    if "purchases" in facts:
        rows = [(order, who, at(day), amount) for order, who, day, amount in facts["purchases"]]
        made["purchases"] = table(
            ["order_id", "customer_id", "ordered_at", "net_amount"], rows, [TEXT, TEXT, WHEN, WHOLE]
        )
    if "returns" in facts:
        rows = [(f"r{k}", order, at(day), amount) for k, (order, day, amount) in enumerate(facts["returns"])]
        made["returns"] = table(
            ["return_id", "order_id", "returned_at", "amount"], rows, [TEXT, TEXT, WHEN, WHOLE]
        )
    if "contacts" in facts:
        rows = [
            (f"c{k}", who, direction, at(opened), at(replied), at(solved), reopened, fault, severity)
            for k, (who, direction, opened, replied, solved, reopened, fault, severity) in enumerate(
                facts["contacts"]
            )
        ]
        names = ["contact_id", "customer_id", "direction", "opened_at", "first_reply_at", "solved_at"]
        made["contacts"] = table(
            [*names, "reopened_count", "own_fault", "severity"],
            rows,
            [TEXT, TEXT, TEXT, WHEN, WHEN, WHEN, WHOLE, FLAG, TEXT],
        )
    if "answers" in facts:
        rows = [
            (f"a{k}", who, survey, at(asked), at(answered), score)
            for k, (who, survey, asked, answered, score) in enumerate(facts["answers"])
        ]
        made["answers"] = table(
            ["answer_id", "customer_id", "survey", "asked_at", "answered_at", "score"],
            rows,
            [TEXT, TEXT, TEXT, WHEN, WHEN, REAL],
        )
    if "visits" in facts:
        rows = [(f"v{k}", who, at(day)) for k, (who, day) in enumerate(facts["visits"])]
        made["visits"] = table(["visit_id", "customer_id", "at"], rows, [TEXT, TEXT, WHEN])
    if "mentions" in facts:
        rows = [(f"m{k}", who, at(day), kind) for k, (who, day, kind) in enumerate(facts["mentions"])]
        made["mentions"] = table(["mention_id", "customer_id", "at", "kind"], rows, [TEXT, TEXT, WHEN, TEXT])
    if "promises" in facts:
        rows = [
            (f"p{k}", who, at(due - 3), at(due), at(kept))
            for k, (who, due, kept) in enumerate(facts["promises"])
        ]
        names = ["promise_id", "customer_id", "made_at", "due_at", "kept_at"]
        made["promises"] = table(names, rows, [TEXT, TEXT, WHEN, WHEN, WHEN])
    if "referrals" in facts:
        rows = [(f"e{k}", who, at(day), at(won)) for k, (who, day, won) in enumerate(facts["referrals"])]
        made["referrals"] = table(
            ["referral_id", "referrer_id", "invited_at", "converted_at"], rows, [TEXT, TEXT, WHEN, WHEN]
        )
    if "contracts" in facts:
        rows = [
            (f"k{k}", who, at(start).date(), end and at(end).date(), amount)
            for k, (who, start, end, amount) in enumerate(facts["contracts"])
        ]
        names = ["contract_id", "customer_id", "started_on", "ended_on", "monthly_amount"]
        made["contracts"] = table(names, rows, [TEXT, TEXT, DAY, DAY, WHOLE])
    return made


FACTS = {
    "purchases": [
        ("o1", "lea", 20, 1000), ("o2", "lea", 50, 2000), ("o3", "lea", 80, 3000), ("o4", "lea", 190, 500),
        ("o5", "ole", 100, 4000), ("o6", "ole", 230, 4000), ("o7", "kim", 180, 700),
        ("o8", "ida", 10, 100), ("o9", "lea", 330, 10),
    ],
    # o4 had come back by the moment, o3 in part; o5 comes back later, which is not known yet
    "returns": [("o4", 195, 500), ("o3", 90, 1000), ("o5", 290, 4000)],
    "contacts": [
        ("lea", "in", 40, 41, 42, 2, True, "high"),
        ("lea", None, 150, 151, 230, 3, True, "low"),
        ("lea", "in", 195, None, None, None, None, None),
        ("lea", "out", 196, None, None, None, True, "high"),
        ("lea", "in", 205, 206, 207, 9, True, "high"),
        ("ole", "in", 199, 201, 202, 1, False, "medium"),
    ],
    "answers": [
        ("lea", "nps", 60, 61, 9.0), ("lea", "nps", 120, 125, 4.0), ("lea", "nps", 180, None, None),
        ("lea", "csat", 100, 101, 1.0), ("ole", "nps", 180, 210, 10.0), ("kim", "nps", 150, 151, 7.0),
    ],
    "visits": [("lea", 15), ("lea", 95), ("lea", 150), ("lea", 199), ("lea", 200), ("ole", 210)],
    "mentions": [("lea", 130, "complaint"), ("lea", 205, "complaint"), ("ole", 90, "recommendation")],
    "promises": [("lea", 150, 149), ("lea", 160, 170), ("lea", 170, None), ("lea", 199, 220), ("lea", 205, None)],
    "referrals": [("ole", 120, 140), ("ole", 150, 260), ("ole", 220, None)],
    "contracts": [("kim", 100, None, 990), ("kim", 20, 90, 500), ("kim", 10, 250, 300), ("kim", 210, None, 1)],
}  # fmt: skip


def told(engine, facts, **changes):
    history = History.of(engine, tables_of(facts), Settings(window_days=150, **changes))
    cases = churn_cases(history, [MOMENT], HORIZON, "purchase")
    return {
        who: dict(zip(cases.names, row, strict=True))
        for who, row in zip(cases.customer_id.to_pylist(), cases.features.tolist(), strict=True)
    }, dict(zip(cases.customer_id.to_pylist(), cases.step.tolist(), strict=True))


@pytest.mark.slow_on_spark
def test_what_was_known_is_told_the_same_on_every_engine(engine):
    known, step = told(engine, FACTS)
    # ida has been silent for longer than the window
    assert sorted(known) == ["kim", "lea", "ole"]
    lea = known["lea"]
    # o4 had come back: three days of buying, 60 days apart in all, the last 120 days ago; the common gap
    # is 60 / 2 = 30, so the usual gap of lea is (60 + 30) / 3 = 30
    assert lea["silence_days"] == 120
    assert lea["silence_ratio"] == pytest.approx(4.0)
    assert (lea["sign_days"], lea["visit_days"]) == (1, 1)
    assert lea["spend_year"] == 1000 + 2000 + 2000
    assert lea["returned_year"] == 2
    assert (lea["contacts_month"], lea["contacts_quarter"], lea["contacts_year"]) == (1, 2, 3)
    assert (lea["faults_quarter"], lea["faults_year"], lea["severe_year"]) == (1, 2, 1)
    # the second matter was closed, and counted as reopened, only after the moment
    assert (lea["reopened_year"], lea["unanswered"]) == (2, 1)
    assert lea["reply_hours"] == pytest.approx(24.0)
    assert lea["broken_promises_year"] == 3
    assert (lea["complaints_quarter"], lea["complaints_year"]) == (1, 1)
    assert (lea["last_score"], lea["score_change"], lea["score_days"]) == (4.0, -5.0, 75)
    assert lea["answers_missing"] == 1
    assert lea["visits_quarter"] == 2
    assert lea["visits_trend"] == pytest.approx(2.5 / 1.5)
    ole = known["ole"]
    assert (ole["silence_days"], ole["spend_year"]) == (100, 4000)
    assert (ole["contacts_month"], ole["unanswered"], ole["answers_missing"]) == (1, 0, 1)
    assert (ole["referrals_made"], ole["referrals_won"], ole["recommendations_year"]) == (2, 1, 1)
    assert np.isnan([ole["last_score"], ole["reply_hours"], ole["visit_days"]]).all()
    kim = known["kim"]
    assert (kim["contracts_held"], kim["contracts_ended"], kim["contract_amount"]) == (2, 1, 1290)
    assert kim["last_score"] == 7.0
    # ole buys on day 230, in the first of two steps; the others do not within the horizon
    assert step == {"kim": 2, "lea": 2, "ole": 1}


@pytest.mark.slow_on_spark
def test_nobody_waits_for_an_answer_where_the_file_does_not_tell_of_any(engine):
    tables = tables_of(FACTS)
    replies = tables["contacts"]["first_reply_at"].to_pylist()
    marks = pa.array([None if reply else False for reply in replies], pa.bool_())
    tables["contacts"] = tables["contacts"].append_column("reply_known", marks)
    cases = churn_cases(History.of(engine, tables, Settings(window_days=150)), [MOMENT], HORIZON, "purchase")
    unanswered = cases.features[:, list(cases.names).index("unanswered")].tolist()
    assert dict(zip(cases.customer_id.to_pylist(), unanswered, strict=True))["lea"] == 0


@pytest.mark.slow_on_spark
@pytest.mark.parametrize(("tells", "hours"), [(True, 40.0), (False, 24.0)])
def test_what_is_solved_without_a_word_before_is_answered_then_where_answers_are_told(engine, tells, hours):
    changed = [row if row[2] != 195 else (*row[:4], 198, *row[5:]) for row in FACTS["contacts"]]
    tables = tables_of(FACTS | {"contacts": changed})
    marks = pa.array([tells or row[3] is not None for row in changed], pa.bool_())
    tables["contacts"] = tables["contacts"].append_column("reply_known", marks)
    cases = churn_cases(History.of(engine, tables, Settings(window_days=150)), [MOMENT], HORIZON, "purchase")
    lea = cases.features[cases.customer_id.to_pylist().index("lea")]
    # The other two were answered after a day; this one after three, where the file tells of answers.
    assert lea[list(cases.names).index("unanswered")] == 0
    assert lea[list(cases.names).index("reply_hours")] == pytest.approx(hours)


@pytest.mark.slow_on_spark
def test_no_promise_is_broken_where_the_file_does_not_tell_of_any_kept(engine):
    tables = tables_of(FACTS)
    kept = tables["promises"]["kept_at"].to_pylist()
    marks = pa.array([None if one else False for one in kept], pa.bool_())
    tables["promises"] = tables["promises"].append_column("kept_known", marks)
    cases = churn_cases(History.of(engine, tables, Settings(window_days=150)), [MOMENT], HORIZON, "purchase")
    broken = cases.features[:, list(cases.names).index("broken_promises_year")].tolist()
    # Those that were kept too late are still broken.
    assert dict(zip(cases.customer_id.to_pylist(), broken, strict=True))["lea"] == 2


def test_every_feature_has_a_subject(duckdb_engine):
    known, _ = told(duckdb_engine, FACTS)
    assert set(known["lea"]) == set(SUBJECTS)


def test_tables_that_the_history_lacks_give_no_features(duckdb_engine):
    known, _ = told(duckdb_engine, {"purchases": FACTS["purchases"]})
    names = set(known["lea"])
    assert names == {
        "silence_ratio", "silence_days", "purchases_month", "purchases_year", "purchases_trend",
        "customer_days", "spend_year", "order_value", "returned_year",
    }  # fmt: skip


LATER = st.fixed_dictionaries(
    {
        "purchases": st.lists(
            st.tuples(st.sampled_from(["lea", "ole", "new"]), st.integers(200, 400)), max_size=4
        ),
        "returns": st.lists(
            st.tuples(st.sampled_from(["o1", "o2", "o7"]), st.integers(200, 400)), max_size=3
        ),
        "contacts": st.lists(st.tuples(st.sampled_from(["lea", "ole"]), st.integers(200, 400)), max_size=3),
        "answers": st.lists(st.tuples(st.sampled_from(["lea", "kim"]), st.integers(200, 400)), max_size=3),
        "visits": st.lists(st.tuples(st.sampled_from(["lea", "kim"]), st.integers(200, 400)), max_size=3),
        "mentions": st.lists(st.tuples(st.sampled_from(["lea", "kim"]), st.integers(200, 400)), max_size=3),
        "promises": st.lists(st.tuples(st.sampled_from(["lea", "kim"]), st.integers(200, 400)), max_size=3),
        "referrals": st.lists(st.tuples(st.sampled_from(["lea", "kim"]), st.integers(200, 400)), max_size=3),
        "contracts": st.lists(st.tuples(st.sampled_from(["lea", "kim"]), st.integers(200, 400)), max_size=3),
    }
)


def with_more(later):
    """Return the facts with things that happen on the day itself or later."""
    more = {
        "purchases": [(f"x{k}", who, day, 900) for k, (who, day) in enumerate(later["purchases"])],
        "returns": [(order, day, 100) for order, day in later["returns"]],
        "contacts": [(who, "in", day, day + 1, day + 2, 1, True, "high") for who, day in later["contacts"]],
        "answers": [(who, "csat", day, day, 1.0) for who, day in later["answers"]],
        "visits": later["visits"],
        "mentions": [(who, day, "complaint") for who, day in later["mentions"]],
        "promises": [(who, day, None) for who, day in later["promises"]],
        "referrals": [(who, day, day) for who, day in later["referrals"]],
        "contracts": [(who, day, None, 100) for who, day in later["contracts"]],
    }
    return {name: [*rows, *more[name]] for name, rows in FACTS.items()}


@pytest.mark.slow_on_spark
def test_nothing_that_happens_later_changes_what_was_known(engine):
    before, _ = told(engine, FACTS)

    @settings(max_examples=3 if engine.name == "duckdb" else 1, phases=QUICK)
    @given(later=LATER)
    def hold(later):
        after, _ = told(engine, with_more(later))
        assert after.keys() == before.keys()
        for who, features in before.items():
            assert after[who] == pytest.approx(features, abs=1e-12, nan_ok=True), who

    hold()


def test_the_comparison_sees_the_day_before(duckdb_engine):
    before, _ = told(duckdb_engine, FACTS)
    after, _ = told(duckdb_engine, FACTS | {"visits": [*FACTS["visits"], ("kim", 199)]})
    assert after["kim"]["visits_quarter"] == before["kim"]["visits_quarter"] + 1


def test_no_more_goes_back_of_an_order_than_it_brought(duckdb_engine):
    before, _ = told(duckdb_engine, FACTS)
    after, _ = told(duckdb_engine, FACTS | {"returns": [*FACTS["returns"], ("o4", 196, 500)]})
    assert after["lea"] == pytest.approx(before["lea"], abs=1e-12, nan_ok=True)
    less, _ = told(duckdb_engine, FACTS | {"returns": [*FACTS["returns"], ("o3", 196, 500)]})
    assert less["lea"] != pytest.approx(before["lea"], abs=1e-12, nan_ok=True)


def test_days_are_those_of_the_firms_own_midnight(engine):
    """23:30 in UTC is the next day in Oslo: what happens then is not known on that day's eve."""
    facts = {"purchases": FACTS["purchases"], "visits": []}
    tables = tables_of(facts)
    tables["visits"] = table(
        ["visit_id", "customer_id", "at"], [("v", "lea", BEGIN + timedelta(days=199, hours=23, minutes=30))],
        [TEXT, TEXT, WHEN],
    )  # fmt: skip
    seen = {}
    for zone in ("UTC", "Europe/Oslo"):
        history = History.of(engine, tables, Settings(window_days=150, timezone=zone))
        cases = churn_cases(history, [MOMENT], HORIZON, "purchase")
        lea = cases.customer_id.to_pylist().index("lea")
        seen[zone] = cases.features[lea, cases.names.index("visits_quarter")]
    assert seen == {"UTC": 1, "Europe/Oslo": 0}

"""Everybody has a rung with its evidence and its day, and an advocate need not have bought."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from treue.history.history import History
from treue.history.settings import Settings
from treue.kernel.units import day_number
from treue.ladder.standing import EVIDENCE, rungs_at
from treue.ladder.stays import advocacy_observed, attention_observed, ladder_stays


def standing(history, day=None):
    rows = history.engine.arrow(rungs_at(history, day)).to_pylist()
    return {row.pop("customer_id"): tuple(row.values()) for row in rows}


@pytest.fixture
def on(canonical):
    """Make a history of rows given as ``table=[(customer, day, more…)]``, days after 1 January 2024."""

    def moment(day):
        return datetime(2024, 1, 1, 12) + timedelta(days=day)

    def make(engine, *, as_of=400, window=90, **given):
        rows = {
            "purchases": [
                {"order_id": f"{i}", "customer_id": who, "ordered_at": moment(day), "net_amount": amount}
                for i, (who, day, amount) in enumerate(given.get("purchases", []))
            ],
            "visits": [
                {"visit_id": f"{i}", "customer_id": who, "at": moment(day), "kind": kind}
                for i, (who, day, kind) in enumerate(given.get("visits", []))
            ],
            "contacts": [
                {"contact_id": f"{i}", "customer_id": who, "opened_at": moment(day), "direction": way}
                for i, (who, day, way) in enumerate(given.get("contacts", []))
            ],
            "referrals": [
                {
                    "referral_id": f"{i}",
                    "referrer_id": who,
                    "referred_id": whom,
                    "invited_at": moment(day),
                    "converted_at": None if won is None else moment(won),
                }
                for i, (who, day, whom, won) in enumerate(given.get("referrals", []))
            ],
            "mentions": [
                {"mention_id": f"{i}", "customer_id": who, "at": moment(day), "kind": kind}
                for i, (who, day, kind) in enumerate(given.get("mentions", []))
            ],
            "customers": [
                {"customer_id": who, "first_seen_at": None if day is None else moment(day)}
                for who, day in given.get("customers", [])
            ],
            "contracts": [
                {
                    "contract_id": f"{i}",
                    "customer_id": who,
                    "started_on": moment(start).date(),
                    "ended_on": None if end is None else moment(end).date(),
                }
                for i, (who, start, end) in enumerate(given.get("contracts", []))
            ],
        }
        tables = {name: canonical(name, listed) for name, listed in rows.items() if name in given}
        settings = Settings(as_of=moment(as_of).date(), window_days=window, activity=given.get("activity"))
        return History.of(engine, tables, settings)

    return make


ZERO = day_number(date(2024, 1, 1))


@pytest.mark.slow_on_spark
def test_every_rung_has_its_evidence_and_its_day(engine, on):
    history = on(
        engine,
        purchases=[
            ("client", 300, 5),
            ("client", 340, 5),
            ("client", 390, 5),
            ("customer", 350, 5),
            ("customer", 350, 5),
            ("former", 10, 5),
            ("former", 20, 5),
            ("brought", 380, 5),
            ("back", 0, 5),
            ("back", 360, 5),
            ("unkept", 100, 0),
            ("fan", 330, 5),
        ],
        visits=[
            ("prospect", 100, "page"),
            ("prospect", 120, "signup"),
            ("prospect", 120, "page"),
            ("cold", 10, "page"),
            ("former", 390, "page"),
        ],
        referrals=[("bringer", 350, "brought", 381)],
        mentions=[
            ("fan", 340, "recommendation"),
            ("fan", 350, "recommendation"),
            ("grumbler", 5, "complaint"),
        ],
        customers=[("listed", 50), ("undated", None), ("client", 1)],
    )
    assert standing(history) == {
        "client": ("client", ZERO + 340, "second_purchase", ZERO + 340),
        "customer": ("customer", ZERO + 350, "first_purchase", ZERO + 350),
        "former": ("former", ZERO + 110, "lapsed", ZERO + 110),
        "brought": ("customer", ZERO + 380, "first_purchase", ZERO + 380),
        # came back after a lapse: a client since the second purchase
        "back": ("client", ZERO + 360, "second_purchase", ZERO + 360),
        "unkept": ("suspect", ZERO + 100, "identified", ZERO + 100),
        "prospect": ("prospect", ZERO + 100, "sign_up", ZERO + 120),
        "cold": ("suspect", ZERO + 375, "identified", ZERO + 10),
        # never bought anything
        "bringer": ("advocate", ZERO + 381, "referral_converted", ZERO + 381),
        "fan": ("advocate", ZERO + 340, "recommendation", ZERO + 350),
        "grumbler": ("suspect", ZERO + 5, "identified", ZERO + 5),
        "listed": ("suspect", ZERO + 50, "identified", ZERO + 50),
        "undated": ("suspect", ZERO - 1, "identified", ZERO - 1),
    }
    assert {row[2] for row in standing(history).values()} <= set(EVIDENCE)


def test_the_rung_on_an_earlier_day_knows_nothing_of_later_ones(duckdb_engine, on):
    history = on(duckdb_engine, purchases=[("a", 10, 5), ("a", 50, 5), ("b", 60, 5)])
    assert standing(history, ZERO + 10) == {}
    assert standing(history, ZERO + 11) == {"a": ("customer", ZERO + 10, "first_purchase", ZERO + 10)}
    assert standing(history, ZERO + 51)["a"] == ("client", ZERO + 50, "second_purchase", ZERO + 50)
    assert set(standing(history, ZERO + 61)) == {"a", "b"}


def test_activity_ends_when_the_spell_ends(duckdb_engine, on):
    history = on(duckdb_engine, purchases=[("a", 10, 5)], window=90)
    assert standing(history, ZERO + 100)["a"][0] == "customer"
    assert standing(history, ZERO + 101)["a"][0] == "former"


def test_advocacy_and_attention_last_365_days(duckdb_engine, on):
    history = on(
        duckdb_engine,
        as_of=400,
        purchases=[("x", 0, 5)],
        mentions=[("m", 10, "recommendation")],
        visits=[("v", 20, "page")],
    )
    assert [standing(history, ZERO + 10 + after)["m"][0] for after in (1, 365, 366)] == [
        "advocate",
        "advocate",
        "suspect",
    ]
    assert [standing(history, ZERO + 20 + after)["v"][0] for after in (365, 366)] == ["prospect", "suspect"]


def test_a_referral_of_oneself_or_of_a_customer_makes_no_advocate(duckdb_engine, on):
    history = on(
        duckdb_engine,
        as_of=390,
        purchases=[("old", 1, 5), ("new", 30, 5), ("late", 390, 5)],
        referrals=[
            ("self", 10, "self", 20),
            ("poacher", 10, "old", 20),
            ("silent", 10, "new", None),
            ("open", 10, "nobody", None),
            ("early", 10, "late", 5),
        ],
    )
    found = {who: row[0] for who, row in standing(history).items()}
    assert found["self"] == found["poacher"] == found["open"] == "suspect"
    # the file does not say when it led to something, but the invited person bought
    assert standing(history)["silent"][0] == "advocate"
    assert standing(history)["silent"][3] == ZERO + 30
    assert found["early"] == "suspect"


def test_only_the_customers_own_contacts_are_attention(duckdb_engine, on):
    history = on(
        duckdb_engine,
        purchases=[("x", 0, 5)],
        contacts=[("caller", 300, "inbound"), ("called", 300, "outbound"), ("unknown", 300, None)],
    )
    found = standing(history)
    assert found["caller"][0] == "prospect"
    assert found["caller"][2] == "contact"
    assert found["called"][0] == found["unknown"][0] == "suspect"


def test_contracts_make_clients_by_a_second_one_or_a_year(engine, on):
    history = on(
        engine,
        as_of=500,
        contracts=[
            ("new", 400, None),
            ("year", 100, None),
            ("renewed", 0, 100),
            ("renewed", 101, 460),
            ("renewed", 461, None),
            ("second", 300, None),
            ("second", 420, None),
            ("gone", 0, 200),
            ("short", 0, 364),
            ("short", 366, 450),
            ("returned", 0, 100),
            ("returned", 450, None),
        ],
    )
    assert standing(history) == {
        "new": ("customer", ZERO + 400, "first_purchase", ZERO + 400),
        "year": ("client", ZERO + 465, "second_purchase", ZERO + 465),
        "renewed": ("client", ZERO + 101, "second_purchase", ZERO + 101),
        "second": ("client", ZERO + 420, "second_purchase", ZERO + 420),
        "gone": ("former", ZERO + 200, "lapsed", ZERO + 200),
        "short": ("former", ZERO + 450, "lapsed", ZERO + 450),
        "returned": ("client", ZERO + 450, "second_purchase", ZERO + 450),
    }


def test_what_a_history_of_purchases_cannot_show(duckdb_engine, on):
    history = on(duckdb_engine, purchases=[("a", 0, 5)])
    assert ladder_stays(history).observed == ("customer", "client")
    assert not advocacy_observed(history)
    assert not attention_observed(history)


def test_tables_without_a_row_up_to_now_show_nothing(duckdb_engine, on):
    history = on(duckdb_engine, as_of=10, purchases=[("a", 0, 5)], mentions=[], visits=[("v", 20, "page")])
    assert not advocacy_observed(history)
    assert not attention_observed(history)
    assert set(standing(history)) == {"a"}


def test_a_merged_customer_stands_once(duckdb_engine, on, canonical):
    plain = on(duckdb_engine, purchases=[("a", 380, 5), ("b", 390, 5)])
    merged = History.of(
        duckdb_engine,
        {
            "purchases": duckdb_engine.arrow(plain.frame("purchases")),
            "merges": canonical(
                "merges", [{"from_id": "b", "into_id": "a", "merged_at": datetime(2024, 2, 1)}]
            ),
        },
        plain.settings,
    )
    assert standing(merged) == {"a": ("client", ZERO + 390, "second_purchase", ZERO + 390)}

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from treue.kernel.errors import Refused, WrongArgument
from treue.simulate.firm import simulate_firm
from treue.simulate.shop import SHOP, Shop


def test_every_planted_number_has_a_unit(firm):
    planted, units = firm.truth.planted, firm.truth.units
    names = set(planted) | {f"segments.{name}" for part in planted["segments"] for name in part}
    assert names == set(units)
    assert all(units.values())


def test_truth_lies_beside_the_tables_and_says_the_same(firm):
    written = json.loads((firm.folder / "truth.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(firm.truth.as_dict()))
    assert written["last_day"] == "2024-12-31"
    assert written["planted"]["segments"][0]["alpha_days"] == SHOP.segments[0].alpha_days


def test_realised_counts_are_those_of_the_tables(firm):
    counts = firm.truth.realised
    bought, customers = firm.purchases(), firm.table("customers")
    assert counts["orders"] == len(bought)
    assert counts["buyers"] == bought.customer_id.nunique()
    assert counts["people"] == firm.people(customers.customer_id).nunique()
    assert counts["net_amount"] == bought.net_amount.sum()
    months = bought.ordered_at.dt.to_period("M").value_counts().sort_index()
    assert counts["orders_by_month"] == months.tolist()
    for name, part in counts["segments"].items():
        assert part["orders"] == (bought.segment == name).sum()
    assert sum(part["alive"] for part in counts["segments"].values()) == counts["alive"]
    assert counts["alive_at_month_end"][-1] == counts["alive"]
    assert counts["returned_amount"] == firm.table("returns").amount.sum()
    assert counts["contracts"] == firm.table("contracts").contract_id.nunique()
    assert counts["recommendations"] == (firm.table("mentions").kind == "recommendation").sum()
    assert counts["complaints"] == (firm.table("mentions").kind == "complaint").sum()
    assert counts["referrals_converted"] == firm.table("referrals").referred_id.notna().sum()


def test_clients_and_advocates_are_those_of_the_tables(firm):
    returns = firm.table("returns").groupby("order_id").amount.sum()
    bought = firm.purchases()
    kept = bought[bought.order_id.map(returns).fillna(0) < bought.net_amount]
    clients = kept.ordered_at.dt.normalize().groupby(kept.customer_id).nunique() >= 2
    assert firm.truth.realised["clients"] == clients.sum()
    mentions = firm.table("mentions")
    advocates = set(mentions.customer_id[mentions.kind == "recommendation"])
    advocates |= set(firm.table("referrals").referrer_id)
    assert firm.truth.realised["advocates"] == len(advocates)
    assert advocates <= set(clients.index[clients])


def test_promises_and_answers_are_counted(firm):
    promises, answers, counts = firm.table("promises"), firm.table("answers"), firm.truth.realised
    assert counts["promises"] == len(promises)
    assert counts["promises_kept_in_time"] == (promises.kept_at <= promises.due_at).sum()
    assert counts["survey_invitations"] == len(answers)
    assert counts["answers"] == answers.score.notna().sum() == answers.answered_at.notna().sum()
    assert counts["promoters"] == (answers.score >= 9).sum()
    assert counts["detractors"] == (answers.score <= 6).sum()


def test_a_firm_where_nobody_buys_has_no_share_of_customers_left(tmp_path):
    truth = simulate_firm(tmp_path, customers=20, months=2, shop=replace(SHOP, buyer_share=0.0))
    assert truth.realised["buyers"] == 0
    assert truth.realised["alive_share"] is None
    assert truth.rows["purchases"] == truth.rows["contracts"] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"customers": 0}, "customers=0 must be from 1"),
        ({"months": 0}, "months=0 must be from 1"),
        ({"months": 241}, "months=241 must be from 1 to 240"),
        ({"seed": -1}, "seed=-1 is negative"),
        ({"file_format": "xlsx"}, "format=xlsx is not one of parquet, csv"),
        ({"started_on": date(2023, 1, 2)}, "must be the first of a month, as 2023-01-01"),
        ({"tables": ()}, "must name canonical tables"),
        ({"tables": ("customers", "orders")}, "must name canonical tables"),
        ({"purchases_per_customer": 0.5}, "purchases_per_customer=0.5 must be more than 0.7"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_written(tmp_path, arguments, message):
    with pytest.raises(WrongArgument, match=message):
        simulate_firm(tmp_path / "new", **arguments)
    assert not (tmp_path / "new").exists()


def test_shares_and_indices_must_be_whole():
    with pytest.raises(WrongArgument, match=r"shares sum to 0\.25"):
        Shop(segments=SHOP.segments[:1])
    with pytest.raises(WrongArgument, match="12 numbers"):
        Shop(season_indices=(1.0,) * 11)


def test_tables_of_a_person_are_never_overwritten(tmp_path):
    mine = tmp_path / "purchases.csv"
    mine.write_text("order_id\n1\n", encoding="utf-8")
    with pytest.raises(Refused, match=r"holds purchases\.csv, which no simulation made"):
        simulate_firm(tmp_path, customers=10)
    assert mine.read_text(encoding="utf-8") == "order_id\n1\n"


@pytest.mark.parametrize("text", ["not json", "[]", "{}"])
def test_a_truth_of_somebody_else_is_never_overwritten(tmp_path, text):
    (tmp_path / "truth.json").write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match=r"holds truth\.json"):
        simulate_firm(tmp_path, customers=10)


def test_an_earlier_simulation_is_replaced_as_a_whole(tmp_path):
    simulate_firm(tmp_path, customers=50, file_format="csv")
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    simulate_firm(tmp_path, customers=60, tables=("customers",))
    assert {path.name for path in tmp_path.iterdir()} == {"customers.parquet", "truth.json", "notes.txt"}


@pytest.mark.parametrize(("table", "other"), [("mentions", "referrals"), ("referrals", "mentions")])
def test_only_what_is_asked_for_happens(tmp_path, table, other):
    truth = simulate_firm(tmp_path, customers=400, tables=("customers", table))
    assert {path.stem for path in tmp_path.iterdir()} == {"customers", table, "truth"}
    assert truth.rows[table] > 0
    assert ("recommendations" in truth.realised) == (table == "mentions")
    assert ("referrals" in truth.realised) == (table == "referrals")
    assert other not in truth.rows
    assert "campaign_treated" not in truth.realised


def test_a_firm_may_start_in_any_month(tmp_path):
    truth = simulate_firm(tmp_path, customers=300, months=14, started_on=date(2019, 11, 1))
    assert truth.last_day == date(2020, 12, 31)
    assert truth.as_dict()["started_on"] == "2019-11-01"

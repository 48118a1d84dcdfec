from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow.parquet
import pytest

from treue.history.tables import TABLES
from treue.simulate.firm import simulate_firm

CUSTOMER_COLUMNS = {"customer_id", "referrer_id", "referred_id", "from_id", "into_id"}


@pytest.mark.parametrize("name", TABLES)
def test_schema_is_the_canonical_one(firm, name):
    assert pyarrow.parquet.read_schema(firm.folder / f"{name}.parquet").equals(TABLES[name].schema)


@pytest.mark.parametrize("name", TABLES)
def test_keys_are_unique_and_required_columns_filled(firm, name):
    rows = firm.table(name)
    assert len(rows) == firm.truth.rows[name] > 0
    assert not rows.duplicated(list(TABLES[name].key)).any()
    assert rows[list(TABLES[name].required)].notna().all(axis=None)


@pytest.mark.parametrize("name", TABLES)
def test_everybody_referred_to_exists(firm, name):
    known = set(firm.table("customers").customer_id)
    rows = firm.table(name)
    for column in CUSTOMER_COLUMNS & set(rows.columns):
        assert set(rows[column].dropna()) <= known


@pytest.mark.parametrize("name", TABLES)
def test_nothing_happens_before_first_contact_or_after_the_end(firm, name):
    seen = firm.table("customers").set_index("customer_id").first_seen_at
    rows = firm.table(name)
    # Dates of contracts have no hour: the day of first contact is early enough.
    floor = seen.dt.normalize() if name == "contracts" else seen
    times = [c.name for c in TABLES[name].columns if c.type in {"instant", "date"}]
    for whose in CUSTOMER_COLUMNS & set(rows.columns):
        if (name, whose) == ("referrals", "referred_id"):
            continue
        for time in times:
            at = pd.to_datetime(rows[time])
            both = at.notna() & rows[whose].notna()
            assert (at[both] >= rows[whose][both].map(floor)).all(), (whose, time)
    for time in times:
        last = pd.to_datetime(rows[time]).max()
        assert pd.isna(last) or last < pd.Timestamp(firm.truth.last_day) + pd.Timedelta(days=1)


def test_instants_fall_on_the_same_day_in_every_european_zone(firm):
    ordered = firm.table("purchases").ordered_at.dt.tz_localize("UTC")
    for zone in ("Atlantic/Reykjavik", "Europe/Lisbon", "Europe/Berlin", "Europe/Helsinki"):
        assert (ordered.dt.tz_convert(ZoneInfo(zone)).dt.date == ordered.dt.date).all()


def test_returns_follow_their_order_and_never_exceed_it(firm):
    returns = firm.table("returns").merge(firm.table("purchases"), on="order_id", suffixes=("", "_bought"))
    assert len(returns) == firm.truth.rows["returns"]
    assert (returns.returned_at > returns.ordered_at).all()
    assert returns.amount.between(1, returns.net_amount).all()
    assert (returns.customer_id == returns.customer_id_bought).all()
    assert not returns.order_id.duplicated().any()


def test_lines_sum_to_the_order(firm):
    lines = firm.table("order_lines")
    bought = firm.table("purchases").set_index("order_id").net_amount
    sums = (lines.quantity * lines.unit_amount).groupby(lines.order_id).sum().astype("int64")
    assert sums.sort_index().equals(bought.sort_index().rename(sums.name).astype("int64"))
    counts = lines.groupby("order_id").line_number.agg(["min", "max", "count"])
    assert (counts["min"] == 1).all()
    assert (counts["max"] == counts["count"]).all()
    assert counts["max"].max() == 4


def test_referred_customers_came_after_the_invitation_and_were_won_once(firm):
    won = firm.table("referrals").dropna(subset="referred_id")
    customers = firm.table("customers").set_index("customer_id")
    first_order = firm.purchases().groupby("customer_id").ordered_at.min()
    assert len(won) > 50
    assert not won.referred_id.duplicated().any()
    assert (won.referred_id != won.referrer_id).all()
    assert (won.invited_at < won.referred_id.map(customers.first_seen_at)).all()
    assert (won.converted_at == won.referred_id.map(first_order)).all()
    assert (won.referred_id.map(customers.acquired_via) == "referral").all()


def test_spells_of_a_contract_follow_one_another(firm):
    spells = firm.table("contracts").sort_values(["contract_id", "started_on"])
    again = spells.contract_id == spells.contract_id.shift()
    assert again.sum() > 100
    assert (spells.started_on[again] == spells.ended_on.shift()[again]).all()
    assert (spells.end_reason.shift()[again] == "changed").all()
    assert (spells.monthly_amount[again] != spells.monthly_amount.shift()[again]).all()
    # Whoever comes back does so with a new contract after the old one.
    ends = spells.drop_duplicates("contract_id", keep="last")
    assert (ends.end_reason != "changed").all()
    assert (ends.end_reason.isna() == ends.ended_on.isna()).all()
    assert ends.customer_id.duplicated().sum() > 20


def test_second_records_hold_later_orders_of_their_owner(firm):
    merges = firm.table("merges")
    stands = merges[merges.undone_at.isna()]
    bought = firm.table("purchases").groupby("customer_id").ordered_at.agg(["min", "max"])
    assert len(stands) == firm.truth.realised["second_records"] == 80
    assert (merges.undone_at.notna().sum()) == firm.truth.realised["merges_undone"] > 3
    assert (stands.from_id.map(bought["min"]) >= stands.into_id.map(bought["max"])).all()
    assert (merges.undone_at.dropna() > merges.merged_at[merges.undone_at.notna()]).all()


def test_size_stays_in_proportion(firm):
    rows = firm.truth.rows
    assert rows["customers"] == firm.truth.customers
    assert rows["visits"] < 3 * (rows["purchases"] + rows["customers"])
    assert rows["order_lines"] < 2 * rows["purchases"]
    assert sum(path.stat().st_size for path in firm.folder.iterdir()) < 5_000_000


@pytest.mark.parametrize(("customers", "months"), [(1, 1), (2, 1), (3, 240), (60, 2)])
def test_tiny_firms_are_firms_too(tmp_path, customers, months):
    truth = simulate_firm(tmp_path, customers=customers, months=months, seed=0)
    assert truth.rows["customers"] == customers
    assert {path.stem for path in tmp_path.iterdir()} == {*TABLES, "truth"}

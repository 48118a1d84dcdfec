from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from treue.simulate.shop import SHOP

FAR = 3.3


@pytest.fixture(scope="module")
def contracts(firm):
    """Per contract: whole months observed until churn or the end, and whether it churned."""
    spells = firm.table("contracts").sort_values(["contract_id", "started_on"])
    ends = spells.drop_duplicates("contract_id", keep="last").set_index("contract_id")
    start = pd.to_datetime(spells.groupby("contract_id").started_on.min())
    churned = ends.end_reason.notna()
    until = pd.to_datetime(ends.ended_on).fillna(pd.Timestamp(firm.truth.last_day))
    months = (
        (until.dt.year - start.dt.year) * 12 + until.dt.month - start.dt.month - (until.dt.day < start.dt.day)
    )
    return pd.DataFrame(
        {"customer_id": ends.customer_id, "start": start, "months": months, "churned": churned}
    )


def at_each_anniversary(contracts):
    ages = np.arange(1, 25)
    at_risk = np.array([(contracts.months >= age).sum() for age in ages])
    ended = np.array([((contracts.months == age) & contracts.churned).sum() for age in ages])
    return ages, at_risk, ended


def test_contracts_survive_along_the_planted_beta_geometric_curve(contracts):
    ages, at_risk, ended = at_each_anniversary(contracts)
    leaves = SHOP.contract_alpha / (SHOP.contract_alpha + SHOP.contract_beta + ages - 1)
    use = at_risk * leaves >= 5
    assert use.sum() >= 10
    z = (ended - at_risk * leaves)[use] / np.sqrt(at_risk * leaves * (1 - leaves))[use]
    assert stats.chi2.sf((z**2).sum(), use.sum()) > 0.001
    # The same mean churn for everybody would fall along another curve.
    same = np.full(24, leaves[0])
    z = (ended - at_risk * same)[use] / np.sqrt(at_risk * same * (1 - same))[use]
    assert stats.chi2.sf((z**2).sum(), use.sum()) < 1e-6


def test_truth_counts_the_same_survivors(firm, contracts):
    _, at_risk, ended = at_each_anniversary(contracts)
    assert firm.truth.realised["contracts_at_anniversary"] == at_risk.tolist()
    assert firm.truth.realised["contracts_ended_at_anniversary"] == ended.tolist()


def test_contracts_end_on_an_anniversary(firm, contracts):
    ends = pd.to_datetime(firm.table("contracts").set_index("contract_id").ended_on.dropna())
    starts = ends.index.map(contracts.start)
    assert (ends.dt.day == starts.day).all()
    assert starts.day.max() <= 28


def test_amounts_move_at_the_planted_pace(firm, contracts):
    spells = firm.table("contracts").sort_values(["contract_id", "started_on"])
    up = spells.monthly_amount > spells.groupby("contract_id").monthly_amount.shift()
    down = spells.monthly_amount < spells.groupby("contract_id").monthly_amount.shift()
    steps = spells.monthly_amount.map({amount: place for place, amount in enumerate(SHOP.contract_amounts)})
    starts, ends = pd.to_datetime(spells.started_on), pd.to_datetime(spells.ended_on)
    until = ends.fillna(pd.Timestamp(firm.truth.last_day))
    months = (
        (until.dt.year - starts.dt.year) * 12
        + until.dt.month
        - starts.dt.month
        - (until.dt.day < starts.dt.day)
    )
    # The anniversary on which a contract ends for good moves no amount.
    months -= (ends.notna() & (spells.end_reason != "changed")).astype(int)
    assert stats.binomtest(int(up.sum()), int(months[steps < 2].sum()), SHOP.contract_up_share).pvalue > 0.001
    assert (
        stats.binomtest(int(down.sum()), int(months[steps > 0].sum()), SHOP.contract_down_share).pvalue
        > 0.001
    )


def test_segments_sign_up_in_the_planted_shares(firm, contracts):
    # Whoever bought two years before the end has signed up by then, but for one in twenty thousand.
    bought = firm.purchases().groupby("customer_id").agg(day=("day", "min"), segment=("segment", "first"))
    old = bought[bought.day < firm.end - 400]
    signed = old.index.isin(contracts.customer_id)
    for part in SHOP.segments:
        those = old.segment == part.name
        share = part.contract_share * (1 - np.exp(-(firm.end - 32 - old.day[those]) / 60))
        assert abs(signed[those].sum() - share.sum()) < FAR * np.sqrt((share * (1 - share)).sum())

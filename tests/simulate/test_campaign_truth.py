from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from treue.simulate.shop import SHOP

FAR = 3.3


@pytest.fixture(scope="module")
def arms(campaign_firm):
    """Orders per participant in the days before and after the assignment, by arm."""
    firm = campaign_firm
    assigned = firm.table("assignments").set_index("customer_id")
    at = firm.days(assigned.assigned_at).iloc[0]
    bought = firm.purchases()
    for name, (start, stop) in {
        "before": (at - SHOP.campaign_days, at),
        "after": (at, at + SHOP.campaign_days),
    }.items():
        counts = bought[(bought.day >= start) & (bought.day < stop)].customer_id.value_counts()
        assigned[name] = assigned.index.map(counts).fillna(0)
    return dict(iter(assigned.groupby("arm")))


def log_ratio(treated, holdout):
    """Return the log of the ratio of means and its standard error."""
    spread = sum(part.var(ddof=1) / len(part) / part.mean() ** 2 for part in (treated, holdout))
    return np.log(treated.mean() / holdout.mean()), np.sqrt(spread)


def test_treated_buy_more_often_by_the_planted_factor(arms):
    ratio, error = log_ratio(arms["treated"].after, arms["holdout"].after)
    assert abs(ratio - np.log(SHOP.campaign_factor)) < FAR * error
    # The interval is narrow enough to exclude no effect and twice the effect.
    assert ratio > FAR * error
    assert np.log(2 * SHOP.campaign_factor - 1) - ratio > FAR * error


def test_arms_were_alike_before(arms):
    ratio, error = log_ratio(arms["treated"].before, arms["holdout"].before)
    assert abs(ratio) < FAR * error
    treated = len(arms["treated"])
    both = treated + len(arms["holdout"])
    assert stats.binomtest(treated, both, SHOP.campaign_treated_share).pvalue > 0.001


def test_truth_counts_both_arms(campaign_firm, arms):
    counts = campaign_firm.truth.realised
    for arm, rows in arms.items():
        assert counts[f"campaign_{arm}"] == len(rows)
        # Instants are whole seconds: an order in the second of a limit may count on either side.
        assert abs(counts[f"campaign_{arm}_orders"] - rows.after.sum()) <= 1


def test_everybody_who_had_bought_takes_part(firm):
    assigned = firm.table("assignments")
    first = firm.purchases().groupby("customer_id").ordered_at.min()
    at = assigned.assigned_at.iloc[0]
    assert assigned.assigned_at.nunique() == 1
    assert set(assigned.customer_id) == set(first.index[first < at])

"""Returns, contacts, promises, answers and word of mouth come in the planted shares."""

from __future__ import annotations

import pandas as pd
import pytest
from scipy import stats

from treue.simulate.shop import SHOP


def agrees(events, n, share):
    """Return whether so many events of n are no surprise at the planted share, and would be at another."""
    right = stats.binomtest(int(events), int(n), share).pvalue > 0.001
    return right and stats.binomtest(int(events), int(n), share + 0.5 * (1 - share)).pvalue < 0.001


@pytest.mark.parametrize("part", SHOP.segments, ids=lambda part: part.name)
def test_orders_come_back_in_the_planted_share(firm, part):
    bought = firm.purchases()
    ripe = bought[(bought.day < firm.end - 29) & (bought.segment == part.name)]
    assert agrees(ripe.order_id.isin(firm.table("returns").order_id).sum(), len(ripe), part.return_share)


def test_returns_are_whole_or_partial_and_in_time(firm):
    returns = firm.table("returns").merge(firm.purchases(), on="order_id")
    whole = (returns.amount == returns.net_amount).sum()
    assert agrees(whole, len(returns), SHOP.full_return_share)
    waited = firm.days(returns.returned_at) - returns.day
    ripe = waited[returns.day < firm.end - 29]
    low, high = SHOP.return_days
    assert stats.kstest(ripe, "uniform", (low, high - low)).pvalue > 0.001


def test_contacts_follow_orders_in_the_planted_share(firm):
    contacts = firm.table("contacts")
    bought = firm.purchases()
    share = SHOP.contact_share
    # The last days' contacts are still to come: five days on average.
    expected = share * (len(bought) - 5 * (bought.day > firm.end - 30).sum() / 30)
    assert abs(len(contacts) - expected) < 3.3 * (len(bought) * share) ** 0.5
    assert agrees(contacts.own_fault.sum(), len(contacts), SHOP.own_fault_share)
    assert (contacts.first_reply_at.dropna() > contacts.opened_at[contacts.first_reply_at.notna()]).all()
    solved = contacts.dropna(subset="solved_at")
    assert (solved.solved_at > solved.first_reply_at).all()


def test_promises_are_kept_in_the_planted_share(firm):
    promises = firm.table("promises")
    assert agrees((promises.kept_at <= promises.due_at).sum(), len(promises), SHOP.promise_kept_share)
    old = promises[firm.days(promises.due_at) < firm.end - 40]
    assert agrees((old.kept_at > old.due_at).sum(), len(old), SHOP.promise_late_share)
    assert (promises.due_at > promises.made_at).all()


@pytest.mark.parametrize("part", SHOP.segments, ids=lambda part: part.name)
def test_answers_follow_the_planted_scores(firm, part):
    asked = firm.table("answers").sort_values("asked_at")
    asked["segment"] = asked.customer_id.map(firm.table("customers").set_index("customer_id").segment)
    asked = asked[asked.segment == part.name]
    assert agrees(asked.score.notna().sum(), len(asked), part.answer_share)
    # A customer's answers resemble one another: one answer each is independent.
    first = asked.dropna(subset="score").drop_duplicates("customer_id").score
    assert first.isin(range(11)).all()
    assert agrees((first >= 9).sum(), len(first), part.promoter_share)
    assert agrees((first <= 6).sum(), len(first), part.detractor_share)


def test_waves_ask_some_of_the_years_buyers_once(firm):
    asked = firm.table("answers")
    waves = [f"{year}-Q{quarter}" for year in (2023, 2024) for quarter in (1, 2, 3, 4)]
    assert sorted(asked.wave.unique()) == waves
    assert not asked.duplicated(["customer_id", "wave"]).any()
    bought = firm.purchases()
    n = invited = 0
    for _, rows in asked.groupby("wave"):
        day = firm.days(rows.asked_at).iloc[0]
        n += bought[(bought.day > day - 365) & (bought.day < day)].customer_id.nunique()
        invited += len(rows)
    assert (
        abs(invited - n * SHOP.survey_share) < 3.3 * (n * SHOP.survey_share * (1 - SHOP.survey_share)) ** 0.5
    )


def test_clients_speak_up_at_the_planted_rate(firm):
    mentions = firm.table("mentions")
    events = (mentions.kind == "recommendation").sum() + len(firm.table("referrals"))
    expected = firm.truth.realised["client_months"] * SHOP.advocacy_per_month
    assert events == firm.truth.realised["advocacies"]
    assert min(stats.poisson.cdf(events, expected), stats.poisson.sf(events - 1, expected)) > 0.0005
    assert stats.poisson.sf(events, expected / 1.3) < 0.001
    assert agrees(len(firm.table("referrals")), events, SHOP.referral_share)
    complaints = (mentions.kind == "complaint").sum()
    assert abs(complaints - SHOP.complaint_share * len(firm.purchases())) < 3.3 * complaints**0.5


def test_nobody_speaks_up_before_being_a_client(firm):
    bought = firm.purchases()
    days = bought.drop_duplicates(["customer_id", "day"]).assign(date=bought.ordered_at.dt.date)
    second = days.drop_duplicates(["customer_id", "date"]).groupby("customer_id").ordered_at.nth(1)
    second.index = bought.customer_id[second.index]
    mentions = firm.table("mentions")
    praise = mentions[mentions.kind == "recommendation"].set_index("customer_id")["at"]
    invited = firm.table("referrals").set_index("referrer_id").invited_at
    spoken = pd.concat([praise, invited])
    assert (spoken >= spoken.index.map(second)).all()


def test_referrals_win_customers_in_the_planted_share(firm):
    referrals = firm.table("referrals")
    ripe = referrals[firm.days(referrals.invited_at) < firm.end - 60]
    assert agrees(ripe.referred_id.notna().sum(), len(ripe), SHOP.conversion_share)
    waited = (ripe.converted_at - ripe.invited_at).dt.days
    assert waited.max() < 60

"""The customers behind each figure: a list has as many as the figure counts."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.http import QueryDict

from treue.app.customers import queries as customers
from treue.app.customers.models import Customer
from treue.app.customers.paging import page_of
from treue.app.measuring import queries
from treue.app.web import behind
from treue.app.web.customers_form import read_filter
from treue.kernel.language import Language

ENGLISH = Language("en")
EXACT = {
    "retention_rate": 3,
    "attrition_rate": 3,
    "churn_incidence": 1,
    "active_customers": 1,
    "resurrection_share": 2,
    "survival": 1,
    "survival_median": 1,
    "repeat_purchase_rate": 2,
    "time_between_purchases": 1,
    "purchase_frequency": 1,
    "historic_clv": 1,
    "rfm": 1,
    "probability_existing_buys": 2,
    "expected_returners": 1,
    "gross_revenue_retention": 1,
    "net_revenue_retention": 1,
    "ladder_occupancy": 1,
}
"""Measure to how many of its lists hold exactly whom the figure counts."""


def listed(query, *, with_restricted=False):
    """Return how many customers the page of customers shows under an address."""
    asked = read_filter(QueryDict(query), frozenset(), ENGLISH)
    assert not asked.wrong
    run = queries.shown_run()
    wish = customers.Wish(words="", tree=asked.checked, sort=asked.sort)
    scope = customers.Scope(run_id=run.pk, today=run.as_of, currency="EUR", with_restricted=with_restricted)
    return page_of(wish, scope, ("id",), 1, 10).count


def links_of(name):
    run = queries.shown_run()
    return behind.links(name, queries.figures_of(name), run.as_of, ENGLISH)


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("name", sorted(EXACT))
def test_a_list_holds_as_many_as_the_figure_counts(measured, name):
    exact = [link for link in links_of(name) if link.count is not None]
    assert len(exact) == EXACT[name]
    assert {link.query: listed(link.query) for link in exact} == {link.query: link.count for link in exact}
    assert any(link.count for link in exact)


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("name", ["ladder_occupancy", "rfm", "cohort_retention", "mrr_movement"])
def test_each_part_of_a_figure_has_a_list_of_its_own(measured, name):
    found = behind.parts(name, queries.figures_of(name), ENGLISH, contracts=False)
    assert len(found) >= 5
    assert [listed(link.query) for link in found] == [link.count for link in found]
    figure = queries.figures_of(name)[0]
    if name in {"ladder_occupancy", "rfm"}:
        assert sum(link.count for link in found) == figure["n"]


def test_a_list_of_others_would_be_noticed(measured):
    began, stayed, lost = links_of("retention_rate")
    assert began.count == stayed.count + lost.count
    assert listed(stayed.query.replace("kept", "lost")) != stayed.count
    assert listed("sort=-last") != began.count


def test_every_list_that_is_only_the_nearest_can_be_opened(measured):
    for name in behind.BEHIND:
        for link in links_of(name):
            assert listed(link.query) >= 0, (name, link)


def test_only_who_objected_is_counted_and_not_listed(measured_twice):
    objected = Customer.objects.filter(no_profiling=True).count()
    assert objected
    for name in ("survival", "time_between_purchases"):
        whole = links_of(name)[0]
        assert 0 < whole.count - listed(whole.query, with_restricted=True) <= objected


@pytest.mark.slow_on_postgres
def test_the_page_of_a_figure_leads_to_its_lists(measured_people, browse):
    client = browse(measured_people["owner"])
    page = client.get("/help/retention_rate/").content.decode()
    targets = [unescape(one) for one in re.findall(r'href="(/customers/\?[^"]+)"', page)]
    assert [one.removeprefix("/customers/?") for one in targets] == [
        link.query for link in links_of("retention_rate")
    ]
    count = links_of("retention_rate")[1].count
    assert f">{count:,} customers" in client.get(targets[1]).content.decode()
    assert (
        "/customers/?" not in browse(measured_people["analyst"]).get("/help/retention_rate/").content.decode()
    )

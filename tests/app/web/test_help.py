"""Help: what every figure of the library means, before anything was measured and after."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest

from treue.app.core.models import Firm, User
from treue.app.customers.models import Contact, Customer
from treue.app.measuring import queries
from treue.app.measuring.models import Run, RunFigure
from treue.app.measuring.writing import write_contacts
from treue.app.web.contact_meanings import OF_CONTACTS
from treue.kernel.language import Language
from treue.kernel.registry import measures
from treue.report.explanations import EXPLANATIONS

TABLES = ("purchases", "contracts", "visits", "referrals")


def text_of(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


@pytest.mark.parametrize("code", ["en", "de", "nb"])
def test_before_the_first_cycle_help_explains_every_measure_of_the_library(ines, browse, code):
    User.objects.filter(pk=ines.pk).update(language=code)
    client = browse(User.objects.get(pk=ines.pk))
    language = Language(code)
    index = text_of(client, "/help/")
    assert set(re.findall(r'href="/help/(\w+)/"', index)) == {*measures(), *OF_CONTACTS}
    for one in EXPLANATIONS.values():
        assert language.gettext(one.label) in index
    page = text_of(client, "/help/mrr_movement/")
    one = EXPLANATIONS["mrr_movement"]
    for text in (one.label, one.words, one.formula, one.caution, one.example):
        assert language.gettext(text).replace("&", "&amp;") in page
    assert 'href="/data/"' in page


def test_every_page_of_help_opens_before_the_first_cycle(ines, browse):
    client = browse(ines)
    assert {client.get(f"/help/{name}/").status_code for name in (*measures(), *OF_CONTACTS)} == {200}
    assert client.get("/help/groups/").status_code == 404


@pytest.mark.slow_on_postgres
def test_help_says_how_each_figure_of_the_run_stands(measured_people, browse):
    client = browse(measured_people["analyst"])
    page = text_of(client, "/help/retention_rate/")
    figure = RunFigure.objects.get(run=queries.shown_run(), name="retention_rate", stands=True).figure
    shown = {round(100 * figure[name], 1) for name in ("value", "ci_low", "ci_high")}
    facts = page.split('class="facts"')[1].split("</dl>")[0]
    assert shown <= {float(number) for number in re.findall(r"\d+\.\d+", facts)}
    assert f"<dt>Customers counted</dt><dd>{figure['n']:,}</dd>" in facts
    assert "<dt>How far to trust it</dt><dd>reliable</dd>" in facts


@pytest.mark.slow_on_postgres
def test_a_measure_of_several_figures_shows_each_of_them(measured_people, browse):
    client = browse(measured_people["analyst"])
    for name in ("ladder_occupancy", "ladder_transition", "time_to_climb", "rfm"):
        count = RunFigure.objects.filter(run=queries.shown_run(), name=name, period=None).count()
        page = text_of(client, f"/help/{name}/")
        assert page.split("<tbody>")[1].split("</tbody>")[0].count("<tr>") == count > 4, name
        assert "How far to trust it</th>" in page


@pytest.mark.slow_on_postgres
def test_a_measure_without_a_figure_says_why(measured_people, browse):
    client = browse(measured_people["analyst"])
    run = queries.shown_run()
    without = set(measures()) - set(RunFigure.objects.filter(run=run).values_list("name", flat=True))
    for name in without:
        page = text_of(client, f"/help/{name}/")
        assert "no figure" in page
        assert 'class="facts"' not in page


@pytest.mark.parametrize("code", ["en", "de", "nb"])
def test_each_figure_about_contacts_leads_to_what_it_means(database, people, browse, code):
    firm = Firm.the()
    firm.run = Run.objects.create(version="1", state="done", as_of=date(2026, 6, 30))
    firm.save()
    lea = Customer.objects.create(code="k-1")
    for number in range(40):
        began = datetime(2026, 6, 1, 8, number, tzinfo=UTC)
        at = began + timedelta(hours=3) if number < 35 else None
        Contact.objects.create(
            code=f"c-{number}", customer=lea, direction="in", opened_at=began, first_reply_at=at
        )
    write_contacts(firm.run, date(2026, 6, 30))
    client = browse(people["analyst"], HTTP_ACCEPT_LANGUAGE=code)
    User.objects.update(language=code)
    said = Language(code, "treue.app").gettext
    shown = text_of(client, "/contacts/")
    assert re.findall(r'href="/help/(\w+)/"', shown) == list(OF_CONTACTS)
    for name, one in OF_CONTACTS.items():
        page = unescape(text_of(client, f"/help/{name}/"))
        for words in (one.label, one.words, one.formula, one.caution, one.example):
            assert said(words) in page, (name, words)
    facts = unescape(text_of(client, "/help/first_response_median/")).split('class="facts"')[1]
    assert f"<dt>{said('How far to trust it')}</dt><dd>{said('reliable')}</dd>" in facts
    assert f"<dt>{said('Contacts counted')}</dt><dd>40</dd>" in facts
    assert "35 / 40" in facts
    again = unescape(text_of(client, "/help/reopen_rate/"))
    assert said("Cannot tell yet") in again
    assert f"<dt>{said('How far to trust it')}</dt><dd>{said('nobody to count')}</dd>" in again

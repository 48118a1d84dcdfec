"""Help: what every figure of the library means, before anything was measured and after."""

from __future__ import annotations

import re

import pytest

from treue.app.core.models import User
from treue.app.measuring import queries
from treue.app.measuring.models import RunFigure
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
    assert set(re.findall(r'href="/help/(\w+)/"', index)) == set(measures())
    for one in EXPLANATIONS.values():
        assert language.gettext(one.label) in index
    page = text_of(client, "/help/mrr_movement/")
    one = EXPLANATIONS["mrr_movement"]
    for text in (one.label, one.words, one.formula, one.caution, one.example):
        assert language.gettext(text).replace("&", "&amp;") in page
    assert 'href="/data/"' in page


def test_every_page_of_help_opens_before_the_first_cycle(ines, browse):
    client = browse(ines)
    assert {client.get(f"/help/{name}/").status_code for name in measures()} == {200}
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

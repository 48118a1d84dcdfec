"""Retention, ladder and help, as each role meets them, over figures that the daily cycle has left."""

from __future__ import annotations

import re
from datetime import date

import pytest

from treue.app.core.models import User
from treue.app.customers.models import Customer
from treue.app.measuring import chart_library, queries
from treue.app.measuring.models import Panel, Run, RunFigure, Score
from treue.kernel.language import Language

# What the pages show is written by the cycle, whose tests run on both databases; a cycle of its own takes long.
pytestmark = pytest.mark.slow_on_postgres

ROLES = ("owner", "manager", "service", "analyst", "auditor")
PERSONS = ("owner", "manager", "service")
PAGES = ("/retention/", "/ladder/", "/help/", "/help/retention_rate/")


@pytest.fixture
def real_database(measured_real):
    """Let the site that a browser opens be that of the measured firm."""
    return measured_real


def text_of(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_figures_with_their_age(measured_people, browse, role):
    client = browse(measured_people[role])
    day = Language("en").date(queries.shown_run().as_of)
    for path in ("/retention/", "/ladder/", "/help/retention_rate/", "/"):
        assert f"from everything up to {day}" in text_of(client, path), path


def test_the_page_shows_the_figure_that_the_run_holds(measured_people, browse):
    page = text_of(browse(measured_people["owner"]), "/retention/")
    figure = RunFigure.objects.get(run=queries.shown_run(), name="retention_rate", stands=True)
    assert f'<p class="value">{100 * figure.value:.1f} <small>%</small>' in page
    assert f"{figure.figure['numerator']:,} of {figure.figure['denominator']:,}" in page


def test_the_series_is_shown_by_month_quarter_and_year(measured_people, browse):
    client = browse(measured_people["analyst"])
    grains = queries.panel("retention", "en")["grains"]
    assert {"month", "quarter"} <= set(grains)
    for grain in grains:
        page = text_of(client, f"/retention/?by={grain}")
        assert f'<a href="/retention/?by={grain}" aria-current="true">' in page
        assert f"Customer retention rate by {grain}" in page
    usual = queries.panel("retention", "en")["grain"]
    for odd in ("/retention/", "/retention/?by=<script>", "/retention/?by=day"):
        assert f'<a href="/retention/?by={usual}" aria-current="true">' in text_of(client, odd)


def test_how_each_figure_was_computed_is_one_click_away(measured_people, browse):
    client = browse(measured_people["auditor"])
    found = set(re.findall(r'href="/help/(\w+)/"', "".join(text_of(client, path) for path in PAGES)))
    assert len(found) > 20
    for name in found:
        page = text_of(client, f"/help/{name}/")
        assert 'class="formula"' in page or name == "groups", name


def test_help_leads_to_the_customers_behind_a_figure_who_may_see_them(measured_people, browse):
    for role in ROLES:
        page = text_of(browse(measured_people[role]), "/help/historic_clv/")
        assert ("The customers behind it" in page) == (role in PERSONS), role


def test_help_tells_how_a_figure_stood_before(measured_people, browse):
    run = queries.shown_run()
    older = Run.objects.create(state="done", version="1", as_of=date(2025, 1, 31))
    found = RunFigure.objects.get(run=run, name="retention_rate", stands=True)
    RunFigure.objects.create(
        run=older,
        name="retention_rate",
        window="w",
        value=0.777,
        status="ok",
        stands=True,
        figure=found.figure,
    )
    page = text_of(browse(measured_people["owner"]), "/help/retention_rate/")
    assert "How it stood before" in page
    assert "77.7%" in page


def test_what_does_not_compare_with_the_newest_says_so(measured_people, browse):
    run = queries.shown_run()
    found = RunFigure.objects.get(run=run, name="retention_rate", stands=True)
    days = run.settings["window_days"]
    told = {
        date(2024, 8, 31): ({"window_days": days}, "provisional", {}, "not final"),
        date(2024, 9, 30): ({"window_days": days + 7}, "ok", {}, f"window: {days + 7} days"),
        date(2024, 11, 30): (
            {"window_days": days},
            "ok",
            {"definition_version": "0"},
            "by an earlier definition",
        ),
        date(2024, 10, 31): ({"window_days": days}, "ok", {}, ""),
    }
    for day, (settings, status, more, _) in sorted(told.items(), key=lambda one: one[0]):
        older = Run.objects.create(state="done", version="1", as_of=day, settings=settings)
        RunFigure.objects.create(
            run=older, name="retention_rate", window="w", value=0.5, status=status, stands=True,
            figure={**found.figure, **more},
        )  # fmt: skip
    # The newest run is the one that has the greatest number.
    newest = Run.objects.create(state="done", version="1", as_of=run.as_of, settings=run.settings)
    RunFigure.objects.create(
        run=newest,
        name="retention_rate",
        window="w",
        value=0.5,
        status="ok",
        stands=True,
        figure=found.figure,
    )
    page = text_of(browse(measured_people["owner"]), "/help/retention_rate/")
    rows = dict(
        re.findall(r'<tr><th scope="row">([^<]+)</th><td class="n">[^<]+</td><td>([^<]*)</td></tr>', page)
    )
    english = Language("en")
    for day, (_, _, _, remark) in told.items():
        assert rows[english.date(day)] == remark


def test_who_rose_and_fell_is_named_to_those_who_may_see_persons(measured_people, browse):
    highest = queries.moved(up=True)[0].customer
    Customer.objects.filter(pk=highest.pk).update(name="Åse Ødegård")
    for role in ROLES:
        page = text_of(browse(measured_people[role]), "/ladder/")
        assert ("Åse Ødegård" in page) == (role in PERSONS), role
        assert f'href="/customers/{highest.pk}/"' in page or role not in PERSONS
        assert f"{queries.shown_run().data['rose']:,} rose" in page
    Customer.objects.filter(pk=highest.pk).update(restricted=True)
    assert "Åse Ødegård" not in text_of(browse(measured_people["owner"]), "/ladder/")


def test_movement_is_that_of_the_scores(measured):
    run = queries.shown_run()
    levels = ("former", "suspect", "prospect", "customer", "client", "advocate")
    for score in Score.objects.filter(run=run):
        expected = levels.index(score.rung) - levels.index(score.rung_before) if score.rung_before else 0
        assert (score.moved or 0) == (expected > 0) - (expected < 0)
    assert run.data["rose"] == queries.moved(up=True).count() > 0
    assert run.data["fell"] == queries.moved(up=False).count() > 0


@pytest.mark.parametrize(
    ("code", "words"),
    [("en", "Cannot tell yet"), ("de", "Noch nicht zu sagen"), ("nb", "Kan ikke sies ennå")],
)
def test_before_the_first_cycle_a_page_says_what_to_do(ines, browse, code, words):
    User.objects.filter(pk=ines.pk).update(language=code)
    ines.refresh_from_db()
    for path in ("/retention/", "/ladder/", "/help/"):
        page = text_of(browse(ines), path)
        assert words in page
        assert 'href="/data/"' in page
        assert 'action="/cycle/"' in page


def test_pages_speak_the_language_down_to_the_charts(measured_people, browse):
    for code, words in (("de", "Kundenbindungsrate"), ("nb", "Kundebevaringsgrad")):
        User.objects.filter(pk=measured_people["owner"].pk).update(language=code)
        owner = User.objects.get(pk=measured_people["owner"].pk)
        assert words in text_of(browse(owner), "/retention/")
        name = re.search(r'data-chart="(/charts/[^"]+)"', text_of(browse(owner), "/retention/"))[1]
        english = browse(measured_people["analyst"]).get(name).json()
        assert browse(owner).get(name).json() != english


def test_what_is_not_there_is_not_found(measured_people, browse):
    client = browse(measured_people["owner"])
    for path in (
        "/help/no_such_measure/",
        "/charts/no-such-chart/",
        "/charts/../",
        "/help/retention_rate/x/",
    ):
        assert client.get(path).status_code == 404, path
    assert Panel.objects.filter(name="chart-cohorts").exists()
    assert set(client.get("/charts/cohorts/").json()) == {"wide", "narrow"}


def test_the_program_of_charts_is_made_once_and_may_be_kept(measured_people, browse):
    client = browse(measured_people["analyst"], HTTP_ACCEPT_ENCODING="gzip")
    file = chart_library.made()
    assert file is not None
    before = file.stat().st_mtime_ns
    chart_library.make()
    assert file.stat().st_mtime_ns == before
    answer = client.get(chart_library.address())
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]
    assert len(b"".join(answer.streaming_content)) == file.stat().st_size
    assert browse(measured_people["analyst"]).get("/chart-library.js").content == b"export default null;"


@pytest.mark.slow_on_postgres
@pytest.mark.browser
def test_charts_answer_the_pointer_and_are_there_without_scripts(measured_real, visit):
    user = User.objects.create_user("ines@firm.example", None, name="Ines", role="owner")
    still = visit(user, java_script_enabled=False)
    still.goto("/retention/")
    assert still.locator("figure[data-chart] .wide > svg").count() >= 4
    page = visit(user, viewport={"width": 1280, "height": 900})
    complaints = []
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/retention/")
    page.locator("#cohorts figure").scroll_into_view_if_needed()
    live = page.locator("#cohorts figure .wide .live svg")
    live.wait_for()
    box = live.bounding_box()
    page.mouse.move(box["x"] + 150, box["y"] + 60)
    page.mouse.move(box["x"] + 160, box["y"] + 62)
    page.locator("#vg-tooltip-element.visible").wait_for()
    assert "since the first purchase: " in page.locator("#vg-tooltip-element").inner_text()
    assert not complaints


@pytest.mark.slow_on_postgres
@pytest.mark.browser
def test_arrow_keys_read_a_chart_value_by_value(measured_real, visit):
    user = User.objects.create_user("ines@firm.example", None, name="Ines", role="owner")
    page = visit(user, viewport={"width": 1280, "height": 900})
    complaints = []
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    charts = (
        ("/ladder/", "#ladder figure.chart .wide", " customers: "),
        ("/retention/", "#cohorts figure .wide .live", " since the first purchase: "),
        ("/retention/", "#groups figure .wide .live", ", after "),
    )
    for path, place, words in charts:
        page.goto(path)
        page.locator(place.removesuffix(" .live")).first.scroll_into_view_if_needed()
        chart = page.locator(f"{place}.readable").first
        chart.wait_for()
        chart.focus()
        page.wait_for_timeout(300)  # scrolling there hides what was said
        assert chart.get_attribute("role") == "slider"
        assert chart.get_attribute("aria-label")
        said = []
        for key in ("Home", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowDown", "End"):
            page.keyboard.press(key)
            said.append(chart.get_attribute("aria-valuetext"))
            assert page.locator("div.told").inner_text().split() == said[-1].split()
            assert page.locator(f"{place} .pointed").count() == 1
        assert words in " ".join(said), (path, said)
        assert said[1] == said[3] != said[2]
        assert chart.get_attribute("aria-valuenow") == chart.get_attribute("aria-valuemax")
        page.keyboard.press("Escape")
        assert page.locator("div.told").is_hidden()
    assert not complaints


@pytest.mark.slow_on_postgres
@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_pages_of_figures(measured_real, visit, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    user = User.objects.create_user("ines@firm.example", None, name="Ines", role="owner")
    for width in (1280, 390):
        page = visit(user, color_scheme=scheme, viewport={"width": width, "height": 900})
        for path in (*PAGES, "/"):
            page.goto(path)
            page.wait_for_timeout(500)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
            found = axe.run(page)
            assert found.violations_count == 0, (path, width, scheme, found.generate_report())

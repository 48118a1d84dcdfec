"""What is on paper: the figures and facts, none of what only a screen can do, black on white."""

from __future__ import annotations

import pytest

from treue.app.core.models import User

pytestmark = [pytest.mark.browser, pytest.mark.slow_on_postgres, pytest.mark.timeout(900)]

PRINTED = {"today": "/", "retention": "/retention/", "ladder": "/ladder/"}
WIDE = """() => [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > 720)
    .map((one) => one.outerHTML.slice(0, 90))"""
SEEN = """(which) => [...document.querySelectorAll(which)]
    .filter((one) => one.checkVisibility({contentVisibilityAuto: true}) && one.getClientRects().length)
    .map((one) => one.outerHTML.slice(0, 120))"""
ONLY_ON_SCREENS = (
    "nav, form, button, .button, input:not([type=hidden]), select, textarea, progress, .skip, footer"
)
DARK = """() => [...document.querySelectorAll('body, main, main *, header, header *')].filter((one) => {
    if (!one.checkVisibility()) return false;
    const [r, g, b, a] = getComputedStyle(one).backgroundColor.match(/[\\d.]+/g).map(Number);
    return a !== 0 && r + g + b < 500;
}).map((one) => one.outerHTML.slice(0, 120))"""
PALE = """() => [...document.querySelectorAll('main *')].filter((one) => {
    if (!one.checkVisibility()) return false;
    if (![...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) return false;
    const [r, g, b] = getComputedStyle(one).color.match(/[\\d.]+/g).map(Number);
    return r + g + b > 330;
}).map((one) => one.outerHTML.slice(0, 120))"""
CLOSED = """() => [...document.querySelectorAll('main details table, main details dl.facts')]
    .filter((one) => !one.querySelector('th:nth-child(14)') && one.getBoundingClientRect().height < 10).map((one) => one.outerHTML.slice(0, 120))"""
BROKEN = """() => ['.figure', '.chart', 'main tr', '.timeline li'].filter((which) => {
    const one = document.querySelector(which);
    return one && getComputedStyle(one).breakInside !== 'avoid';
})"""


@pytest.fixture
def paper(full_firm):
    """Give a page as it is printed by somebody whose screen is dark."""
    User.objects.update(language="de")
    page = full_firm.visit(viewport={"width": 720, "height": 1000}, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    return page


def printed(page):
    """Return what is wrong with a page on paper, by what it is."""
    found = {
        "only for screens": page.evaluate(SEEN, ONLY_ON_SCREENS),
        "dark ground": page.evaluate(DARK),
        "pale letters": page.evaluate(PALE),
        "closed": page.evaluate(CLOSED),
        "may break": page.evaluate(BROKEN),
    }
    return {what: where for what, where in found.items() if where}


def test_a_printed_page_leaves_out_what_only_a_screen_can_do(full_firm, paper):
    for name, address in {**PRINTED, "customer": full_firm.pages["customer"]}.items():
        paper.goto(address)
        assert printed(paper) == {}, name
        assert len(paper.evaluate(SEEN, "main h1, main h2")) > 1, name
        width = paper.evaluate("document.documentElement.scrollWidth")
        assert width <= 720, (name, width, paper.evaluate(WIDE))


def test_the_tables_behind_charts_and_the_addresses_are_open_on_paper(full_firm, paper):
    paper.goto("/retention/")
    charts = paper.locator("figure.chart").count()
    assert charts > 3
    assert len(paper.evaluate(SEEN, "details table")) >= charts - 1
    paper.goto(full_firm.pages["customer"])
    assert paper.get_by_text("+47 22 33 44 55").is_visible()
    assert paper.locator("svg.rhythm").is_visible()
    assert not paper.locator("textarea").first.is_visible()
    paper.emulate_media(media="screen")
    assert not paper.get_by_text("+47 22 33 44 55").is_visible()
    assert paper.get_by_role("navigation").first.is_visible()


def test_a_page_becomes_a_pdf_of_a_few_sheets(full_firm, paper):
    paper.goto("/")
    made = paper.pdf(format="A4")
    assert made.startswith(b"%PDF")
    assert 1 <= made.count(b"/Type /Page\n") <= 4


def test_what_is_printed_wrongly_is_found(full_firm, paper):
    paper.goto(full_firm.pages["customer"])
    assert printed(paper) == {}
    paper.evaluate(
        """() => {
            document.querySelector('aside form').style.setProperty('display', 'block', 'important');
            document.querySelector('aside form').closest('details').style.setProperty('display', 'block', 'important');
            document.querySelector('main').style.background = '#111';
            document.querySelector('h1').style.color = '#eee';
            document.querySelector('.timeline li').style.breakInside = 'auto';
            document.querySelector('details dl').style.cssText = 'height:0;overflow:hidden';
        }"""
    )
    assert set(printed(paper)) == {"only for screens", "dark ground", "pale letters", "closed", "may break"}

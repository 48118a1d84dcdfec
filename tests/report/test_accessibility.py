from __future__ import annotations

import re
from importlib import resources

import pytest

from treue.charts.palette import HEAT_LIMIT
from treue.report.page import render_html

SHEET = resources.files("treue.report").joinpath("templates", "style.css").read_text(encoding="utf-8")


def scheme(place):
    """Return the colours of the n-th `:root` of the sheet: light, dark, paper."""
    block = re.findall(r":root\{(.*?)\}", SHEET, flags=re.DOTALL)[place]
    return dict(re.findall(r"--([\w-]+):(#[0-9a-f]{3,6})\b", block))


def rgb(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(sign * 2 for sign in colour[1:])
    return [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]


def luminance(colour):
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(over, under, share):
    return [share * a + (1 - share) * b for a, b in zip(rgb(over), rgb(under), strict=True)]


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("words", ["ink", "soft", "accent", "warn"])
def test_words_are_readable_in_every_scheme(place, words):
    colours = scheme(place)
    assert contrast(rgb(colours[words]), rgb(colours["paper"])) >= 4.5


@pytest.mark.parametrize("place", [0, 1, 2])
def test_numbers_are_readable_on_the_strongest_tint(place):
    colours = scheme(place)
    strongest = mixed(colours["accent"], colours["paper"], HEAT_LIMIT)
    assert contrast(rgb(colours["ink"]), strongest) >= 4.5


@pytest.mark.parametrize("place", [0, 1, 2])
def test_marks_that_mean_something_stand_out(place):
    colours = scheme(place)
    assert contrast(rgb(colours["accent"]), rgb(colours["paper"])) >= 3
    assert contrast(rgb(colours["ink"]), rgb(colours["warn-soft"])) >= 3


@pytest.fixture(scope="module")
def address(report, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render_html(report, "de"), encoding="utf-8")
    return path.as_uri()


def opened(browser, address, *, width=1280, colours="light"):
    page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=colours).new_page()
    page.goto(address)
    return page


@pytest.mark.browser
@pytest.mark.parametrize(
    ("width", "colours"),
    [
        (390, "light"),
        (1280, "dark"),
        pytest.param(390, "dark", marks=pytest.mark.slow),
        pytest.param(1280, "light", marks=pytest.mark.slow),
    ],
)
def test_axe_finds_nothing_to_complain_about(browser, address, width, colours):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )
    page = opened(browser, address, width=width, colours=colours)
    found = axe.Axe().run(page).response["violations"]
    assert [(fault["id"], [node["target"] for node in fault["nodes"][:3]]) for fault in found] == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 768, 1280, 2000])
def test_nothing_is_wider_than_the_page(browser, address, width):
    page = opened(browser, address, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
@pytest.mark.parametrize(("width", "shown"), [(390, "narrow"), (1280, "wide")])
def test_each_width_has_its_drawing(browser, address, width, shown):
    page = opened(browser, address, width=width)
    visible = page.locator(".chart svg:visible").count()
    assert visible == page.locator(f".chart .{shown} svg").count() > 0


@pytest.mark.browser
def test_the_page_asks_nobody_for_anything(browser, address):
    asked = []
    page = browser.new_context().new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    assert asked == [address]


@pytest.mark.browser
def test_the_keyboard_reaches_the_contents_first(browser, address):
    page = opened(browser, address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"

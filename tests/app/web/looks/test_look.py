"""Every page with everything on it, as somebody with a small screen or a screen reader meets it: a measured firm."""

from __future__ import annotations

import re

import pytest

from treue.app.core.models import User
from treue.app.web.access import ROUTES

pytestmark = [pytest.mark.browser, pytest.mark.slow_on_postgres, pytest.mark.timeout(900)]

PASSWORD = "correct horse battery staple"  # noqa: S105
NO_PAGES = {"audit-export", "today-progress", "chart-library"}
PAGES = {
    route.name: f"/{route.path}"
    for route in ROUTES
    if "<" not in route.path and "owner" in route.read and not route.public and route.name not in NO_PAGES
}
PHONE = {"width": 390, "height": 800}
LANGUAGES = ("en", "de", "nb")


@pytest.mark.parametrize("each", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_every_page_fits_a_phone_and_axe_finds_nothing_in_light_and_dark(full_firm, axe, each):
    page = full_firm.visit(viewport=PHONE)
    for first, code in enumerate(LANGUAGES):
        User.objects.update(language=code)
        for place, (name, address) in enumerate({**PAGES, **full_firm.pages}.items()):
            # Each page is met in one language, so that each language meets a third of them; or in all.
            if each or place % 3 == first:
                page.goto(address)
                assert axe.faults(page, code, whole=True, dark=each or place % 2 == 0) == {}, (name, code)


def test_pages_of_strangers_and_of_a_second_factor_fit_too(full_firm, axe, browse):
    for code in LANGUAGES:
        locale = {"en": "en-GB", "de": "de-DE", "nb": "nb-NO"}[code]
        User.objects.update(language=code)
        half = browse()
        half.post("/login/", {"email": full_firm.tessa.email, "password": PASSWORD})
        for who, addresses in (
            (browse(), full_firm.strangers),
            (half, {"login-second": "/login/second/"}),
            (browse(full_firm.tessa), {"account": "/account/", "account-app": "/account/app/"}),
        ):
            page = full_firm.visit(who, viewport=PHONE, locale=locale)
            for name, address in addresses.items():
                page.goto(address)
                assert page.url.endswith(address)
                assert axe.faults(page, code, whole=code == "de") == {}, (name, code)


def test_a_wide_screen_is_filled_without_running_over_and_without_fault(full_firm, axe):
    page = full_firm.visit(viewport={"width": 1920, "height": 1080})
    User.objects.update(language="de")
    for name in ("today", "customer", "ladder"):
        page.goto({**PAGES, **full_firm.pages}[name])
        assert axe.faults(page, "de", whole=True) == {}, name


def test_what_looks_finds_what_is_wrong(full_firm, axe):
    page = full_firm.visit(viewport=PHONE)
    User.objects.update(language="en")
    page.goto(full_firm.pages["customer"])
    axe.open_all(page)
    assert axe.unfit(page) == []
    page.evaluate(
        """() => {
            const row = document.createElement('div');
            row.innerHTML = '<a href="#x" aria-label="x">x</a><a href="#y" aria-label="y">y</a>';
            [...row.children].forEach((one) => { one.style.cssText = 'display:inline-block;width:9px;height:9px' });
            document.querySelector('main').append(row);
            document.querySelector('main h2').style.color = '#777';
            document.querySelector('main h2').style.background = '#888';
            document.querySelector('textarea').closest('label').replaceWith(document.querySelector('textarea'));
            document.querySelector('.timeline').style.width = '500px';
        }"""
    )
    assert {found[0] for found in axe.unfit(page)} == {"color-contrast", "label", "target-size"}
    assert axe.too_wide(page) != []
    assert axe.cut_off(page) == []
    page.evaluate("document.querySelector('header .who .sheet').style.left = '-3rem'")
    assert axe.cut_off(page) != []


def test_logging_in_works_without_scripts(full_firm):
    page = full_firm.browser.new_context(
        base_url=full_firm.address, locale="en-GB", java_script_enabled=False
    ).new_page()
    User.objects.update(language="en")
    page.goto("/settings/")
    page.get_by_label("E-mail address").fill(full_firm.ines.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(re.compile("/settings/$"))
    page.get_by_label("Name of the firm").fill("Fjordkaffe AS")
    page.get_by_role("button", name="Keep the settings").click()
    assert page.get_by_role("status").inner_text().startswith("The settings are kept.")

from __future__ import annotations

import re

import pytest

from treue.app.core.models import User
from treue.app.customers.models import Customer

pytestmark = pytest.mark.browser
PASSWORD = "four unrelated words here"  # noqa: S105
WORK_MILLISECONDS = 240_000
PHONE = {"width": 390, "height": 800}


@pytest.mark.parametrize(
    "real_database",
    ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])],
    indirect=True,
)
@pytest.mark.timeout(600)
def test_from_an_empty_system_to_the_first_figures(served, page, axe):
    page.goto(served)
    page.get_by_label("Your name").fill("Ines")
    page.get_by_label("Name of the firm").fill("Fjord Kaffe")
    page.get_by_label("E-mail address").fill("ines@firm.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    page.get_by_role("button", name="Try the demonstration firm").click()
    page.get_by_role("progressbar").wait_for()
    wide = page.viewport_size
    page.set_viewport_size(PHONE)
    assert axe.faults(page, "en", whole=True) == {}
    assert page.get_by_role("progressbar").count() == 1
    page.set_viewport_size(wide)
    lead = page.locator("#lead")
    lead.wait_for(timeout=WORK_MILLISECONDS)
    assert re.search(r"Of the [\d,]+ customers you had", lead.inner_text())
    assert page.locator("table.care tbody tr").count() == 10
    page.locator("table.care tbody tr a").first.click()
    page.get_by_role("heading", name="Where this customer stands").wait_for()
    assert page.locator("svg.rhythm").count() == 1
    for name in ("Retention", "Ladder", "Customers", "Data", "Settings", "Help"):
        page.get_by_role("navigation", name="Main menu").get_by_role("link", name=name, exact=True).click()
        page.get_by_role("heading", level=1).first.wait_for()
        assert (
            page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        )
    assert page.complaints == []


LOCALES = {"en": "en-GB", "de": "de-DE", "nb": "nb-NO"}


@pytest.mark.slow_on_postgres
def test_all_that_comes_before_the_first_figures_fits_a_phone_and_axe_finds_nothing(
    real_database, visit, axe
):
    pages = {code: visit(viewport=PHONE, locale=locale) for code, locale in LOCALES.items()}
    for code, page in pages.items():
        page.goto("/first-account/")
        assert axe.faults(page, code, whole=code == "en") == {}, code
    page.locator("form.stacked").evaluate("form => form.submit()")
    page.get_by_role("alert").wait_for()
    assert axe.faults(page, code, whole=True) == {}, "refused"

    ines = User.objects.create_user("ines@firm.example", PASSWORD, name="Ines", role="owner")
    pages = {code: visit(ines, viewport=PHONE, locale=locale) for code, locale in LOCALES.items()}
    for customers, code, address in (
        (0, "de", "/"),
        (1, "nb", "/"),
        (1, "de", "/ladder/"),
    ):
        if customers and not Customer.objects.exists():
            Customer.objects.create(code="k-1", name="Lea Brandt")
        pages[code].goto(address)
        assert pages[code].url.endswith(address)
        assert axe.faults(pages[code], code, whole=True) == {}, (address, customers)


@pytest.mark.slow_on_postgres
def test_the_look_at_a_phone_finds_what_is_wrong(real_database, visit, axe):
    page = visit(viewport=PHONE, locale="de-DE")
    page.goto("/first-account/")
    page.evaluate(
        """() => {
            document.querySelector('h1').style.width = '500px';
            document.querySelector('[name=firm]').closest('label').replaceWith(document.querySelector('[name=firm]'));
        }"""
    )
    assert {"language", "wide", "light"} == set(axe.faults(page, "nb", whole=True))

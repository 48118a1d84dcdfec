from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser
PASSWORD = "four unrelated words here"  # noqa: S105
WORK_MILLISECONDS = 240_000


@pytest.mark.parametrize(
    "real_database",
    ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])],
    indirect=True,
)
@pytest.mark.timeout(600)
def test_from_an_empty_system_to_the_first_figures(served, page):
    page.goto(served)
    page.get_by_label("Your name").fill("Ines")
    page.get_by_label("Name of the firm").fill("Fjord Kaffe")
    page.get_by_label("E-mail address").fill("ines@firm.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    page.get_by_role("button", name="Try the demonstration firm").click()
    page.get_by_role("progressbar").wait_for()
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

"""Every page that stands alone, as somebody with a small screen, a keyboard or a screen reader meets it."""

from __future__ import annotations

import re

import pytest

from treue.app.core import audit
from treue.app.core.models import User
from treue.app.web.access import ROUTES

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery staple"  # noqa: S105
MINE = ("account", "account-app", "settings", "settings-people", "audit")
PAGES = [route for route in ROUTES if "<" not in route.path and "owner" in route.read and not route.public]
NO_PAGES = {"audit-export", "today-progress", "chart-library"}


@pytest.fixture
def owner(real_database):
    user = User.objects.create_user("ines@firm.example", PASSWORD, name="Ines Halvorsen", role="owner")
    User.objects.create_user("jonas@firm.example", None, name="Jonas", role="service")
    audit.write("customer.merged", by=user, subject="customer:12", detail={"into": 7})
    return user


@pytest.mark.slow_on_postgres
def test_axe_finds_nothing(owner, visit):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    for scheme in ("light", "dark"):
        page = visit(owner, color_scheme=scheme)
        for route in PAGES:
            if route.name in NO_PAGES:
                continue
            page.goto(f"/{route.path}")
            found = axe.run(page)
            assert found.violations_count == 0, (route.name, scheme, found.generate_report())


@pytest.mark.slow_on_postgres
def test_nothing_runs_over_the_edge_of_a_phone(owner, visit):
    page = visit(owner, viewport={"width": 390, "height": 800})
    for code in ("en", "de", "nb"):
        User.objects.filter(pk=owner.pk).update(language=code)
        for route in PAGES:
            if route.name in NO_PAGES:
                continue
            page.goto(f"/{route.path}")
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= 390, (route.name, code, width)


@pytest.mark.slow_on_postgres
def test_the_keyboard_reaches_every_control(owner, visit):
    page = visit(owner)
    for name in MINE:
        page.goto("/" + next(route.path for route in PAGES if route.name == name))
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        wanted = page.evaluate(
            """() => [...document.querySelectorAll('main a[href], main button, main input, main select, main summary')]
            .filter((one) => one.type !== 'hidden' && !one.disabled && one.checkVisibility()).length"""
        )
        page.evaluate("document.querySelector('.skip').focus()")
        page.keyboard.press("Enter")
        reached = set()
        for _ in range(wanted * 2 + 60):
            page.keyboard.press("Tab")
            at = page.evaluate(
                """() => { const one = document.activeElement; const all = [...document.querySelectorAll('main *')];
                return document.querySelector('main').contains(one) ? all.indexOf(one) : -1 }"""
            )
            reached.add(at)
        radios = page.evaluate("document.querySelectorAll('main input[type=radio]').length")
        groups = page.evaluate(
            "new Set([...document.querySelectorAll('main input[type=radio]')].map((one) => one.name)).size"
        )
        # One Tab stop stands for a group of radio buttons.
        assert len(reached - {-1}) >= wanted - radios + groups, name


def test_logging_in_works_without_scripts(owner, visit):
    page = visit(java_script_enabled=False)
    page.goto("/settings/")
    page.get_by_label("E-mail address").fill("ines@firm.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(re.compile("/settings/$"))
    page.get_by_label("Time zone").fill("Europe/Oslo")
    page.get_by_role("button", name="Keep the settings").click()
    assert page.get_by_role("status").inner_text().startswith("The settings are kept.")

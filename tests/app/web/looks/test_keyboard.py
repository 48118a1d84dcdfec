"""The pages without a mouse: everything is reached, nothing holds on to the focus, and the focus is seen."""

from __future__ import annotations

import pytest

from treue.app.core.models import User
from treue.app.customers.models import Contact, Note, Promise

pytestmark = [pytest.mark.browser, pytest.mark.slow_on_postgres, pytest.mark.timeout(900)]

WALKED = ("customer", "customers-filtered", "file-read", "customer-erase")
CONTROLS = """() => {
    document.querySelectorAll('main details').forEach((one) => { one.open = true });
    const which = 'main :is(a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"])';
    const all = [...document.querySelectorAll(which)].filter((one) => !one.disabled && one.checkVisibility());
    // One stop stands for a group of radio buttons.
    const radios = new Set();
    window.wanted = all.filter((one) => one.type !== 'radio' || (!radios.has(one.name) && radios.add(one.name)));
    return window.wanted.length;
}"""
AT = """() => {
    const one = document.activeElement;
    const place = window.wanted.findIndex((all) => all === one || (one.type === 'radio' && all.name === one.name && all.form === one.form));
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    const seen = one.matches(':focus-visible, input:focus-within') && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
        && box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    return {place, seen, inside: document.querySelector('main').contains(one), html: one.outerHTML.slice(0, 120),
        after: !!one.closest('footer.site')};
}"""


def walk(page):
    """Go from the skip link through the contents to the footer; returns what was not reached, and not seen."""
    wanted = page.evaluate(CONTROLS)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.skip') && document.activeElement.offsetLeft >= 0")
    page.keyboard.press("Enter")
    reached, unseen = set(), []
    # A field for a day and a time has several stops.
    for _ in range(wanted * 3 + 30):
        page.keyboard.press("Tab")
        at = page.evaluate(AT)
        if at["after"]:
            break
        assert at["inside"], at["html"]
        reached.add(at["place"])
        if not at["seen"]:
            unseen.append(at["html"])
    else:
        pytest.fail(f"the focus never left the contents: {at['html']}")
    missed = page.evaluate(
        "(reached) => window.wanted.filter((_, k) => !reached.includes(k)).map((one) => one.outerHTML.slice(0, 120))",
        sorted(reached),
    )
    return missed, unseen


def test_the_keyboard_reaches_every_control_and_shows_where_it_is(full_firm):
    page = full_firm.visit(viewport={"width": 1000, "height": 700})
    User.objects.update(language="en")
    pages = {name: full_firm.pages[name] for name in WALKED}
    own = {"data": "/data/", "settings": "/settings/", "people": "/settings/people/", "account": "/account/"}
    for name, address in (pages | own | {"today": "/"}).items():
        page.goto(address)
        missed, unseen = walk(page)
        assert (missed, unseen) == ([], []), name


def test_a_control_that_is_skipped_or_not_seen_is_found(full_firm):
    page = full_firm.visit(viewport={"width": 1000, "height": 700})
    page.goto("/account/")
    page.evaluate(
        """() => {
            document.querySelector('main select').tabIndex = -1;
            document.querySelector('main input[name=name]').style.outline = 'none';
        }"""
    )
    missed, unseen = walk(page)
    assert [one[:7] for one in missed] == ["<select"]
    assert len(unseen) == 1
    assert 'name="name"' in unseen[0]


def tab_to(page, which, most=120):
    """Press Tab until something has the focus."""
    for _ in range(most):
        if page.evaluate("(which) => document.activeElement.matches(which)", which):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{which} was not reached")


def test_a_customer_is_found_and_written_about_without_a_mouse(full_firm):
    User.objects.update(language="en")
    page = full_firm.visit()
    page.goto("/customers/")
    rows = page.locator("#list tbody tr")
    assert rows.count() > 5
    tab_to(page, "[name=words]")
    # The list follows what is typed, without a key or button for it.
    page.keyboard.type("brandt-sørens", delay=20)
    rows.nth(1).wait_for(state="detached")
    assert rows.all_inner_texts()[0].startswith("Lea Brandt-Sørensen")
    page.keyboard.press("Control+A")
    page.keyboard.type("223344", delay=20)
    page.wait_for_url("**words=223344**")
    assert rows.count() == 1
    page.keyboard.press("Control+A")
    page.keyboard.type("nobodyatall", delay=20)
    page.get_by_text("Nobody fits.").wait_for()
    page.keyboard.press("Control+A")
    page.keyboard.type("33 44 55", delay=20)
    page.get_by_text("Nobody fits.").wait_for(state="detached")
    assert page.evaluate("document.activeElement.name") == "words"
    tab_to(page, "#list a")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Lea Brandt-Sørensen").wait_for()
    write(page, "/note/", {"textarea[name=text]": "Found by keyboard"})
    write(page, "/promise/", {"input[name=text]": "Send by keyboard"})
    write(page, "/contact/", {"textarea[name=text]": "Spoke by keyboard"})
    texts = [
        Note.objects.latest("pk").text,
        Promise.objects.latest("pk").text,
        Contact.objects.latest("pk").text,
    ]
    assert texts == ["Found by keyboard", "Send by keyboard", "Spoke by keyboard"]
    for text in texts:
        assert page.locator(".timeline").get_by_text(text).count() == 1


def write(page, address, fields):
    """Open a form by keyboard, fill it and send it."""
    form = f"form[action$='{address}']"
    tab_to(page, f"details:has(> {form}) > summary")
    page.keyboard.press("Enter")
    for which, text in fields.items():
        tab_to(page, f"{form} {which}")
        page.keyboard.type(text)
    tab_to(page, f"{form} button")
    with page.expect_navigation():
        page.keyboard.press("Enter")

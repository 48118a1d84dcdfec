"""Hostile texts in every field that a page shows, and hostile questions to every page that takes one."""

from __future__ import annotations

import re
from functools import partial
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest

from treue.app.core import audit
from treue.app.core.models import Firm, User
from treue.app.customers.models import ContactPoint, Customer
from treue.app.web.access import ROUTES

NO_PAGES = {"style", "alive", "audit-export", "login-passkey", "language", "policy-report"}
"""What answers with a file, or to forms only."""
PASSWORD = "correct horse battery staple"  # noqa: S105

SHAPES = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</option></select><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    '" autofocus onfocus=alert(1) x="',
    "' autofocus onfocus=alert(1) x='",
    "` onmouseover=alert(1) x=`",
    "<svg onload=alert(1)>",
    "<svg/onload=alert(1)//",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'>",
    "<iframe src=javascript:alert(1)>",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "javascript:alert(1)",
    "jAvAsCrIpT:alert(1)//",
    "data:text/html,<script>alert(1)</script>",
    "<form action=javascript:alert(1)><button autofocus>x</button></form>",
    "<details open ontoggle=alert(1)>x",
    "<body onload=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<audio src=x onerror=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<select autofocus onfocus=alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import '//evil.example/x.css';</style>",
    "<p style=background:url(//evil.example/x)>x</p>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content=0;url=javascript:alert(1)>",
    "<script src=//evil.example/x.js></script>",
    "<div hx-get=/logout/ hx-trigger=load>x</div>",
    "<div hx-on:htmx:load=alert(1)>x</div>",
    "<div data-hx-on--load=alert(1) hx-ext=x>x</div>",
    "{{ 7*7 }}{% raw %}{{ self }}",
    "${alert(1)}#{alert(1)}",
    "{{constructor.constructor('alert(1)')()}}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "\u003cscript\u003ealert(1)\u003c/script\u003e\u2028alert(1)",
    "＜script＞alert(1)＜/script＞",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
)

HOOKS = """
window.found = [];
for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = () => window.found.push(name);
document.addEventListener("securitypolicyviolation",
  (event) => window.found.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


@pytest.fixture
def hostile(real_database):
    """Fill every field that people or files can fill with hostile texts; gives the owner and the customers."""

    def fill(count):
        owner = User.objects.create_user("ines@firm.example", PASSWORD, name=SHAPES[0], role="owner")
        customers = []
        for number, text in enumerate(SHAPES[:count]):
            User.objects.create(email=f"u{number}@firm.example", name=text, role="service")
            one = Customer.objects.create(
                code=text, name=text, company=text, country=text[:60], segment=text, acquired_via=text,
                boundaries=text, attributes={text: text, "note": text}, search_text=text.casefold(),
            )  # fmt: skip
            ContactPoint.objects.create(customer=one, kind="email", typed=text, normal=f"{number}@x.example")
            audit.write(text[:60], by=audit.SYSTEM, subject=text, detail={text: text})
            customers.append(one.pk)
        return owner, customers

    return fill


def watched(visit, user=None):
    page = visit(user)
    page.context.add_init_script(HOOKS)
    page.on("dialog", lambda dialog: dialog.dismiss())
    return page


def addresses(customers):
    """Return every address that shows a page to an owner and can be filled, without downloads."""
    for route in ROUTES:
        if route.name in NO_PAGES or not (route.public or "owner" in route.read):
            continue
        if "<" not in route.path:
            yield f"/{route.path}"
        elif route.name.startswith("customer"):
            for number in customers:
                yield "/" + re.sub(r"<int:\w+>", str(number), route.path)


@pytest.mark.slow_on_postgres
@pytest.mark.browser
@pytest.mark.parametrize(
    "count", [6, pytest.param(len(SHAPES), marks=[pytest.mark.slow, pytest.mark.timeout(1200)])]
)
def test_no_hostile_text_is_run_on_any_page(hostile, visit, count):
    owner, customers = hostile(count)
    page = watched(visit, owner)
    seen = 0
    for number, address in enumerate(addresses(customers)):
        text = SHAPES[number % len(SHAPES)]
        Firm.the()
        Firm.objects.update(name=text)
        for question in ("", f"?q={text.replace('#', '')}&done={text[:20]}"):
            answer = page.goto(address + question)
            assert answer.status < 500, address
            page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
            assert page.evaluate("window.found") == [], (address, text)
            seen += 1
    assert seen > count


def answered(headers, route):
    route.fulfill(body=f"<p>{SHAPES[0]}{SHAPES[5]}", content_type="text/html", headers=headers)


@pytest.mark.browser
def test_the_hooks_see_what_is_run_and_what_is_stopped(hostile, visit):
    page = watched(visit)
    policy = {"Content-Security-Policy": "default-src 'none'"}
    for headers, words in (({}, "alert"), (policy, "script-src")):
        page.route(
            "**/control/",
            partial(answered, headers),
        )
        page.goto("/control/")
        page.wait_for_function("window.found.length > 0")
        assert any(words in one for one in page.evaluate("window.found"))
        page.unroute("**/control/")


STARTS = ("'", '"', ")", "1", "-1", "0", "", "name", "-name", "%", "\\", "\0", "ä", "💥")
ENDS = (
    "",
    " OR 1=1--",
    "; DROP TABLE core_user--",
    " UNION SELECT 1,2,3--",
    "__password",
    "__startswith",
    "&id__in=1",
    "[]",
    "[0]",
    ".x",
    " " * 300,
    "9" * 40,
    "%00%ff",
    "\r\nSet-Cookie: a=b",
    "../../../etc/passwd",
)
QUESTIONS = [start + end for start in STARTS for end in ENDS]


def parameters(client, address):
    """Return the names of what a page can be asked: fields of its forms, and what its links ask."""
    answer = client.get(address)
    if answer.status_code != 200 or answer.streaming:
        return set()
    page = answer.content.decode(errors="replace")
    found = {"q", "page", "sort", "order", "before", "next", "done"}
    for form in re.findall(r"<form[^>]*method=.get.*?</form>", page, re.DOTALL):
        found |= set(re.findall(r'name="([^"]+)"', form))
    for link in re.findall(r'(?:href|hx-get)="([^"]+)"', page):
        parts = urlsplit(unescape(link))
        if parts.path in {"", address}:
            found |= {name for name, _ in parse_qsl(parts.query)}
    return found


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("every", [80, pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(3000)])])
def test_no_hostile_question_breaks_a_page(ines, lea, browse, every):
    assert len(set(QUESTIONS)) >= 200
    client = browse(ines)
    asked = 0
    for address in addresses([lea.pk]):
        for name in sorted(parameters(client, address)):
            for number, text in enumerate(QUESTIONS):
                if (number + asked) % every:
                    continue
                assert client.get(address, {name: text}).status_code < 500, (address, name, text)
            asked += 1
    assert asked > 50
    assert User.objects.count() == 1
    assert audit.verify().first_bad is None


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("every", [20, pytest.param(1, marks=pytest.mark.slow)])
def test_no_hostile_form_breaks_a_page(ines, browse, every):
    client = browse(ines)
    fields = ("name", "email", "role", "language", "timezone", "window", "window_days", "margin", "hour", "firm",
              "password", "new", "code", "credential", "next", "q", "currency", "country")  # fmt: skip
    mine = ("login", "account", "settings", "audit", "first", "language", "welcome")
    for text in QUESTIONS[::every]:
        for route in ROUTES:
            if route.name.split("-")[0] not in mine:
                continue
            path = re.sub(r"<int:\w+>", str(ines.pk), re.sub(r"<str:\w+>", "x", route.path))
            client.force_login(User.objects.get(), backend="django.contrib.auth.backends.ModelBackend")
            assert client.post(f"/{path}", dict.fromkeys(fields, text)).status_code < 500, (path, text)
    assert User.objects.get().role == "owner"

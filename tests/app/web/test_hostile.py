"""Hostile texts in every column that people or files can fill, on every page, with a measured run: none is run."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, date, datetime
from functools import partial
from itertools import cycle as cycle_of
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from django.apps import apps
from django.template import engines
from django.urls import resolve
from jinja2 import ChoiceLoader, DictLoader

from treue.app.core import accounts, audit
from treue.app.core.models import Firm, User
from treue.app.customers.models import Customer, ImportedFile, Purchase
from treue.app.measuring import cycle, queries
from treue.app.web.access import ROUTES

NO_PAGES = {
    "style", "alive", "audit-export", "login-passkey", "language", "policy-report", "chart-library",
    "data-file-set-aside",
}  # fmt: skip
"""What answers with a file, or to forms only."""
AT = datetime(2026, 5, 1, 10, tzinfo=UTC)

SHAPES = json.loads((Path(__file__).parent / "hostile_texts.json").read_text(encoding="utf-8"))

HOOKS = """
window.found = [];
for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = () => window.found.push(name);
document.addEventListener("securitypolicyviolation",
  (event) => window.found.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


SETTLED = """async () => {
  const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
  const pointed = (mark) => ["pointerover", "pointermove", "mouseover", "mousemove"].forEach((name) =>
    mark.dispatchEvent(new PointerEvent(name, { bubbles: true, clientX: 9, clientY: 9 })));
  window.drawn = window.hinted = 0;
  document.querySelectorAll("details").forEach((one) => { one.open = true });
  for (const figure of document.querySelectorAll("figure[data-chart]")) {
    figure.scrollIntoView({ block: "center" });
    const live = () => [...figure.querySelectorAll(".live")];
    const still = figure.querySelectorAll(".wide > svg, .narrow > svg").length;
    for (let tries = 0; tries < 500 && live().length < still; tries += 1) await wait(20);
    for (const one of live()) {
      window.drawn += 1;
      one.querySelectorAll('[class*="pointer_marks"] > *:nth-child(-n+6)').forEach(pointed);
      one.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
      window.hinted += document.querySelectorAll("#vg-tooltip-element.visible, .told:not([hidden])").length;
    }
  }
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  await wait(60);
  return window.found;
}"""
"""Opens what is folded, draws every chart and points at its parts, waits for what comes late; gives what was found."""

OURS = {
    "actor", "digest", "previous", "key", "credential_id", "handle", "password", "timezone", "currency", "language",
    "normal", "search_text", "window", "rung", "rung_before", "risk", "purchase_code", "path", "version", "rule",
    "anonymous_id", "evidence", "period", "status",
}  # fmt: skip
"""Columns whose words Treue chooses, checks or computes, or that name a row of another table."""
CHECKED = {"User.email", "Firm.country"}
"""The same, of one table only."""


@pytest.fixture
def real_database(measured_real):
    """Let the site that a browser opens be that of the measured firm."""
    return measured_real


def texts_of(model):
    """Return the columns of a model that people or files fill with words."""
    fields = [
        field
        for field in model._meta.concrete_fields
        if field.get_internal_type() in {"CharField", "TextField"} and not field.choices
    ]
    return [field for field in fields if field.name not in OURS]


def value_for(field, text, number):
    kind = field.get_internal_type()
    if kind in {"CharField", "TextField"}:
        usual = {"currency": "EUR", "language": "de", "timezone": "UTC", "normal": f"{number}@x.example"}
        if field.choices:
            return field.choices[0][0]
        longest = field.max_length or 400
        return usual.get(field.name, (text + f" {number}" * field.unique)[:longest])
    return {
        "JSONField": {text: text, "words": [text]},
        "DateTimeField": AT,
        "DateField": date(2026, 5, 1),
        "BooleanField": True,
        "FloatField": 0.5,
        "BinaryField": b"x",
    }.get(kind, 7)


def make_row(model, text, number, **given):
    """Make a row whose words are all hostile."""
    values = {}
    for field in model._meta.concrete_fields:
        if field.name in given:
            values[field.name] = given[field.name]
        elif not (field.is_relation or field.primary_key):
            values[field.name] = value_for(field, text, number)
    return model.objects.create(**values)


READING = ["headers", "rows", "files", "notes", "reasons", "examples", "counts", "currency"]


def reading_of(text):
    """Return how a file was read in which everything is hostile, as the pages of imports show it."""
    return {
        "headers": [text, "x"],
        "rows": [[text, text]],
        "files": [{"columns": {"customer": text}, "notes": [text]}],
        "notes": [{"text": "{name}", "name": text}],
        "reasons": {text: 2},
        "examples": [{"reason": text, "line": 2, "row": text, "path": text}],
        "counts": {text: {"added": 1, "filled": 1}},
        "currency": text,
        "attributes": [text],
    }


def fill_tables(texts, owner, customers):
    """Let each text stand in every column of every table that has to do with a customer, and in those of staff."""
    made = {"file": [], "person": []}
    for number, (text, customer) in enumerate(zip(texts, customers, strict=True)):
        given = {
            "customer": customer,
            "referrer": customer,
            "referred": None,
            "user": owner,
            "hidden_until": None,
        }
        given |= {
            "kept_at": None,
            "due_at": datetime.now(UTC),
            "closed_at": None,
            "file": None,
            "run": None,
        }
        for model in (
            *apps.get_app_config("customers").get_models(),
            *apps.get_app_config("privacy").get_models(),
        ):
            name = model.__name__
            if name in {"Customer", "Merge", "Blocked", "Period"} or name.endswith("Word"):
                continue
            more = (
                {"reading": reading_of(text), "state": "read", "choices": {}, "path": __file__}
                if name == "ImportedFile"
                else {}
            )
            more |= {"conditions": {"match": "all", "groups": []}} if name == "Segment" else {}
            more |= {"system": text[:60]} if name == "ExternalId" else {}
            if name == "ContactStep":
                more["contact"] = apps.get_model("customers", "Contact").objects.latest("pk")
            row = make_row(model, text, number, **given, **more)
            made["file"] += [row.pk] * (name == "ImportedFile")
        made["file"].append(
            ImportedFile.objects.create(
                name=text, path=text, state="failed", why=text, actor="user:1", reading=reading_of(text),
                finished_at=datetime.now(UTC),
            ).pk
        )  # fmt: skip
        person = User.objects.create(email=f"u{number}@firm.example", name=text, role="service")
        made["person"].append(person)
        make_row(apps.get_model("core", "Passkey"), text, number, user=person, credential_id=f"c{number}")
        failed = {"state": "failed", "finished_at": datetime.now(UTC)}
        make_row(apps.get_model("core", "Job"), text, number, **failed)
        audit.write(text[:60], by=audit.SYSTEM, subject=text, detail={text: text})
    make_row(apps.get_model("core", "Passkey"), texts[0], 999, user=owner, credential_id="mine")
    return made


class Filled:
    """The measured firm, filled with hostile texts and measured again."""

    def __init__(self, count, *, measured=True):
        self.texts = SHAPES[:count]
        self.owner = User.objects.create(email="ines@firm.example", name=self.texts[0], role="owner")
        Firm.objects.update(name=self.texts[0])
        known = list(Customer.objects.order_by("pk").values_list("pk", flat=True))
        for k, text in enumerate(self.texts):
            mine = known[k::count]
            # Dozens of groups are too small to be shown: the first texts stand for most.
            group = self.texts[k % 6]
            Customer.objects.filter(pk__in=mine).update(
                name=text, company=text, segment=group, acquired_via=group, country=group[:60],
                boundaries=text, attributes={group: group, "note": text},
            )  # fmt: skip
            Purchase.objects.filter(customer__in=mine).update(
                channel=group, coupon_code=group, attributes={text: text}
            )
        if measured:
            cycle.run_now(lambda _words, _share: None, by=audit.COMMAND)
        run = queries.shown_run()
        listed = list(run.scores.exclude(care_rank=None).order_by("care_rank")[:count])
        others = run.scores.filter(care_rank=None).order_by("pk")[: count - len(listed)]
        customers = [score.customer for score in (*listed, *others)]
        for k, (text, one) in enumerate(zip(self.texts, customers, strict=True)):
            Customer.objects.filter(pk=one.pk).update(code=f"{text} {k}", name=text, language=text[:20])
        self.customers = [one.pk for one in customers]
        self.made = fill_tables(self.texts, self.owner, customers)
        self.links = [accounts.make_reset_link(one, by=self.owner) for one in self.made["person"]]
        self.run = run

    def addresses(self):
        """Give every address that shows a page to an owner, with each thing that it may show."""
        names = set(self.run.panels.values_list("name", flat=True))
        some = slice(None) if len(self.texts) > 6 else slice(3)
        known = {
            "customer": self.customers,
            "data": self.made["file"][some],
            "chart": sorted(name[6:] for name in names if name.startswith("chart-"))[some],
            "help": [one["id"] for one in queries.panel("how", "en")["how"]][some],
        }
        for route in ROUTES:
            if (
                route.name in NO_PAGES
                or not (route.public or "owner" in route.read)
                or route.name == "welcome"
            ):
                continue
            if "<" not in route.path:
                yield f"/{route.path}"
                continue
            beginning, end = route.path.split("<")[0], route.path.split(">")[1]
            for one in known[route.name.split("-")[0]]:
                yield f"/{beginning}{one}{end}"
        yield from (f"/retention/?by={grain}" for grain in queries.panel("retention", "en")["grains"])
        yield from (
            "/customers/?column=name&column=segment&column=country&column=acquired_via",
            "/privacy/?count=1",
        )


@pytest.fixture
def filled(real_database):
    return Filled


def left_out(firm):
    """Return the columns of words in which no hostile text stands, and the texts that are no group of the figures."""
    beginnings = tuple(text[:3] for text in firm.texts)
    found = []
    for app in ("core", "customers", "privacy"):
        for model in apps.get_app_config(app).get_models():
            for field in texts_of(model):
                words = model.objects.values_list(field.name, flat=True)
                if not any(str(word or "").startswith(beginnings) for word in words):
                    found.append(f"{model.__name__}.{field.name}")
    groups = " ".join(str(one) for one in firm.run.figures.values_list("segment", flat=True).distinct())
    return set(found) - CHECKED, [text for text in firm.texts[:6] if text not in groups]


def watched(visit, user=None, **wishes):
    page = visit(user, **wishes)
    page.set_default_timeout(120_000)
    page.context.add_init_script(HOOKS)
    page.on("dialog", lambda dialog: dialog.dismiss())
    return page


def found_on(page, address):
    """Open an address; returns what was run there, or was stopped."""
    answer = page.goto(address)
    assert answer.status < 500, address
    return page.evaluate(SETTLED)


COUNTS = [4, pytest.param(len(SHAPES), marks=[pytest.mark.slow, pytest.mark.timeout(5400)])]
FORMS_HERE = """
const fields_of = (form) => [...form.querySelectorAll("input:not([type=hidden]), textarea")]
  .filter((field) => !["checkbox", "radio", "file"].includes(field.type));
const name_of = (field) => field.name.replace(/^attribute:.*/s, "attribute:"); // each customer has others
const forms_here = () => [...document.querySelectorAll("main form[method=post]")].map((form) =>
  ({ form, action: form.getAttribute("action") ?? "", names: [...new Set(fields_of(form).map(name_of))].join() }));
"""
"""The forms of a page, with what can be typed into each."""
PLACES = f"() => {{ {FORMS_HERE} return forms_here().filter((one) => one.names).map(({{ action, names }}) => [action, names]) }}"
FILL = f"""([action, names, text]) => {{
  {FORMS_HERE}
  const kind = (any) => any.replaceAll(/[0-9]+/g, "1");
  const fit = forms_here().filter((any) => kind(any.action) === kind(action) && (!names || any.names === names));
  const one = fit.find((any) => any.action === action) ?? fit[0]; // what was done is no longer asked for
  if (!one) throw new Error(`${{action}} is none of ${{forms_here().map((any) => any.action)}}`);
  for (const field of fields_of(one.form)) {{
    if (field.type !== "password") field.type = field.tagName === "INPUT" ? "text" : field.type;
    field.removeAttribute("maxlength");
    field.value = text;
  }}
  HTMLFormElement.prototype.submit.call(one.form);
}}"""
TYPED_INTO = {
    "account", "account-password", "customer-add", "customer-change", "customer-contact", "customer-erase", "customer-merge",
    "customer-note", "customer-point", "customer-promise", "customers-save", "data-file-read", "data-upload", "privacy-back",
    "privacy-period", "privacy-request", "settings", "settings-people",
}  # fmt: skip
"""Some of the addresses to which forms send what is typed."""


def add_places(places, page, address):
    """Add the forms of the page that is open, by the address that they send to and what can be typed into them."""
    for action, names in page.evaluate(PLACES):
        route = resolve(urlsplit(action or address).path).url_name
        places.setdefault((route, names), {})[action or address] = (address, action)


def sent(page, address, form, text, names=""):
    """Fill a form with a text and send it; returns what was run on the page that answers."""
    page.goto(address)
    with page.expect_navigation() as told:
        page.evaluate(FILL, [form, names, text])
    assert told.value.status < 500, (address, form, text)
    return page.evaluate(SETTLED)


@pytest.mark.slow_on_postgres
@pytest.mark.browser
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("count", COUNTS)
def test_no_hostile_text_is_run_on_any_page(filled, visit, browse, count):
    firm = filled(count)
    assert left_out(firm) == (set(), [])
    page, seen, places, drawn = watched(visit, firm.owner), 0, {}, {}
    for number, address in enumerate(firm.addresses()):
        text = firm.texts[number % count]
        Firm.objects.update(name=text)
        asked = f"{'&' if '?' in address else '?'}q={quote(text)}&words={quote(text)}&done={quote(text[:20])}"
        for question in ("", asked) if number % 5 == 0 else ("",):
            assert found_on(page, address + question) == [], (address, text)
            add_places(places, page, address + question)
            seen += 1
        drawn[address] = page.evaluate("[window.drawn, window.hinted]")
    assert seen > 40
    assert min(drawn["/retention/"]) > 0, "no chart was drawn, or none said what it shows"
    assert {name for name, _ in places} >= TYPED_INTO
    for number, ((_, names), found) in enumerate(places.items()):
        # What was done at one place may no longer be asked for there.
        for (address, form), text in zip(
            cycle_of(found.values()), firm.texts[number % count :: 6], strict=False
        ):
            assert sent(page, address, form, text, names) == [], (address, form, text)
    page.set_extra_http_headers({"HX-Target": "list", "HX-Request": "true"})
    for text in firm.texts[::3]:
        assert found_on(page, f"/customers/?words={quote(text[:6])}") == [], text
    copies(watched(visit), browse(firm.owner), firm)


def copies(page, client, firm):
    """Open the copies that customers get, which carry no policy of ours: nothing in them is run either."""
    for number, customer in enumerate(firm.customers):
        made = zipfile.ZipFile(io.BytesIO(client.post(f"/customers/{customer}/copy/").content))
        place = f"/copies/{number}.html"
        answer = partial(answered, {}, body=made.read("copy.html").decode())
        page.route(f"**{place}", answer)
        assert found_on(page, place) == [], firm.texts[number]


@pytest.mark.slow_on_postgres
@pytest.mark.browser
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("count", COUNTS)
def test_no_hostile_text_is_run_on_what_strangers_see(filled, visit, count):
    firm = filled(count, measured=False)
    page = watched(visit)
    for text, link in zip(firm.texts, firm.links, strict=True):
        for address in (
            f"/login/?next={quote(text)}",
            f"/welcome/{link}/",
            f"/welcome/{quote(text, safe='')}/",
            f"/nothing/{quote(text)}",
        ):
            assert found_on(page, address) == [], (address, text)
        assert sent(page, "/login/", "/login/", text) == [], text
        assert sent(page, f"/welcome/{link}/", "", text[:9]) == [], text


def answered(headers, route, *, body=None):
    body = f"<p>{SHAPES[0]}{SHAPES[5]}" if body is None else body
    route.fulfill(body=body, content_type="text/html", headers=headers)


@pytest.mark.browser
def test_the_hooks_see_what_is_run_and_what_is_stopped(visit):
    page = watched(visit)
    policy = {"Content-Security-Policy": "default-src 'none'"}
    for headers, words in (({}, "alert"), (policy, "script-src")):
        page.route("**/control/", partial(answered, headers))
        page.goto("/control/")
        page.wait_for_function("window.found.length > 0")
        assert any(words in one for one in page.evaluate("window.found"))
        page.unroute("**/control/")


def without_policy(route):
    """Answer as the site does, but let everything run."""
    answer = route.fetch()
    kept = {name: text for name, text in answer.headers.items() if name != "content-security-policy"}
    route.fulfill(response=answer, headers=kept)


@pytest.mark.browser
@pytest.mark.slow_on_postgres
def test_a_template_of_ours_that_trusts_one_value_is_seen(visit, monkeypatch):
    owner = User.objects.create(email="ines@firm.example", name="Ines", role="owner")
    env = engines["jinja2"].env
    source = env.loader.get_source(env, "customer.html.j2")[0]
    assert "{{ customer.boundaries }}" in source
    trusting = source.replace("{{ customer.boundaries }}", "{{ customer.boundaries|safe }}")
    one = Customer.objects.order_by("pk").first()
    Customer.objects.filter(pk=one.pk).update(boundaries=f"</textarea>{SHAPES[5]}")
    page = watched(visit, owner)
    assert found_on(page, f"/customers/{one.pk}/") == []
    monkeypatch.setattr(env, "loader", ChoiceLoader([DictLoader({"customer.html.j2": trusting}), env.loader]))
    monkeypatch.setattr(env, "cache", None)
    assert any("script-src" in what for what in found_on(page, f"/customers/{one.pk}/"))
    page.route("**/customers/**", without_policy)
    assert "alert" in found_on(page, f"/customers/{one.pk}/")

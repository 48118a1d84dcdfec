"""The audit log is kept for ever: nothing that somebody types, and no name of a person or a file, reaches it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test.utils import override_settings
from django.urls import resolve

from treue.app.core import accounts, audit, jobs, worker
from treue.app.core.deeds import DEEDS
from treue.app.core.models import AuditEntry, Firm, Job, User
from treue.app.customers import models
from treue.app.customers import services as customers_services
from treue.app.customers.models import ImportedFile
from treue.app.privacy import services as privacy_services
from treue.app.web.access import ROUTES, ROUTES_BY_NAME

PASSWORD = "correct horse battery staple"  # noqa: S105
PERSON = "Wendelin Kanarienvogel"
EMAIL, PHONE = "wendelin@kanarienvogel.example", "+49 30 5550177"
CODE = "kanarienvogel"
"""Begins the number of each customer, where `FORMS` has ``code``."""
ROWS = f"""customer;name;order;date;amount;{PERSON}
w-1;{PERSON};o-1;2026-02-01;10,50;x
w-2;{PERSON};o-2;2026-99-01;2,00;{EMAIL}
;{PERSON};o-3;2026-02-01;10,00;{PHONE}
""".encode()
PARTS = re.compile("wendelin|kanarien|5550177", re.IGNORECASE)
"""By which the person is known; none of them is a word of Treue's."""

TYPED = [
    ("account", {"name": PERSON}),
    ("account-passkeys", {"name": PERSON}),
    ("account-password", {"new": f"{PERSON} 5550177"}),
    ("care", {"text": PERSON}),
    ("care", {"kind": "later", "days": "7", "text": PERSON}),
    ("care", {"kind": "reopened", "text": PERSON}),
    ("contact-step", {"kind": "answered"}),
    ("contact-step", {"kind": "solved"}),
    ("customer-add", {"name": PERSON, "email": EMAIL, "phone": PHONE, "country": "DE"}),
    ("customer-change", {
        "name": PERSON, "company": PERSON, "segment": PERSON, "acquired_via": PERSON, "boundaries": PERSON,
        "language": "kanarienvogel", "country": PERSON, f"attribute:{PERSON}": EMAIL,
    }),
    ("customer-contact", {"text": f"{PERSON}, {PHONE}"}),
    ("customer-erase", {"typed": f"{CODE}-mine"}),
    ("customer-merge", {"other": f"{CODE}-other"}),
    ("customer-note", {"text": f"{PERSON}, {EMAIL}"}),
    ("customer-point", {"address": "wendelin2@kanarienvogel.example"}),
    ("customer-point", {"address": PHONE}),
    ("customer-promise", {"text": PERSON}),
    ("customers-export", {"words": PERSON, "column": f"attribute:{PERSON}"}),
    ("customers-save", {"name": PERSON, "g0c0-field": "segment", "g0c0-op": "is", "g0c0-value": PERSON}),
    ("data-file-read", {"customer": PERSON, "rates": "USD=0.92"}),
    ("data-upload", {"path": "FOLDER/Wendelin Kanarienvogel/5550177.csv"}),
    ("first-account", {"firm": PERSON, "name": PERSON, "email": EMAIL, "password": "5550177 loud in the wood", "timezone": ""}),
    ("login", {"email": "owner@kanarienvogel.example", "password": PASSWORD}),
    ("privacy-back", {"typed": f"{CODE}-gone"}),
    ("privacy-request", {"customer": f"{CODE}-mine"}),
    ("privacy-request", {"customer": "mine@kanarienvogel.example"}),
    ("privacy-request-step", {"outcome": "done"}),
    ("privacy-request-step", {"because": f"{PERSON}, {PHONE}"}),
    ("settings", {
        "name": f"{PERSON} AG", "timezone": "Europe/Berlin", "currency": "EUR", "language": "de", "country": "DE",
        "window": "days", "window_days": "90", "margin": "35", "hour": "6",
    }),
    ("settings-people", {"name": PERSON, "email": EMAIL}),
    ("welcome", {"password": f"{PERSON} 5550177"}),
]  # fmt: skip
"""What is sent to each address that takes words, so that it is accepted: a deed with its entry comes of each."""
NO_WORDS = {("account-app", "code"), ("privacy-period", "days")}
"""Fields into which numbers are typed; words are refused there."""
ELSEWHERE = {
    "backup.restored": "by a command",
    "contact.reopened": "after it was solved",
    "customer.switches_spread": "by an import",
    "cycle.done": "in the background",
    "demo.made": "in the background",
    "demo.ordered": "there are customers already",
    "demo.removed": "there is no demonstration",
    "import.done": "with a file that is there",
    "import.set_aside_taken": "with a file that is there",
    "import.started": "with a file that is there",
    "login.locked": "after too many tries",
    "login.second_failed": "with a second factor that does not fit",
    "privacy.retention": "at night",
    "second_factor.app_on": "with a code that fits",
    "second_factor.code_used": "with a code that fits",
    "second_factor.passkey_removed": "one's own",
}
"""Entries that are not written here, and why."""


def mark(people):
    """Let the person stand wherever words are kept, so that deeds without a word of their own could tell of it."""
    for one in models.Customer.objects.all():
        one.code = one.code.replace("code", CODE)
        one.name = one.company = one.boundaries = one.segment = one.acquired_via = one.search_text = PERSON
        one.attributes = {PERSON: PERSON}
        one.save()
    for one in models.ExternalId.objects.all():
        one.value = one.value.replace("code", CODE)
        one.save()
    for one in models.ContactPoint.objects.all():
        one.typed = one.normal = one.normal.replace("x.example", "kanarienvogel.example")
        one.save()
    for model in (models.Contact, models.Promise, models.Note):
        model.objects.update(text=PERSON)
    for one in models.Segment.objects.all():
        one.name = f"{PERSON} {one.pk}"
        one.save()
    ImportedFile.objects.update(name=f"{PERSON}.csv", choices={"name": PERSON}, reading={"headers": [PERSON]})
    Firm.objects.update(name=PERSON, held=True)
    for one in User.objects.all():
        one.email, one.name = one.email.replace("firm.example", "kanarienvogel.example"), PERSON
        one.save()
    for one in people.values():
        one.refresh_from_db()


def telling():
    """Return where in the log, or in the work in the background, a part of the person stands."""
    kept = [
        *AuditEntry.objects.values("action", "actor", "subject", "detail"),
        *Job.objects.values("kind", "subject", "payload", "words"),
    ]
    return {
        f"{row.get('action') or 'job ' + row['kind']}: {column}"
        for row in kept
        for column, words in row.items()
        if PARTS.search(json.dumps(words, ensure_ascii=False))
    }


class Typing:
    """Types at an address as an owner, or as nobody where nobody is known; takes back whatever came of it."""

    def __init__(self, browse, owner, things, forms, device_of, folder):
        self.browse, self.owner, self.things = browse, owner, things
        self.device_of, self.folder = device_of, folder
        self.forms = {
            name: {field: text.replace("code-", f"{CODE}-") for field, text in given.items()}
            for name, given in forms.items()
        }

    def client(self, route):
        made = self.browse(None if route.public else self.owner, HTTP_HOST="localhost")
        made.raise_request_exception = True
        return made

    def __call__(self, name, typed):
        """Return the status, the deeds that were written down, and where they tell of the person."""
        route = ROUTES_BY_NAME[name]
        with transaction.atomic():
            address, client = self.things.address(route, self.things.mine), self.client(route)
            given = self.forms.get(name, {}) | typed
            if name == "account-passkeys" and typed:
                told = client.post(address, given).json()
                given["credential"] = self.device_of().made(told["challenge"])
            elif name == "data-upload":
                given["path"] = given["path"].replace("FOLDER", str(self.folder))
            elif name == "first-account":
                User.objects.all().delete()
            elif name == "privacy-back":
                gone = models.Customer.objects.get(code=f"{CODE}-other")
                models.ExternalId.objects.create(customer=gone, value=f"{CODE}-gone")
                privacy_services.erase(gone, by=audit.COMMAND)
            elif name == "welcome":
                address = f"/welcome/{accounts.make_reset_link(self.owner, by=audit.COMMAND)}/"
            before = AuditEntry.objects.count()
            answer = client.post(address, given)
            if answer.streaming:
                b"".join(answer.streaming_content)
            done = set(AuditEntry.objects.filter(number__gt=before).values_list("action", flat=True))
            found = telling()
            transaction.set_rollback(True)
        return answer.status_code, done, found


@pytest.fixture
def typing(browse, people, things, forms, device_of, tmp_path):
    folder = tmp_path / "incoming"
    (folder / PERSON).mkdir(parents=True)
    (folder / PERSON / "5550177.csv").write_bytes(ROWS)
    mark(people)
    with override_settings(HOME=tmp_path / "home", IMPORT_FOLDERS=[str(folder)]):
        yield Typing(browse, people["owner"], things, forms, device_of, folder)


def test_what_is_typed_reaches_neither_the_log_nor_background_work(typing):
    deeds = set()
    for name, typed in TYPED:
        status, done, found = typing(name, typed)
        assert status in {200, 302}, name
        assert done, f"{name} is refused what is typed here, or does nothing"
        assert found == set(), name
        deeds |= done
    buttons = [route.name for route in ROUTES if route.change and route.name not in dict(TYPED)]
    for name in buttons:
        _, done, found = typing(name, {})
        assert found == set(), name
        deeds |= done
    client = typing.client(ROUTES_BY_NAME["audit-export"])
    b"".join(client.get("/audit/export/", {"words": PERSON}).streaming_content)
    deeds |= set(AuditEntry.objects.values_list("action", flat=True))
    assert telling() == set()
    assert set(DEEDS) - deeds == set(ELSEWHERE)
    assert deeds <= set(DEEDS)


def without_words(typing):
    """Return the fields that take no words, as kinds and days, by their addresses."""
    known = {(name, field) for name, given in typing.forms.items() for field in given}
    known |= {(name, field) for name, given in TYPED for field in given}
    known -= {(name, field) for name, given in TYPED for field, text in given.items() if PARTS.search(text)}
    return sorted(one for one in known if one[1] != "password")


@pytest.mark.slow_on_postgres
def test_words_where_none_belong_do_not_reach_the_log_either(typing):
    fields = without_words(typing)
    assert {("contact-step", "kind"), ("privacy-request", "kind"), ("settings", "timezone")} <= set(fields)
    for name, field in fields:
        for given in [typed for other, typed in TYPED if other == name] or [{}]:
            assert typing(name, given | {field: PERSON})[2] == set(), (name, field)


@pytest.mark.parametrize("column", ["actor", "subject", "detail", "payload"])
def test_a_deed_that_writes_down_what_was_typed_is_seen(typing, monkeypatch, column):
    right = customers_services.add_note

    def wrong(customer, text, *, by):
        made, part = right(customer, text, by=by), text[:9].upper()
        if column == "payload":
            jobs.order("cycle", payload={"of": part})
        else:
            given = {"by": by, "subject": "", "detail": {}}
            given |= {
                "actor": {"by": part},
                "subject": {"subject": part},
                "detail": {"detail": {"of": [part]}},
            }[column]
            audit.write("note.added", **given)
        return made

    assert typing("customer-note", {"text": PERSON})[2] == set()
    monkeypatch.setattr(customers_services, "add_note", wrong)
    _, done, found = typing("customer-note", {"text": PERSON})
    assert done == {"note.added"}
    assert found == {f"job cycle: {column}" if column == "payload" else f"note.added: {column}"}


class Fields(HTMLParser):
    """Finds the fields of a page that take words, and the names of the addresses to which they are sent."""

    def __init__(self, address):
        super().__init__()
        self.address, self.route, self.found = address, None, set()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form" and given.get("method") == "post":
            self.route = resolve(urlsplit(given.get("action") or self.address).path).url_name
        elif self.route and "readonly" not in given:
            words = given.get("type", "text") in {"text", "email", "tel", "search", "url"}
            if tag == "textarea" or (tag == "input" and words):
                self.found.add((self.route, given["name"]))

    def handle_endtag(self, tag):
        self.route = None if tag == "form" else self.route


def fields_of_pages(typing):
    """Return the fields of all pages that take words."""
    found = set()
    for route in ROUTES:
        address = typing.things.address(route, typing.things.mine)
        answer = typing.client(route).get(address)
        if "html" in answer.headers.get("Content-Type", "") and not answer.streaming:
            page = Fields(address)
            page.feed(answer.content.decode())
            found |= page.found
    return found


def untyped(found):
    """Return the fields into which nothing is typed here."""
    return found - NO_WORDS - {(name, field) for name, given in TYPED for field in given}


@pytest.mark.slow_on_postgres
def test_something_is_typed_into_every_field_that_takes_words(typing):
    found = fields_of_pages(typing)
    assert len(found) > 30
    assert found >= NO_WORDS
    assert untyped(found) == set()
    assert untyped(found | {("customer-note", "more")}) == {("customer-note", "more")}


def work():
    """Read or bring in what waits for it."""
    for number in Job.objects.filter(kind__startswith="import", state="waiting").values_list("pk", flat=True):
        assert jobs.claim(number)
        worker.do(number)


def send(client, name):
    """Send a file; returns its row."""
    answer = client.post("/data/upload/", {"file": SimpleUploadedFile(name, ROWS)})
    assert answer.status_code == 302
    return ImportedFile.objects.latest("pk")


@pytest.mark.slow_on_postgres
def test_names_of_files_and_what_stands_in_them_reach_the_log_never_and_other_work_until_erasure(typing):
    client = typing.client(ROUTES_BY_NAME["data"])
    whole, broken, gone = (send(client, f"{name} {PERSON}.csv") for name in ("whole", "broken", "gone"))
    client.post(f"/data/{gone.pk}/cancel/")
    client.post(f"/data/{whole.pk}/read/", {"dates": "day-first", "product": PERSON})
    work()
    Path(broken.path).write_bytes(b"")
    for file in (whole, broken):
        client.post(f"/data/{file.pk}/start/")
        work()
        file.refresh_from_db()
    assert (whole.state, whole.accepted, whole.set_aside) == ("done", 1, 2)
    assert (broken.state, PERSON in broken.why) == ("failed", True)
    b"".join(client.get(f"/data/{whole.pk}/set-aside/").streaming_content)
    b"".join(client.post("/customers/export/", {"every": "1"}).streaming_content)
    done = set(AuditEntry.objects.values_list("action", flat=True))
    assert done >= {
        "import.received", "import.corrected", "import.started", "import.done", "import.cancelled",
        "import.set_aside_taken", "customers.exported",
    }  # fmt: skip
    assert AuditEntry.objects.get(action="customers.exported").detail["further_columns"] == 1
    # Why a piece of work failed names the file, for whoever sent it; who is erased is blanked there.
    assert telling() == {"job import: words"}
    privacy_services.erase(models.Customer.objects.get(code="w-1"), by=audit.COMMAND)
    assert telling() == set()

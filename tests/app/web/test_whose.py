"""Each address asked for what really is there: who may acts, who may not changes nothing and learns nothing."""

from __future__ import annotations

import dataclasses
import re
import types
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import path

from treue.app.core import audit, jobs, worker
from treue.app.customers.importing import services
from treue.app.urls import urlpatterns
from treue.app.web import customer as customer_page
from treue.app.web import data_file as data_file_page
from treue.app.web.access import ALL, PERSONS, ROUTES, ROUTES_BY_NAME

ROLES = ("owner", "manager", "service", "analyst", "auditor")
LOGGED = {"core_auditentry", "core_audithead"}
"""What reading may write: that somebody read."""
BESIDE = {"django_session", "core_attempt"}
IDLE = {
    "logout": "ends a session only",
    "demo": "there are customers already",
    "demo-remove": "there is no demonstration",
    "account-app": "the code is wrong",
    "account-codes": "there is no second factor yet",
    "account-passkeys": "gives out a challenge",
    "account-passkey-remove": "the passkey is another's",
    "data-upload": "there is no such file on the server",
    "data-file-start": "its bytes are gone",
    "privacy-back": "nobody was erased",
    "settings-release": "nothing is held",
    "audit-verify": "reads",
}
"""Where whoever may act changes nothing here, and why."""
FOREIGN = {"account-passkey-remove"}
"""What is another's, whatever one's role."""
ABSENT = {"retention-window"}
"""What is not there before the first figures; its own tests act on it."""


@contextmanager
def undone():
    """Give the tables that are written meanwhile, and take everything back afterwards."""
    written = set()

    def note(execute, sql, params, many, context):
        found = re.match(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"', sql)
        written.update({found[1]} - BESIDE if found else ())
        return execute(sql, params, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(note):
            yield written
        transaction.set_rollback(True)


class Asking:
    """Asks as a person of a role, each time as if nothing had been asked before."""

    def __init__(self, browse, people, forms):
        self.browse, self.people, self.forms = browse, people, forms

    def __call__(self, role, method, route, address):
        self.people[role].refresh_from_db()
        client = self.browse()
        client.raise_request_exception = True
        with undone() as written:
            client.force_login(self.people[role], backend="django.contrib.auth.backends.ModelBackend")
            written.clear()
            given = self.forms.get(route.name, {}) if method == "POST" else {}
            answer = client.get(address) if method == "GET" else client.post(address, given)
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        return answer, content, set(written)


@pytest.fixture
def ask(browse, people, forms, tmp_path):
    with override_settings(HOME=tmp_path):
        yield Asking(browse, people, forms)


def differs(ask, things, role):
    """Return what a role is let do, or does not get done, against what the table of addresses declares."""
    found = []
    for route in ROUTES:
        for method in () if route.public else ("GET", "POST"):
            address = things.address(route, things.mine)
            answer, _, written = ask(role, method, route, address)
            allowed = role in (route.read if method == "GET" else route.change)
            if not allowed:
                right = answer.status_code == 403 and not written
            elif route.name in FOREIGN | ABSENT:
                right = answer.status_code == 404 and not written
            elif method == "GET":
                right = answer.status_code in {200, 302, 404} and written <= LOGGED
            else:
                right = answer.status_code in {200, 302, 422} and (written or route.name in IDLE)
            if not right:
                found.append(f"{method} {route.name}: {answer.status_code}, writes {sorted(written)}")
    return found


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("role", ROLES)
def test_who_may_acts_and_who_may_not_changes_nothing(ask, things, role):
    found = differs(ask, things, role)
    assert not found, "\n".join(found)


def test_every_address_that_changes_something_is_sent_what_it_takes(forms):
    """An address that is new stands in `FORMS` of conftest.py, or takes nothing."""
    assert set(forms) <= set(ROUTES_BY_NAME)
    assert set(IDLE) <= set(ROUTES_BY_NAME)


@pytest.mark.slow_on_postgres
def test_an_address_that_is_open_too_far_is_seen(ask, things, monkeypatch):
    for name in ("customer-merge", "audit"):
        route = ROUTES_BY_NAME[name]
        wider = dataclasses.replace(route, read=ALL, change=ALL)
        monkeypatch.setitem(ROUTES_BY_NAME, name, wider)
    found = {one.partition(":")[0] for one in differs(ask, things, "service")}
    assert {"POST customer-merge", "GET audit"} <= found


def undeclared(patterns):
    return {pattern.name for pattern in patterns} ^ set(ROUTES_BY_NAME)


def test_an_address_beside_the_table_is_seen_and_answers_nobody(people, browse):
    assert undeclared(urlpatterns) == set()
    extra = types.ModuleType("extra_addresses")
    extra.urlpatterns = [*urlpatterns, path("extra/", lambda _request: HttpResponse("open"), name="extra")]
    assert undeclared(extra.urlpatterns) == {"extra"}
    assert undeclared(urlpatterns[1:]) == {urlpatterns[0].name}
    with override_settings(ROOT_URLCONF=extra):
        for role in ROLES:
            assert browse(people[role]).get("/extra/").status_code == 403
        assert browse().get("/extra/").status_code == 403


def of_customers(role):
    """Give every address that names a customer, or something of one, and by what a role may ask it."""
    for route in ROUTES:
        named = route.name.startswith(("customer", "care", "promise", "contact", "privacy-request-step"))
        if named and "<int:number>" in route.path and route.name != "customers-forget":
            for method in ("GET", "POST"):
                if role in (route.read if method == "GET" else route.change):
                    yield route, method


def plain(answer, content):
    """Return what is seen of an answer, without what differs in every form."""
    return answer.status_code, re.sub(rb'(value|hx-headers)=("[^"]*"|\'[^\']*\')', b"", content)


def told_of_the_hidden(ask, things, role):
    """Return the addresses at which somebody who is restricted is told from somebody who is not there."""
    found = set()
    for route, method in of_customers(role):
        hidden, nobody = (things.address(route, ids) for ids in (things.hidden, things.nobody))
        answer, content, written = ask(role, method, route, hidden)
        other, nothing, _ = ask(role, method, route, nobody)
        if written or plain(answer, content) != plain(other, nothing):
            found.add(route.name)
    return found


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("role", ROLES[1:])
def test_who_is_restricted_is_to_all_but_owners_as_if_they_were_not_there(ask, things, role):
    assert len(list(of_customers(role))) >= {"manager": 14, "service": 9}.get(role, 0)
    assert told_of_the_hidden(ask, things, role) == set()


def test_owners_act_on_who_is_restricted(ask, things):
    asked = list(of_customers("owner"))
    assert len(asked) >= 15
    for route, method in asked:
        answer, _, _ = ask("owner", method, route, things.address(route, things.hidden))
        assert answer.status_code in {200, 302, 422}, route.name


@pytest.mark.slow_on_postgres
def test_a_page_that_forgets_who_is_restricted_is_seen(ask, things, monkeypatch):
    monkeypatch.setattr(customer_page, "is_restricted", lambda _customer: False)
    assert {"customer", "customer-note", "promise-keep"} <= told_of_the_hidden(ask, things, "manager")


@pytest.mark.parametrize(
    ("name", "field"), [("customer-merge", "other"), ("privacy-request", "customer"), ("customers", "words")]
)
def test_naming_who_is_restricted_is_answered_as_naming_nobody(ask, things, forms, name, field):
    route = ROUTES_BY_NAME[name]
    answers = []
    for code in ("code-hidden", "code-nobody"):
        given = {**forms.get(name, {}), field: code}
        if route.change:
            forms = {**forms, name: given}
            ask.forms = forms
            answer, content, written = ask("manager", "POST", route, things.address(route, things.mine))
        else:
            answer, content, written = ask("manager", "GET", route, f"/{route.path}?{field}={code}")
        assert not written
        answers.append((answer.status_code, plain(answer, content)[1].replace(code.encode(), b"CODE")))
    assert answers[0] == answers[1]


def pages_naming(ask, things, role, words):
    """Return the pages that a role may read and on which words stand."""
    found = set()
    for route in ROUTES:
        if role in route.read and not route.public:
            _, content, _ = ask(role, "GET", route, things.address(route, things.mine))
            if words.encode() in content:
                found.add(route.name)
    return found


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("words", ["Person hidden", "Promised to hidden"])
def test_nobody_but_owners_reads_of_who_is_restricted(ask, things, words):
    for role in ROLES[1:]:
        assert pages_naming(ask, things, role, words) == set(), role


ROWS = b"""customer;name;order;date;amount
code-hidden;Person hidden;o-1;2026-02-01;10,50
;Person hidden;o-2;2026-02-01;10,00
code-hidden;Person hidden;o-3;2026-99-01;2,00
"""
SHOWN = {"read": {"data-file", "data-file-set-aside"}, "done": {"data-file-set-aside"}}
"""Where a file is shown as it came, as docs/roles.md says: its first rows until it is in, and those set aside."""


def bring_in(state):
    """Return a file that names the restricted person, read, or brought in with rows set aside."""
    file = services.receive("orders.csv", [ROWS], by=audit.COMMAND)
    for step in ("read", "done")[: list(SHOWN).index(state) + 1]:
        if step == "done":
            services.start(file, by=audit.COMMAND)
        for number in jobs.waiting():
            assert jobs.claim(number)
            worker.do(number)
        file.refresh_from_db()
    assert file.state == state
    assert file.state == state
    assert file.set_aside == 2
    assert all("Person hidden" in str(file.reading[kept]) for kept in ("rows", "examples") if state == "read")
    return file


def wrongly_shown(ask, things, role):
    """Return, by state of a file that names a restricted person, the pages that show more or less than they may."""
    found = {}
    for state, shown in SHOWN.items():
        things.mine["file"] = bring_in(state).pk
        may = shown if role in PERSONS else set()
        theirs = pages_naming(ask, things, role, "Person hidden")
        if role == "owner":
            theirs &= {"data", "data-file", "data-file-set-aside"}
        found |= {state: theirs ^ may} if theirs != may else {}
    return found


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("role", ROLES)
def test_a_file_is_shown_as_it_came_to_who_sees_persons_and_to_nobody_else(ask, things, role):
    assert wrongly_shown(ask, things, role) == {}


@pytest.mark.slow_on_postgres
def test_a_page_of_a_file_that_shows_rows_to_everybody_is_seen(ask, things, monkeypatch):
    monkeypatch.setattr(data_file_page, "PERSONS", ALL)
    assert wrongly_shown(ask, things, "analyst") == {"read": {"data-file"}}


@pytest.mark.parametrize("role", ["analyst", "auditor"])
def test_who_sees_no_persons_reads_no_names(ask, things, role):
    assert role not in PERSONS
    assert pages_naming(ask, things, role, "Person mine") == set()
    assert pages_naming(ask, things, "service", "Person mine") >= {"customers", "customer"}

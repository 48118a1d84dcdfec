"""Each address opened as each role, against the table that people read in docs/roles.md."""

from __future__ import annotations

import re
import types
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from django.test.utils import override_settings
from django.urls import path

from treue.app.web.access import ROUTES

PAGE = Path(__file__).parents[3] / "docs" / "roles.md"
ROLES = ("owner", "manager", "service", "analyst", "auditor")
MEANS = {"see, do": {"GET", "POST"}, "see": {"GET"}, "do": {"POST"}, "–": set()}


@cache
def table():
    """Return the table as ``{name: (address, {role: cell})}``."""
    found = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `/"):
            address, name, _, *cells = (cell.strip(" `") for cell in line.strip("|").split("|"))
            found[name] = (address, dict(zip(ROLES, cells, strict=True)))
    return found


def test_every_address_stands_in_the_table_and_nothing_else():
    assert {name: address for name, (address, _) in table().items()} == {
        route.name: f"/{route.path}" for route in ROUTES
    }


def test_every_cell_says_what_it_may():
    for name, (_, cells) in table().items():
        public = "public" in cells.values()
        assert set(cells.values()) <= ({"public"} if public else set(MEANS)), name


@pytest.fixture
def things(lea, people):
    """Give objects that addresses name; what is not here is looked for under a number that is free."""
    from treue.app.core.models import User

    spare = User.objects.create_user("spare@firm.example", None, name="Spare", role="service")
    return {"number": lea.pk, "person": spare.pk}


def filled(address, things):
    address = re.sub(r"<int:(\w+)>", lambda place: str(things.get(place[1], 987_654)), address)
    return re.sub(r"<\w+:\w+>", "x", address)


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_what_its_column_says(people, things, browse, role):
    client = browse()
    for name, (address, cells) in table().items():
        path = filled(address, things)
        # What was sent before may have ended the sessions.
        people[role].refresh_from_db()
        client.force_login(people[role], backend="django.contrib.auth.backends.ModelBackend")
        for method in ("GET", "HEAD", "POST"):
            status = client.generic(method, path).status_code
            if cells[role] == "public":
                assert status != 403, (name, method)
            elif {"HEAD": "GET"}.get(method, method) in MEANS[cells[role]]:
                assert status not in {401, 403, 500}, (name, method, status)
            else:
                assert status == 403, (name, method, status)


def test_a_refusal_does_not_tell_whether_something_exists(people, things, browse):
    for role in ROLES:
        client = browse(people[role])
        for name, (address, cells) in table().items():
            if "<" not in address or cells[role] != "–":
                continue
            there, nowhere = filled(address, things), filled(address, {})
            answers = [
                re.sub(rb'(value|hx-headers)=("[^"]*"|\'[^\']*\')', b"", client.get(path).content)
                for path in (there, nowhere)
            ]
            assert client.post(there).status_code == client.post(nowhere).status_code == 403, name
            assert answers[0] == answers[1], name


def test_a_stranger_is_sent_to_the_door_by_every_method(things, kim, ines):
    for name, (address, cells) in table().items():
        for method in ("GET", "HEAD", "POST"):
            answer = kim.generic(method, filled(address, things))
            if cells["owner"] != "public":
                assert (answer.status_code, answer.url.split("?")[0]) == (302, "/login/"), (name, method)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "ANYTHING"])
def test_no_other_method_reaches_a_page(things, people, browse, method):
    client = browse(people["owner"])
    for name, (address, _) in table().items():
        assert client.generic(method, filled(address, things)).status_code == 405, name


UNASKED = {"policy-report"}
"""Where a browser POSTs by itself, so that no form of ours vouches for it."""


def open_without_a_form(browse, owner, things):
    """Return the addresses that take what was not sent by a form of this session."""
    client = browse(owner)
    client.handler.enforce_csrf_checks = True
    found = set()
    for route in ROUTES:
        if not (route.public or route.change):
            continue
        for given in ({}, {"csrfmiddlewaretoken": "a" * 64}):
            answer = client.post(filled(f"/{route.path}", things), given)
            if answer.status_code != 403 or b"This form is out of date" not in answer.content:
                found.add(route.name)
    return found


def test_nothing_is_taken_that_no_form_of_this_session_sent(people, things, browse):
    assert open_without_a_form(browse, people["owner"], things) == UNASKED
    assert {route.name for route in ROUTES if route.unasked} == UNASKED
    said = PAGE.read_text(encoding="utf-8").partition("| Address |")[0]
    assert set(re.findall(r"`/([\w/-]+)/`", said)) == UNASKED


def test_an_address_that_asks_for_no_form_is_found(people, things, browse):
    wider = types.ModuleType("wider_addresses")
    wider.urlpatterns = [
        path(
            route.path,
            replace(route, unasked=route.unasked or route.name == "customer-note").view,
            name=route.name,
        )
        for route in ROUTES
    ]
    with override_settings(ROOT_URLCONF=wider):
        assert open_without_a_form(browse, people["owner"], things) == {*UNASKED, "customer-note"}

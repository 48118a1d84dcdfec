from __future__ import annotations

import pytest

from treue.app.core.models import Role
from treue.app.urls import urlpatterns
from treue.app.web.access import ALL, ROUTES, ROUTES_BY_NAME, navigation


def test_every_address_stands_in_the_table_once():
    assert [pattern.name for pattern in urlpatterns] == [route.name for route in ROUTES]
    assert len(ROUTES_BY_NAME) == len(ROUTES)
    assert {str(role) for role in Role} == ALL


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_route_leads_to_a_function_and_names_only_roles(route):
    assert callable(route.view)
    assert route.read <= ALL
    assert route.change <= ALL
    assert route.public or route.read or route.change


def test_the_menu_shows_where_one_is():
    def marked(role, here):
        return [name for name, _, current in navigation(role, here) if current]

    assert marked("owner", "customer") == marked("owner", "customers-export") == ["customers"]
    assert (
        marked("owner", "privacy") == marked("owner", "audit") == marked("owner", "settings") == ["settings"]
    )
    assert marked("auditor", "audit") == []


def test_a_stranger_sees_no_page_but_the_door(kim, ines):
    for route in ROUTES:
        if route.public or "<" in route.path:
            continue
        for answer in (kim.get(f"/{route.path}"), kim.post(f"/{route.path}")):
            assert (answer.status_code, answer.url.split("?")[0]) == (302, "/login/"), route.name


def test_each_role_is_refused_what_its_row_does_not_name(people, browse):
    for role, user in people.items():
        client = browse(user)
        for route in ROUTES:
            if route.public or "<" in route.path:
                continue
            if not route.allows(role, "GET"):
                assert client.get(f"/{route.path}").status_code == 403, (role, route.name)
            if not route.allows(role, "POST"):
                assert client.post(f"/{route.path}").status_code == 403, (role, route.name)

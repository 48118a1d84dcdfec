from __future__ import annotations

import pytest
from django.test.utils import override_settings

from treue.app.core import audit, first_code
from treue.app.core.models import AuditEntry, Firm, User
from treue.app.core.zones import server_zone
from treue.app.customers.models import Customer, Purchase

FORM = {
    "firm": "Fjord Kaffe AS",
    "name": "Ines",
    "email": "Ines@Fjord.example",
    "password": "four unrelated words here",
}


def test_an_empty_system_asks_for_the_first_account(database, kim):
    assert kim.get("/").url == "/first-account/"
    assert "Welcome" in kim.get("/first-account/").content.decode()


def test_the_first_account_owns_the_system_and_is_logged_in(database, kim):
    answer = kim.post("/first-account/", FORM)
    assert (answer.status_code, answer.url) == (302, "/")
    made = User.objects.get()
    assert (made.email, made.role) == ("ines@fjord.example", "owner")
    assert Firm.objects.get().name == "Fjord Kaffe AS"
    assert kim.get("/").status_code == 200
    assert audit.verify().entries == 2  # the account, and its first login


def test_where_strangers_could_come_first_a_code_is_asked_for(database, kim):
    assert 'name="code"' not in kim.get("/first-account/").content.decode()
    with override_settings(HTTPS=True):
        assert 'name="code"' in kim.get("/first-account/").content.decode()
        for typed in ("", "AAAA-BBBB-CCCC-DDDD", first_code.code()[:-1]):
            answer = kim.post("/first-account/", {**FORM, "code": typed})
            assert answer.status_code == 422
            assert "This code is not right" in answer.content.decode()
        assert User.objects.count() == 0
        typed = f" {first_code.code().lower().replace('-', ' ')} "
        assert kim.post("/first-account/", {**FORM, "code": typed}).status_code == 302
    assert User.objects.get().role == "owner"


def test_the_code_is_not_tried_for_ever(database, kim, monkeypatch):
    monkeypatch.setattr(first_code, "TRIES", 2)
    with override_settings(HTTPS=True):
        for typed in ("x", "y", first_code.code()):
            assert kim.post("/first-account/", {**FORM, "code": typed}).status_code == 422
    assert User.objects.count() == 0


def test_the_code_is_another_one_for_another_system():
    found = {first_code.code()}
    with override_settings(SECRET_KEY="x" * 50):
        found.add(first_code.code())
    assert len(found) == 2
    assert {len(one) for one in found} == {19}


def test_there_is_no_second_first_account(ines, kim):
    assert kim.post("/first-account/", FORM).url == "/login/"
    assert User.objects.count() == 1


def test_what_is_wrong_is_said_and_what_was_typed_stays(database, kim):
    answer = kim.post("/first-account/", {**FORM, "password": "short"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "at least 10 characters" in page
    assert "Fjord Kaffe AS" in page
    assert User.objects.count() == 0


def test_an_address_that_is_none_is_refused(database, kim):
    answer = kim.post("/first-account/", {**FORM, "email": "ines"})
    assert answer.status_code == 422
    assert "is not an e-mail address" in answer.content.decode()


def test_the_time_zone_of_the_first_account_is_the_firms(database, kim):
    page = kim.get("/first-account/").content.decode()
    assert f'<option value="{server_zone()}" selected>' in page
    kim.post("/first-account/", {**FORM, "timezone": "Europe/Oslo"})
    assert Firm.objects.get().timezone == "Europe/Oslo"
    assert AuditEntry.objects.get(action="account.made").detail["timezone"] == "Europe/Oslo"


def test_a_zone_that_is_none_is_refused_and_the_choice_stays(database, kim):
    answer = kim.post("/first-account/", {**FORM, "timezone": "Mars/Base"})
    assert answer.status_code == 422
    assert "is no time zone" in answer.content.decode()
    answer = kim.post("/first-account/", {**FORM, "password": "short", "timezone": "Asia/Tokyo"})
    assert '<option value="Asia/Tokyo" selected>' in answer.content.decode()
    assert not User.objects.exists()


def test_where_purchases_were_read_already_their_zone_stays(database, kim):
    customer = Customer.objects.create(code="k-1")
    Purchase.objects.create(
        code="o-1", customer=customer, ordered_at="2026-01-01T10:00:00Z", net_amount=1, currency="EUR"
    )
    assert 'name="timezone"' not in kim.get("/first-account/").content.decode()
    kim.post("/first-account/", {**FORM, "timezone": "Europe/Oslo"})
    assert Firm.objects.get().timezone == "UTC"


@pytest.mark.browser
@pytest.mark.slow_on_postgres
def test_a_browser_offers_its_own_zone(real_database, visit):
    page = visit(timezone_id="Pacific/Auckland")
    page.goto("/first-account/")
    assert page.get_by_label("Time zone").input_value() == "Pacific/Auckland"
    without = visit(timezone_id="Pacific/Auckland", java_script_enabled=False)
    without.goto("/first-account/")
    assert without.get_by_label("Time zone").input_value() == server_zone()

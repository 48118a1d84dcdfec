from __future__ import annotations

from treue.app.core import audit
from treue.app.core.models import Firm, User

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

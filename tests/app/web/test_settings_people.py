from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from treue.app.core import accounts, audit
from treue.app.core.models import AuditEntry, OneTimeLink, User

PASSWORD = "correct horse battery staple"  # noqa: S105
NEW = "another four words here"
OWN = {"password": PASSWORD}
"""What whoever changes what opens an account gives: their own password."""
MARIT = {"name": "Marit Vik", "email": "Marit@Firm.example", "role": "manager", **OWN}


def invited(client, **changes):
    answer = client.post("/settings/people/", {**MARIT, **changes})
    found = re.search(r'value="http://testserver(/welcome/[^"]+/)"', answer.content.decode())
    return answer, found and found[1]


def test_an_owner_invites_and_the_link_works_once(ines, browse, kim):
    answer, link = invited(browse(ines))
    assert answer.status_code == 200
    made = User.objects.get(email="marit@firm.example")
    assert (made.role, made.has_usable_password()) == ("manager", False)
    assert "Welcome, Marit Vik." in kim.get(link).content.decode()
    assert kim.get(link).status_code == 200  # looking uses nothing up
    assert kim.post(link, {"password": "short"}).status_code == 422
    assert kim.post(link, {"password": NEW}).url == "/"
    assert kim.get("/").status_code == 200
    for again in (browse().get(link), browse().post(link, {"password": "yet another password"})):
        assert again.status_code == 404
    made.refresh_from_db()
    assert made.check_password(NEW)


def test_a_link_has_256_bits_and_is_kept_as_a_digest(ines):
    _, secret = accounts.invite(MARIT["email"], "Marit", "analyst", by=ines)
    kept = OneTimeLink.objects.get()
    assert len(secret) == 43
    assert secret not in str(vars(kept))
    assert len(kept.digest) == 64


def test_unknown_used_old_and_replaced_links_get_the_same_answer(ines, jonas, kim):
    used = accounts.make_reset_link(jonas, by=ines)
    accounts.set_password_by_link(used, NEW)
    replaced = accounts.make_reset_link(jonas, by=ines)
    old = accounts.make_reset_link(jonas, by=ines)
    OneTimeLink.objects.filter(used_at=None).update(expires_at=timezone.now() - timedelta(seconds=1))
    pages = {kim.get(f"/welcome/{secret}/").content for secret in (used, replaced, old, "x" * 43, "ä%00")}
    pages = {re.sub(rb'value="[^"]*"', b"", page) for page in pages}
    assert len(pages) == 1


def test_a_link_lasts_seventy_two_hours(ines, jonas):
    secret = accounts.make_reset_link(jonas, by=ines)
    left = OneTimeLink.objects.get().expires_at - timezone.now()
    assert timedelta(hours=71, minutes=59) < left <= timedelta(hours=72)
    assert accounts.person_of_link(secret) == jonas


def test_a_new_password_or_a_closed_account_ends_open_links(ines, jonas):
    first = accounts.make_reset_link(jonas, by=ines)
    accounts.change_password(jonas, NEW)
    assert accounts.person_of_link(first) is None
    second = accounts.make_reset_link(jonas, by=ines)
    accounts.deactivate(jonas, by=ines)
    accounts.activate(jonas, by=ines)
    assert accounts.person_of_link(second) is None


def test_a_link_brought_by_sixteen_at_once_sets_one_password(real_database):
    ines = User.objects.create_user("ines@firm.example", PASSWORD, name="Ines", role="owner")
    secret = accounts.make_reset_link(ines, by="command")
    done, start = [], threading.Barrier(16)

    def use(number):
        try:
            start.wait()
            accounts.set_password_by_link(secret, f"the password of thread {number}")
            done.append(number)
        except accounts.LinkIsOver:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=use, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ines.refresh_from_db()
    assert len(done) == 1
    assert ines.check_password(f"the password of thread {done[0]}")


def test_an_address_is_taken_however_it_is_written(ines, browse):
    client = browse(ines)
    invited(client)
    for typed in ("marit@firm.example", "MARIT@FIRM.EXAMPLE", "ｍarit@firm.example"):
        answer, link = invited(client, email=typed)
        assert (answer.status_code, link) == (422, None)
        assert "has an account already" in answer.content.decode()


def test_a_look_alike_address_is_another_account(ines, browse):
    # CVE-2019-19844: the dotless ı folds to i on some databases; the owner's link goes to who was chosen.
    client = browse(ines)
    invited(client, email="mike@firm.example")
    answer, link = invited(client, email="mıke@firm.example", name="Not Mike")
    assert answer.status_code == 200
    assert User.objects.filter(email__in=["mike@firm.example", "mıke@firm.example"]).count() == 2
    browse().post(link, {"password": NEW})
    assert not User.objects.get(email="mike@firm.example").has_usable_password()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": " "}, "The name is empty"),
        ({"email": "marit"}, "is not an e-mail address"),
        ({"role": "god"}, "Choose what this person may do"),
        ({"role": ""}, "Choose what this person may do"),
    ],
)
def test_what_is_wrong_with_an_invitation_is_said(ines, browse, changes, words):
    answer, link = invited(browse(ines), **changes)
    page = answer.content.decode()
    assert (answer.status_code, link) == (422, None)
    assert words in page
    assert User.objects.count() == 1
    assert "Marit" in page  # what was typed stays


def test_roles_change_and_accounts_close_and_open(ines, jonas, browse, kim):
    client = browse(ines)
    assert client.post(f"/settings/people/{jonas.pk}/role/", {"role": "analyst", **OWN}).status_code == 302
    jonas.refresh_from_db()
    assert jonas.role == "analyst"
    assert client.post(f"/settings/people/{jonas.pk}/role/", {"role": "god", **OWN}).status_code == 422
    client.post(f"/settings/people/{jonas.pk}/close/")
    login = {"email": jonas.email, "password": PASSWORD}
    assert kim.post("/login/", login).status_code == 422
    assert client.post(f"/settings/people/{jonas.pk}/link/", OWN).status_code == 404
    client.post(f"/settings/people/{jonas.pk}/open/", OWN)
    assert kim.post("/login/", login).status_code == 302
    deeds = list(AuditEntry.objects.values_list("action", flat=True))
    assert deeds == ["account.role_changed", "account.closed", "account.opened", "login"]
    assert audit.verify().first_bad is None


def test_the_last_active_owner_stays(ines, browse):
    client = browse(ines)
    closed = User.objects.create_user("old@firm.example", PASSWORD, name="Old", role="owner", is_active=False)
    for deed, data in (("role", {"role": "analyst", **OWN}), ("close", {})):
        answer = client.post(f"/settings/people/{ines.pk}/{deed}/", data)
        assert answer.status_code == 422
        assert "last active owner" in answer.content.decode()
    accounts.activate(closed, by=ines)
    assert client.post(f"/settings/people/{ines.pk}/role/", {"role": "analyst", **OWN}).status_code == 302


def test_two_owners_who_remove_each_other_at_once_leave_one(real_database):
    owners = [
        User.objects.create_user(f"{name}@firm.example", None, name=name, role="owner") for name in ("a", "b")
    ]
    start = threading.Barrier(2)

    def close(mine, other):
        try:
            start.wait()
            accounts.deactivate(User.objects.get(pk=other.pk), by=mine)
        except accounts.LastOwner:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=close, args=pair) for pair in (owners, owners[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert User.objects.filter(role="owner", is_active=True).count() == 1


def test_a_manager_reads_who_is_here_and_changes_nothing(people, browse):
    client = browse(people["manager"])
    page = client.get("/settings/people/").content.decode()
    assert "Auditor" in page
    assert "Make a link" not in page
    assert client.post(f"/settings/people/{people['auditor'].pk}/role/", {"role": "owner"}).status_code == 403


@pytest.mark.parametrize("deed", ["role", "link", "factor", "close", "open"])
def test_somebody_who_is_not_there_is_not_found(ines, browse, deed):
    for number in (999, 2**62, 2**70):
        assert browse(ines).post(f"/settings/people/{number}/{deed}/").status_code == 404


DEEDS = ["invite", "role", "link", "factor", "open"]
"""What lets somebody into the house, or in by another way."""


def done_by(client, deed, person, **given):
    path = "" if deed == "invite" else f"{person.pk}/{deed}/"
    about = {"invite": {**MARIT, "password": ""}, "role": {"role": "owner"}}.get(deed, {})
    return client.post(f"/settings/people/{path}", {**about, **given})


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("given", [{}, {"password": "not the password"}])
def test_what_opens_an_account_changes_only_with_ones_own_password(ines, jonas, browse, deed, given):
    if deed == "open":
        accounts.deactivate(jonas, by=ines)
    before = AuditEntry.objects.count()
    client = browse(ines)
    answer = done_by(client, deed, jonas, **given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "This is not your present password; nothing was changed." in page
    assert "/welcome/" not in page
    assert AuditEntry.objects.count() == before
    assert User.objects.count() == 2
    assert not OneTimeLink.objects.exists()
    assert done_by(client, deed, jonas, **OWN).status_code in {200, 302}


def test_nobody_guesses_an_owners_password_on_the_page_of_people(ines, jonas, browse):
    client = browse(ines)
    words = [
        done_by(client, "link", jonas, password=f"guess {number}").content.decode() for number in range(11)
    ]
    assert "Too many attempts" in words[-1]
    assert "Too many attempts" in done_by(client, "link", jonas, **OWN).content.decode()
    assert not OneTimeLink.objects.exists()


def test_nobody_makes_a_link_for_themselves(ines, browse):
    answer = browse(ines).post(f"/settings/people/{ines.pk}/link/", OWN)
    assert answer.status_code == 422
    assert "Your own password is changed under your account." in answer.content.decode()
    assert not OneTimeLink.objects.exists()


@pytest.mark.browser
@pytest.mark.slow_on_postgres
def test_an_owner_gives_their_password_where_they_let_somebody_in(real_database, visit):
    ines = User.objects.create_user("ines@firm.example", PASSWORD, name="Ines", role="owner")
    User.objects.create_user("jonas@firm.example", PASSWORD, name="Jonas", role="service")
    page = visit(ines)
    page.goto("/settings/people/")
    invitation = page.locator("form[action='/settings/people/']")
    invitation.get_by_label("Name", exact=True).fill("Marit Vik")
    invitation.get_by_label("E-mail address").fill("marit@firm.example")
    invitation.get_by_label("Analyst").check()
    invitation.get_by_label("Your own password").fill(PASSWORD)
    invitation.get_by_role("button").click()
    assert "/welcome/" in page.get_by_label("The link").input_value()
    jonas = page.get_by_role("listitem").filter(has_text="jonas@firm.example")
    jonas.get_by_text("Change").click()
    for password, told in (
        ("not the password", "nothing was changed"),
        (PASSWORD, "Hand this link to Jonas"),
    ):
        jonas.get_by_label("Your own password").fill(password)
        jonas.get_by_role("button", name="Make a link for a new password").click()
        page.get_by_text(told).wait_for()
    page.goto("/settings/people/")
    own = page.get_by_role("listitem").filter(has_text="ines@firm.example")
    own.get_by_text("Change").click()
    assert own.get_by_role("button", name="Make a link for a new password").count() == 0

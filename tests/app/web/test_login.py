from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client, override_settings
from django.utils import timezone

from treue.app import settings as settings_of_treue
from treue.app.core import accounts, audit, throttle
from treue.app.core.models import Attempt, User
from treue.app.web import gate

PASSWORD = "correct horse battery staple"  # noqa: S105
WRONG = "wrong"
EMAIL = "ines@firm.example"


def guess(client, password=WRONG, email=EMAIL, **extra):
    return client.post("/login/", {"email": email, "password": password}, **extra)


@pytest.fixture
def argon2():
    with override_settings(PASSWORD_HASHERS=settings_of_treue.PASSWORD_HASHERS):
        yield


@pytest.fixture
def looked_at(monkeypatch):
    """Count the passwords that are really compared; what is compared stays as it is."""
    seen = []
    compared = User.check_password

    def counted(user, raw):
        seen.append(raw)
        return compared(user, raw)

    monkeypatch.setattr(User, "check_password", counted)
    return seen


def test_the_right_password_opens_and_is_logged(ines, kim):
    answer = guess(kim, PASSWORD)
    assert (answer.status_code, answer.url) == (302, "/")
    assert kim.get("/").status_code == 200
    assert audit.verify().entries == 1


@pytest.mark.parametrize("typed", ["INES@firm.example", " ines@FIRM.example ", "ines@firm.example"])
def test_an_address_opens_however_it_is_written(ines, kim, typed):
    assert guess(kim, PASSWORD, typed).status_code == 302


@pytest.mark.parametrize(
    "typed",
    ["", "ines", "ınes@firm.example", "nobody@firm.example", "a\0b@firm.example", "x" * 5000 + "@a.b"],
)
def test_another_address_does_not_open_and_is_told_the_same(ines, kim, typed):
    answer = guess(kim, PASSWORD, typed)
    assert answer.status_code == 422
    assert "Address and password do not go together." in answer.content.decode()


def test_a_closed_account_does_not_open(ines, jonas, kim):
    accounts.deactivate(jonas, by=ines)
    assert guess(kim, PASSWORD, jonas.email).status_code == 422


def test_guesses_are_stopped_at_the_limit(ines, kim, looked_at):
    answers = [guess(kim).status_code for _ in range(60)]
    assert answers == [422] * gate.EACH + [429] * (60 - gate.EACH)
    assert len(looked_at) == gate.EACH
    assert guess(kim, PASSWORD).status_code == 429


def test_a_made_up_header_does_not_help(ines, kim, looked_at):
    answers = [guess(kim, HTTP_X_FORWARDED_FOR=f"10.0.{k // 250}.{k % 250}").status_code for k in range(60)]
    assert answers.count(422) == gate.EACH == len(looked_at)


@override_settings(PROXIES=1)
def test_behind_a_proxy_of_ones_own_only_what_it_wrote_counts(ines, kim, looked_at):
    answers = [guess(kim, HTTP_X_FORWARDED_FOR=f"10.0.0.{k}, 192.0.2.7").status_code for k in range(40)]
    assert answers.count(422) == gate.EACH == len(looked_at)
    assert guess(kim, PASSWORD, HTTP_X_FORWARDED_FOR="192.0.2.7, 198.51.100.1").status_code == 302


def test_many_addresses_of_one_ipv6_network_are_one_machine(ines, kim, looked_at):
    answers = [guess(kim, REMOTE_ADDR=f"2001:db8::{k:x}").status_code for k in range(30)]
    assert answers.count(422) == gate.EACH == len(looked_at)


def test_the_owner_can_log_in_from_elsewhere_meanwhile(ines, kim, browse):
    for _ in range(30):
        guess(kim)
    assert guess(browse(REMOTE_ADDR="192.0.2.50"), PASSWORD).status_code == 302


@pytest.mark.slow_on_postgres
def test_many_machines_cannot_lock_a_known_browser_out(ines, browse):
    known = browse(REMOTE_ADDR="192.0.2.50")
    assert guess(known, PASSWORD).status_code == 302
    known.post("/logout/")
    answers = [
        guess(browse(REMOTE_ADDR=f"198.51.100.{k}")).status_code for k in range(12) for _ in range(gate.EACH)
    ]
    assert answers.count(422) == gate.ADDRESS
    assert guess(browse(REMOTE_ADDR="203.0.113.9"), PASSWORD).status_code == 429
    assert guess(known, PASSWORD).status_code == 302


def test_a_forged_cookie_makes_no_known_browser(ines, kim, looked_at):
    for k in range(30):
        kim.cookies[gate.COOKIE] = f"eyJhIjoi{k}In0:1abcde:forged"
        guess(kim)
    assert len(looked_at) == gate.EACH


def test_one_machine_cannot_try_one_password_with_everybody(ines, kim):
    answers = [guess(kim, email=f"person{k}@firm.example").status_code for k in range(60)]
    assert answers.count(422) == gate.MACHINE


def test_after_an_hour_tries_begin_anew(ines, kim):
    for _ in range(12):
        guess(kim)
    Attempt.objects.update(began_at=timezone.now() - timedelta(minutes=61))
    assert guess(kim).status_code == 422
    assert guess(kim, PASSWORD).status_code == 302


def test_the_table_of_tries_names_nobody_and_is_cleared(ines, kim):
    guess(kim)
    row = Attempt.objects.first()
    assert (len(row.key), "ines" in row.key) == (64, False)
    Attempt.objects.update(began_at=timezone.now() - timedelta(days=2))
    assert throttle.forget_old() == 3


def parallel(count, work):
    """Do the same in many threads at once, each with a connection of its own."""
    results, gate_of_all = [], threading.Barrier(count)

    def one():
        try:
            gate_of_all.wait()
            results.append(work())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_thirty_two_at_once_get_no_more_tries(real_database, looked_at):
    User.objects.create_user(EMAIL, PASSWORD, name="Ines", role="owner")
    answers = parallel(32, lambda: [guess(Client()).status_code for _ in range(3)])
    flat = [status for several in answers for status in several]
    assert (flat.count(422), flat.count(429)) == (gate.EACH, 96 - gate.EACH)
    assert len(looked_at) == gate.EACH


def test_passwords_are_kept_with_argon2(database, argon2):
    assert User.objects.create_user(EMAIL, PASSWORD).password.startswith("argon2$argon2id$")


def test_going_on_leads_only_to_pages_of_ours(ines, browse):
    for wish, place in (
        ("/account/?a=1", "/account/?a=1"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ):
        client = browse()
        answer = client.post("/login/", {"email": EMAIL, "password": PASSWORD, "next": wish})
        assert answer.url == place

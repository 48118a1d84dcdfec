"""What the door holds against: machines that are made up, many at once, a clock in the hand; each with a wrong one."""

from __future__ import annotations

import statistics
import threading
import time

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connections
from django.test import Client, override_settings
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from treue.app import settings as settings_of_treue
from treue.app.core import accounts, second_factor, throttle
from treue.app.core.addresses import normal_email
from treue.app.core.models import Attempt, Firm, User
from treue.app.web import gate
from treue.kernel.errors import WrongArgument

PASSWORD = "correct horse battery staple"  # noqa: S105
WRONG = "wrong"
EMAIL = "ines@firm.example"
KEY = "3132333435363738393031323334353637383930"
MANY = [150, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])]
AT_ONCE = 32


def guess(client, email=EMAIL, password=WRONG, **extra):
    return client.post("/login/", {"email": email, "password": password}, **extra)


@pytest.fixture
def looked_at(monkeypatch):
    """Count the passwords that are really compared; what is compared stays as it is."""
    seen = []
    compared = User.check_password
    monkeypatch.setattr(User, "check_password", lambda user, raw: seen.append(raw) or compared(user, raw))
    return seen


def machine(number):
    """Return one of a thousand addresses."""
    return f"10.{number % 10}.0.{number // 10 % 100}"


WAYS = {
    "from one machine": (0, lambda _: {}, gate.EACH),
    "made up, and nobody of ours in front": (0, lambda k: {"HTTP_X_FORWARDED_FOR": machine(k)}, gate.EACH),
    "made up, in front of what our proxy wrote": (
        1,
        lambda k: {"HTTP_X_FORWARDED_FOR": f"{machine(k)}, 192.0.2.7"},
        gate.EACH,
    ),
    "as the first of a list, which others believe": (
        1,
        lambda k: {"HTTP_X_FORWARDED_FOR": f"{machine(k)}, {machine(k + 1)}, 192.0.2.7"},
        gate.EACH,
    ),
    "really from a thousand machines": (1, lambda k: {"HTTP_X_FORWARDED_FOR": machine(k)}, gate.ADDRESS),
}


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("count", MANY)
@pytest.mark.parametrize("way", WAYS)
def test_guesses_from_a_thousand_machines_are_stopped_at_the_limit(ines, kim, looked_at, way, count):
    proxies, headers, most = WAYS[way]
    with override_settings(PROXIES=proxies):
        answers = [guess(kim, **headers(k % 1000)).status_code for k in range(count)]
    assert (answers.count(422), answers.count(429)) == (most, count - most)
    assert len(looked_at) == most


def test_who_believed_the_first_of_the_list_would_look_at_them_all(ines, kim, looked_at, monkeypatch):
    def believing(request):
        return request.headers["X-Forwarded-For"].split(",")[0]

    monkeypatch.setattr(gate, "network", believing)
    headers = WAYS["as the first of a list, which others believe"][1]
    with override_settings(PROXIES=1):
        answers = [guess(kim, **headers(k)).status_code for k in range(gate.EACH * 3)]
    assert answers.count(422) == len(looked_at) == gate.EACH * 3


def at_once(work):
    """Do the same in many threads, each with a connection of its own; gives what each returned."""
    results, start = [], threading.Barrier(AT_ONCE)

    def one():
        try:
            start.wait()
            results.append(work())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == AT_ONCE
    return results


def test_many_at_once_are_counted_one_by_one(real_database):
    assert at_once(lambda: throttle.charge("door", 10)).count(True) == 10


def test_a_count_that_is_read_first_and_written_afterwards_lets_more_through(real_database):
    between = threading.Barrier(AT_ONCE)

    def charge():
        count = Attempt.objects.filter(key="door").values_list("count", flat=True).first() or 0
        between.wait()
        Attempt.objects.update_or_create(
            key="door", defaults={"count": count + 1, "began_at": timezone.now()}
        )
        return count < 10

    assert at_once(charge).count(True) > 10


def test_a_code_that_is_looked_at_without_a_lock_opens_many(real_database):
    user = User.objects.create_user(EMAIL, PASSWORD, name="Ines", role="owner")
    TOTPDevice.objects.create(user=user, name="app", key=KEY, confirmed=True)
    code, between = f"{totp(bytes.fromhex(KEY)):06d}", threading.Barrier(AT_ONCE)

    def check():
        device = TOTPDevice.objects.get(user=user)
        between.wait()
        return second_factor._fits(device, code, save=True)

    assert at_once(check).count(True) == AT_ONCE
    TOTPDevice.objects.update(last_t=-1)
    assert at_once(lambda: second_factor.check_code(user, code)).count(True) == 1


def first_account(number):
    form = {
        "firm": "F",
        "name": "Ines",
        "email": f"ines{number}@firm.example",
        "password": "four words of ours",
    }
    return Client(REMOTE_ADDR=f"192.0.2.{number}").post("/first-account/", form).status_code


def test_of_many_first_accounts_at_once_there_is_one(real_database):
    numbers = iter(range(AT_ONCE))
    answers = at_once(lambda: first_account(next(numbers)))
    assert User.objects.filter(role="owner").count() == User.objects.count() == 1
    assert set(answers) <= {302, 422}


def test_a_first_account_without_the_lock_would_be_many(real_database):
    Firm.the()
    between, numbers = threading.Barrier(AT_ONCE), iter(range(AT_ONCE))

    def make():
        there = User.objects.exists()
        between.wait()
        if not there:
            User.objects.create_user(f"ines{next(numbers)}@firm.example", None, name="Ines", role="owner")

    at_once(make)
    assert User.objects.count() > 1


LOOKALIKES = ["mıke@firm.example", "MıKE@firm.example", "mike@firm.examp\u200ble", "mikе@firm.example"]


@pytest.mark.parametrize("typed", LOOKALIKES)
def test_an_address_that_only_looks_alike_opens_nothing(ines, jonas, kim, typed):
    mike = User.objects.create_user("mike@firm.example", "four words of mikes", name="Mike", role="service")
    assert guess(kim, typed, "four words of mikes").status_code == 422
    try:
        other, secret = accounts.invite(typed, "Other", "service", by=ines)
    except WrongArgument:
        return  # it is no address at all
    assert other.pk != mike.pk
    accounts.set_password_by_link(secret, "four words of others")
    assert guess(kim, "mike@firm.example", "four words of others").status_code == 422
    assert guess(kim, typed, "four words of others").status_code == 302


def test_who_compares_capital_letters_takes_one_for_the_other():
    # As Django did in CVE-2019-19844.
    assert LOOKALIKES[0].upper() == "mike@firm.example".upper()
    assert normal_email(LOOKALIKES[0]) != normal_email("mike@firm.example")


KINDS = {
    "known": EMAIL,
    "unknown": "nobody@firm.example",
    "closed": "closed@firm.example",
    "without a password": "new@firm.example",
}


@pytest.fixture
def accounts_of_every_kind(ines):
    User.objects.create_user("closed@firm.example", PASSWORD, name="Closed", role="service", is_active=False)
    User.objects.create_user("new@firm.example", None, name="New", role="service")


def medians(rounds):
    """Return the median time of a login with a wrong password, for each kind of account."""
    times = {kind: [] for kind in KINDS}
    for k in range(rounds):
        for kind, email in KINDS.items():
            Attempt.objects.all().delete()
            client = Client(REMOTE_ADDR=f"198.51.{k // 250}.{k % 250}")
            began = time.perf_counter()
            assert guess(client, email).status_code == 422
            times[kind].append(time.perf_counter() - began)
    return {kind: statistics.median(seen) for kind, seen in times.items()}


def apart(found):
    """Return how far the medians are apart, as a share of that of a known address."""
    return max(abs(one - found["known"]) for one in found.values()) / found["known"]


@pytest.fixture
def argon2():
    with override_settings(PASSWORD_HASHERS=settings_of_treue.PASSWORD_HASHERS):
        yield


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_time_does_not_tell_what_kind_of_account_there_is(argon2, accounts_of_every_kind):
    found = medians(rounds=1000)
    assert apart(found) < 0.05, found


@pytest.mark.slow_on_postgres
def test_time_tells_where_nothing_is_hashed_for_an_unknown_address(
    argon2, accounts_of_every_kind, monkeypatch
):
    def hasty(email, password):
        user = User.objects.filter(email=email).first()
        return user if user is not None and user.check_password(password) and user.is_active else None

    monkeypatch.setattr(accounts, "with_password", hasty)
    assert apart(medians(rounds=2)) > 0.5


def test_every_kind_of_account_costs_one_hash(accounts_of_every_kind, monkeypatch):
    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *given: hashed.append(given[1]) or encode(*given))
    for kind, email in KINDS.items():
        hashed.clear()
        assert guess(Client(), email).status_code == 422
        assert len(hashed) == 1, kind

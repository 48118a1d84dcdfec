"""Links and codes cannot be guessed, and what does not open says nothing about why."""

from __future__ import annotations

import random
import re
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from treue.app.core import accounts, second_factor
from treue.app.core.models import OneTimeLink, RecoveryCode
from treue.app.web import gate

PASSWORD = "correct horse battery staple"  # noqa: S105
KEY = "3132333435363738393031323334353637383930"
NEW = "another four words here"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
LETTERS_OF_CODES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"  # small letters are read as capitals
COUNTS = [200, pytest.param(100_000, marks=[pytest.mark.slow, pytest.mark.timeout(3000)])]
BEGAN = datetime(2026, 6, 30, 9, tzinfo=UTC)


def hits(guesses, opens):
    return sum(bool(opens(one)) for one in guesses)


def near(secret, count, rng, letters=LETTERS):
    """Give guesses of somebody who knows all of a secret but one letter, and of somebody who knows nothing."""
    for k in range(count // 2):
        place = k % len(secret)
        other = rng.choice(letters.replace(secret[place], ""))
        yield secret[:place] + other + secret[place + 1 :]
    for _ in range(count - count // 2):
        yield secrets.token_urlsafe(32)


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("count", COUNTS)
def test_no_link_is_guessed(ines, jonas, count):
    secret = accounts.make_reset_link(jonas, by=ines)
    assert len(secret) >= 43  # 256 bits
    assert hits(near(secret, count, random.Random(1)), accounts.person_of_link) == 0
    assert accounts.person_of_link(secret) == jonas


def test_a_link_of_four_digits_would_be_guessed(jonas):
    OneTimeLink.objects.create(
        user=jonas, purpose="reset", digest=accounts._digest("0417"), expires_at=timezone.now() + timedelta(1)
    )
    assert hits((f"{k:04d}" for k in range(500)), accounts.person_of_link) == 1


@pytest.fixture
def clock(monkeypatch):
    """Give a clock that stands still until it is moved."""
    moved = {"now": BEGAN}
    monkeypatch.setattr(timezone, "now", lambda: moved["now"])
    return moved


def guessed(user, codes, clock, machines=1):
    """Try a code every second, from one machine or in turn from many; returns how many were looked at and fit."""
    looked_at = right = 0
    for number, code in enumerate(codes):
        clock["now"] = BEGAN + timedelta(seconds=number)
        place = f"198.{18 + number % machines // 250}.7.{number % machines % 250}"
        trial = gate.Gate(RequestFactory(REMOTE_ADDR=place).post("/login/second/"), "code", user.email)
        if trial.opens():
            looked_at += 1
            right += second_factor.check_code(user, code)
    return looked_at, right


CODES_AN_HOUR = 10
"""As docs/security-in-use.md promises, from however many machines; the gate's own number may be wrong."""


def hours(count):
    return -(-count // 3600)


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("machines", [1, 1_000])
def test_no_code_of_an_app_is_guessed_at_the_rate_that_is_allowed(ines, clock, count, machines):
    TOTPDevice.objects.create(user=ines, name="app", key=KEY, confirmed=True)
    rng = random.Random(2)
    codes = (f"{rng.randrange(10**6):06d}" for _ in range(count))
    looked_at, right = guessed(ines, codes, clock, machines)
    assert 0 < looked_at <= CODES_AN_HOUR * hours(count)
    assert right == 0


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("count", COUNTS)
def test_no_recovery_code_is_guessed(ines, clock, count):
    code = second_factor.new_recovery_codes(ines)[0]
    assert len(code.replace("-", "")) * 5 >= 120
    rng = random.Random(3)
    looked_at, right = guessed(ines, near(code, count, rng, LETTERS_OF_CODES), clock)
    assert 0 < looked_at <= CODES_AN_HOUR * hours(count)
    assert right == 0
    assert RecoveryCode.objects.filter(used_at=None).count() == 10
    assert second_factor.check_code(ines, code)


def test_without_the_gate_a_code_of_an_app_would_be_guessed(ines, clock):
    TOTPDevice.objects.create(user=ines, name="app", key=KEY, confirmed=True)
    # By the table of RFC 6238 the app shows 081804 at this moment: whoever is not stopped comes by it.
    clock["now"] = datetime.fromtimestamp(1_111_111_109, tz=UTC)
    codes = [f"{number:06d}" for number in range(81_750, 81_850)]
    assert hits(codes, lambda code: second_factor.check_code(ines, code)) == 1


def over(ines, jonas, people):
    """Give links that do not open, each for a reason of its own, and one that does."""
    made = {"unknown": secrets.token_urlsafe(32), "of another form": "x", "of a stranger's letters": "ä" * 43}
    made["used"] = accounts.make_reset_link(jonas, by=ines)
    accounts.set_password_by_link(made["used"], NEW)
    made["replaced"] = accounts.make_reset_link(jonas, by=ines)
    made["open"] = accounts.make_reset_link(jonas, by=ines)
    made["expired"] = accounts.make_reset_link(people["analyst"], by=ines)
    OneTimeLink.objects.filter(user=people["analyst"]).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    made["of a closed account"] = accounts.make_reset_link(people["auditor"], by=ines)
    type(jonas).objects.filter(pk=people["auditor"].pk).update(is_active=False)
    return made


def plain(answer):
    """Return what somebody sees of an answer, without what differs in every form."""
    page = re.sub(rb'(value|hx-headers)=("[^"]*"|\'[^\']*\')', b"", answer.content)
    headers = {name: text for name, text in answer.headers.items() if name != "Content-Length"}
    return answer.status_code, page, tuple(sorted(headers.items()))


def told_of(secret, ask):
    """Return what an answer tells: what is seen, and by how many questions to the database it came about."""
    with CaptureQueriesContext(connection) as asked:
        answer = ask(secret)
    shapes = tuple(re.sub(r"'[^']*'", "?", one["sql"]) for one in asked.captured_queries)
    return plain(answer), len(shapes)


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_does_not_open_does_not_say_why(ines, jonas, people, browse, method):
    links = over(ines, jonas, people)

    def ask(secret):
        return getattr(browse(), method)(f"/welcome/{secret}/", {"password": NEW} if method == "post" else {})

    told = {kind: told_of(secret, ask) for kind, secret in links.items() if kind != "open"}
    assert len(set(told.values())) == 1
    assert told["used"][0][0] == 404
    assert told_of(links["open"], ask) != told["used"]


def test_an_answer_that_says_why_is_seen(ines, jonas, people):
    links = over(ines, jonas, people)

    def ask(secret):
        link = OneTimeLink.objects.filter(digest=accounts._digest(secret)).first()
        return HttpResponse("used" if link and link.used_at else "unknown", status=404)

    assert len({told_of(secret, ask) for secret in links.values()}) == 2


def test_a_code_that_does_not_open_does_not_say_why(ines, jonas, browse):
    mine, theirs = second_factor.new_recovery_codes(ines), second_factor.new_recovery_codes(jonas)
    TOTPDevice.objects.create(user=ines, name="app", key=KEY, confirmed=True)
    assert second_factor.check_code(ines, mine[0])
    replaced = mine[1]
    second_factor.new_recovery_codes(ines)

    def after_password(place):
        client = browse(REMOTE_ADDR=f"198.51.100.{place}")
        client.post("/login/", {"email": ines.email, "password": PASSWORD})
        return client

    unknown = "-".join(["ABCD"] * 6)
    # The first wrong code of the hour begins the count.
    after_password(99).post("/login/second/", {"code": "x"})
    told = set()
    for place, code in enumerate((unknown, mine[0], replaced, theirs[0])):
        client = after_password(place)
        told.add(told_of(code, lambda one, client=client: client.post("/login/second/", {"code": one})))
    assert len(told) == 1
    assert next(iter(told))[0][0] == 422

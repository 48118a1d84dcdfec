"""A challenge opens what it was given out for: a software-made passkey signs whatever it is asked to."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import override_settings
from django.utils import timezone
from webauthn import base64url_to_bytes
from webauthn.helpers import bytes_to_base64url

from treue.app.core import passkeys
from treue.app.core.models import Passkey
from treue.app.core.passkeys import NotThisPasskey, Place
from treue.app.web import gate

PASSWORD = "correct horse battery staple"  # noqa: S105
ORIGIN = "http://localhost"


@pytest.fixture(autouse=True)
def at_localhost():
    with override_settings(ALLOWED_HOSTS=["localhost"]):
        yield


@pytest.fixture
def open_browser(ines, browse):
    """Give a browser in which Ines is logged in and from which she has gone away."""
    return browse(ines, SERVER_NAME="localhost")


def add(client, answer):
    return client.post("/account/passkeys/", {"credential": answer, "name": "x"})


def test_a_challenge_to_log_in_adds_no_passkey_without_the_password(open_browser, device_of):
    challenge = open_browser.post("/login/passkey/").json()["challenge"]
    answer = add(open_browser, device_of().made(challenge))
    assert (answer.status_code, Passkey.objects.count()) == (422, 0)


def test_a_challenge_to_add_works_once_and_for_adding_only(open_browser, ines, device_of):
    told = open_browser.post("/account/passkeys/", {"password": PASSWORD}).json()
    device = device_of()
    assert add(open_browser, device.made(told["challenge"])).status_code == 200
    kept = Passkey.objects.get()
    assert (kept.user, kept.handle) == (ines, told["user"]["id"])
    assert add(open_browser, device_of().made(told["challenge"])).status_code == 422
    again = open_browser.post("/account/passkeys/", {"password": PASSWORD}).json()["challenge"]
    answer = device.signed(again, base64url_to_bytes(kept.handle))
    assert open_browser.post("/login/passkey/", {"credential": answer}).status_code == 422
    fresh = open_browser.post("/login/passkey/").json()["challenge"]
    answer = device.signed(fresh, base64url_to_bytes(kept.handle))
    assert open_browser.post("/login/passkey/", {"credential": answer}).status_code == 302
    assert Passkey.objects.count() == 1


def test_a_challenge_given_to_one_person_adds_nothing_for_another(open_browser, jonas, device_of):
    challenge = open_browser.post("/account/passkeys/", {"password": PASSWORD}).json()["challenge"]
    session = open_browser.session
    session["passkey"] = {**session["passkey"], "user": jonas.pk}
    session.save()
    assert add(open_browser, device_of().made(challenge)).status_code == 422
    assert Passkey.objects.count() == 0


def test_a_passkey_that_names_no_account_is_neither_kept_nor_let_in(ines, device_of):
    place, device, challenge = Place("localhost", ORIGIN), device_of(), secrets.token_bytes(32)
    coded = bytes_to_base64url(challenge)
    taken = {"name": "x", "challenge": challenge, "place": place}
    with pytest.raises(NotThisPasskey):
        passkeys.add(ines, device.made(coded), handle="", **taken)
    kept = passkeys.add(ines, device.made(coded), handle="aWE", **taken)
    Passkey.objects.filter(pk=kept.pk).update(handle="")
    with pytest.raises(NotThisPasskey):
        passkeys.person_of(device.signed(coded, b""), challenge=challenge, place=place)
    options, _ = passkeys.options_to_add(ines, place, "Fjordkaffe")
    assert passkeys.handle_in(options)


def asked(client, **extra):
    return client.post("/login/passkey/", SERVER_NAME="localhost", **extra)


def test_a_stranger_cannot_fill_the_table_of_sessions(ines, browse):
    answers = [asked(browse()).status_code for _ in range(gate.MACHINE + 5)]
    assert (answers.count(200), answers.count(429)) == (gate.MACHINE, 5)
    assert Session.objects.count() == gate.MACHINE
    late = timezone.now() + timedelta(minutes=6)
    assert not Session.objects.filter(expire_date__gt=late).exists()
    assert "Too many attempts" in asked(browse()).json()["why"]
    assert asked(browse(REMOTE_ADDR="192.0.2.50")).status_code == 200


def test_who_has_logged_in_with_a_browser_asks_in_it_whatever_strangers_do(ines, browse):
    known = browse(SERVER_NAME="localhost")
    known.post("/login/", {"email": ines.email, "password": PASSWORD})
    known.post("/logout/")
    for _ in range(gate.MACHINE):
        asked(browse())
    assert asked(browse()).status_code == 429
    assert asked(known).status_code == 200


def test_a_session_lasts_as_long_as_ever_when_a_passkey_was_asked_for_first(ines, browse):
    client = browse(SERVER_NAME="localhost")
    asked(client)
    client.post("/login/", {"email": ines.email, "password": PASSWORD})
    late = timezone.now() + timedelta(days=13)
    assert Session.objects.filter(expire_date__gt=late).count() == 1
    assert client.get("/").status_code == 200

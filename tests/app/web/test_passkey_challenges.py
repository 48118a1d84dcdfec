"""A challenge opens what it was given out for: a software-made passkey signs whatever it is asked to."""

from __future__ import annotations

import hashlib
import json
import secrets

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import override_settings
from webauthn import base64url_to_bytes
from webauthn.helpers import bytes_to_base64url

from treue.app.core import passkeys
from treue.app.core.models import Passkey
from treue.app.core.passkeys import NotThisPasskey, Place

PASSWORD = "correct horse battery staple"  # noqa: S105
ORIGIN = "http://localhost"
VERIFIED, WITH_KEY = 0x05, 0x40


class Device:
    """A device that verifies nobody and says that it did, as a stranger at an open browser would write it."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)

    def _signed_by(self, flags, count, more=b""):
        return hashlib.sha256(b"localhost").digest() + bytes([flags]) + count.to_bytes(4, "big") + more

    def _told(self, kind, challenge):
        return json.dumps({"type": kind, "challenge": challenge, "origin": ORIGIN}).encode()

    def _answer(self, **response):
        coded = {name: bytes_to_base64url(part) for name, part in response.items()}
        told = bytes_to_base64url(self.id)
        return json.dumps({"id": told, "rawId": told, "type": "public-key", "response": coded})

    def made(self, challenge):
        """Return the answer that adds its passkey."""
        place = self.key.public_key().public_numbers()
        public = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: place.x.to_bytes(32, "big"), -3: place.y.to_bytes(32, "big")}
        )
        known = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        about = self._signed_by(VERIFIED | WITH_KEY, 0, known)
        return self._answer(
            clientDataJSON=self._told("webauthn.create", challenge),
            attestationObject=cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": about}),
        )

    def signed(self, challenge, handle):
        """Return the answer that logs in with its passkey."""
        about, told = self._signed_by(VERIFIED, 1), self._told("webauthn.get", challenge)
        signature = self.key.sign(about + hashlib.sha256(told).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=told, authenticatorData=about, signature=signature, userHandle=handle
        )


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


def test_a_challenge_to_log_in_adds_no_passkey_without_the_password(open_browser):
    challenge = open_browser.post("/login/passkey/").json()["challenge"]
    answer = add(open_browser, Device().made(challenge))
    assert (answer.status_code, Passkey.objects.count()) == (422, 0)


def test_a_challenge_to_add_works_once_and_for_adding_only(open_browser, ines):
    told = open_browser.post("/account/passkeys/", {"password": PASSWORD}).json()
    device = Device()
    assert add(open_browser, device.made(told["challenge"])).status_code == 200
    kept = Passkey.objects.get()
    assert (kept.user, kept.handle) == (ines, told["user"]["id"])
    assert add(open_browser, Device().made(told["challenge"])).status_code == 422
    again = open_browser.post("/account/passkeys/", {"password": PASSWORD}).json()["challenge"]
    answer = device.signed(again, base64url_to_bytes(kept.handle))
    assert open_browser.post("/login/passkey/", {"credential": answer}).status_code == 422
    fresh = open_browser.post("/login/passkey/").json()["challenge"]
    answer = device.signed(fresh, base64url_to_bytes(kept.handle))
    assert open_browser.post("/login/passkey/", {"credential": answer}).status_code == 302
    assert Passkey.objects.count() == 1


def test_a_challenge_given_to_one_person_adds_nothing_for_another(open_browser, jonas):
    challenge = open_browser.post("/account/passkeys/", {"password": PASSWORD}).json()["challenge"]
    session = open_browser.session
    session["passkey"] = {**session["passkey"], "user": jonas.pk}
    session.save()
    assert add(open_browser, Device().made(challenge)).status_code == 422
    assert Passkey.objects.count() == 0


def test_a_passkey_that_names_no_account_is_neither_kept_nor_let_in(ines):
    place, device, challenge = Place("localhost", ORIGIN), Device(), secrets.token_bytes(32)
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

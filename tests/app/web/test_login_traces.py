"""Who guesses at an account leaves a trace in the audit log, which nobody can fill by guessing."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.test import Client, override_settings
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from treue.app.core import second_factor
from treue.app.core.deeds import DEEDS
from treue.app.core.models import Attempt, AuditEntry, Passkey
from treue.app.core.passkeys import NotThisPasskey, Place, person_of
from treue.app.web import gate
from treue.kernel.language import Language

PASSWORD = "correct horse battery staple"  # noqa: S105
KEY = "3132333435363738393031323334353637383930"


def guess(email, times=1, machine=1):
    client = Client(REMOTE_ADDR=f"192.0.2.{machine}")
    return [client.post("/login/", {"email": email, "password": "wrong"}) for _ in range(times)]


def told_by(answer):
    """Return a page without what is new in every one."""
    return re.sub(r"[A-Za-z0-9]{64}", "", answer.content.decode())


def entries(action):
    return list(AuditEntry.objects.filter(action=action).values_list("actor", "subject", "detail"))


def test_the_first_refused_try_of_an_hour_is_written_down(ines):
    guess(ines.email, gate.EACH)
    assert not entries("login.locked")
    guess(ines.email, 5)
    guess(ines.email, gate.EACH + 5, machine=2)
    told = ("system", f"user:{ines.pk}", {"tries": "password", "from": "machine"})
    assert entries("login.locked") == [told]
    Attempt.objects.update(began_at=timezone.now() - timedelta(hours=2))
    guess(ines.email, gate.EACH + 5)
    assert entries("login.locked") == [told, told]


def test_guesses_from_all_machines_are_written_down_as_such(ines, monkeypatch):
    monkeypatch.setattr(gate, "ADDRESS", 3)
    for machine in range(1, 6):
        guess(ines.email, machine=machine)
    assert [detail["from"] for _, _, detail in entries("login.locked")] == ["all machines"]


@pytest.mark.parametrize("typed", ["nobody@firm.example", "no address", ""])
def test_nothing_is_written_about_an_address_without_an_account(ines, typed):
    known, unknown = guess(ines.email, gate.EACH + 2, 1), guess(typed, gate.EACH + 2, 2)
    assert [one.status_code for one in known] == [one.status_code for one in unknown]
    assert told_by(known[-1]) == told_by(unknown[-1])
    assert [subject for _, subject, _ in entries("login.locked")] == [f"user:{ines.pk}"]


def test_a_machine_that_guesses_at_everybody_locks_no_account(ines, monkeypatch):
    monkeypatch.setattr(gate, "MACHINE", 3)
    guess("nobody@firm.example", 4)
    assert guess(ines.email)[0].status_code == 429
    assert not entries("login.locked")


def test_each_wrong_code_is_written_down_until_the_limit(ines, kim):
    TOTPDevice.objects.create(user=ines, name="app", key=KEY, confirmed=True)
    second_factor.new_recovery_codes(ines)
    kim.post("/login/", {"email": ines.email, "password": PASSWORD})
    for code in ["12", "ABCD-EFGH", *["000000"] * 20]:
        kim.post("/login/second/", {"code": code})
    told = entries("login.second_failed")
    assert [detail["factor"] for _, _, detail in told] == ["recovery code"] * 2 + ["app"] * 8
    assert {(actor, subject) for actor, subject, _ in told} == {("system", f"user:{ines.pk}")}
    assert entries("login.locked") == [
        ("system", f"user:{ines.pk}", {"tries": "code", "from": "machine"}),
    ]


@override_settings(ALLOWED_HOSTS=["localhost"])
def test_a_passkey_that_does_not_fit_is_written_down_until_the_limit(ines, browse):
    Passkey.objects.create(user=ines, name="x", credential_id="eHg", handle="x", public_key=b"x")
    answer = {"clientDataJSON": "e30", "authenticatorData": "e30", "signature": "e30"}
    client = browse(SERVER_NAME="localhost")
    for whose in ["eXk", *["eHg"] * 12]:
        client.post("/login/passkey/")
        sent = {"id": whose, "rawId": whose, "type": "public-key", "response": answer}
        assert client.post("/login/passkey/", {"credential": json.dumps(sent)}).status_code == 422
    told = ("system", f"user:{ines.pk}", {"factor": "passkey"})
    assert entries("login.second_failed") == [told] * gate.CODES


def test_what_no_account_is_known_by_names_nobody(ines):
    with pytest.raises(NotThisPasskey) as refused:
        person_of("{}", challenge=b"x", place=Place("localhost", "http://localhost"))
    assert refused.value.user_id is None


@pytest.mark.parametrize("code", ["de", "nb"])
def test_both_are_said_in_the_language(code):
    for action in ("login.locked", "login.second_failed"):
        assert Language(code, "treue.app").gettext(DEEDS[action]) != DEEDS[action]

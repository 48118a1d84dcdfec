"""Passkeys with Chromium's own virtual device: it makes keys, verifies its person, and signs."""

from __future__ import annotations

import json
import re

import pytest
from django.test import override_settings

from treue.app.core import passkeys
from treue.app.core.models import Passkey, User
from treue.app.core.passkeys import NotThisPasskey, Place

pytestmark = [pytest.mark.browser, pytest.mark.slow_on_postgres]

PASSWORD = "correct horse battery staple"  # noqa: S105
KEYS = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def ines_kept(real_database):
    return User.objects.create_user("ines@firm.example", PASSWORD, name="Ines", role="owner")


def device(page, **changes):
    """Plug a virtual device into a page; returns how to speak to it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": {**KEYS, **changes}})
    return session, made["authenticatorId"]


def add_a_passkey(page, password=PASSWORD):
    page.goto("/account/")
    page.get_by_text("Add a passkey", exact=True).first.click()
    form = page.locator("form[data-passkey=create]")
    form.get_by_label("Name of the device").fill("Phone of Ines")
    form.get_by_label("Present password").fill(password)
    form.get_by_role("button").click()
    return form


def test_a_passkey_is_added_and_logs_in_without_a_password(ines_kept, visit):
    page = visit(ines_kept)
    session, authenticator = device(page)
    add_a_passkey(page)
    page.get_by_text("I have kept them").wait_for()
    assert len(re.findall(r"(?:[A-Z2-7]{4}-){5}[A-Z2-7]{4}", page.content())) == 10
    kept = Passkey.objects.get()
    assert (kept.name, kept.user, kept.used_at) == ("Phone of Ines", ines_kept, None)
    page.get_by_text("I have kept them").click()
    assert page.get_by_text("Phone of Ines – added").is_visible()

    page.context.clear_cookies()
    page.goto("/login/?next=/account/")
    page.get_by_role("button", name="Log in with a passkey").click()
    page.wait_for_url(re.compile(r"^http://localhost:\d+/account/$"))
    kept.refresh_from_db()
    assert kept.used_at is not None
    assert kept.sign_count > 0

    # The password alone is not enough any more; the passkey is the second step too.
    page.context.clear_cookies()
    page.goto("/login/")
    page.get_by_label("E-mail address").fill("ines@firm.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url("**/login/second/")
    page.get_by_role("button", name="Log in with a passkey").click()
    page.wait_for_url(re.compile(r"^http://localhost:\d+/$"))
    assert session.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})["credentials"]


def test_a_device_that_does_not_verify_its_person_is_refused(ines_kept, visit):
    page = visit(ines_kept)
    device(page, hasUserVerification=False, isUserVerified=False)
    form = add_a_passkey(page)
    form.get_by_role("alert").wait_for()
    assert "made no passkey" in form.get_by_role("alert").inner_text()
    assert Passkey.objects.count() == 0


def test_a_wrong_password_adds_no_passkey(ines_kept, visit):
    page = visit(ines_kept)
    device(page)
    form = add_a_passkey(page, "stolen session")
    form.get_by_role("alert").wait_for()
    assert "not your present password" in form.get_by_role("alert").inner_text()
    assert Passkey.objects.count() == 0


def test_an_address_that_is_a_number_says_what_is_missing(ines_kept, visit, site):
    page = visit()
    device(page)
    page.goto(site.replace("localhost", "127.0.0.1") + "/login/")
    page.get_by_role("button", name="Log in with a passkey").click()
    page.locator("form[data-passkey] [role=alert]").wait_for()
    assert "address with a name" in page.locator("form[data-passkey] [role=alert]").inner_text()


@pytest.fixture
def signed(ines_kept, visit, site):
    """Give a passkey of Ines, and how to let its device sign a challenge as the page would."""
    page = visit(ines_kept)
    device(page)
    add_a_passkey(page)
    page.get_by_text("I have kept them").wait_for()
    place = Place(host="localhost", origin=site)

    def sign():
        options, challenge = passkeys.options_to_log_in(place)
        page.goto("/account/")
        answer = page.evaluate(f"signed('get', {options})")
        return answer, challenge

    return sign, place


def changed(answer, part, name):
    """Return an answer with one letter of a part of it changed."""
    told = json.loads(answer)
    place = told["response"] if part else told
    text = place[name]
    middle = len(text) // 2
    place[name] = text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]
    return json.dumps(told)


def test_what_does_not_fit_is_refused(signed, ines_kept):
    sign, place = signed
    answer, challenge = sign()
    for forged in (
        changed(answer, True, "signature"),
        changed(answer, True, "authenticatorData"),
        changed(answer, True, "clientDataJSON"),
        changed(answer, True, "userHandle"),
        changed(answer, False, "id"),
        "{}",
        "[]",
        "null",
        "not json",
        '{"id": 7, "rawId": {}, "type": [], "response": 3}',
        "[" * 5000,
    ):
        with pytest.raises(NotThisPasskey):
            passkeys.person_of(forged, challenge=challenge, place=place)
    for wrong_place in (Place("evil.example", place.origin), Place("localhost", "http://evil.example")):
        with pytest.raises(NotThisPasskey):
            passkeys.person_of(answer, challenge=challenge, place=wrong_place)
    with pytest.raises(NotThisPasskey):
        passkeys.person_of(answer, challenge=b"another", place=place)
    assert passkeys.person_of(answer, challenge=challenge, place=place) == ines_kept
    with pytest.raises(NotThisPasskey):  # its count was seen already
        passkeys.person_of(answer, challenge=challenge, place=place)


def test_a_closed_account_has_no_passkey_that_opens(signed, ines_kept):
    sign, place = signed
    answer, challenge = sign()
    User.objects.update(is_active=False)
    with pytest.raises(NotThisPasskey):
        passkeys.person_of(answer, challenge=challenge, place=place)


def test_a_passkey_needs_a_challenge_of_this_session(database, browse):
    User.objects.create_user("ines@firm.example", PASSWORD, name="Ines", role="owner")
    client = browse(SERVER_NAME="localhost")
    answer = client.post("/login/passkey/", {"credential": "{}"})
    assert answer.status_code == 422
    assert "did not fit" in answer.content.decode()
    with override_settings(ALLOWED_HOSTS=["localhost"]):
        first = client.post("/login/passkey/").json()["challenge"]
        assert first != client.post("/login/passkey/").json()["challenge"]


def test_nobody_removes_the_passkey_of_another(ines, jonas, browse):
    kept = Passkey.objects.create(user=ines, name="x", credential_id="x", handle="x", public_key=b"x")
    data = {"password": PASSWORD}
    assert browse(jonas).post(f"/account/passkeys/{kept.pk}/remove/", data).status_code == 404
    assert Passkey.objects.count() == 1
    assert browse(ines).post(f"/account/passkeys/{kept.pk}/remove/", {"password": "no"}).status_code == 422
    assert browse(ines).post(f"/account/passkeys/{kept.pk}/remove/", data).status_code == 302
    assert Passkey.objects.count() == 0

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime

import pytest
from django.db import connections
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from treue.app.core import accounts, second_factor
from treue.app.core.models import RecoveryCode, User

PASSWORD = "correct horse battery staple"  # noqa: S105
KEY = "3132333435363738393031323334353637383930"


def code_now(key=KEY, steps=0):
    """Return what an app shows now, or some steps of 30 seconds later."""
    return f"{totp(bytes.fromhex(key), t0=-30 * steps):06d}"


def with_app(user):
    """Switch the app on with the code of the step before, so that the present one is unused."""
    assert second_factor.switch_app_on(user, KEY, code_now(steps=-1))
    user.refresh_from_db()
    return user


def after_password(client, user):
    return client.post("/login/", {"email": user.email, "password": PASSWORD})


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(seconds, code, monkeypatch):
    # The table of the RFC has eight digits; an app shows the last six.
    monkeypatch.setattr(timezone, "now", lambda: datetime.fromtimestamp(seconds, tz=UTC))
    assert second_factor._fits(TOTPDevice(key=KEY), code)
    assert not second_factor._fits(TOTPDevice(key=KEY), f"{(int(code) + 1) % 10**6:06d}")


def test_the_password_alone_does_not_log_in(ines, kim):
    with_app(ines)
    answer = after_password(kim, ines)
    assert answer.url == "/login/second/"
    assert kim.get("/").url.startswith("/login/")
    assert kim.post("/login/second/", {"code": "000000"}).status_code == 422
    assert kim.get("/").url.startswith("/login/")
    assert kim.post("/login/second/", {"code": code_now()}).status_code == 302
    assert kim.get("/").status_code == 200


def test_the_second_step_needs_the_first(ines, kim):
    with_app(ines)
    assert kim.get("/login/second/").url == "/login/"
    assert kim.post("/login/second/", {"code": code_now()}).url == "/login/"


def test_the_second_step_ends_when_the_password_changes_meanwhile(ines, kim):
    with_app(ines)
    after_password(kim, ines)
    accounts.change_password(ines, "another four words here")
    assert kim.post("/login/second/", {"code": code_now()}).url == "/login/"


def test_the_second_step_ends_after_ten_minutes(ines, kim):
    with_app(ines)
    after_password(kim, ines)
    session = kim.session
    session["halfway"] = {**session["halfway"], "at": session["halfway"]["at"] - 601}
    session.save()
    assert kim.post("/login/second/", {"code": code_now()}).url == "/login/"


def test_one_code_opens_once(ines, browse):
    with_app(ines)
    code = code_now()
    answers = []
    for _ in range(2):
        client = browse()
        after_password(client, ines)
        answers.append(client.post("/login/second/", {"code": code}).status_code)
    assert answers == [302, 422]


def test_the_code_of_the_set_up_opens_nothing(ines):
    code = code_now()
    assert second_factor.switch_app_on(ines, KEY, code)
    assert not second_factor.check_code(ines, code)
    assert second_factor.check_code(ines, code_now(steps=1))


def test_codes_cannot_be_guessed_endlessly(ines, kim):
    with_app(ines)
    after_password(kim, ines)
    answers = [kim.post("/login/second/", {"code": f"{k:06d}"}).status_code for k in range(15)]
    assert answers == [422] * 10 + [429] * 5


def test_codes_guessed_from_many_machines_are_ten_and_lock_no_known_browser_out(ines, browse):
    with_app(ines)
    known = browse(REMOTE_ADDR="192.0.2.50")
    after_password(known, ines)
    assert known.post("/login/second/", {"code": code_now()}).status_code == 302
    known.post("/logout/")
    answers = []
    for number in range(5):
        stranger = browse(REMOTE_ADDR=f"198.51.100.{number}")
        after_password(stranger, ines)
        answers += [stranger.post("/login/second/", {"code": f"{k:06d}"}).status_code for k in range(4)]
    assert answers == [422] * 10 + [429] * 10
    after_password(known, ines)
    assert known.post("/login/second/", {"code": code_now(steps=1)}).status_code == 302


@pytest.mark.parametrize("code", ["", "12345", "1234567", "١٢٣٤٥٦", "12 34 5x", "\0" * 6, "9" * 5000])
def test_what_is_no_code_is_refused(ines, kim, code):
    with_app(ines)
    after_password(kim, ines)
    assert kim.post("/login/second/", {"code": code}).status_code == 422


def test_a_recovery_code_opens_once_and_is_kept_as_a_digest(ines, browse):
    with_app(ines)
    codes = second_factor.new_recovery_codes(ines)
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([A-Z2-7]{4}-){5}[A-Z2-7]{4}", code) for code in codes)
    kept = set(RecoveryCode.objects.values_list("digest", flat=True))
    assert not kept & {code.replace("-", "") for code in codes}
    answers = []
    for typed in (codes[0], codes[0], codes[1].lower().replace("-", " ")):
        client = browse()
        after_password(client, ines)
        answers.append(client.post("/login/second/", {"code": typed}).status_code)
    assert answers == [302, 422, 302]
    assert second_factor.codes_left(ines) == 8


def test_a_code_of_another_person_is_none(ines, jonas):
    with_app(ines)
    with_app(jonas)
    assert not second_factor.check_code(jonas, second_factor.new_recovery_codes(ines)[0])


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_one_code_brought_by_thirty_two_at_once_opens_one(real_database, kind):
    user = User.objects.create_user("ines@firm.example", PASSWORD, name="Ines", role="owner")
    with_app(user)
    code = code_now() if kind == "app" else second_factor.new_recovery_codes(user)[0]
    right, start = [], threading.Barrier(32)

    def bring():
        try:
            start.wait()
            right.append(second_factor.check_code(user, code))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=bring) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(right), right.count(True)) == (32, 1)


def test_setting_up_an_app_in_the_pages(ines, browse):
    client = browse(ines)
    page = client.get("/account/app/").content.decode()
    assert "<svg" in page
    assert "style=" not in page
    key = client.session["new-app-key"]
    wrong = client.post("/account/app/", {"code": "000000", "password": PASSWORD})
    assert wrong.status_code == 422
    assert client.session["new-app-key"] == key
    stolen = client.post("/account/app/", {"code": code_now(key), "password": "not it"})
    assert stolen.status_code == 422
    assert not second_factor.is_on(ines)
    answer = client.post("/account/app/", {"code": code_now(key), "password": PASSWORD})
    assert len(re.findall(r"<li><code>", answer.content.decode())) == 10
    assert second_factor.is_on(ines)
    assert "new-app-key" not in client.session
    page = client.get("/account/").content.decode()
    assert "10 codes are left" in page
    assert client.post("/account/app/off/", {"password": PASSWORD}).status_code == 302
    assert not second_factor.is_on(ines)
    assert RecoveryCode.objects.count() == 0


def test_the_picture_holds_the_address_that_apps_read():
    user = User(email="ines@fjord.example")
    address = second_factor.address_of(KEY, user, "Fjord: Kaffe & Tee")
    assert address == (
        "otpauth://totp/Fjord%20%20Kaffe%20%26%20Tee%3Aines%40fjord.example"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Fjord%20%20Kaffe%20%26%20Tee&digits=6&period=30"
    )


def test_a_link_for_a_new_password_does_not_pass_the_second_factor(ines, jonas, browse):
    with_app(jonas)
    secret = accounts.make_reset_link(jonas, by=ines)
    client = browse()
    answer = client.post(f"/welcome/{secret}/", {"password": "another four words here"})
    assert answer.url == "/login/second/"
    assert client.get("/").url.startswith("/login/")
    assert client.post("/login/second/", {"code": code_now()}).status_code == 302
    assert client.get("/").status_code == 200


def test_an_owner_can_remove_what_was_lost_but_not_their_own(ines, jonas, browse):
    with_app(jonas)
    second_factor.new_recovery_codes(jonas)
    theirs = browse(jonas)
    own = {"password": PASSWORD}
    assert browse(ines).post(f"/settings/people/{jonas.pk}/factor/", own).status_code == 302
    assert not second_factor.is_on(jonas)
    assert theirs.get("/").url.startswith("/login/")
    with_app(ines)
    assert browse(ines).post(f"/settings/people/{ines.pk}/factor/", own).status_code == 422
    assert second_factor.is_on(ines)

"""What must end the sessions of a person, and does: all of them, and those that stand between the two steps."""

from __future__ import annotations

import re
import secrets

import pytest
from django.test import Client
from django_otp.oath import totp
from webauthn.helpers import bytes_to_base64url

from treue.app.core import accounts, passkeys, second_factor
from treue.app.core.models import Passkey, User
from treue.app.web.access import ROUTES

PASSWORD = "correct horse battery staple"  # noqa: S105
KEY = "3132333435363738393031323334353637383930"
NEW = "another four words here"
PLACE = passkeys.Place("localhost", "http://localhost")
MANY = 100


def with_app(user):
    code = f"{totp(bytes.fromhex(KEY), t0=30):06d}"
    assert second_factor.switch_app_on(user, KEY, code)


def with_passkey(user, device):
    challenge = secrets.token_bytes(32)
    answer = device.made(bytes_to_base64url(challenge))
    passkeys.add(user, answer, name="x", challenge=challenge, handle="aWE", place=PLACE)


def deeds(ines=None, jonas=None, device=None):
    """Give what must end every session of Jonas, by name."""
    return {
        "password changed": lambda: accounts.change_password(jonas, NEW),
        "password set by link": lambda: accounts.set_password_by_link(
            accounts.make_reset_link(jonas, by=ines), NEW
        ),
        "role changed": lambda: accounts.change_role(jonas, "analyst", by=ines),
        "account closed": lambda: accounts.deactivate(jonas, by=ines),
        "app switched on": lambda: with_app(jonas),
        "app switched off": lambda: second_factor.switch_app_off(jonas),
        "passkey added": lambda: with_passkey(jonas, device),
        "passkey removed": lambda: passkeys.remove(jonas, Passkey.objects.get().pk),
        "recovery codes made": lambda: second_factor.new_recovery_codes(jonas),
        "second factor removed": lambda: second_factor.remove_all(jonas, by=ines),
        "ended by oneself": lambda: accounts.end_own_sessions(jonas),
    }


def still_open(sessions):
    """Return in how many browsers the person is still logged in."""
    answers = [client.get("/progress/") for client in sessions]
    assert {answer.status_code for answer in answers} <= {200, 302}
    return [answer.status_code for answer in answers].count(200)


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("name", deeds())
def test_a_hundred_of_a_hundred_sessions_end(ines, jonas, browse, device_of, name):
    if name == "passkey removed":
        with_passkey(jonas, device_of())
    sessions, other = [browse(jonas) for _ in range(MANY)], browse(ines)
    assert still_open(sessions[::20]) == MANY / 20
    deeds(ines, jonas, device_of())[name]()
    assert still_open(sessions) == 0
    assert still_open([other]) == 1


def test_a_deed_that_forgets_the_sessions_is_seen(jonas, browse):
    sessions = [browse(jonas) for _ in range(5)]
    User.objects.filter(pk=jonas.pk).update(role="analyst")
    assert still_open(sessions) == 5


@pytest.mark.parametrize("name", deeds())
def test_who_is_between_password_and_code_gets_no_further(ines, jonas, kim, device_of, name):
    with_app(jonas)
    if name == "passkey removed":
        with_passkey(jonas, device_of())
    assert kim.post("/login/", {"email": jonas.email, "password": PASSWORD}).url == "/login/second/"
    assert kim.get("/login/second/").status_code == 200
    deeds(ines, jonas, device_of())[name]()
    assert kim.get("/login/second/").url == "/login/"


def unsafe(cookie):
    """Return what is missing of what keeps a cookie from scripts and other sites."""
    wanted = {"httponly": True, "samesite": "Lax", "path": "/", "domain": ""}
    return {name: cookie[name] for name, value in wanted.items() if cookie[name] != value}


@pytest.mark.slow_on_postgres
def test_every_cookie_that_any_address_sets_is_for_no_script_and_no_other_site(ines, browse):
    seen = set()
    for route in ROUTES:
        path = f"/{re.sub('<int:[^>]*>', '1', re.sub('<(str|slug):[^>]*>', 'x', route.path))}"
        for client in (Client(), browse(ines)):
            form = {"email": ines.email, "password": PASSWORD, "language": "de"}
            for answer in (client.get(path), client.post(path, form)):
                for name, cookie in answer.cookies.items():
                    # A cookie that is taken back needs no flags.
                    assert cookie["max-age"] == 0 or not unsafe(cookie), (path, name, unsafe(cookie))
                    seen.add(name)
    assert seen == {"treue", "treue-form", "treue-known", "treue-language"}


def test_a_cookie_without_flags_is_seen():
    from django.http import HttpResponse

    answer = HttpResponse()
    answer.set_cookie("plain", "x")
    assert set(unsafe(answer.cookies["plain"])) == {"httponly", "samesite"}


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/account/password/", {"password": PASSWORD, "new": NEW}),
        ("/account/sessions/", {}),
        ("/account/app/off/", {"password": PASSWORD}),
        ("/account/codes/", {"password": PASSWORD}),
    ],
)
def test_the_session_in_which_it_is_done_goes_on(jonas, browse, path, data):
    if path == "/account/codes/":
        with_app(jonas)
    mine, others = browse(jonas), [browse(jonas) for _ in range(MANY)]
    answer = mine.post(path, data)
    if path == "/account/codes/":
        assert "Every other session of yours has ended." in answer.content.decode()
    else:
        assert answer.url.startswith("/account/?done=")
    assert mine.get("/account/").status_code == 200
    assert still_open(others) == 0


@pytest.mark.parametrize("path", ["/account/password/", "/account/app/off/", "/account/codes/"])
def test_what_opens_the_account_needs_the_present_password(jonas, browse, path):
    mine, other = browse(jonas), browse(jonas)
    answer = mine.post(path, {"password": "stolen session", "new": NEW})
    assert answer.status_code == 422
    assert other.get("/account/").status_code == 200
    assert [mine.post(path, {"password": "guess"}).status_code for _ in range(12)] == [422] * 12
    # After ten wrong ones the right one is not looked at either.
    assert "Too many attempts" in mine.post(path, {"password": PASSWORD, "new": NEW}).content.decode()


def test_a_session_gets_a_new_key_at_login(ines, kim):
    kim.get("/login/")
    kim.cookies["treue"] = "chosen-by-somebody-else-0123456789"
    kim.post("/login/", {"email": ines.email, "password": PASSWORD})
    assert kim.cookies["treue"].value != "chosen-by-somebody-else-0123456789"
    assert len(kim.cookies["treue"].value) >= 32


def test_after_logging_out_the_old_cookie_opens_nothing(ines, kim):
    kim.post("/login/", {"email": ines.email, "password": PASSWORD})
    cookie = kim.cookies["treue"].value
    kim.post("/logout/")
    kim.cookies["treue"] = cookie
    assert kim.get("/").url.startswith("/login/")


def test_too_weak_a_password_changes_nothing(jonas, browse):
    mine = browse(jonas)
    answer = mine.post("/account/password/", {"password": PASSWORD, "new": "password12"})
    assert answer.status_code == 422
    jonas.refresh_from_db()
    assert jonas.check_password(PASSWORD)

from __future__ import annotations

import pytest

from treue.app.core import accounts, second_factor

PASSWORD = "correct horse battery staple"  # noqa: S105
KEY = "3132333435363738393031323334353637383930"
NEW = "another four words here"


def deeds(ines, jonas):
    """Give what must end every session of Jonas, by name."""
    return {
        "password changed": lambda: accounts.change_password(jonas, NEW),
        "password set by link": lambda: accounts.set_password_by_link(
            accounts.make_reset_link(jonas, by=ines), NEW
        ),
        "role changed": lambda: accounts.change_role(jonas, "analyst", by=ines),
        "account closed": lambda: accounts.deactivate(jonas, by=ines),
        "app switched off": lambda: second_factor.switch_app_off(jonas),
        "second factor removed": lambda: second_factor.remove_all(jonas, by=ines),
        "ended by oneself": lambda: accounts.end_own_sessions(jonas),
    }


@pytest.mark.parametrize("name", deeds(None, None))
def test_twenty_of_twenty_sessions_end(ines, jonas, browse, name):
    sessions = [browse(jonas) for _ in range(20)]
    assert all(client.get("/account/").status_code == 200 for client in sessions)
    deeds(ines, jonas)[name]()
    answers = [client.get("/account/") for client in sessions]
    assert [answer.status_code for answer in answers] == [302] * 20
    assert browse(ines).get("/account/").status_code == 200


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/account/password/", {"password": PASSWORD, "new": NEW}),
        ("/account/sessions/", {}),
        ("/account/app/off/", {"password": PASSWORD}),
    ],
)
def test_the_session_in_which_it_is_done_goes_on(jonas, browse, path, data):
    mine, others = browse(jonas), [browse(jonas) for _ in range(20)]
    assert mine.post(path, data).url.startswith("/account/?done=")
    assert mine.get("/account/").status_code == 200
    assert [client.get("/account/").status_code for client in others] == [302] * 20


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

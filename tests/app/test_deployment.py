"""The application as an operator runs it: settings from the environment, a server of its own."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys

import pytest

SECRET = "k" * 30 + "0123456789-abcdefghijklmnopqrstuvwxyz"


def environment_of(tmp_path, **settings):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TREUE_", "DJANGO_"))}
    return {**kept, "TREUE_HOME": str(tmp_path / "home"), "TREUE_SECRET_KEY": SECRET, **settings}


def treue(tmp_path, *arguments, **settings):
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        env=environment_of(tmp_path, **settings),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_djangos_own_check_of_a_deployment_finds_nothing(tmp_path):
    done = treue(
        tmp_path,
        "treue.app",
        "check",
        "--deploy",
        "--fail-level",
        "WARNING",
        TREUE_HTTPS="True",
        TREUE_PROXIES="1",
    )
    assert (done.returncode, done.stdout.strip()) == (
        0,
        "System check identified no issues (0 silenced).",
    ), done.stderr


def test_the_same_check_can_fail(tmp_path):
    assert treue(tmp_path, "treue.app", "check", "--deploy", "--fail-level", "WARNING").returncode == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "treue.firm.example"])  # noqa: S104
def test_passwords_do_not_travel_readable(tmp_path, host):
    done = treue(tmp_path, "treue.cli", "serve", "--host", host, "--port", "0")
    assert done.returncode == 2
    assert f"host='{host}' lets other machines in without HTTPS" in done.stderr
    assert done.stderr.count("\n") == 1


def test_https_without_a_proxy_is_refused(tmp_path):
    done = treue(tmp_path, "treue.cli", "serve", "--port", "0", TREUE_HTTPS="True")
    assert (done.returncode, "set TREUE_PROXIES=1" in done.stderr) == (2, True)


@pytest.fixture
def served(tmp_path):
    """Start `treue serve` behind a proxy that is made up here; gives how to ask it."""
    settings = {"TREUE_HTTPS": "True", "TREUE_PROXIES": "1", "TREUE_HOSTS": "treue.firm.example"}
    server = subprocess.Popen(
        [sys.executable, "-m", "treue.cli", "serve", "--port", "0", "--no-worker"],
        env={**environment_of(tmp_path, **settings), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        port = int(re.search(r":(\d+)/", server.stdout.readline())[1])

        def ask(path, **headers):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", path, headers={"Host": "treue.firm.example", **headers})
            answer = connection.getresponse()
            answer.read()
            connection.close()
            return answer

        yield ask
    finally:
        server.terminate()
        server.wait(20)
        server.stdout.close()


def test_behind_a_proxy_with_https(served):
    plain = served("/login/")
    assert (plain.status, plain.getheader("Location")) == (301, "https://treue.firm.example/login/")
    https = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.9"}
    answer = served("/first-account/", **https)
    assert answer.status == 200
    years = int(re.search(r"max-age=(\d+)", answer.getheader("Strict-Transport-Security"))[1]) / 31_536_000
    assert years >= 1
    assert "includeSubDomains" in answer.getheader("Strict-Transport-Security")
    cookies = answer.msg.get_all("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert part in cookie
        assert "Domain" not in cookie
    assert served("/first-account/", **{**https, "Host": "evil.example"}).status == 400
    assert served("/alive/").status == 200


def test_every_cookie_is_named_for_its_host_alone(tmp_path):
    program = (
        "import django; django.setup()\n"
        "from django.conf import settings\n"
        "from treue.app.web import gate, speech\n"
        "print(settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, gate.COOKIE, speech.COOKIE)\n"
        "print(settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment_of(tmp_path, TREUE_HTTPS="True", DJANGO_SETTINGS_MODULE="treue.app.settings"),
        capture_output=True,
        text=True,
        check=True,
    )
    names, secure = done.stdout.splitlines()
    assert all(name.startswith("__Host-") for name in names.split())
    assert len(set(names.split())) == 4
    assert secure == "True True"


def test_an_error_shows_no_traceback(database, browse, monkeypatch):
    from treue.app.core.models import Firm, User

    User.objects.create_user("ines@firm.example", "x", name="Ines", role="owner")
    client = browse()
    client.raise_request_exception = False
    monkeypatch.setattr(Firm, "objects", None)  # something that nobody foresaw
    answer = client.get("/login/")
    assert answer.status_code == 500
    assert "Traceback" not in answer.content.decode()
    assert "Firm" not in answer.content.decode()
    assert answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"

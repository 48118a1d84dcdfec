"""Headers where they matter: on pages and files about persons, on refusals, and as the real server sends them."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from urllib.parse import urlencode

import pytest
from django.test.utils import override_settings

from treue.app.customers.importing.places import set_aside_file
from treue.app.customers.importing.set_aside_lines import HEADS, ROW
from treue.app.customers.models import ImportedFile
from treue.app.web import alive
from treue.app.web.access import ROUTES

SECRET = "k" * 30 + "0123456789-abcdefghijklmnopqrstuvwxyz"
GOOD = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'; img-src 'self' data:",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=()",
    "Cache-Control": "no-store",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
}
POLICY = GOOD["Content-Security-Policy"]
WRONG = {
    **{f"without {name}": {**GOOD, name: ""} for name in GOOD},
    "a server that tells its name": {**GOOD, "Server": "waitress"},
    "kept for a minute": {**GOOD, "Cache-Control": "max-age=60"},
    "HTTPS for a day": {**GOOD, "Strict-Transport-Security": "max-age=86400; includeSubDomains"},
    **{
        f"{was} becomes {now}": {**GOOD, "Content-Security-Policy": POLICY.replace(was, now)}
        for was, now in (
            ("script-src 'self'", "script-src 'self' 'unsafe-inline'"),
            ("script-src 'self'", "script-src 'self' data:"),
            ("script-src 'self'", "script-src https:"),
            ("object-src 'none'; ", ""),
            ("base-uri 'none'; ", ""),
            ("frame-ancestors 'none'", "frame-ancestors *"),
            ("default-src 'none'", "default-src 'self'"),
            ("form-action 'self'", "form-action https://evil.example"),
        )
    },
}


@pytest.mark.parametrize("name", WRONG)
def test_what_looks_at_headers_sees_each_that_is_wrong(faults, name):
    assert faults(GOOD, https=True) == []
    assert faults(WRONG[name], https=True)


@pytest.fixture
def secure():
    """Let people come by HTTPS, as they do behind a proxy."""
    with override_settings(SECURE_HSTS_SECONDS=63_072_000, SECURE_HSTS_INCLUDE_SUBDOMAINS=True):
        yield {"secure": True}


@pytest.fixture
def file_of_rows_set_aside(database, tmp_path):
    with override_settings(HOME=tmp_path):
        made = ImportedFile.objects.create(
            name="orders.csv",
            path="x",
            state="done",
            set_aside=1,
            actor="user:1",
            reading={"rows": [["Lea"]]},
        )
        file = set_aside_file(made)
        file.parent.mkdir(parents=True)
        file.write_text(f"{HEADS},x,customer\n{ROW},x,2,no_date,,Lea Brandt\n")
        yield made


def test_pages_and_files_about_a_person_are_kept_nowhere(
    ines, lea, browse, secure, faults, file_of_rows_set_aside
):
    client, one, file = browse(ines), f"/customers/{lea.pk}/", f"/data/{file_of_rows_set_aside.pk}/"
    answers = {
        "record": client.get(one, **secure),
        "list": client.get("/customers/", **secure),
        "part of the list": client.get("/customers/?words=lea", HTTP_HX_TARGET="list", **secure),
        "refused note": client.post(f"{one}note/", {"text": ""}, **secure),
        "export": client.post("/customers/export/", {"every": "1"}, **secure),
        "copy": client.post(f"{one}copy/", **secure),
        "page of a file": client.get(file, **secure),
        "rows set aside": client.get(f"{file}set-aside/", **secure),
        "export of the audit log": client.get("/audit/export/", **secure),
        "before erasure": client.get(f"{one}erase/", **secure),
    }
    for what, answer in answers.items():
        assert answer.status_code == (422 if what == "refused note" else 200), what
        assert not faults(answer.headers, https=True), what
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if what not in {"copy", "export of the audit log", "before erasure", "page of a file"}:
            assert b"Lea" in content, what


def test_refusals_and_redirects_carry_them_too(ines, jonas, kim, browse, secure, faults, monkeypatch):
    client = browse(ines)
    client.raise_request_exception = False
    strict = browse(ines)
    strict.handler.enforce_csrf_checks = True
    answers = {
        404: client.get("/no/such/page/", **secure),
        302: kim.get("/customers/", **secure),
        403: browse(jonas).get("/audit/", **secure),
        405: client.put("/customers/", **secure),
        400: client.get("/customers/", SERVER_NAME="evil.example", **secure),
        422: kim.post("/login/", {}, **secure),
    }
    answers["stale form"] = strict.post("/customers/save/", **secure)
    with override_settings(SECURE_SSL_REDIRECT=True):
        answers[301] = browse().get("/customers/")
    monkeypatch.setattr(alive, "alive", None)  # something that nobody foresaw
    answers[500] = client.get("/alive/", **secure)
    for what, answer in answers.items():
        assert answer.status_code == (403 if what == "stale form" else what)
        assert not faults(answer.headers, https=what != 301), what


@pytest.mark.parametrize("name", ["charts.js", "icon.svg", "passkey.js", "no-such-file.js"])
def test_static_files_carry_them_too(kim, database, secure, faults, name):
    answer = kim.get(f"/static/treue/{name}", **secure)
    assert answer.status_code == (404 if name.startswith("no") else 200)
    assert not faults(answer.headers, kept=True, https=True)
    assert b"".join(answer.streaming_content) if answer.streaming else answer.content


class Door:
    """The real server behind a made-up proxy that speaks HTTPS, and a browser that keeps its cookies."""

    def __init__(self, port):
        self.port, self.jar, self.seen = port, {}, []

    def ask(self, method, path, form=None, https=True, **headers):
        if https:
            headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.9", **headers}
        cookies = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = urlencode(form) if isinstance(form, dict) else form
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if isinstance(form, dict) else {}
        given = {"Host": "treue.firm.example", "Referer": "https://treue.firm.example/", "Cookie": cookies}
        line.request(method, path, body, {**given, **kind, **headers})
        answer = line.getresponse()
        content = answer.read()
        line.close()
        for cookie in answer.msg.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.jar[name] = value
            self.seen.append(cookie)
        return answer, content

    def post(self, path, form):
        _, page = self.ask("GET", "/first-account/" if "first" in path else "/account/")
        token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1].decode()
        return self.ask("POST", path, {**form, "csrfmiddlewaretoken": token})


@contextmanager
def served(**settings):
    server = subprocess.Popen(
        [sys.executable, "-m", "treue.cli", "serve", "--port", "0", "--no-worker"],
        env={**os.environ, "TREUE_SECRET_KEY": SECRET, "PYTHONUNBUFFERED": "1", **settings},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        door = Door(int(re.search(r":(\d+)/", server.stdout.readline())[1]))
        said = re.search(r"asks for the code ([A-Z2-7-]+)\.", server.stdout.readline())
        door.code = said[1] if said else ""
        yield door
    finally:
        server.send_signal(signal.SIGTERM)
        server.stdout.close()
        server.wait(30)


ACCOUNT = {"firm": "F", "name": "Ines", "email": "ines@firm.example", "password": "four words of ours"}


def unsafe(cookie):
    parts = {part.strip() for part in cookie.split(";")[1:]}
    missing = {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} - parts
    return missing | ({"__Host-"} - {cookie[:7]}) | {part for part in parts if part.startswith("Domain")}


@pytest.mark.slow_on_postgres
def test_the_real_server_says_the_same_everywhere(real_database, faults):
    settings = {"TREUE_HTTPS": "True", "TREUE_PROXIES": "1", "TREUE_HOSTS": "treue.firm.example"}
    with served(**settings) as door:
        assert door.post("/first-account/", {**ACCOUNT, "code": door.code})[0].status == 302
        assert door.post("/language/", {"language": "de"})[0].status == 302
        statuses = set()
        for route in ROUTES:
            path = f"/{re.sub('<int:[^>]*>', '1', re.sub('<(str|slug):[^>]*>', 'x', route.path))}"
            answer, _ = door.ask("GET", path)
            statuses.add(answer.status)
            assert not faults(answer.headers, kept=route.name in {"style", "chart-library"}, https=True), path
        assert statuses >= {200, 302, 404, 405}
        early = {
            413: door.ask("POST", "/login/", b"", **{"Content-Length": str(40 * 1024 * 1024)}),
            400: door.ask("GET", "/", **{"Content-Length": "many"}),
            431: door.ask("GET", "/", **{"X-Long": "x" * 300_000}),
        }
        for status, (answer, content) in early.items():
            assert answer.status == status
            assert not faults(answer.headers, https=True), status
            assert b"waitress" not in content.lower()
        answer, _ = door.ask("GET", "/static/treue/charts.js")
        assert (answer.status, faults(answer.headers, kept=True, https=True)) == (200, [])
        answer, _ = door.ask("GET", "/login/", https=False)
        assert (answer.status, faults(answer.headers)) == (301, [])
    assert len({cookie.partition("=")[0] for cookie in door.seen}) == 4
    # A cookie that is taken back needs no flags.
    assert not [cookie for cookie in door.seen if unsafe(cookie) and "Max-Age=0" not in cookie]


def test_a_cookie_for_other_hosts_is_seen():
    whole = "__Host-treue=x; Path=/; Secure; HttpOnly; SameSite=Lax"
    assert not unsafe(whole)
    for part in whole.split("; ")[1:]:
        assert unsafe(whole.replace(f"; {part}", ""))
    assert unsafe(whole.replace("__Host-", ""))
    assert unsafe(f"{whole}; Domain=firm.example")

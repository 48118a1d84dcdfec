"""The server and the worker as processes of their own, as people run them."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password

FORM = "a" * 32
LONG = 90


class Server:
    """`treue serve`, of which everything that it says is kept."""

    def __init__(self, errors, *, worker=False):
        self.errors = Path(errors)
        self._written = self.errors.open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "treue.cli", "serve", "--port", "0", *([] if worker else ["--no-worker"])],
            env={**os.environ, "PYTHONUNBUFFERED": "1", "TREUE_SECRET_KEY": settings.SECRET_KEY},
            stdout=subprocess.PIPE,
            stderr=self._written,
            text=True,
        )
        said = self.process.stdout.readline()
        assert said, self.errors.read_text()[-3_000:]
        self.port = int(re.search(r":(\d+)/", said)[1])

    def post(self, path, cookies, **fields):
        """Send a form; gives the status, once the answer is here."""
        body = urlencode({"csrfmiddlewaretoken": FORM, **fields})
        return self._ask(path, cookies, body, "application/x-www-form-urlencoded")[0]

    def upload(self, path, cookies, name, text):
        """Send a file; gives the status and the address that it was sent on to, once the answer is here."""
        parts = (
            ('name="csrfmiddlewaretoken"', FORM),
            (f'name="file"; filename="{name}"\r\nContent-Type: text/csv', text),
        )
        body = "".join(
            f"--{FORM}\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n"
            for head, content in parts
        )
        return self._ask(path, cookies, f"{body}--{FORM}--\r\n", f"multipart/form-data; boundary={FORM}")

    def _ask(self, path, cookies, body, kind):
        names = {name: one.value for name, one in cookies.items()} | {settings.CSRF_COOKIE_NAME: FORM}
        headers = {
            "Host": f"localhost:{self.port}",
            "Content-Type": kind,
            "Cookie": "; ".join(f"{name}={value}" for name, value in names.items()),
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONG)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Location", "")
        finally:
            connection.close()

    def end(self, *, kill=False):
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        self.process.wait(LONG)
        self.process.stdout.close()
        self._written.close()


@pytest.fixture
def serve(real_database, tmp_path):
    """Give a function that starts a server beside the test's own database."""
    started = []

    @contextmanager
    def start(**wishes):
        server = Server(tmp_path / "errors", **wishes)
        started.append(server)
        yield server
        if server.process.poll() is None:
            server.end()

    yield start
    for server in started:
        if server.process.poll() is None:
            server.end(kill=True)


@pytest.fixture
def jonas_here(real_database):
    """Give somebody who may write notes."""
    from treue.app.core.models import User

    return User.objects.create(
        email="jonas@firm.example", password=make_password("x"), name="Jonas", role="owner"
    )


@pytest.fixture
def wait_for():
    def wait_for(what, seconds=LONG):
        until = time.monotonic() + seconds
        while not what() and time.monotonic() < until:
            time.sleep(0.05)
        return what()

    return wait_for

"""What the server takes of a request before anybody has looked at it."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.core import signing

from treue.app.web import gate

SECRET = "k" * 30 + "0123456789-abcdefghijklmnopqrstuvwxyz"
FORM, LARGE = 5 * 1024 * 1024, 40 * 1024 * 1024
PIECE = b"x" * 65_536


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Start `treue serve`; gives its process and its port."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TREUE_", "DJANGO_"))}
    home = tmp_path_factory.mktemp("served") / "home"
    server = subprocess.Popen(
        [sys.executable, "-m", "treue.cli", "serve", "--port", "0", "--no-worker"],
        env={**kept, "TREUE_HOME": str(home), "TREUE_SECRET_KEY": SECRET, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield server, int(re.search(r":(\d+)/", server.stdout.readline())[1])
    finally:
        server.terminate()
        server.wait(20)
        server.stdout.close()


@pytest.fixture
def port(server):
    return server[1]


@contextmanager
def asked(port, path, *headers, method="POST"):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall("\r\n".join(lines).encode())
        yield line


def status(line):
    return int(line.recv(4096).split(b" ")[1])


def known(key=SECRET):
    return f"Cookie: {gate.COOKIE}={signing.dumps({'mark': 'nonce'}, key=key, salt=gate.SALT)}; treue=x"


@pytest.mark.parametrize("expect", [[], ["Expect: 100-continue"]])
@pytest.mark.parametrize(
    ("path", "cookies"),
    [
        ("/login/", []),
        ("/login/", [known()]),
        ("/data/upload/", []),
        ("/data/upload/", ["Cookie: treue=made-up"]),
        ("/data/upload/", [known("k" * 50)]),
        ("/data/upload/../../login/", [known()]),
        ("/nowhere/", []),
    ],
)
def test_more_than_a_form_is_refused_before_it_is_sent(port, path, cookies, expect, quickest):
    def ask():
        with asked(port, path, f"Content-Length: {LARGE}", *cookies, *expect) as line:
            assert status(line) == 413

    assert quickest(ask) < 1


def test_more_than_a_form_is_refused_whose_length_nobody_told(port):
    with asked(port, "/data/upload/", "Transfer-Encoding: chunked") as line:
        line.settimeout(0.001)
        sent = 0
        while sent < LARGE:
            try:
                assert line.recv(4096).startswith(b"HTTP/1.1 413")
                break
            except TimeoutError:
                line.settimeout(30)
                line.sendall(b"%x\r\n%s\r\n" % (len(PIECE), PIECE))
                line.settimeout(0.001)
                sent += len(PIECE)
    assert sent <= FORM + 2 * 1024 * 1024


@pytest.mark.parametrize(
    ("path", "cookies", "size"), [("/login/", [], FORM), ("/data/upload/", [known()], 2 * FORM)]
)
def test_forms_are_taken_from_all_and_files_from_known_browsers(port, path, cookies, size):
    with asked(port, path, f"Content-Length: {size}", *cookies) as line:
        for _ in range(size // len(PIECE)):
            line.sendall(PIECE)
        # The form is an old one, and nobody is logged in: Django refuses it, and not the server.
        assert status(line) == 403


def megabytes(pid, name):
    """Return what the kernel tells of the memory of a process."""
    told = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{name}:\s*(\d+)", told)[1]) / 1024


def sent(port, content, kind):
    """Send a form as a browser does that was at the page of it; returns the status."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as line:
        line.request("GET", "/first-account/", headers={"Host": "localhost"})
        answer = line.getresponse()
        answer.read()
        cookies = "; ".join(one.split(";")[0] for one in answer.headers.get_all("Set-Cookie"))
        line.request(
            "POST", "/login/", content, {"Host": "localhost", "Cookie": cookies, "Content-Type": kind}
        )
        return line.getresponse().status


KEYS = "&".join(f"{number:x}=" for number in range(FORM // 7))
PART = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n1\r\n'
PARTS = "".join(map(PART.format, range(FORM // 58))) + "--b--\r\n"


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the kernel does not tell of memory")
@pytest.mark.parametrize(
    ("content", "kind"),
    [(KEYS, "application/x-www-form-urlencoded"), (PARTS, "multipart/form-data; boundary=b")],
    ids=["keys", "parts"],
)
def test_a_form_of_nothing_but_keys_takes_little_memory(server, content, kind, quickest):
    process, port = server
    assert 0.9 * FORM < len(content) < FORM
    # What it held at most begins anew at what it holds now.
    Path(f"/proc/{process.pid}/clear_refs").write_text("5")
    before = megabytes(process.pid, "VmRSS")

    def ask():
        assert sent(port, content, kind) == 400

    assert quickest(ask) < 1
    assert megabytes(process.pid, "VmHWM") - before < 100

"""That `treue demo` ends in the running application: somebody at a terminal logs in, sees a chart and ends it."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_800)]
PATIENCE_SECONDS = 1_200
# Only a terminal that is the program's own sends it Ctrl-C.
AT_TERMINAL = "import os, sys; os.login_tty(0); os.execv(sys.argv[1], sys.argv[1:])"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A program at a terminal of its own, as somebody sits before it."""

    def __init__(self, arguments, folder):
        self._own, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", AT_TERMINAL, sys.executable, "-m", "treue.cli", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self.said = ""

    def read_until(self, words):
        """Read what it says until some words come."""
        end = time.monotonic() + PATIENCE_SECONDS
        while words not in self.said:
            assert time.monotonic() < end, self.said
            try:
                self.said += ESCAPES.sub("", os.read(self._own, 4096).decode(errors="replace"))
            except OSError:
                pytest.fail(f"it ended: {self.said}")
        return self.said

    def press_ctrl_c(self):
        os.write(self._own, b"\x03")

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(30)
        os.close(self._own)


@pytest.fixture
def terminal(tmp_path):
    """Give a function that starts `treue` at a terminal."""
    started = []

    def start(*arguments):
        started.append(Terminal(arguments, tmp_path))
        return started[-1]

    yield start
    for one in started:
        one.close()


def log_in(address, email, password):
    """Log in as a browser without scripts does; returns who asks for pages from then on."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page = browser.open(f"{address}login/", timeout=60).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    form = {"csrfmiddlewaretoken": token, "email": email, "password": password, "next": "/retention/"}
    sent = urllib.request.Request(f"{address}login/", urllib.parse.urlencode(form).encode())  # noqa: S310
    sent.add_header("Referer", f"{address}login/")
    return browser, browser.open(sent, timeout=60).read().decode()


def test_the_demonstration_ends_in_the_running_application_and_ctrl_c_ends_that(terminal):
    demo = terminal("demo", "shop", "--port", "0")
    said = demo.read_until("Ctrl+C ends it.")
    address = re.search(r"http://127\.0\.0\.1:\d+/", said)[0]
    email, password = re.search(r"Log in as (\S+) with the password (\S+)", said).groups()
    browser, page = log_in(address, email, password)
    assert page.count('<figure class="chart"') >= 3
    assert "<svg" in page
    assert "Fjordkaffe" in browser.open(address, timeout=60).read().decode()
    # Whoever mistypes the password sees no chart.
    with pytest.raises(urllib.error.HTTPError) as refused:
        log_in(address, email, f"{password}x")
    assert refused.value.code in {401, 403, 422, 429}
    demo.press_ctrl_c()
    assert demo.process.wait(60) == 0
    with pytest.raises(urllib.error.URLError):
        browser.open(address, timeout=10)

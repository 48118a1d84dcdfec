"""How long it takes from the start of ``treue demo`` to the first chart in a browser, nothing made beforehand."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

from bench.process import ROOT, FailedError
from bench.verdicts import Verdict

FIRST_CHART_SECONDS = 60.0
"""After installation."""


def contest(_customers: int, repeat: int) -> tuple[list[Verdict], list[Verdict]]:
    """Return no comparison, and how long the first chart takes; the size of the firm is the demonstration's own."""
    found = [first_chart() for _ in range(repeat)]
    best = min(found)
    print(f"  demo      {best:9.2f} s   (from the start of treue demo to the first chart)", flush=True)
    met = best < FIRST_CHART_SECONDS
    return [], [
        Verdict("treue demo, first chart", f"{best:.1f} s", f"under {FIRST_CHART_SECONDS:g} s", met),
    ]


def first_chart() -> float:
    """Start the demonstration in an empty folder, log in as it says, and wait for a page with a chart.

    Returns
    -------
    float
        Seconds from the start of the process to the last byte of the page.

    Raises
    ------
    FailedError
        When it ends before, or shows no chart.
    """
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "treue.cli", "demo", folder, "--serve", "--port", "0"],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            page = _retention(_said(process))
            seconds = time.perf_counter() - begin
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
            if process.stdout is not None:
                process.stdout.close()
    if '<figure class="chart"' not in page or "<svg" not in page:
        raise FailedError("treue demo: the page of retention holds no chart")
    return seconds


def _said(process: subprocess.Popen[str]) -> str:
    """Return what the demonstration says until it serves."""
    said = ""
    for line in process.stdout or ():
        said += line
        if "Ctrl+C" in line:
            return said
    raise FailedError(f"treue demo ended before it served:\n{said[-2000:]}")


def _retention(said: str) -> str:
    """Log in with what was printed, and return the page of retention."""
    address = re.search(r"http://\S+/", said)
    account = re.search(r"Log in as (\S+) with the password (\S+)", said)
    if address is None or account is None:
        raise FailedError(f"treue demo prints no address and password:\n{said[-2000:]}")
    place = f"{address[0]}login/"
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    token = re.search(
        r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.open(place, timeout=60).read().decode()
    )
    form = {
        "csrfmiddlewaretoken": token[1] if token else "",
        "email": account[1],
        "password": account[2],
        "next": "/retention/",
    }
    sent = urllib.request.Request(place, urllib.parse.urlencode(form).encode(), {"Referer": place})  # noqa: S310
    page: str = browser.open(sent, timeout=60).read().decode()
    return page

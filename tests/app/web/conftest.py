"""The whole application as a person starts it, and a browser in front of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest


@pytest.fixture
def served(real_database):
    """Start the whole application as a person would, and give its address."""
    server = subprocess.Popen(
        [sys.executable, "-m", "treue.cli", "serve", "--port", "0"],
        env=os.environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    address = re.search(r"http://\S+", server.stdout.readline())[0]
    yield address
    server.send_signal(signal.SIGTERM)
    server.stdout.close()
    assert server.wait(timeout=30) == 0


@pytest.fixture
def page(browser):
    """Give a page that tells of everything the browser complains about."""
    context = browser.new_context(locale="en-GB")
    opened = context.new_page()
    opened.complaints = []
    opened.on("console", lambda told: opened.complaints.append(told.text) if told.type == "error" else None)
    opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
    yield opened
    context.close()

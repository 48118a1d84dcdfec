"""Browsers report what they refused; strangers can send anything."""

from __future__ import annotations

import json
import logging

import pytest
from django.test import Client

from treue.app.web.policy_report import EVERYBODY, MACHINE, MOST_BYTES

NEW = [
    {
        "type": "csp-violation",
        "url": "https://treue.firm.example/customers/7/?words=lea",
        "body": {
            "documentURL": "https://treue.firm.example/customers/7/?words=lea",
            "blockedURL": "https://ines:secret@evil.example/x.js?lea@firm.example",
            "effectiveDirective": "script-src-elem",
        },
    }
]
OLD = {
    "csp-report": {
        "document-uri": "https://treue.firm.example/",
        "blocked-uri": "inline",
        "effective-directive": "style-src",
    }
}


@pytest.fixture
def lines(database, caplog):
    caplog.set_level(logging.WARNING, logger="treue.policy")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "treue.policy"]


def send(body, **extra):
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    client = Client(enforce_csrf_checks=True)
    return client.post("/policy-report/", text, content_type="application/reports+json", **extra).status_code


def test_both_forms_become_a_line_that_names_nobody(lines):
    assert (send(NEW), send(OLD)) == (204, 204)
    assert lines() == [
        "a browser refused https://evil.example on the page customer: script-src-elem forbids it",
        "a browser refused inline on the page today: style-src forbids it",
    ]


@pytest.mark.parametrize(
    "page", ["/welcome/a-secret-that-still-opens/", "/nowhere/lea@firm.example/", "http://["]
)
def test_a_path_that_opens_something_stays_out_of_the_log(lines, page):
    send([{"body": {"documentURL": f"https://treue.firm.example{page}", "effectiveDirective": "img-src"}}])
    (line,) = lines()
    name = "welcome" if page.startswith("/welcome/") else "?"
    assert line.endswith(f"on the page {name}: img-src forbids it")


@pytest.mark.parametrize(
    "body",
    [
        "", "{", "null", "7", "[]", "{}", "[7]", '[{"body": 7}]', '{"csp-report": []}', "[" * 9_000, b"\xff\xfe",
        '{"csp-report": ' + "[" * 5_000,
    ],
)  # fmt: skip
def test_what_is_no_report_is_let_go(lines, body):
    assert send(body) == 204
    assert lines() == []


def test_nothing_that_is_sent_makes_a_line_of_its_own(lines):
    forged = "x\n2026-11-27 ERROR treue the database is gone\x1b[31m\u2028é"
    send([{"body": {"documentURL": forged, "blockedURL": "http://[", "effectiveDirective": forged}}])
    (line,) = lines()
    assert line.isascii()
    assert line.isprintable()
    assert len(line) < 400


def test_large_ones_are_refused(lines):
    assert send(" " * (MOST_BYTES + 1)) == 413
    assert lines() == []


def test_the_log_does_not_fill(lines):
    for _ in range(MACHINE + 5):
        assert send(NEW) == 204
    assert len(lines()) == MACHINE
    for machine in range(2 + EVERYBODY // MACHINE):
        for _ in range(MACHINE // 5):
            send(NEW * 5, REMOTE_ADDR=f"198.51.100.{machine}")
    assert len(lines()) == EVERYBODY


def test_it_shows_nothing(lines):
    assert Client().get("/policy-report/").status_code == 405
